"""What an operator can set: flags, then UMS_* variables, then a TOML file, then this.

Read once, by the command line; everything below is handed values.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from ums_client.protocol.limits import INTEGER_MAX
from ums_client.protocol.message import reason_of
from ums_service.domain.addresses import ExemptAddresses
from ums_service.domain.profiles import (
    AUDIT_KEPT_DAYS_MIN,
    DAY_S,
    MAY_BE_ZERO,
    PROFILES,
    Profile,
)

CONFIG_VARIABLE: Final = "UMS_CONFIG"
_ELSEWHERE: Final = frozenset(
    {
        CONFIG_VARIABLE,
        "UMS_MASTER_PASSWORD",
        "UMS_ADMIN_PASSWORD",
        "UMS_ENDPOINT",  # of the shell client, as are the *_FILE of its secrets
    }
)
_MOST: Final = {
    "password_chars_min": 128,
    "notifications_kept": 100,  # each account that is told has its list written anew
    "password_history": 20,  # each costs a hash whenever a password is changed
}
_CENTURY_DAYS: Final = 36_525
_HELD_MS_MAX: Final = 60_000
"""Clients give up sooner; past some years a timer cannot be set at all."""


class BadSettings(ValueError):
    """A setting is unknown or has a value that makes no sense."""


class Settings(BaseSettings):
    """All settings, with their units in the names."""

    model_config = SettingsConfigDict(
        env_prefix="UMS_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data: Path = Path("ums-data")
    """The directory of the store."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 5556
    """The port on 127.0.0.1, where `bind` is not given; 0 takes a free one."""
    bind: str | None = None
    """The endpoint, as tcp://ADDRESS:PORT or ipc://PATH."""
    profile: Literal["standard", "hipaa", "compat"] = "standard"
    policy: dict[str, Any] = Field(default_factory=dict)
    """Values of the profile to override."""
    key_file: Path | None = None
    """The file with the master key or password; DATA.key where it is not given."""
    operator_socket: Path | None = None
    """Where the operator's commands reach the running service; DATA.operator where it
    is not given."""
    curve_keys: Path | None = None
    """The directory of CURVE keys; DATA.curve where it is not given."""
    curve: bool = False
    """Demand CURVE also where only this machine can connect."""
    hashing_threads: Annotated[int, Field(ge=1, le=64)] = os.cpu_count() or 1
    hashing_queue_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    argon2_passes: Annotated[int, Field(ge=1, le=10)] = 5
    argon2_memory_kib: Annotated[int, Field(ge=8, le=262_144)] = 7_168
    argon2_lanes: Annotated[int, Field(ge=1, le=8)] = 1
    pepper_file: Path | None = None
    """A private file with 32 or more random bytes that go into every password hash."""
    pepper_old_files: tuple[Path, ...] = ()
    """Files of former peppers, while there are hashes made with them."""
    pepper_lost: tuple[str, ...] = ()
    """Ids of peppers that are lost: the service starts without them."""
    blocklist_file: Path | None = None
    """Passwords that are refused beside the well-known ones, one a line."""
    sessions_max: Annotated[int, Field(ge=1)] = 200_000
    token_issuer: Annotated[str, Field(min_length=1, max_length=200)] = "ums"
    """Who access tokens say they come from (`iss`): a name that is this service's only."""
    token_audience: Annotated[str, Field(min_length=1, max_length=200)] = "ums-services"
    """For whom access tokens are (`aud`): services that insist on this name."""
    token_algorithm: Literal["EdDSA", "RS256"] = "EdDSA"
    addresses_exempt: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Addresses and networks that stand for many people, as gateways do: no limit that
    is meant for one address holds for them."""
    limit_entries_max: Annotated[int, Field(ge=1_000)] = 100_000
    """Addresses and accounts remembered by each table of failures and limits."""
    delayed_replies_max: Annotated[int, Field(ge=0, le=1_024)] = 256
    """Refusals held back at once; past it they are answered without delay."""
    delayed_replies_per_address_max: Annotated[int, Field(ge=0)] = 8
    memory_headroom_mib: Annotated[int, Field(ge=256)] = 1_024
    """How much the process may grow beyond what it needed after loading."""
    searches_max: Annotated[int, Field(ge=1, le=1_000)] = 64
    """Lists and searches of accounts under way at once; past it the answer is BUSY."""
    audit_threads: Annotated[int, Field(ge=1, le=16)] = 2
    """Threads that search the audit log."""
    audit_queue_max: Annotated[int, Field(ge=0, le=1_000)] = 8
    """Searches that may wait; past it the answer is BUSY."""
    audit_anchor: str | None = None
    """Where the head of the store is kept, so that a rollback shows: the path of a file,
    syslog, tcp://HOST:PORT or udp://HOST:PORT."""
    audit_anchor_every_s: Annotated[int, Field(ge=1, le=86_400)] = 300
    audit_syslog: str | None = None
    """A collector of logs that every audit entry is sent to: syslog, udp://HOST:PORT,
    tcp://HOST:PORT or tls://HOST:PORT."""
    audit_syslog_ca_file: Path | None = None
    """Certificates that vouch for a collector at tls://."""
    audit_archive: Path | None = None
    """A directory that gets what is dropped from the audit log, sealed as it was."""
    backup_dir: Path | None = None
    """The directory that `backup_store` makes backups in; none are made without it."""
    audit_hold: bool = False
    """Keep the whole audit log, however old, as long as a court or an authority asks."""
    audit_read_mib_max: Annotated[int, Field(ge=1, le=1_024)] = 8
    """About what one search may read before it answers with a cursor."""
    mfa_issuer: Annotated[str, Field(min_length=1, max_length=64)] = "UMS"
    """The name that authenticators show beside the account."""
    passkey_rp_id: Annotated[str, Field(min_length=1, max_length=253)] = "localhost"
    """The domain that passkeys are made for; another one makes them useless."""
    passkey_origin: str | None = None
    """Where passkeys are used, as https://HOST[:PORT]; of the domain if not given."""
    sms_gateway_url: (
        Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None
    ) = None
    """Where codes are posted that go out as text messages; none without it."""
    sms_gateway_token_file: Path | None = None
    """The file with the bearer token that the gateway wants."""
    push_gateway_url: (
        Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None
    ) = None
    """Where notifications are posted that go out to telephones; none without it."""
    push_gateway_token_file: Path | None = None
    """The file with the bearer token that this gateway wants."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("addresses_exempt")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        ExemptAddresses(value)
        return value

    smtp_host: str | None = None
    """The mail server; without one no mail is sent and what needs it is refused."""
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """587 for starttls, 465 for tls, 25 for plain, where it is not given."""
    smtp_security: Literal["starttls", "tls", "plain"] = "starttls"
    smtp_allow_plain: bool = False
    """Send mail in clear also to other machines; never with a password."""
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    smtp_ca_file: Path | None = None
    """Certificates that vouch for the mail server, instead of the system's."""
    smtp_timeout_s: Annotated[float, Field(gt=0, le=300)] = 30.0
    mail_from: str | None = None
    mail_name: str = "UMS"
    """What the service calls itself in mails."""
    mail_templates: Path | None = None
    """A directory whose templates come before the built-in ones."""
    mail_outbox_max: Annotated[int, Field(ge=10, le=1_000_000)] = 5_000
    """Mails that may wait; past it notices are left out."""
    mail_retry_s: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)
    ] = (60, 300, 900, 3_600, 14_400)
    """Waits after the first, second, ... attempt; the last one repeats."""
    mail_give_up_s: Annotated[int, Field(ge=60)] = 86_400
    public_url: str | None = None
    """Where links in mails lead, as https://HOST/PATH; without it they show codes."""

    @classmethod
    @override
    def settings_customise_sources(  # the arguments are the library's
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before variables before the file."""
        config = os.environ.get(CONFIG_VARIABLE)
        if config is None:
            return init_settings, env_settings
        toml = TomlConfigSettingsSource(settings_cls, Path(config))
        return init_settings, env_settings, toml

    @property
    def endpoint(self) -> str:
        """Where to serve."""
        port = self.port or "*"
        return self.bind or f"tcp://127.0.0.1:{port}"

    @property
    def origin_of_passkeys(self) -> str:
        """Where browsers say that an answer was made."""
        return self.passkey_origin or f"https://{self.passkey_rp_id}"

    @property
    def key_path(self) -> Path:
        """The key lies beside the data, not in it: a copy of the data is no use alone."""
        return self.key_file or self.data.with_name(self.data.name + ".key")

    @property
    def operator_path(self) -> Path:
        """The operator's socket."""
        return self.operator_socket or self.data.with_name(self.data.name + ".operator")

    @property
    def curve_path(self) -> Path:
        """The directory of CURVE keys."""
        return self.curve_keys or self.data.with_name(self.data.name + ".curve")

    def policy_profile(self) -> Profile:
        """The profile with its overridden values.

        Raises:
            BadSettings: an override is unknown or has the wrong type.
        """
        base = PROFILES[self.profile]
        if not self.policy:
            return base
        try:
            changed = replace(base, **_lists_read(base, self.policy))
            fields = {name: getattr(changed, name) for name in Profile.__slots__}
            profile = TypeAdapter(Profile).validate_python(fields)
        except TypeError:
            unknown = ", ".join(sorted(self.policy.keys() - set(Profile.__slots__)))
            raise BadSettings(f"no such policy: {unknown}") from None
        except ValidationError as error:
            raise BadSettings(_first_line(error, "policy.")) from None
        _check_values(profile)
        return profile


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Join all sources; `flags` holds those that were given.

    Raises:
        BadSettings: names the setting.
    """
    config = environ.get(CONFIG_VARIABLE)
    if config is not None and not Path(config).is_file():
        raise BadSettings(f"there is no file {config} ({CONFIG_VARIABLE} names it)")
    try:
        return Settings(**flags)
    except ValidationError as error:
        raise BadSettings(_first_line(error, "")) from None
    except UnicodeDecodeError:
        raise BadSettings(f"{config}: should be TOML in UTF-8") from None
    except (OSError, ValueError) as error:
        raise BadSettings(f"the configuration file cannot be read: {error}") from None


def _check_values(profile: Profile) -> None:
    """Raise BadSettings for a value that makes no sense."""
    for name in Profile.__slots__:
        value, least = getattr(profile, name), _least(profile, name)
        if type(value) is int and value < least:
            raise BadSettings(f"policy.{name}: should be {least} or more")
        if type(value) is int and value > _most(name):
            raise BadSettings(f"policy.{name}: should be {_most(name)} or less")
    if any(not 0 <= delay <= _HELD_MS_MAX for delay in profile.refusal_delays_ms):
        raise BadSettings(
            f"policy.refusal_delays_ms: each should be from 0 to {_HELD_MS_MAX}"
        )
    if profile.reset_link_s > DAY_S:
        raise BadSettings(f"policy.reset_link_s: should be {DAY_S} or less")


def _lists_read(base: Profile, policy: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides; lists are JSON where they come from the environment.

    Raises:
        BadSettings: one is not.
    """
    read = dict(policy)
    for name, value in policy.items():
        if isinstance(value, str) and isinstance(getattr(base, name, None), tuple):
            try:
                read[name] = json.loads(value)
            except ValueError:
                raise BadSettings(f"policy.{name}: should be a JSON list") from None
    return read


def _least(profile: Profile, name: str) -> int:
    """The least value of a number of the policy."""
    if name == "audit_kept_days":
        return AUDIT_KEPT_DAYS_MIN[profile.name]
    return int(name not in MAY_BE_ZERO)


def _most(name: str) -> int:
    """The largest sensible value of a policy: a time must not end after the calendar."""
    if name.endswith("_s"):
        return _CENTURY_DAYS * DAY_S
    return _MOST.get(name, _CENTURY_DAYS if name.endswith("_days") else INTEGER_MAX)


def misspelt(environ: Mapping[str, str]) -> dict[str, str | None]:
    """UMS_* variables that are no setting, each with the one that may be meant."""
    known = {f"UMS_{name.upper()}" for name in Settings.model_fields} | _ELSEWHERE
    names = (name for name in environ if name.startswith("UMS_"))
    of_client = ("PASSWORD_FILE", "TOKEN_FILE")
    strange = {
        name
        for name in names
        if name.split("__")[0] not in known and not name.endswith(of_client)
    }
    return {
        name: next(iter(get_close_matches(name, known, n=1)), None)
        for name in sorted(strange)
    }


def _first_line(error: ValidationError, prefix: str) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    name = prefix + ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"no such setting: {name}"
    return f"{name}: {reason_of(fault)}"
