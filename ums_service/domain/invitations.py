"""Invitations: made for an address, answered once with a token that was mailed there.

    PENDING --accept--> ACCEPTED      --decline--> DECLINED
    PENDING --cancel--> CANCELLED     --time--> EXPIRED --resend--> PENDING

A token is the id and 256 random bits, joined by a dot; of the bits only digests are
kept, so several mails of one invitation are good until one is used.
"""

import asyncio
import hmac
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from storage import Collection, Store, Transaction
from ums_service.domain.errors import InvalidLink
from ums_service.domain.moment import Moment, text_of
from ums_service.domain.sessions import digest_of

DIGESTS_MAX: Final = 20
"""Most tokens of one invitation; more than a mail is tried for."""
AT_ONCE: Final = 100
"""Invitations looked at before other requests get their turn: about a millisecond."""
KEPT_S: Final = 90 * 86_400
"""How long one that is over stays in lists."""


class State(StrEnum):
    """What has become of an invitation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What is kept of an invitation. Seconds count from 1970.

    `open_for` names address and lab while it is pending, and nothing afterwards: no
    two open invitations are the same.
    """

    invitation_id: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    lab_id: str | None
    lab_role: str | None
    message: str
    invited_by: str
    created_s: int
    expires_s: int
    digests: tuple[bytes, ...] = field(default=(), repr=False)
    shown: bool = False
    """Whether whoever invites has had a token: then using one proves no address."""
    answer: str = ""
    answered_s: int | None = None
    accepted_by: str = ""
    """The id of the account, which may have another address since."""

    @property
    def open_for(self) -> str | None:
        return None if self.answer else f"{self.email} {self.lab_id or ''}"

    def state(self, now: Moment) -> State:
        """What has become of it by now."""
        if self.answer:
            return State(self.answer)
        return State.EXPIRED if now.reached_s >= self.expires_s else State.PENDING

    def answered(self, state: State, now: Moment) -> "Invitation":
        """The invitation with its end; its tokens are forgotten."""
        return replace(self, answer=state.value, answered_s=now.epoch_s, digests=())

    def accepted(self, user_id: str, now: Moment) -> "Invitation":
        """The invitation after this account has accepted it."""
        return replace(self.answered(State.ACCEPTED, now), accepted_by=user_id)

    def with_token(self, secret: str) -> "Invitation":
        """The invitation with one more token."""
        digests = (*self.digests, digest_of(secret))[-DIGESTS_MAX:]
        return replace(self, digests=digests)

    def has(self, secret: str) -> bool:
        """Whether `secret` is one of its tokens; takes the same time for all."""
        digest = digest_of(secret)
        fits = [hmac.compare_digest(digest, known) for known in self.digests]
        return any(fits)

    def renewed(self, expires_s: int) -> "Invitation":
        """The invitation with another end."""
        return replace(self, expires_s=expires_s)

    def handed_over(self) -> "Invitation":
        """The invitation after whoever invites has had a token."""
        return replace(self, shown=True)

    def is_spent(self, now: Moment) -> bool:
        """Whether it has been over for long enough to be forgotten."""
        return now.reached_s >= (self.answered_s or self.expires_s) + KEPT_S


def _key(invitation: Invitation) -> str:
    return invitation.invitation_id


def _to_document(invitation: Invitation) -> dict[str, Any]:
    return asdict(invitation) | {
        "open_for": invitation.open_for,
        "lab": invitation.lab_id or "",
    }


def _from_document(document: dict[str, Any]) -> Invitation:
    plain = {n: v for n, v in document.items() if n not in ("open_for", "lab")}
    tuples = {name: tuple(plain[name]) for name in ("roles", "digests")}
    return Invitation(**plain | tuples)


INVITATIONS: Final = Collection(
    name="invitations",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    unique=("open_for",),
    grouped=("invited_by", "lab", "email", "accepted_by"),
)


def token_of(invitation: Invitation, secret: str) -> str:
    """The whole token, as it is mailed."""
    return f"{invitation.invitation_id}.{secret}"


async def find_open(tx: Transaction, token: str, now: Moment) -> Invitation:
    """The pending invitation of a token.

    Raises:
        InvalidLink: unknown, answered, expired: never told apart.
    """
    invitation_id, _, secret = token.partition(".")
    found = await tx.get(INVITATIONS, invitation_id)
    if found is None or not found.has(secret) or found.state(now) is not State.PENDING:
        raise InvalidLink
    return found


async def purge(store: Store, now: Moment, *, most: int = 100) -> None:
    """Forget some of those that have been over for long.

    It looks at all of them, and lets others have their turn meanwhile.

    Raises StoreError.
    """
    spent = list[str]()
    for number, invitation_id in enumerate(store.ids(INVITATIONS), start=1):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        found = store.get(INVITATIONS, invitation_id)
        if found is not None and found.is_spent(now):
            spent.append(invitation_id)
        if len(spent) == most:
            break
    async with store.transaction() as tx:
        for invitation_id in spent:
            if await tx.get(INVITATIONS, invitation_id) is not None:
                tx.delete(INVITATIONS, invitation_id)


def view(invitation: Invitation, now: Moment) -> dict[str, Any]:
    """What is shown of it to whoever made it."""
    answered_s = invitation.answered_s
    return {
        "invitation_id": invitation.invitation_id,
        "email": invitation.email,
        "first_name": invitation.first_name,
        "last_name": invitation.last_name,
        "roles": list(invitation.roles),
        "lab_id": invitation.lab_id,
        "lab_role": invitation.lab_role,
        "message": invitation.message,
        "state": invitation.state(now).value,
        "invited_by": invitation.invited_by,
        "created_at": text_of(invitation.created_s),
        "expires_at": text_of(invitation.expires_s),
        "answered_at": None if answered_s is None else text_of(answered_s),
    }


async def forget(tx: Transaction, user_id: str, email: str) -> None:
    """Delete every invitation of an account, and of the address that it has."""
    accepted = await tx.ids_where(INVITATIONS, "accepted_by", user_id)
    for invitation_id in {*accepted, *await tx.ids_where(INVITATIONS, "email", email)}:
        tx.delete(INVITATIONS, invitation_id)
