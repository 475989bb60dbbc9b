"""`sample_data`: people, labs, patients and the portal's own key, to try it with."""

import getpass
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from examples.lab_portal.models import Patient
from examples.lab_portal.private_file import write_private
from examples.lab_portal.sample import PEOPLE, Samples, make_samples
from ums_client import Client, Login, errors

PATIENTS = (("Ada Example", "blood, 2026-03-02"), ("Ben Example", "tissue, 2026-03-09"))


class Command(BaseCommand):
    """Makes CRL001 and GEN001 with their people at the service, and patients here."""

    help = "Make people, labs, patients and the portal's API key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who makes it all."""
        parser.add_argument("--admin", default="admin", help="an administrator")
        parser.add_argument(
            "--password-file", type=Path, help="theirs; asked for without it"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Make it all, and print the password of the people, once."""
        password = f"sample-{secrets.token_hex(6)}"
        asked = Login(username=options["admin"], password=_password(options))
        try:
            with Client(settings.PORTAL_ENDPOINT) as admin:
                admin.call(asked)
                made = make_samples(admin, password)
        except errors.Conflict as taken:
            raise CommandError(f"some of it is there already: {taken}") from None
        except errors.UmsError as error:
            raise CommandError(str(error)) from None
        self._keep(made)
        names = ", ".join(name for name, _ in PEOPLE)
        self.stdout.write(f"{names} can log in with the password {password}")

    def _keep(self, made: Samples) -> None:
        path = settings.PORTAL_GATEWAY_KEY_FILE
        path.unlink(missing_ok=True)
        write_private(path, made.gateway_key)
        for lab_id in (made.cancer_lab_id, made.genetics_lab_id):
            for name, sample in PATIENTS:
                Patient.objects.create(lab_id=lab_id, name=name, sample=sample)


def _password(options: dict[str, Any]) -> str:
    path = options["password_file"]
    if path is None:
        return getpass.getpass(f"password of {options['admin']}: ")
    try:
        return str(path.read_text().rstrip("\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"the password cannot be read: {error}") from None
