"""The only place that constructs things: settings and an open store in, a service out."""

import asyncio
import secrets
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from storage import Store
from ums_service import __version__
from ums_service.audit.names import name_sealed
from ums_service.audit.reader import AuditReader
from ums_service.calls.bulk_jobs import BulkJobs
from ums_service.calls.facilities import Facilities
from ums_service.calls.meters import Meters
from ums_service.deployment.backups import backups_of
from ums_service.deployment.configuration import configuration_of
from ums_service.deployment.mail_settings import mail_sender, smtp_server
from ums_service.deployment.peppers import read_pepper
from ums_service.deployment.settings import Settings
from ums_service.directory.directory import Directory
from ums_service.domain.access_tokens import AccessTokens, TokenRules
from ums_service.domain.addresses import ExemptAddresses
from ums_service.domain.argon2id import HashParameters
from ums_service.domain.blocklist import Blocklist, read_blocklist
from ums_service.domain.challenges import Challenges
from ums_service.domain.factor_guard import FactorGuard
from ums_service.domain.factors import EMAIL, SMS
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import RetryRules
from ums_service.domain.passkeys import RelyingParty
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.passwords import PasswordPolicy
from ums_service.domain.profiles import HOUR_S, Profile
from ums_service.domain.rate_limit import Bucket, RateLimits
from ums_service.domain.sent_codes import CodeSender
from ums_service.domain.sessions import Sessions, new_session_id, new_token
from ums_service.domain.signing_keys import make_private_key
from ums_service.guard.account_policies import AccountPolicies
from ums_service.guard.api_keys import ApiKeys
from ums_service.guard.attempts import Attempts
from ums_service.guard.authority import Authority
from ums_service.guard.hashing import HashingPool
from ums_service.guard.login_gate import LoginGate
from ums_service.guard.reply_delays import ReplyDelays, Sleep
from ums_service.guard.second_factors import SecondFactors
from ums_service.handlers import HANDLERS
from ums_service.mail.compose import Composer
from ums_service.mail.queue import MailQueue
from ums_service.mail.sender import MailSender
from ums_service.mail.smtp import Courier
from ums_service.requests.dispatch import Dispatch
from ums_service.sending.mailed_codes import MailedCodes
from ums_service.sending.push import PushSender
from ums_service.sending.sms_gateway import SmsGateway
from ums_service.transfer.look_alike_names import LookAlikeNames

SCORES_WAITING_MAX: Final = 8
"""Passwords whose strength may wait to be estimated: some 15 ms each."""


class Service(NamedTuple):
    """Everything a running service consists of, but its socket."""

    dispatch: Dispatch
    facilities: Facilities
    hashes: PasswordHashes
    pool: HashingPool
    mail: MailSender | None = None

    def close_pools(self) -> None:
        """Let running hashes and searches end; drop waiting ones."""
        self.pool.close()
        self.facilities.scoring.close()
        self.facilities.audit.close()


def build_service(
    store: Store,
    settings: Settings,
    profile: Profile,
    clock: Callable[[], Moment],
    sleep: Sleep = asyncio.sleep,
) -> Service:
    """Join rules, handlers and store. The store must be open, not yet started.

    `ensure_secrets` must follow when the store has started, before the first request.
    """
    hashes = build_hashes(settings)
    pool = HashingPool(
        threads=settings.hashing_threads, queue_max=settings.hashing_queue_max
    )
    exempt = ExemptAddresses(settings.addresses_exempt)
    attempts = Attempts(store, profile, exempt, entries_max=settings.limit_entries_max)
    queue = build_queue(settings)
    senders = build_senders(settings, store, queue, clock)
    authority = Authority(store)
    passwords = PasswordPolicy(profile, build_blocklist(settings))
    policies = AccountPolicies(store, authority, profile, passwords)
    facilities = Facilities(
        store=store,
        sessions=Sessions(profile, sessions_max=settings.sessions_max),
        audit=AuditReader(
            store,
            threads=settings.audit_threads,
            queue_max=settings.audit_queue_max,
            read_bytes_max=settings.audit_read_mib_max * 1024 * 1024,
        ),
        attempts=attempts,
        look_alikes=LookAlikeNames(store),
        jobs=BulkJobs(),
        directory=Directory(store, queue_max=settings.searches_max),
        authority=authority,
        keys=ApiKeys(store, authority, policies, unused_s=profile.api_key_unused_s),
        gate=LoginGate(attempts, hashes, pool),
        factors=build_factors(settings, profile, senders),
        profile=profile,
        policies=policies,
        scoring=HashingPool(threads=1, queue_max=SCORES_WAITING_MAX),
        store_name=settings.data.name,
        version=__version__,
        new_token=new_token,
        new_user_id=new_user_id,
        new_session_id=new_session_id,
        new_lab_id=new_lab_id,
        tokens=build_tokens(settings, profile),
        new_device_id=new_device_id,
        new_key_id=new_key_id,
        choose=secrets.choice,
        limits=build_limits(settings, profile, exempt),
        configuration=configuration_of(settings),
        meters=Meters(),
        backups=backups_of(settings),
        mail=queue,
        push=build_push(settings),
    )
    delays = ReplyDelays(
        profile.refusal_delays_ms,
        sleep,
        in_all_max=settings.delayed_replies_max,
        per_address_max=settings.delayed_replies_per_address_max,
    )
    dispatch = Dispatch(HANDLERS, facilities, delays, clock)
    sender = build_sender(facilities, settings, clock)
    return Service(dispatch, facilities, hashes, pool, sender)


def build_queue(settings: Settings) -> MailQueue | None:
    """The queue of mails; None where no mail server is set."""
    if settings.smtp_host is None:
        return None
    return MailQueue(
        outbox_max=settings.mail_outbox_max, wait_max_s=max(settings.mail_retry_s)
    )


def build_sender(
    facilities: Facilities, settings: Settings, clock: Callable[[], Moment]
) -> MailSender | None:
    """What sends mail; None where no mail server is set.

    Raises:
        BadSettings, UnusableKeyFile: the server cannot be used as it is set.
    """
    if facilities.mail is None:
        return None
    courier = Courier(Composer(mail_sender(settings)), smtp_server(settings))
    rules = RetryRules(settings.mail_retry_s, settings.mail_give_up_s)
    return MailSender(
        facilities.store,
        facilities.mail,
        courier.deliver,
        rules,
        facilities.profile,
        clock,
        partial(name_sealed, facilities.store),
    )


def build_tokens(settings: Settings, profile: Profile) -> AccessTokens:
    """Tokens for other services, as the settings have them."""
    rules = TokenRules(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        algorithm=settings.token_algorithm,
        access_s=profile.access_token_s,
        key_s=profile.signing_key_s,
    )
    return AccessTokens(rules, new_private_key=make_private_key, new_id=new_session_id)


def build_limits(
    settings: Settings, profile: Profile, exempt: ExemptAddresses
) -> RateLimits:
    """The limits of requests; classes with a rate of 0 have none."""
    p = profile
    asked = p.mail_requests_per_hour
    addresses = {
        "mail": Bucket(asked, asked / HOUR_S),
        "register": Bucket(p.rate_register_burst, p.rate_register_per_min / 60),
        "check": Bucket(p.rate_check_burst, p.rate_check_per_min / 60),
        "login": Bucket(p.rate_login_burst, p.rate_login_per_min / 60),
        "write": Bucket(p.rate_write_burst, p.rate_write_per_min / 60),
        "read": Bucket(p.rate_read_burst, p.rate_read_per_min / 60),
    }
    callers = {
        "write": Bucket(p.caller_write_burst, p.caller_write_per_min / 60),
        "read": Bucket(p.caller_read_burst, p.caller_read_per_min / 60),
    }
    return RateLimits(
        {kind: bucket for kind, bucket in addresses.items() if bucket.per_s},
        {kind: bucket for kind, bucket in callers.items() if bucket.per_s},
        exempt,
        refusals_max=p.rate_refusals_max,
        unheard_s=p.rate_unheard_s,
        entries_max=settings.limit_entries_max,
    )


def build_factors(
    settings: Settings, profile: Profile, senders: Mapping[str, CodeSender]
) -> SecondFactors:
    """What second factors need; nothing is asked or counted yet."""
    return SecondFactors(
        challenges=Challenges(failures_max=profile.mfa_tries),
        guard=FactorGuard(),
        sending=FactorGuard(),
        senders=senders,
        relying_party=RelyingParty(
            settings.passkey_rp_id, settings.mfa_issuer, settings.origin_of_passkeys
        ),
        issuer=settings.mfa_issuer,
    )


def build_senders(
    settings: Settings,
    store: Store,
    queue: MailQueue | None,
    clock: Callable[[], Moment],
) -> dict[str, CodeSender]:
    """What carries codes, by method: as far as it is set up."""
    senders: dict[str, CodeSender] = {}
    if queue is not None:
        senders[EMAIL] = MailedCodes(store, queue, clock, new_token)
    if settings.sms_gateway_url is not None:
        from ums_service.sending.http_gateway import HttpGateway  # noqa: PLC0415 - loads HTTP

        gateway = HttpGateway(
            settings.sms_gateway_url, token_file=settings.sms_gateway_token_file
        )
        senders[SMS] = SmsGateway(gateway, issuer=settings.mfa_issuer)
    return senders


def build_push(settings: Settings) -> PushSender | None:
    """What pushes notifications; None where no gateway is set."""
    if settings.push_gateway_url is None:
        return None
    from ums_service.sending.http_gateway import HttpGateway  # noqa: PLC0415 - loads HTTP

    return PushSender(
        HttpGateway(
            settings.push_gateway_url, token_file=settings.push_gateway_token_file
        )
    )


def build_hashes(settings: Settings) -> PasswordHashes:
    """Password hashes with the parameters and peppers that are set.

    Raises:
        UnusablePepper: a file of a pepper cannot be used.
    """
    pepper = read_pepper(settings.pepper_file) if settings.pepper_file else None
    return PasswordHashes(
        HashParameters(
            passes=settings.argon2_passes,
            memory_kib=settings.argon2_memory_kib,
            lanes=settings.argon2_lanes,
        ),
        pepper=pepper,
        old_peppers=[read_pepper(path) for path in settings.pepper_old_files],
    )


def build_blocklist(settings: Settings) -> Blocklist:
    """The lists of passwords that are refused.

    Raises:
        UnusableBlocklist: the operator's file cannot be used.
    """
    path = settings.blocklist_file
    return Blocklist(read_blocklist(path) if path else None)


def new_user_id() -> str:
    """A random id (UUID4): it tells nothing and never comes back."""
    return str(uuid.uuid4())


def new_lab_id() -> str:
    """A random id (UUID4)."""
    return str(uuid.uuid4())


def new_device_id() -> str:
    """A random id (UUID4) in hexadecimal."""
    return uuid.uuid4().hex


def new_key_id() -> str:
    """A random id of 64 bits in hexadecimal: it names a key and opens nothing."""
    return secrets.token_hex(8)
