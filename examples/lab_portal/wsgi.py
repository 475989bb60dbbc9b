"""The portal for a WSGI server: `gunicorn examples.lab_portal.wsgi`, for one."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.lab_portal.settings")
application = get_wsgi_application()
