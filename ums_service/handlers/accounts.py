"""Create, read, change and delete accounts."""

from typing import Any

from storage import document_of
from ums_client.protocol.accounts import (
    CreateUser,
    CreateUserReply,
    GetUser,
    GetUserReply,
    UpdateUser,
    UpdateUserReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.access import require_to_read
from ums_service.calls.answer import Answer, answer, answer_from
from ums_service.calls.call import Call
from ums_service.calls.notices import ask_to_verify, new_mail, notify, post
from ums_service.domain import accounts
from ums_service.domain.default_roles import give_default_roles
from ums_service.domain.errors import (
    InvalidInput,
    InvalidSession,
    MissingInput,
    NotFound,
    PermissionDenied,
)
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Template
from ums_service.domain.roster import update_roster
from ums_service.domain.statuses import Status
from ums_service.domain.users import ACTIVE, ROLES, USERS, User
from ums_service.handlers.account_changes import change
from ums_service.handlers.consents import note_consents
from ums_service.handlers.details import with_details
from ums_service.handlers.freshness import require_fresh_unless_original
from ums_service.handlers.granting import require_all_of
from ums_service.handlers.new_passwords import (
    with_temporary_password,
    without_password,
)
from ums_service.handlers.sections import sections
from ums_service.handlers.views import user_view


async def create_user(request: CreateUser, call: Call) -> Answer[CreateUserReply]:
    """Register an account, or make one as an administrator."""
    profile = call.facilities.profile
    creates = call.may(Permission.USERS_CREATE)
    if not profile.registration and not creates:
        raise PermissionDenied
    username, email = normalise(request.username or ""), normalise(request.email or "")
    generate = _generates(request, creates=creates)
    pending = _is_pending(request, creates=creates)
    if not username or not email or not (request.password or generate or pending):
        raise MissingInput("Username, email, and password are required")
    role = _role_for_new(request, call)
    policy, password = await call.policy(), ""
    if request.password:
        password = policy.accepted(request.password, username=username, email=email)
    accounts.check_names(username, email, profile)
    accounts.check_date_of_birth(request.date_of_birth, call.now, profile)
    await accounts.check_name_is_free(call.tx, "username", username)
    await accounts.check_name_is_free(call.tx, "email", email)
    given: dict[str, Any]
    given = {name: getattr(request, name) or "" for name in accounts.PERSON_FIELDS}
    user = User(
        user_id=call.facilities.new_user_id(),
        username=username,
        email=email,
        password_hash=await call.hash(password) if password else "",
        created_at=call.now.text,
        updated_at=call.now.text,
        password_changed_at=call.now.text,
        role=role,
        user_type=_user_type_for_new(request, call, creates=creates),
        status=Status.PENDING if pending else ACTIVE,
        metadata=request.metadata or {},
        **given,
    )
    made: dict[str, Any] = {"username": username, "email": email}
    if not profile.original_replies:
        made["user_id"] = user.user_id
    if generate:
        user, made["temporary_password"] = await with_temporary_password(user, call)
    elif not password:
        user = await without_password(user, call)
    call.subject = user.user_id
    note_consents(request, user.user_id, call, creates=creates)
    user = await with_details(request, user, call)
    call.details.pop("changed", None)  # all of it is new
    call.changes = None
    call.tx.put(USERS, user)
    roles = await give_default_roles(call.tx, user.user_id, call.now)
    if roles:
        call.details["roles"] = roles
    await update_roster(call.tx, None, user)
    await _welcome(user, call)
    return answer(CreateUserReply, message="User created successfully", **made)


async def get_user(request: GetUser, call: Call) -> Answer[GetUserReply]:
    """Read an account."""
    own = call.own_session.user_id
    user_id = request.user_id or own
    if request.username or request.email:
        user_id = _named(request, call)
    if user_id != own:
        call.subject, call.discloses = user_id, True
    value = call.facilities.store.get_value(USERS, user_id)
    if value is None:
        raise InvalidSession if user_id == own else NotFound
    profile = call.facilities.profile
    if request.include:
        document = document_of(value)
        more = sections(USERS.from_document(document), request.include, call)
        return answer(GetUserReply, user=user_view(document, profile), **more)
    return answer_from(
        GetUserReply, value, lambda: {"user": user_view(document_of(value), profile)}
    )


async def update_user(request: UpdateUser, call: Call) -> Answer[UpdateUserReply]:
    """Change an account."""
    before = await _target(request.user_id, call)
    after = await with_details(request, await change(request, before, call), call)
    await update_roster(call.tx, before, after)
    view = user_view(call.tx.put(USERS, after), call.facilities.profile)
    more = {}
    wanted = normalise(request.email or "")
    if wanted and wanted != after.email:
        more["pending_email"] = wanted
    message = "User updated successfully"
    return answer(UpdateUserReply, message=message, user=view, **more)


async def _welcome(user: User, call: Call) -> None:
    """The first mail to an account: whether it is ready, or what it waits for."""
    facilities = call.facilities
    if user.status == Status.PENDING:
        if facilities.mail:
            await post(call, new_mail(call, user, Template.ACTIVATION))
    elif facilities.profile.require_email_verification and facilities.mail:
        await ask_to_verify(call, user)
    else:
        await notify(call, user, Template.WELCOME)


def _named(request: GetUser, call: Call) -> str:
    """The id of the account with this name or address, if the caller may read it.

    Raises:
        InvalidInput: it is named twice.
        PermissionDenied: the caller may not, whether there is such an account or not.
        NotFound: there is none.
    """
    if [request.user_id, request.username, request.email].count(None) != 2:
        raise InvalidInput("username", "should be the only name of the account")
    field = "username" if request.username else "email"
    name = normalise(request.username or request.email or "")
    user_id = call.facilities.store.find(USERS, field, name)
    if user_id is None or user_id != call.own_session.user_id:
        require_to_read(user_id, call)
    if user_id is None:
        raise NotFound
    return user_id


async def _target(user_id: str | None, call: Call) -> User:
    """The account that is to be changed: the caller's or another."""
    own = call.own_session.user_id
    call.subject = user_id or own
    user = await call.tx.get(USERS, call.subject)
    if user is None:
        raise InvalidSession if call.subject == own else NotFound
    return user


def _generates(request: CreateUser, *, creates: bool) -> bool:
    """Whether the service is to make up the password."""
    if not request.generate_password:
        return False
    if not creates:
        raise PermissionDenied
    if request.password:
        raise InvalidInput("password", "should not be given where one is generated")
    return True


def _is_pending(request: CreateUser, *, creates: bool) -> bool:
    """Whether the account waits for its owner to take it up."""
    if request.auto_activate:
        return False
    if not creates:
        raise PermissionDenied
    return True


def _user_type_for_new(request: CreateUser, call: Call, *, creates: bool) -> str:
    if not request.user_type:
        return ""
    if creates:
        return request.user_type
    if call.facilities.profile.role_from_public == "refuse":
        raise PermissionDenied
    call.details["ignored_user_type"] = request.user_type
    return ""


def _role_for_new(request: CreateUser, call: Call) -> str:
    if request.role in (None, "user"):
        return "user"
    assert request.role is not None
    if call.may(Permission.ROLES_ASSIGN):
        accounts.check_one_of("role", request.role, ROLES)
        require_fresh_unless_original(call)
        require_all_of(request.role, call)
        return request.role
    if call.facilities.profile.role_from_public == "refuse":
        raise PermissionDenied
    call.details["ignored_role"] = request.role
    return "user"
