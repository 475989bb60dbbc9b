"""The table of patients."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes it."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar = [
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("lab_id", models.CharField(db_index=True, max_length=64)),
                ("name", models.CharField(max_length=100)),
                ("sample", models.CharField(blank=True, max_length=100)),
            ],
            options={"ordering": ["name", "id"]},
        ),
    ]
