"""One lab, for somebody who was let in: the only way to what belongs to a lab.

    LabScope(lab_id, caller, permissions, now)   refuses, or reads that lab and no other

A scope cannot be made without a lab and a decision, and every question about a lab is
one of its methods, so none can be written that forgets its lab or who asks. A test
holds the rest of the service to it. A lab that is not there and one that is somebody
else's are refused alike: the decision does not look whether there is a lab.
"""

from collections.abc import Iterable
from typing import Final, final

from storage import Store, Transaction
from ums_service.domain.attribute_book import ROLE_MAPS
from ums_service.domain.authorisation import Caller, Resource, may
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.errors import LastLabAdmin, NoSuchLab, PermissionDenied
from ums_service.domain.lab_policies import LAB_POLICIES, LabPolicy
from ums_service.domain.labs import ENDED_LABS, LABS, EndedLab, Lab, check_is_free
from ums_service.domain.moment import Moment
from ums_service.domain.users import ACTIVE, USERS

_ADMINS_AT_ONCE: Final = 8


@final
class LabScope:
    """What is of one lab."""

    __slots__ = ("_lab_id",)

    def __init__(
        self, lab_id: str, caller: Caller, permissions: Iterable[str], now: Moment
    ) -> None:
        """Let in who has any of `permissions` in the lab.

        Raises:
            PermissionDenied: they have none.
        """
        there = Resource(frozenset({lab_id}))
        if not any(may(caller, name, there, now).allowed for name in permissions):
            raise PermissionDenied
        self._lab_id = lab_id

    @property
    def lab_id(self) -> str:
        """The id of the lab, which never changes."""
        return self._lab_id

    def read(self, store: Store) -> Lab:
        """The lab as it is on disk. Raises NoSuchLab."""
        lab = store.get(LABS, self.lab_id)
        if lab is None:
            raise NoSuchLab
        return lab

    async def lab(self, tx: Transaction) -> Lab:
        """The lab, which must be the same at the commit. Raises NoSuchLab."""
        lab = await tx.get(LABS, self.lab_id)
        if lab is None:
            raise NoSuchLab
        return lab

    async def save(self, tx: Transaction, lab: Lab) -> None:
        """Change the lab. Raises NameTaken."""
        assert lab.lab_id == self.lab_id
        await check_is_free(tx, lab)
        tx.put(LABS, lab)

    def end(self, tx: Transaction, now: Moment) -> None:
        """Delete the lab; `memberships.end_some` takes its members out, bit by bit."""
        tx.delete(LABS, self.lab_id)
        tx.delete(ROLE_MAPS, self.lab_id)
        tx.delete(LAB_POLICIES, self.lab_id)
        tx.put(ENDED_LABS, EndedLab(self.lab_id, now.text))

    def policy(self, store: Store) -> LabPolicy:
        """What the lab asks of its members, as it is on disk."""
        return store.get(LAB_POLICIES, self.lab_id) or LabPolicy(self.lab_id, {})

    async def policy_to_change(self, tx: Transaction) -> LabPolicy:
        """The same, which must be so at the commit."""
        return await tx.get(LAB_POLICIES, self.lab_id) or LabPolicy(self.lab_id, {})

    def save_policy(self, tx: Transaction, policy: LabPolicy) -> None:
        """Change what the lab asks."""
        assert policy.lab_id == self.lab_id
        tx.put(LAB_POLICIES, policy)

    def membership(self, store: Store, user_id: str) -> Membership | None:
        """What an account is in the lab, as it is on disk."""
        own = store.get(ENTITLEMENTS, user_id)
        return own.labs.get(self.lab_id) if own else None

    async def entitlements(
        self, tx: Transaction, user_id: str
    ) -> tuple[Entitlements, Membership | None]:
        """What an account was granted, and its membership, for a change of that."""
        own = await tx.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
        return own, own.labs.get(self.lab_id)

    def member_ids(
        self, store: Store, *, after: str | None = None, limit: int | None = None
    ) -> list[str]:
        """Accounts that have something in the lab, in order of their ids.

        Some have no `membership`, and some were deleted and can still be restored.
        """
        return store.ids_where(
            ENTITLEMENTS, "member_of", self.lab_id, after=after, limit=limit
        )

    async def require_other_admin(self, tx: Transaction, user_id: str) -> None:
        """Return when somebody but this account can administer the lab.

        Who that is must hold at the commit: of two who leave at the same moment, the
        second is refused.

        Raises:
            LastLabAdmin: nobody would be left.
        """
        after = None
        while True:
            admins = await tx.ids_where(
                ENTITLEMENTS,
                "admin_of",
                self.lab_id,
                after=after,
                limit=_ADMINS_AT_ONCE,
            )
            for admin in admins:
                if admin != user_id and await _is_active(tx, admin):
                    return
            if len(admins) < _ADMINS_AT_ONCE:
                raise LastLabAdmin
            after = admins[-1]


async def _is_active(tx: Transaction, user_id: str) -> bool:
    user = await tx.get(USERS, user_id)
    return user is not None and user.status == ACTIVE


@final
class LabDirectory:
    """All labs there are, for who manages them."""

    __slots__ = ()

    def __init__(self, caller: Caller, permission: str, now: Moment) -> None:
        """Let in who has the permission in the whole service. Raises PermissionDenied."""
        if not may(caller, permission, Resource(), now).allowed:
            raise PermissionDenied

    def ids(self, store: Store) -> list[str]:
        """The ids of all labs."""
        return store.ids(LABS)

    def read(self, store: Store, lab_id: str) -> Lab | None:
        """One of them; None where it has been deleted meanwhile."""
        return store.get(LABS, lab_id)
