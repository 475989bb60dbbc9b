"""Settings of the portal; what differs between machines comes from PORTAL_* variables."""

import os
from contextlib import suppress
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from examples.lab_portal.private_file import write_private

FOLDER = Path(os.environ.get("PORTAL_DATA", "portal-data")).absolute()
"""The database and the secrets of the portal; only its own user may read it."""
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key that signs cookies, made at the first start."""
    path = FOLDER / "secret.key"
    with suppress(FileExistsError):
        write_private(path, get_random_secret_key())
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("PORTAL_HOSTS", "localhost,127.0.0.1").split(",")
PORTAL_TLS = os.environ.get("PORTAL_TLS", "on") == "on"
"""Off only to try it on this machine: browsers then send cookies without TLS."""
PORTAL_ENDPOINT = os.environ.get("PORTAL_ENDPOINT", "tcp://127.0.0.1:5556")
PORTAL_GATEWAY_KEY_FILE = Path(
    os.environ.get("PORTAL_GATEWAY_KEY_FILE", FOLDER / "gateway.key")
)
"""The API key with which the portal tells the service where its users are."""
PORTAL_PROXY = os.environ.get("PORTAL_PROXY")
"""The address of a proxy that is before the portal; its X-Forwarded-For is believed."""
PORTAL_DEADLINE_S = 3.0
"""How long one question to the service may take."""
PORTAL_CHECKED_FOR_S = 5
"""How long a session is believed in before the service is asked again."""
PORTAL_FAILURES_MAX = 3
"""So many questions without an answer, and for a while none is asked."""
PORTAL_PAUSE_S = 5.0

INSTALLED_APPS = [
    "django.contrib.sessions",
    "examples.lab_portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "examples.lab_portal.middleware.headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "examples.lab_portal.middleware.UmsMiddleware",
]
ROOT_URLCONF = "examples.lab_portal.urls"
WSGI_APPLICATION = "examples.lab_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "examples.lab_portal.middleware.user",
            ]
        },
    }
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "portal.db"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

# The tokens of the service are kept in the database, never in the browser: a cookie that
# held them, even a signed one, would hand whoever reads it a login for every program.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 24 * 3_600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PORTAL_TLS
CSRF_FAILURE_VIEW = "examples.lab_portal.views.csrf_failure"
CSRF_USE_SESSIONS = False
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if PORTAL_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PORTAL_PROXY else None
