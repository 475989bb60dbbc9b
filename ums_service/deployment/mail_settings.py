"""The settings of mail, checked at the start and turned into what sends it."""

from urllib.parse import urlsplit

from ums_service.deployment.master_key import read_key_file
from ums_service.deployment.settings import BadSettings, Settings
from ums_service.domain.errors import InvalidInput
from ums_service.domain.names import check_email
from ums_service.mail.compose import Sender
from ums_service.mail.smtp import PORTS, SmtpServer, is_this_machine


def smtp_server(settings: Settings) -> SmtpServer:
    """Where mail goes.

    Raises:
        BadSettings: mail or a password would travel in clear, or something is missing.
        UnusableKeyFile: the file with the password cannot be used.
    """
    host, security = settings.smtp_host, settings.smtp_security
    assert host is not None
    here = is_this_machine(host)
    if security == "plain" and not here and not settings.smtp_allow_plain:
        raise BadSettings(
            "smtp_security: plain is for this machine only; smtp_allow_plain allows it"
        )
    if (settings.smtp_user is None) != (settings.smtp_password_file is None):
        raise BadSettings("smtp_user and smtp_password_file belong together")
    if settings.smtp_user is not None and security == "plain" and not here:
        raise BadSettings("smtp_user: a password is never sent in clear")
    if settings.smtp_ca_file is not None and not settings.smtp_ca_file.is_file():
        raise BadSettings(f"smtp_ca_file: there is no file {settings.smtp_ca_file}")
    password = b""
    if settings.smtp_password_file is not None:
        password = read_key_file(settings.smtp_password_file)
    return SmtpServer(
        host=host,
        port=settings.smtp_port or PORTS[security],
        security=security,
        helo=mail_sender(settings).address.rpartition("@")[2],
        user=settings.smtp_user or "",
        password=password.decode(),
        ca_file=settings.smtp_ca_file,
        timeout_s=settings.smtp_timeout_s,
    )


def mail_sender(settings: Settings) -> Sender:
    """Who writes, and where links lead. Raises BadSettings."""
    address = settings.mail_from or ""
    try:
        check_email(address)
    except InvalidInput as error:
        raise BadSettings(f"mail_from: {error.reason}") from None
    directory = settings.mail_templates
    if directory is not None and not directory.is_dir():
        raise BadSettings(f"mail_templates: there is no directory {directory}")
    return Sender(address, settings.mail_name, _public_url(settings), directory)


def _public_url(settings: Settings) -> str:
    url = (settings.public_url or "").rstrip("/")
    if not url:
        return ""
    parts = urlsplit(url)
    here = is_this_machine(parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise BadSettings("public_url: should begin with https://")
    if not parts.hostname or parts.query or parts.fragment:
        raise BadSettings("public_url: should be like https://HOST/PATH")
    return url
