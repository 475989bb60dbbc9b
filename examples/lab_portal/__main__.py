"""The portal's commands: `python -m examples.lab_portal runserver`, `migrate`, ..."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.lab_portal.settings")
    execute_from_command_line(["lab_portal", *sys.argv[1:]])
