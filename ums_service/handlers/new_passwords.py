"""A new password for an account: judged, not one of the last ones, hashed, remembered.

Whatever sets a password comes through here; what must end with the old one (sessions,
say) is up to the action.
"""

from ums_service.calls.call import Call
from ums_service.domain import password_history
from ums_service.domain.errors import PermissionDenied, PolicyViolation
from ums_service.domain.password_generator import generate_password
from ums_service.domain.passwords import normalise_password
from ums_service.domain.users import User


async def with_new_password(user: User, password: str, call: Call) -> User:
    """The account with a password that its owner has chosen.

    Raises:
        PolicyViolation: it breaks the policy (every rule is named), or was used before.
        PermissionDenied: it is the account of a program.
        Busy: more hashes than can be queued.
    """
    require_person(user)
    policy = await call.policy(user.user_id)
    most = call.facilities.policies.of(user.user_id).password_history
    accepted = policy.accepted(password, username=user.username, email=user.email)
    recent = await password_history.recent_hashes(
        call.tx, user.user_id, user.password_hash, most=most
    )
    if await call.is_one_of(recent, accepted):
        raise PolicyViolation([f"Password must not be one of the last {most}"])
    password_history.remember(call.tx, user.user_id, recent, most=most)
    return user.with_password(await call.hash(accepted), call.now)


async def with_temporary_password(user: User, call: Call) -> tuple[User, str]:
    """The account with a random password, and the password.

    It is good for `first_password_s` and only for choosing another.

    Raises:
        PermissionDenied: it is the account of a program.
    """
    require_person(user)
    facilities = call.facilities
    profile = facilities.policies.of(user.user_id)
    password = call.generated_password or generate_password(
        await call.policy(user.user_id),
        facilities.choose,
        username=user.username,
        email=user.email,
    )
    call.generated_password = password
    recent = await password_history.recent_hashes(
        call.tx, user.user_id, user.password_hash, most=profile.password_history
    )
    password_history.remember(
        call.tx, user.user_id, recent, most=profile.password_history
    )
    made = user.with_password(await call.hash(normalise_password(password)), call.now)
    return to_be_changed(made, call, good_for_s=profile.first_password_s), password


async def without_password(user: User, call: Call) -> User:
    """The account with a random password that nobody knows and that is over already.

    So whoever guesses at it meets the same work and the same answers as elsewhere.
    """
    made, _ = await with_temporary_password(user, call)
    return made._replace(password_good_until=0)


def to_be_changed(user: User, call: Call, *, good_for_s: int) -> User:
    """The account whose password opens no session and is good for a while only."""
    return user._replace(
        must_change_password=True, password_good_until=call.now.reached_s + good_for_s
    )


def require_person(user: User) -> None:
    """Raise PermissionDenied for the account of a program: it never gets a password."""
    if user.service_account:
        raise PermissionDenied
