"""`mail`: what waits in the outbox, while the service is stopped."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import click

from storage import Store, Transaction
from ums_service.audit.names import name_sealed
from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import reported
from ums_service.deployment.clock import read_clock
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import (
    OUTBOX,
    Mail,
    MailState,
    Template,
    revive,
    view,
)
from ums_service.starting.operations import Failed

_SECRET: Final = (Template.CODE,)
"""Templates whose data opens something."""

_Act = Callable[[Transaction, Mail, Moment], Awaitable[object]]


@click.group()
def mail() -> None:
    """Look after mail that is not sent. The service must be stopped.

    Beside a running service: the actions list_mail, retry_mail and drop_mail.
    """


@mail.command("list")
@data_options
@click.option("--state", type=click.Choice([state.value for state in MailState]))
def list_mails(state: str | None, **flags: Any) -> None:
    """Tell of each mail, the oldest first, as JSON lines."""

    async def tell(store: Store) -> None:
        for one in store.scan(OUTBOX):
            if state in (None, one.state):
                click.echo(json.dumps(view(one)))

    _with_store(flags, tell)


@mail.command()
@data_options
@click.argument("mail_id")
def show(mail_id: str, **flags: Any) -> None:
    """Tell all about one mail, but for codes: what it says and what its link is for."""

    async def tell(store: Store) -> None:
        one = _existing(store.get(OUTBOX, mail_id), mail_id)
        data = {} if one.template in _SECRET else dict(one.data)
        click.echo(
            json.dumps(view(one) | {"link": one.purpose, "data": data}, indent=2)
        )

    _with_store(flags, tell)


@mail.command()
@data_options
@click.argument("mail_ids", nargs=-1)
@click.option("--dead", is_flag=True, help="All that were given up.")
def retry(mail_ids: tuple[str, ...], *, dead: bool, **flags: Any) -> None:
    """Have mails tried again at the next start, as if they had been queued now."""

    async def again(store: Store) -> None:
        given_up = store.ids_where(OUTBOX, "state", MailState.DEAD.value)
        wanted = list(dict.fromkeys([*mail_ids, *(given_up if dead else ())]))
        if not dead:
            _require(wanted)
        await _act(store, wanted, "mail_retried", revive)
        say(f"{len(wanted)} to be tried again")

    _with_store(flags, again)


@mail.command()
@data_options
@click.argument("mail_ids", nargs=-1)
def drop(mail_ids: tuple[str, ...], **flags: Any) -> None:
    """Forget mails; one of them may tell somebody of a takeover."""

    async def forget(store: Store) -> None:
        wanted = list(dict.fromkeys(mail_ids))
        _require(wanted)
        await _act(store, wanted, "mail_dropped", _drop)
        say(f"{len(wanted)} dropped")

    _with_store(flags, forget)


def _with_store(
    flags: dict[str, Any], work: Callable[[Store], Awaitable[None]]
) -> None:
    async def run() -> None:
        async with open_offline(settings) as store:
            await work(store)

    settings = settings_from(flags)
    with reported():
        asyncio.run(run())


async def _act(store: Store, mail_ids: list[str], event: str, act: _Act) -> None:
    """Do it to all of them in one commit, with an entry for each. Raises Failed."""
    now = read_clock()
    async with store.transaction() as tx:
        for mail_id in mail_ids:
            found = await tx.get(OUTBOX, mail_id)
            one = _existing(found, mail_id)
            await act(tx, one, now)
            AuditEntry(
                event=event,
                outcome=Outcome.DONE,
                subject=one.user_id or None,
                details={"template": one.template},
                of_subject=name_sealed(store, one.user_id or None),
            ).append_to(tx, now)


async def _drop(tx: Transaction, one: Mail, now: Moment) -> None:
    del now
    tx.delete(OUTBOX, one.mail_id)


def _existing(found: Mail | None, mail_id: str) -> Mail:
    if found is None:
        raise Failed(f"there is no mail {mail_id}")
    return found


def _require(mail_ids: list[str]) -> None:
    if not mail_ids:
        raise Failed("no mail was named")
