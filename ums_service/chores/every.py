"""All chores of a service, by how often they are done."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from ums_service.calls.facilities import Facilities
from ums_service.chores.announcer import Announcer
from ums_service.chores.ended_labs import EndedLabs
from ums_service.chores.evictions import Evictions
from ums_service.chores.expiry_notices import ExpiryNotices
from ums_service.chores.grants import GrantSweep
from ums_service.chores.key_renewal import KeyRenewal
from ums_service.chores.lifecycle import Lifecycle
from ums_service.chores.old_mail import OldMail
from ums_service.chores.purging import Purging
from ums_service.domain import invitations
from ums_service.domain.moment import Moment
from ums_service.requests.refusal_log import RefusalLog

Chore = Callable[[Moment], Awaitable[None]]
"""One round of something; it may raise StoreError, to be asked again."""


class Chores(NamedTuple):
    """What is to be done, and how often."""

    each_second: tuple[Chore, ...]
    each_minute: tuple[Chore, ...]
    at_the_end: tuple[Chore, ...]
    """What an orderly stop makes durable."""


def chores_of(facilities: Facilities, refusals: RefusalLog) -> Chores:
    """The chores of one service, begun anew; its store must be open."""
    store = facilities.store
    evictions = Evictions(store, facilities.sessions)
    expiry = ExpiryNotices(store, facilities.profile, facilities.mail)
    return Chores(
        each_second=(
            evictions.round,
            EndedLabs(store).round,
            Announcer(facilities).round,
        ),
        each_minute=(
            refusals.flush,
            Purging(store).round,
            OldMail(store).round,
            KeyRenewal(store, facilities.tokens).round,
            GrantSweep(store).round,
            facilities.keys.write_uses,
            Lifecycle(facilities).round,
            expiry.tell_some,
            partial(invitations.purge, store),
            facilities.look_alikes.drop_if_old,
        ),
        at_the_end=(evictions.round, facilities.keys.write_uses),
    )
