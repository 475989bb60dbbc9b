"""What handlers work with for second factors; made once, by bootstrap."""

from dataclasses import dataclass

from ums_service.domain.challenges import Challenges
from ums_service.domain.factor_guard import FactorGuard
from ums_service.domain.passkeys import RelyingParty


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    """The open challenges, the counts of wrong codes, and the names we go by."""

    challenges: Challenges
    guard: FactorGuard
    relying_party: RelyingParty
    issuer: str
    """What an authenticator shows beside the account."""
