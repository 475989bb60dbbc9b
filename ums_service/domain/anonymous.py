"""What is left of an account that was anonymised: its id, and when it was used.

Everything that is said of a person goes, as the list of HIPAA's safe harbour asks (45
CFR 164.514(b)(2)): names, addresses, numbers, dates of birth, whatever was typed. The
key of its names in the audit log goes too, so that the entries tell of an id.
"""

from ums_service.domain.moment import Moment
from ums_service.domain.statuses import Status
from ums_service.domain.users import User


def anonymised(user: User, password_hash: str, now: Moment) -> User:
    """The account without its person; `password_hash` is one that no password has.

    No name or address of the form that stands for it can be registered.
    """
    nobody = f"anonymised {user.user_id}"
    return User(
        user_id=user.user_id,
        username=nobody,
        email=nobody,
        password_hash=password_hash,
        created_at=user.created_at,
        updated_at=now.text,
        password_changed_at=now.text,
        status=Status.ANONYMISED.value,
        last_login=user.last_login,
    )
