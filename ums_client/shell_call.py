"""One command of the shell client: options in, one call, its reply printed.

It knows the session that is kept between commands; it must not know how options are
parsed, nor which exit status an error gives.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click
from platformdirs import user_state_dir
from pydantic import ValidationError

from ums_client import errors
from ums_client.client import Client
from ums_client.core import new_idempotency_key
from ums_client.keys import read_public_key
from ums_client.protocol.actions import Action, Repeat
from ums_client.protocol.factors import (
    ConfirmMfa,
    SetupMfa,
    SetupMfaReply,
    VerifyMfa,
)
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.passkeys import BeginPasskeyEnrolment
from ums_client.protocol.passwords import ChangePassword
from ums_client.protocol.sessions import LoginReply
from ums_client.saved_sessions import Saved, SavedSessions
from ums_client.secret_input import ask_code, is_secret, read_secret, secrets_for
from ums_client.shell_flags import Flags
from ums_client.shell_output import as_json, as_text, error_values, values_of

_KEPT_FOR: Final[Mapping[type[Request[Any]], tuple[str, ...]]] = {
    ChangePassword: ("password_change_token",),
    SetupMfa: ("mfa_setup_token",),
    ConfirmMfa: ("setup_token",),
    BeginPasskeyEnrolment: ("mfa_setup_token",),
}
"""Tokens of an earlier answer that a request takes, unless a file is named for them."""
_ENDING: Final = (ChangePassword, ConfirmMfa)
"""After these nothing that was kept for them is good any longer."""


def perform(action: Action, given: Mapping[str, Any], flags: Flags) -> None:
    """Call an action and print its reply.

    Raises:
        UmsError: it failed; with `--json` that was printed, too.
        click.UsageError: a field is not valid.
    """
    try:
        memory = _remembered(flags)
        request = _request(action, given, memory.saved)
        reply = _call(action, request, flags, memory)
    except errors.UmsError as error:
        if flags.as_json:
            click.echo(as_json(error_values(error)))
        raise
    values = values_of(reply, with_tokens=not flags.save)
    if flags.as_json:
        click.echo(as_json({"status": reply.status_word, **values}))
    else:
        click.echo(as_text(values))


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was kept for an endpoint, and where to keep what comes."""

    sessions: SavedSessions
    endpoint: str
    saved: Saved
    is_kept: bool

    def keep(self, saved: Saved) -> None:
        if self.is_kept and saved != self.saved:
            self.sessions.save(self.endpoint, saved)


def _remembered(flags: Flags) -> _Memory:
    sessions = SavedSessions(Path(user_state_dir("ums", appauthor=False)))
    if flags.session_token_file is not None:
        token = read_secret(flags.session_token_file, "session_token")
        return _Memory(sessions, flags.endpoint, Saved(token), is_kept=False)
    if flags.api_key_file is not None:
        return _Memory(sessions, flags.endpoint, Saved(), is_kept=False)
    saved = sessions.load(flags.endpoint)
    return _Memory(sessions, flags.endpoint, saved, is_kept=flags.save)


def _request(action: Action, given: Mapping[str, Any], saved: Saved) -> Request[Any]:
    sources = {name: given[name] for name in given if is_secret(name)}
    fields = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name not in sources and value not in (None, ())
    }
    fields |= secrets_for(action.name, sources, fields)
    for name in _KEPT_FOR.get(action.request, ()):
        token = getattr(saved, name)
        if token is not None:
            fields.setdefault(name, token)
    try:
        return action.request(**fields)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"]).replace("_", "-")
        raise click.UsageError(f"--{place}: {fault['msg']}") from None


def _call(
    action: Action, request: Request[Any], flags: Flags, memory: _Memory
) -> Reply:
    saved = memory.saved
    key = new_idempotency_key() if action.repeat is Repeat.KEYED else None
    with _client(flags, saved) as client:
        try:
            reply = _reply(client, request, key)
        except errors.PasswordChangeRequired as refusal:
            token = refusal.password_change_token
            memory.keep(Saved(password_change_token=token))
            raise
        except errors.MfaSetupRequired as refusal:
            memory.keep(Saved(mfa_setup_token=refusal.mfa_setup_token))
            raise
        except errors.InvalidSession:
            memory.keep(replace(saved, session_token=None))
            raise
        if isinstance(request, _ENDING) or isinstance(reply, LoginReply):
            saved = Saved()
        elif isinstance(reply, SetupMfaReply):
            saved = replace(saved, setup_token=reply.setup_token)
        memory.keep(replace(saved, session_token=client.session_token))
        return reply


@contextmanager
def saved_client(flags: Flags) -> Iterator[Client]:
    """A client with the session that is kept for the endpoint."""
    with _client(flags, _remembered(flags).saved) as client:
        yield client


def _reply(client: Client, request: Request[Any], key: str | None) -> Reply:
    """The reply; a login that wants a second factor asks for its code and goes on."""
    try:
        reply: Reply = client.call(request, idempotency_key=key)
    except errors.MfaRequired as refusal:
        code = ask_code(refusal.methods)
        if code is None or refusal.mfa_token is None:
            raise
        return client.call(VerifyMfa(mfa_token=refusal.mfa_token, code=code))
    return reply


def _client(flags: Flags, saved: Saved) -> Client:
    path, key = flags.server_key_file, flags.api_key_file
    return Client(
        flags.endpoint,
        deadline_s=flags.timeout,
        server_key=None if path is None else read_public_key(path),
        key_file=flags.key_file,
        session_token=saved.session_token,
        api_key=None if key is None else read_secret(key, "api_key"),
        logout_on_close=False,
    )
