"""How the service is set, as far as it may be shown: no path, no text of the operator's.

Numbers, switches and choices are shown. Of texts only those that stand in every token or
mail anyway; a new setting that is a text is hidden until it is named here.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

from ums_client.protocol import limits
from ums_service.broker.endpoints import is_local
from ums_service.deployment.settings import Settings
from ums_service.domain.profiles import PROFILES, Profile

_SHOWN_TEXTS: Final = frozenset(
    {
        "profile",
        "log_level",
        "token_issuer",
        "token_audience",
        "token_algorithm",
        "mfa_issuer",
        "passkey_rp_id",
        "mail_name",
        "smtp_security",
        "addresses_exempt",
    }
)
_ELSEWHERE: Final = "policy"
"""The values that it changes are shown one by one."""


class Value(NamedTuple):
    """One setting or policy; `source` is where its value comes from."""

    name: str
    value: Any
    source: str
    hidden: bool = False


class Configuration(NamedTuple):
    """What can be shown of the settings; made once."""

    settings: list[Value]
    features: dict[str, bool]


def configuration_of(settings: Settings) -> Configuration:
    """What may be shown of these settings, and what they switch on."""
    return Configuration(
        [
            _shown(name, settings)
            for name in Settings.model_fields
            if name != _ELSEWHERE
        ],
        {
            "mail": settings.smtp_host is not None,
            "sms": settings.sms_gateway_url is not None,
            "passkeys": True,
            "curve": settings.curve or not is_local(settings.endpoint),
            "pepper": settings.pepper_file is not None,
            "blocklist": settings.blocklist_file is not None,
            "backups": settings.backup_dir is not None,
            "audit_anchor": settings.audit_anchor is not None,
            "audit_syslog": settings.audit_syslog is not None,
            "audit_archive": settings.audit_archive is not None,
        },
    )


def policies_of(profile: Profile) -> list[Value]:
    """All values of the profile; `set` are those that are not its own."""
    base, found = PROFILES[profile.name], []
    for name in Profile.__slots__:
        value = getattr(profile, name)
        source = "profile" if value == getattr(base, name) else "set"
        found.append(Value(name, value, source))
    return found


def wire_limits() -> dict[str, int]:
    """The limits of the wire, by their names."""
    return {
        name.lower(): value
        for name, value in vars(limits).items()
        if name.isupper() and isinstance(value, int)
    }


def _shown(name: str, settings: Settings) -> Value:
    value = getattr(settings, name)
    source = "set" if name in settings.model_fields_set else "default"
    if _is_text(value) and name not in _SHOWN_TEXTS:
        return Value(name, None, source, hidden=value not in (None, ()))
    return Value(name, value, source)


def _is_text(value: object) -> bool:
    """Whether it holds text or a path, or may, where it is not set."""
    if isinstance(value, tuple):
        return not value or any(_is_text(part) for part in value)
    return value is None or isinstance(value, (str, Path))
