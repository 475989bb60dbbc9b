"""What every request is handled with."""

from collections.abc import Callable
from dataclasses import dataclass

from storage import Store
from ums_service.audit.reader import AuditReader
from ums_service.calls.bulk_jobs import BulkJobs
from ums_service.calls.meters import Meters
from ums_service.deployment.backups import Backups
from ums_service.deployment.configuration import Configuration
from ums_service.directory.directory import Directory
from ums_service.domain.access_tokens import AccessTokens
from ums_service.domain.profiles import Profile
from ums_service.domain.rate_limit import RateLimits
from ums_service.domain.sessions import Sessions
from ums_service.guard.account_policies import AccountPolicies
from ums_service.guard.api_keys import ApiKeys
from ums_service.guard.attempts import Attempts
from ums_service.guard.authority import Authority
from ums_service.guard.hashing import HashingPool
from ums_service.guard.login_gate import LoginGate
from ums_service.guard.second_factors import SecondFactors
from ums_service.mail.queue import MailQueue
from ums_service.sending.push import PushSender
from ums_service.transfer.look_alike_names import LookAlikeNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Facilities:
    """What handlers work with; made once, by bootstrap."""

    store: Store
    sessions: Sessions
    attempts: Attempts
    gate: LoginGate
    audit: AuditReader
    authority: Authority
    directory: Directory
    keys: ApiKeys
    factors: SecondFactors
    profile: Profile
    policies: AccountPolicies
    scoring: HashingPool
    """One thread for what is slow and can wait behind every hash."""
    store_name: str
    version: str
    new_token: Callable[[], str]
    new_user_id: Callable[[], str]
    new_session_id: Callable[[], str]
    look_alikes: LookAlikeNames
    jobs: BulkJobs
    new_lab_id: Callable[[], str]
    tokens: AccessTokens
    new_device_id: Callable[[], str]
    new_key_id: Callable[[], str]
    choose: Callable[[str], str]
    """One character of a text, at random."""
    limits: RateLimits
    configuration: Configuration
    meters: Meters
    mail: MailQueue | None = None
    """None where no mail server is set up."""
    backups: Backups | None = None
    """None where no directory is set for them."""
    push: PushSender | None = None
    """None where no gateway for it is set up."""
