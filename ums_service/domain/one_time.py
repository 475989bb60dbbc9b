"""Links and codes that are good once: what is kept of them, and what they are bound to.

A token is the user id and 256 random bits, joined by a dot. Of the bits only the
digest is stored, in one document per account, so that of many uses in parallel one
commits and the others find nothing (ASVS 4.0 section 2.5, hardening of NIST SP
800-63B-4 section 4.2). A mail that has to be sent again carries new bits, and all that
were ever sent in it are good until one is used.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from storage import Collection, Store, Transaction
from ums_service.domain.errors import InvalidLink
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import HOUR_S, Profile
from ums_service.domain.sessions import digest_of
from ums_service.domain.statuses import Status
from ums_service.domain.users import USERS, User

DIGESTS_MAX: Final = 20
"""Most tokens of one purpose that are good at once; more than a mail is tried for."""
CLOCK_SKEW_S: Final = 300
"""How far the wall clock may be set back before links of the future are refused."""


class Purpose(StrEnum):
    """What a token is good for, and for nothing else."""

    RESET = "reset"
    VERIFY = "verify"
    CHANGE_ADDRESS = "change_address"
    REVERT_ADDRESS = "revert_address"
    LOCK_DOWN = "lock_down"
    ACTIVATE = "activate"


_BOUND_TO_PASSWORD: Final = frozenset({Purpose.RESET, Purpose.CHANGE_ADDRESS})
_SHUT_BY_LOCK_DOWN: Final = frozenset({Purpose.VERIFY, Purpose.CHANGE_ADDRESS})
_BOUND_TO_ADDRESS: Final = frozenset({Purpose.RESET, Purpose.VERIFY, Purpose.ACTIVATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All tokens of one purpose that an account has. Times are seconds since 1970.

    `address` is the one they were mailed to (`mailed`), or that of the account when
    they were handed out; `bound_to` is the time of the password they belong to, where
    they belong to one.
    """

    purpose: str
    mail_id: str
    address: str
    mailed: bool
    bound_to: str
    queued_s: int
    since_s: int
    expires_s: int
    digests: tuple[bytes, ...]
    data: Mapping[str, Any]

    def is_live(self, now: Moment) -> bool:
        """Whether its time has come and is not over."""
        begun = self.since_s - CLOCK_SKEW_S <= now.epoch_s
        return begun and now.reached_s < self.expires_s

    def has(self, secret: str) -> bool:
        """Whether `secret` is one of its tokens; takes the same time for all."""
        digest = digest_of(secret)
        fits = [hmac.compare_digest(digest, known) for known in self.digests]
        return any(fits)

    def fits(self, user: User) -> bool:
        """Whether the account is still in the state that the link was made for."""
        if user.locked_down and self.purpose in _SHUT_BY_LOCK_DOWN:
            return False
        if self.purpose == Purpose.ACTIVATE and user.status != Status.PENDING:
            return False
        if self.bound_to and self.bound_to != user.password_changed_at:
            return False
        return self.purpose not in _BOUND_TO_ADDRESS or self.address == user.email


@dataclass(frozen=True, slots=True)
class OneTime:
    """The links of one account, one per purpose, and when mails were asked for."""

    user_id: str
    links: Mapping[str, Link]
    asked: Mapping[str, tuple[int, ...]]

    def live(self, purpose: Purpose, now: Moment) -> Link | None:
        """The link of that purpose, while it is good."""
        link = self.links.get(purpose)
        return link if link is not None and link.is_live(now) else None

    def with_link(self, link: Link) -> "OneTime":
        """With this link instead of the one of the same purpose."""
        return replace(self, links={**self.links, link.purpose: link})

    def without(self, purposes: Iterable[Purpose]) -> "OneTime":
        """Without the links of these purposes."""
        gone = set(purposes)
        kept = {name: link for name, link in self.links.items() if name not in gone}
        return replace(self, links=kept)

    def counted(self, purpose: Purpose, now: Moment, *, most: int) -> "OneTime | None":
        """With one more mail of that purpose; None where this hour had its number."""
        recent = self._recent(purpose, now)
        if len(recent) >= most:
            return None
        asked = {**self.asked, purpose: (*recent, now.epoch_s)}
        return replace(self, asked=asked)

    def is_spent(self, now: Moment) -> bool:
        """Whether nothing in it counts any more."""
        live = any(link.is_live(now) for link in self.links.values())
        return not live and not any(self._recent(p, now) for p in self.asked)

    def _recent(self, purpose: str, now: Moment) -> tuple[int, ...]:
        asked = self.asked.get(purpose, ())
        return tuple(at for at in asked if 0 <= now.epoch_s - at < HOUR_S)


def _key(one_time: OneTime) -> str:
    return one_time.user_id


def _to_document(one_time: OneTime) -> dict[str, Any]:
    links = one_time.links.values()
    return {
        "user_id": one_time.user_id,
        "links": [{n: getattr(link, n) for n in Link.__slots__} for link in links],
        "asked": {name: list(times) for name, times in one_time.asked.items()},
    }


def _from_document(document: dict[str, Any]) -> OneTime:
    links = {}
    for fields in document["links"]:
        link = Link(**{**fields, "digests": tuple(fields["digests"])})
        links[link.purpose] = link
    asked = {name: tuple(times) for name, times in document["asked"].items()}
    return OneTime(document["user_id"], links, asked)


ONE_TIME: Final = Collection(
    name="one_time", key=_key, to_document=_to_document, from_document=_from_document
)


class Redeemed(NamedTuple):
    """The account that a token was good for, and its link, which is gone."""

    user: User
    link: Link


async def of_account(tx: Transaction, user_id: str) -> OneTime:
    """The links of an account; none where it has no document."""
    return await tx.get(ONE_TIME, user_id) or OneTime(user_id, {}, {})


async def redeem(
    tx: Transaction, token: str, purposes: Iterable[Purpose], now: Moment
) -> Redeemed:
    """Use a token up, durably when `tx` is committed.

    Raises:
        InvalidLink: it is unknown, used, voided, over, for something else, or the
            account is no longer what it was made for: never told apart.
    """
    user_id, _, secret = token.partition(".")
    one_time = await tx.get(ONE_TIME, user_id)
    if one_time is None:
        raise InvalidLink
    for purpose in purposes:
        link = one_time.live(purpose, now)
        if link is not None and link.has(secret):
            user = await tx.get(USERS, user_id)
            if user is None or not link.fits(user):
                raise InvalidLink
            tx.put(ONE_TIME, one_time.without([purpose]))
            return Redeemed(user, link)
    raise InvalidLink


async def void(tx: Transaction, user_id: str, purposes: Iterable[Purpose]) -> None:
    """Make all tokens of these purposes useless."""
    one_time = await tx.get(ONE_TIME, user_id)
    if one_time is not None:
        tx.put(ONE_TIME, one_time.without(purposes))


def token_of(user_id: str, secret: str) -> str:
    """What is mailed or handed out."""
    return f"{user_id}.{secret}"


def lifetime_s(purpose: Purpose, profile: Profile) -> int:
    """How long a link is good, from the moment it leaves."""
    if purpose is Purpose.RESET:
        return profile.reset_link_s
    if purpose in (Purpose.VERIFY, Purpose.CHANGE_ADDRESS):
        return profile.verify_link_s
    if purpose is Purpose.ACTIVATE:
        return profile.activation_link_s
    return profile.revert_link_s


def new_link(
    purpose: Purpose, user: User, secret: str, now: Moment, profile: Profile
) -> Link:
    """A link with one token, not yet stored, that nobody has been sent."""
    bound = user.password_changed_at if purpose in _BOUND_TO_PASSWORD else ""
    return Link(
        purpose=purpose.value,
        mail_id="",
        address=user.email,
        mailed=False,
        bound_to=bound,
        queued_s=now.epoch_s,
        since_s=now.epoch_s,
        expires_s=now.reached_s + lifetime_s(purpose, profile),
        digests=(digest_of(secret),),
        data={},
    )


def spent(store: Store, user_ids: Iterable[str], now: Moment) -> list[str]:
    """Which of these accounts' documents can go."""
    found = ((user_id, store.get(ONE_TIME, user_id)) for user_id in user_ids)
    return [user_id for user_id, o in found if o is not None and o.is_spent(now)]
