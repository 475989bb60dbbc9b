"""What handlers work with for second factors; made once, by bootstrap."""

from collections.abc import Mapping
from dataclasses import dataclass

from ums_service.domain.challenges import Challenges
from ums_service.domain.factor_guard import FactorGuard
from ums_service.domain.passkeys import RelyingParty
from ums_service.domain.sent_codes import CodeSender


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    """The open challenges, the counts of wrong and of sent codes, and the names we go by."""

    challenges: Challenges
    guard: FactorGuard
    sending: FactorGuard
    senders: Mapping[str, CodeSender]
    """What carries codes, by method; empty where nothing is set up."""
    relying_party: RelyingParty
    issuer: str
    """What an authenticator shows beside the account."""
