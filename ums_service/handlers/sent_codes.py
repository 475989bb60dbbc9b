"""Codes by text message or mail: what sends them, to whom, and when not."""

from typing import Final

from ums_client.protocol.factors import SendMfaCode, SendMfaCodeReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.challenges import Challenge, Goal
from ums_service.domain.errors import (
    InvalidToken,
    NoFactor,
    NotConfigured,
    PermissionDenied,
    RateLimited,
)
from ums_service.domain.factors import EMAIL, FACTORS, SMS
from ums_service.domain.sent_codes import CodeSender, SentCode, masked, new_code
from ums_service.domain.users import USERS, User
from ums_service.handlers.factor_proof import find_challenge

_WHAT: Final = {SMS: "gateway for text messages", EMAIL: "mailer to send codes with"}


async def send_mfa_code(request: SendMfaCode, call: Call) -> Answer[SendMfaCodeReply]:
    """Send a code for a login that waits for its second factor."""
    challenge = find_challenge(request.mfa_token, Goal.LOGIN, call)
    found = await call.tx.get(USERS, challenge.user_id)
    user = challenge.check_account(found)
    call.subject = user.user_id
    factors = await call.tx.get(FACTORS, user.user_id)
    if factors is None:
        raise InvalidToken
    factor = next((m for m in factors.messages if m.method == request.method), None)
    if factor is None:
        raise NoFactor
    check_may_be_sent(request.method, user, call)
    await send_code(challenge, factor.method, factor.address, user, call)
    return answer(
        SendMfaCodeReply,
        message="The code is on its way",
        hint=masked(factor.address),
        expires_in=call.facilities.profile.sent_code_s,
    )


def check_may_be_sent(method: str, user: User, call: Call) -> CodeSender:
    """What carries codes of this method.

    Raises:
        PermissionDenied: not to administrators.
        NotConfigured: there is nothing to send them with.
    """
    facilities = call.facilities
    if user.administers and not facilities.profile.sent_codes_for_administrators:
        raise PermissionDenied
    sender = facilities.factors.senders.get(method)
    if sender is None:
        raise NotConfigured(_WHAT[method])
    return sender


async def send_code(
    challenge: Challenge, method: str, address: str, user: User, call: Call
) -> None:
    """Send a new code; the one before is void. What was changed so far is durable.

    Raises:
        RateLimited: this challenge, or this account, had its share.
        NotDelivered: it was not taken for delivery.
    """
    facilities, now = call.facilities, call.now
    sender = check_may_be_sent(method, user, call)
    wait_s = facilities.factors.sending.wait_s(user.user_id, now.ticks_s)
    if wait_s:
        raise RateLimited(wait_s)
    facilities.factors.sending.count(user.user_id, now.ticks_s)
    call.details["method"] = method
    await call.commit_early("mfa_code_sent")
    code = new_code()
    challenge.sent = SentCode(
        method,
        code,
        now.ticks_s + facilities.profile.sent_code_s,
        facilities.profile.sent_code_tries,
    )
    purpose = "login" if challenge.goal is Goal.LOGIN else "set-up"
    await sender.send(user, address, code, purpose)
