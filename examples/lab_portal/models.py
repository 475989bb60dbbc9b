"""What the portal keeps itself: patients, each of one lab."""

from typing import ClassVar

from django.db import models

from examples.lab_portal.permissions import Lab


class PatientsOfLabs(models.Manager):
    """Patients are asked for by their lab, which only the service's answer makes."""

    def of(self, lab: Lab) -> models.QuerySet:
        """Those of one lab."""
        return self.get_queryset().filter(lab_id=lab.lab_id)


class Patient(models.Model):
    """A patient of a lab."""

    lab_id = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=100)
    sample = models.CharField(max_length=100, blank=True)

    objects = PatientsOfLabs()

    class Meta:
        app_label = "lab_portal"
        ordering: ClassVar = ["name", "id"]
