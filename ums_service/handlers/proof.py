"""Recent proof of who somebody is: asked for in `freshness`, renewed here."""

from ums_client.protocol.sessions import Reauthenticate, ReauthenticateReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import InvalidSession
from ums_service.domain.factors import FACTORS
from ums_service.domain.sessions import expiry
from ums_service.domain.users import ACTIVE, USERS
from ums_service.handlers.factor_proof import prove_again


async def reauthenticate(
    request: Reauthenticate, call: Call
) -> Answer[ReauthenticateReply]:
    """Renew the proof of the caller's session; wrong passwords and codes are counted.

    Raises:
        InvalidCredentials: the password is wrong.
        FactorProofRequired, WrongFactor: there is a factor, and it was not proved.
    """
    session, now = call.own_session, call.now
    call.subject, call.discloses = session.user_id, True
    user = await call.tx.get(USERS, session.user_id)
    if user is None or user.status != ACTIVE:
        raise InvalidSession
    await call.prove(user, request.password)
    factors = await call.tx.get(FACTORS, user.user_id)
    await prove_again(factors, request.mfa_code, call)

    def renew() -> None:
        session.proved_ticks_s = now.ticks_s

    call.after_commit.append(renew)
    until = expiry(now, call.facilities.profile.recent_login_s)
    return answer(ReauthenticateReply, fresh_until=until)
