"""What the lives of accounts are held against: who they belong to, and what they know."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis.stateful import (
    RuleBasedStateMachine,
)

from tests.service.authenticator import Phone, set_up
from tests.service.harness import ADMIN_PASSWORD, LOCAL, Bench, Message, creation
from tests.service.mailbox import MAIL, Mailbox

NAMES = ("alice", "bobby", "carol")
STRANGER, THIEF = "203.0.113.9", "198.51.100.7"
DAY_S = 86_400
EXPIRES_S, DEVICE_S = 30 * DAY_S, 90 * DAY_S
SESSIONS_MAX, SURELY_LIVE_S = 10, 3_600
LOCKED_S = 1_801
POLICY: Message = {
    "password_expires_s": EXPIRES_S,
    "links_per_hour": 10_000,
    "mails_per_hour": 10_000,
    "mail_requests_per_hour": 10_000,
    "rate_login_per_min": 0,
    "rate_register_per_min": 0,
}


@dataclass
class Login:
    """One login: its session, and the refresh tokens of its family, the newest last."""

    session_id: str
    session: str
    opened_s: float
    refresh: list[str]
    ends_epoch_s: int


@dataclass
class Owner:
    """Who an account belongs to: what they know and have."""

    name: str
    password: str
    changed_epoch_s: int
    status: str = "active"
    must_change: bool = False
    locked_down: bool = False
    device: str | None = None
    device_epoch_s: int = 0
    phone: Phone | None = None
    last_step: int = 0
    used: list[str] = field(default_factory=list)
    wrong_codes: int = 0
    logins: list[Login] = field(default_factory=list)

    def refusal(self, epoch_s: int) -> str | None:
        """What who has proved everything is answered; None for a session."""
        if self.status != "active":
            return "ACCOUNT_INACTIVE"
        if self.locked_down:
            return "RESET_REQUIRED"
        if self.must_change:
            return "PASSWORD_CHANGE_REQUIRED"
        return "PASSWORD_EXPIRED" if self.is_expired(epoch_s) else None

    def is_expired(self, epoch_s: int) -> bool:
        return epoch_s - self.changed_epoch_s >= EXPIRES_S

    def has_device(self, epoch_s: int) -> bool:
        """Whether the known device is known still; not asked on its last day."""
        return self.device is not None and (
            epoch_s - self.device_epoch_s < DEVICE_S - DAY_S
        )


class LifeModel(RuleBasedStateMachine):
    """The service, its owners and what must not work any more; `Lives` has the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(settings=MAIL, **POLICY)
        self.mailbox = Mailbox(self.bench)
        self.owners: dict[str, Owner] = {}
        self.dead_sessions: list[str] = []
        self.dead_refresh: list[str] = []
        self.dead_links: list[str] = []
        self.passwords = 0
        self.bench.admin()
        self.admin = Owner("admin", ADMIN_PASSWORD, self.epoch_s)
        for name in NAMES:
            self.make(name)
        self.set_up_factor("alice")

    def teardown(self) -> None:
        try:
            token = self.admin_token()
            whole = self.ask(action="verify_audit", session_token=token)
            assert whole["intact"] is True, whole
            for refresh in self.dead_refresh:
                reply = self.ask(action="refresh_token", refresh_token=refresh)
                assert reply["code"] == "INVALID_TOKEN"
            for link in self.dead_links:
                self.link_is_dead(link)
        finally:
            self.bench.close()

    # --- what the rules are made of ---

    @property
    def epoch_s(self) -> int:
        return self.bench.clock.now.epoch_s

    @property
    def now_s(self) -> float:
        return self.bench.clock.ticks_s

    def ask(self, **message: Any) -> Message:
        return self.bench.ask(**message)

    def new_password(self) -> str:
        self.passwords += 1
        return f"Blue-orchid {self.passwords} nebula"

    def attempt(self, owner: Owner, password: str, source: str, **more: Any) -> Message:
        credentials = {"username": owner.name, "password": password, **more}
        return self.ask(action="login", credentials=credentials, source=source)

    def log_in(self, owner: Owner, *, at_home: bool = False, **more: Any) -> Message:
        """The right password, from the known device where there is one.

        A second factor that is asked for is given.
        """
        device = None if at_home else owner.device
        wanted: Message = {"tokens": True, "remember_device": not at_home}
        wanted["device_token"] = device
        wanted = {name: value for name, value in wanted.items() if value is not None}
        reply = self.attempt(owner, owner.password, LOCAL, **wanted, **more)
        if reply.get("code") == "MFA_REQUIRED":
            assert owner.phone is not None
            code = self.fresh_code(owner)
            verify = {"action": "verify_mfa", "mfa_token": reply["mfa_token"]}
            reply = self.ask(**verify, **wanted, code=code)
            assert reply.get("code") != "INVALID_MFA_CODE", reply
            self.used_up(owner, code)
        if reply["status"] == "success":
            self.opened(owner, reply)
        return reply

    def opened(self, owner: Owner, reply: Message) -> None:
        """A login has succeeded: note what it gave."""
        owner.logins.append(
            Login(
                reply["session_id"],
                reply["session_token"],
                self.now_s,
                [reply["refresh_token"]],
                self.epoch_s + 7 * DAY_S,
            )
        )
        if "device_token" in reply:
            owner.device, owner.device_epoch_s = reply["device_token"], self.epoch_s
        del owner.logins[:-SESSIONS_MAX]

    def fresh_code(self, owner: Owner) -> str:
        """A code that is right and was not used; a backup code where time stands."""
        assert owner.phone is not None
        step = self.epoch_s // 30
        if step > owner.last_step:
            owner.last_step = step
            return owner.phone.code()
        if owner.phone.backup_codes:
            return owner.phone.backup_codes.pop()
        wait_s = (owner.last_step + 1) * 30 - self.epoch_s
        self.bench.clock.set_wall_clock(wait_s)  # until the clock is right again
        owner.last_step += 1
        return owner.phone.code()

    def used_up(self, owner: Owner, code: str) -> None:
        owner.used.append(code)
        owner.wrong_codes = 0

    def session_of(self, owner: Owner) -> str | None:
        """A session just opened with every proof; None where there can be none."""
        if not owner.has_device(self.epoch_s):
            return None
        reply = self.log_in(owner)
        refusal = owner.refusal(self.epoch_s)
        assert reply.get("code") == refusal, (reply, owner)
        return reply["session_token"] if refusal is None else None

    def end(self, owner: Owner, *, but: str | None = None) -> None:
        """All logins of an account have ended, but the one of this session."""
        for login in owner.logins:
            if login.session != but:
                self.dead_sessions.append(login.session)
                self.dead_refresh += login.refresh[-3:]
        owner.logins = [login for login in owner.logins if login.session == but]

    def changed(self, owner: Owner, password: str) -> None:
        owner.password, owner.changed_epoch_s = password, self.epoch_s
        owner.must_change = False

    def link_is_dead(self, link: str) -> None:
        reset = {"action": "reset_password", "token": link}
        reply = self.ask(**reset, new_password=self.new_password())
        assert reply["code"] == "INVALID_LINK"

    def admin_token(self) -> str:
        """The last administrator logs in, on the device they use."""
        reply = self.log_in(self.admin)
        if reply.get("code") == "PASSWORD_EXPIRED":
            self.choose_another(self.admin, reply["password_change_token"])
            reply = self.log_in(self.admin)
        assert reply["status"] == "success", reply
        return str(reply["session_token"])

    def choose_another(self, owner: Owner, token: str) -> None:
        new = self.new_password()
        reply = self.ask(
            action="change_password",
            password_change_token=token,
            current_password=owner.password,
            new_password=new,
        )
        assert reply["status"] == "success", reply
        self.changed(owner, new)
        self.end(owner)
        again = self.ask(
            action="change_password",
            password_change_token=token,
            current_password=new,
            new_password=self.new_password(),
        )
        assert again["code"] == "INVALID_SESSION"

    def by_admin(self, action: str, owner: Owner, **more: Any) -> Message:
        user_id = self.bench.user_id(owner.name)
        token = self.admin_token()
        return self.ask(action=action, session_token=token, user_id=user_id, **more)

    def owner(self, name: str) -> Owner | None:
        return self.owners.get(name)

    def with_session(self, name: str, act: Callable[[Owner, str], None]) -> None:
        """Do what needs a session, where the account can have one."""
        owner = self.owner(name)
        token = self.session_of(owner) if owner else None
        if owner and token:
            act(owner, token)

    def make(self, name: str) -> None:
        """Make an account, logged in on a device that is known from now on."""
        password = self.new_password()
        reply = self.ask(**creation(name, password))
        assert reply["status"] == "success", reply
        owner = self.owners[name] = Owner(name, password, self.epoch_s)
        self.log_in(owner)

    def set_up_factor(self, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            if owner.phone is not None:
                return
            owner.phone = set_up(self.bench, token, owner.password)
            owner.last_step = self.epoch_s // 30
            self.used_up(owner, owner.phone.code())
            self.end(owner, but=token)

        self.with_session(name, act)
