"""What people consent to: asked for at registration, granted and withdrawn later."""

from typing import Any, Final

from ums_client.protocol.accounts import CreateUser
from ums_client.protocol.consents import (
    GetConsents,
    GetConsentsReply,
    SetConsent,
    SetConsentReply,
)
from ums_client.protocol.invitations import AcceptInvitation
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.consents import (
    CONSENTS,
    TYPES_MAX,
    Consent,
    Consents,
    at_registration,
    required_version,
)
from ums_service.domain.errors import (
    ConsentRequired,
    InvalidInput,
    InvalidSession,
    NotFound,
    PermissionDenied,
)
from ums_service.domain.users import USERS

AT_REGISTRATION: Final = {
    "terms": "terms_accepted",
    "privacy": "privacy_accepted",
    "marketing": "marketing_consent",
}


def note_consents(
    request: CreateUser | AcceptInvitation,
    user_id: str,
    call: Call,
    *,
    creates: bool = False,
) -> None:
    """Put the consents of a registration into `call.tx`.

    Who makes an account for somebody else consents to nothing in their name: they are
    asked at their first login.

    Raises:
        ConsentRequired: one is missing that everybody must give.
    """
    if creates:
        return
    accepted = [k for k, name in AT_REGISTRATION.items() if getattr(request, name)]
    required = call.facilities.profile.consents_required
    consents = at_registration(user_id, accepted, required, call.now)
    missing = consents.missing(required)
    if missing:
        raise ConsentRequired([one.type for one in missing])
    if consents.given:
        call.tx.put(CONSENTS, consents)


async def missing_consents(user_id: str, call: Call) -> list[str]:
    """The types that this person is to be asked for."""
    required = call.facilities.profile.consents_required
    if not required:
        return []
    own = await call.tx.get(CONSENTS, user_id) or Consents(user_id)
    return [one.type for one in own.missing(required)]


async def get_consents(request: GetConsents, call: Call) -> Answer[GetConsentsReply]:
    """Read consents."""
    own_id = call.own_session.user_id
    user_id = request.user_id or own_id
    if user_id != own_id:
        call.subject, call.discloses = user_id, True
    store = call.facilities.store
    if store.get_value(USERS, user_id) is None:
        raise InvalidSession if user_id == own_id else NotFound
    own = store.get(CONSENTS, user_id) or Consents(user_id)
    return answer(
        GetConsentsReply,
        consents=[one._asdict() for one in own.current()],
        missing=_missing(own, call),
        history=[one._asdict() for one in own.given],
    )


async def set_consent(request: SetConsent, call: Call) -> Answer[SetConsentReply]:
    """Grant a consent, or withdraw it."""
    own_id = call.own_session.user_id
    call.subject = user_id = request.user_id or own_id
    if await call.tx.get(USERS, user_id) is None:
        raise InvalidSession if user_id == own_id else NotFound
    if user_id != own_id and request.granted:
        raise PermissionDenied  # nobody consents in somebody else's name
    own = await call.tx.get(CONSENTS, user_id) or Consents(user_id)
    known = {one.type for one in own.given}
    if request.type not in known and len(known) >= TYPES_MAX:
        raise InvalidInput("type", f"should be one of at most {TYPES_MAX} types")
    version = request.version
    if version is None:
        required = call.facilities.profile.consents_required
        version = required_version(request.type, required)
    consent = Consent(
        request.type, version, request.granted, call.now.text, request.source, own_id
    )
    after = own.with_answer(consent)
    call.tx.put(CONSENTS, after)
    call.details |= {
        "type": request.type,
        "granted": request.granted,
        "version": version,
    }
    return answer(
        SetConsentReply,
        message="Consent granted" if request.granted else "Consent withdrawn",
        consent=consent._asdict(),
        missing=_missing(after, call),
    )


def _missing(own: Consents, call: Call) -> list[dict[str, Any]]:
    required = call.facilities.profile.consents_required
    return [one._asdict() for one in own.missing(required)]
