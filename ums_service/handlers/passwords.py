"""Passwords: chosen by their owner, judged beforehand, asked about, forced to change."""

from datetime import timedelta
from typing import Final

from ums_client.protocol.passwords import (
    ChangePassword,
    ChangePasswordReply,
    CheckPassword,
    CheckPasswordReply,
    ForcePasswordChange,
    ForcePasswordChangeReply,
    GetPasswordStatus,
    GetPasswordStatusReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import new_mail, notify, post, require_mail
from ums_service.domain.errors import (
    InvalidInput,
    InvalidSession,
    NotConfigured,
    NotFound,
)
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Template
from ums_service.domain.password_expiry import password_state
from ums_service.domain.password_strength import strength_of
from ums_service.domain.passwords import BYTES_MAX, normalise_password
from ums_service.domain.profiles import DAY_S, Profile
from ums_service.domain.sessions import Purpose, Session, expiry
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.devices import ask_devices_again
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.new_passwords import (
    require_person,
    with_new_password,
    with_temporary_password,
)
from ums_service.sending.mails import is_reachable

_RESET_SENT: Final = "A mail to choose a new password is on its way"


async def change_password(
    request: ChangePassword, call: Call
) -> Answer[ChangePasswordReply]:
    """Set a new password, with a session or with a password change token."""
    session = _proof(request, call)
    user = await call.tx.get(USERS, session.user_id)
    call.subject = session.user_id
    if user is None or user.status != ACTIVE or user.locked_down:
        raise InvalidSession
    await call.prove(user, request.current_password, known=session)
    call.tx.put(USERS, await with_new_password(user, request.new_password, call))
    call.lift_lockout(user.user_id)
    await notify(call, user, Template.PASSWORD_CHANGED)
    kept = session if session.purpose is Purpose.SESSION else None
    others = await end_everything_of(user.user_id, call, but=kept)
    return answer(
        ChangePasswordReply,
        message="Password changed successfully",
        sessions_ended=others,
    )


def _proof(request: ChangePassword, call: Call) -> Session:
    if call.session is not None:
        return call.session
    token = request.password_change_token
    session = token and call.facilities.sessions.find(
        token, call.now, purpose=Purpose.PASSWORD_CHANGE
    )
    if not session:
        raise InvalidSession
    return session


async def check_password(
    request: CheckPassword, call: Call
) -> Answer[CheckPasswordReply]:
    """Judge a password; nothing of it is kept."""
    facilities = call.facilities
    username, email = normalise(request.username or ""), normalise(request.email or "")
    policy = await call.policy()
    errors = policy.violations(request.password, username=username, email=email)
    strength = await facilities.scoring.run(
        strength_of, normalise_password(request.password), username, email
    )
    return answer(
        CheckPasswordReply,
        valid=not errors,
        errors=errors,
        strength=strength.label,
        score=strength.score,
        advice=strength.advice,
        policy=_policy_view(facilities.profile),
    )


def _policy_view(profile: Profile) -> dict[str, object]:
    expires_s = profile.password_expires_s
    return {
        "chars_min": profile.password_chars_min,
        "bytes_max": BYTES_MAX,
        "classes": profile.password_classes,
        "common": profile.password_common,
        "personal": profile.password_personal,
        "runs": profile.password_runs,
        "history": profile.password_history,
        "expires_in_days": None if expires_s is None else expires_s // DAY_S,
    }


async def get_password_status(
    request: GetPasswordStatus, call: Call
) -> Answer[GetPasswordStatusReply]:
    """Tell how it stands with a password."""
    own = call.own_session.user_id
    user_id = request.user_id or own
    if user_id != own:
        call.subject, call.discloses = user_id, True
    user = call.facilities.store.get(USERS, user_id)
    if user is None:
        raise InvalidSession if user_id == own else NotFound
    state = password_state(user, call.facilities.policies.of(user_id), call.now)
    expires_at = None
    if state.left_s is not None:
        ends = call.now.utc.replace(microsecond=0) + timedelta(seconds=state.left_s)
        expires_at = ends.isoformat(timespec="seconds")
    return answer(
        GetPasswordStatusReply,
        password_changed_at=user.password_changed_at,
        password_expires_at=expires_at,
        days_until_expiry=state.days_left,
        password_expired=state.expired,
        require_password_change=state.must_change,
        warning=state.expires_soon,
    )


async def force_password_change(
    request: ForcePasswordChange, call: Call
) -> Answer[ForcePasswordChangeReply]:
    """Have somebody choose another password; their sessions end."""
    facilities = call.facilities
    require_fresh(call)
    if request.user_id == call.own_session.user_id:
        raise InvalidInput("user_id", "should be another account; see change_password")
    user = await call.tx.get(USERS, request.user_id)
    if user is None:
        raise NotFound
    require_person(user)
    call.subject = user.user_id
    call.details["mode"] = request.mode
    if request.reason:
        call.changes = {"reason": ["", request.reason]}
    more = {}
    if request.mode == "temporary":
        user, password = await with_temporary_password(user, call)
        await ask_devices_again(user.user_id, call)
        good_for_s = facilities.profile.first_password_s
        more = {
            "temporary_password": password,
            "temporary_password_expires_at": expiry(call.now, good_for_s),
        }
    user = user._replace(must_change_password=True, updated_at=call.now.text)
    message = "The next login asks for a new password"
    if request.mode == "mail_reset":
        user, message = await _reset_by_mail(user, call), _RESET_SENT
    else:
        await notify(call, user, Template.CHANGE_REQUIRED)
    call.tx.put(USERS, user)
    ended = await end_everything_of(user.user_id, call)
    return answer(
        ForcePasswordChangeReply,
        message=message,
        sessions_ended=ended,
        **more,
    )


async def _reset_by_mail(user: User, call: Call) -> User:
    """The account that nobody gets into before a reset, whose mail is queued.

    The present password may be somebody else's by now: it must not choose the next.

    Raises:
        NotConfigured: no mail server, or no address that mail reaches.
        InvalidInput: the account is not active, so no reset would be mailed.
    """
    require_mail(call)
    if not is_reachable(user):
        raise NotConfigured("mail address of this account")
    if user.status != ACTIVE:
        raise InvalidInput("mode", "should be another for an account not in use")
    await post(call, new_mail(call, user, Template.RESET))
    return user._replace(locked_down=True)
