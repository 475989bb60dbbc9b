"""Which policy holds for one account: the strictest of the service's and of its labs'."""

from collections.abc import Iterator

from storage import Store
from ums_service.domain.lab_policies import LAB_POLICIES, LabPolicy, strictest
from ums_service.domain.networks import is_within
from ums_service.domain.passwords import PasswordPolicy
from ums_service.domain.profiles import Profile
from ums_service.domain.users import User
from ums_service.guard.authority import Authority


class AccountPolicies:
    """Policies as the store has them now: a change counts at the next question.

    Nothing is kept: it is asked at logins and for passwords only, and then costs one
    look-up for each lab of the account.
    """

    def __init__(
        self,
        store: Store,
        authority: Authority,
        profile: Profile,
        passwords: PasswordPolicy,
    ) -> None:
        self._store = store
        self._authority = authority
        self._profile = profile
        self._passwords = passwords

    def of(self, user_id: str) -> Profile:
        """What holds for this account; the service's policy where there is none."""
        return strictest(self._profile, self._of_labs(user_id))

    def for_passwords(self, user_id: str) -> PasswordPolicy:
        """The rules for new passwords of this account."""
        profile = self.of(user_id)
        if profile is self._profile:
            return self._passwords
        return self._passwords.with_rules_of(profile)

    def admits(self, user: User, address: str) -> bool:
        """Whether all labs of this account let its members log in from there.

        Who administers the service is never kept out of it by a lab.
        """
        return user.administers or all(
            is_within(address, policy.addresses)
            for policy in self._of_labs(user.user_id)
        )

    def _of_labs(self, user_id: str) -> Iterator[LabPolicy]:
        if not user_id or not self._store.count(LAB_POLICIES):
            return
        caller = self._authority.caller(user_id)
        for lab_id in caller.lab_ids if caller else ():
            policy = self._store.get(LAB_POLICIES, lab_id)
            if policy is not None:
                yield policy
