"""The original actions against a simple model, in any order, with restarts and jumps of time."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.service.harness import ADMIN_PASSWORD, Bench, creation, login, update

NAMES = ("alice", "bobby", "carol", "david")
PASSWORDS = ("correct horse 7", "another pass 1", "third choice 22")
HISTORY = 5
IDLE_S, ABSOLUTE_S, SESSIONS_MAX = 8 * 3600, 24 * 3600, 10
RECENT_S = 10 * 60
names, passwords = st.sampled_from(NAMES), st.sampled_from(PASSWORDS)
new_passwords = st.sampled_from(
    [*PASSWORDS, *(f"{number} and no more" for number in range(HISTORY))]
)


@dataclass(frozen=True)
class Account:
    """What the model knows of an account. `number` is its place in the order of creation."""

    number: int
    username: str
    email: str
    password: str
    city: str = ""
    role: str = "user"
    status: str = "active"
    earlier: tuple[str, ...] = ()

    @property
    def administers(self) -> bool:
        return (self.role, self.status) == ("admin", "active")

    def refuses(self, new: str) -> bool:
        return new in (self.password, *self.earlier)

    def with_password(self, new: str) -> "Account":
        earlier = (self.password, *self.earlier)[: HISTORY - 1]
        return replace(self, password=new, earlier=earlier)


@dataclass
class Opened:
    """A session of the model. `number` is that of its account."""

    number: int
    opened_s: float
    used_s: float


@dataclass
class Model:
    accounts: dict[int, Account] = field(default_factory=dict)
    sessions: dict[str, Opened] = field(default_factory=dict)
    made: int = 0

    def add(self, **fields: Any) -> None:
        self.accounts[self.made] = Account(self.made, **fields)
        self.made += 1

    def named(self, name: str) -> Account | None:
        for account in self.accounts.values():
            if name in (account.username, account.email):
                return account
        return None

    def use(self, token: str, now_s: float) -> Account | None:
        """The account of a live session, whose idle time begins anew."""
        session = self.sessions.get(token)
        if session is None:
            return None
        idle, age = now_s - session.used_s, now_s - session.opened_s
        if idle >= IDLE_S or age >= ABSOLUTE_S:
            del self.sessions[token]
            return None
        session.used_s = now_s
        return self.accounts[session.number]

    def open(self, token: str, number: int, now_s: float) -> None:
        own = [t for t, session in self.sessions.items() if session.number == number]
        if len(own) >= SESSIONS_MAX:
            del self.sessions[own[0]]
        self.sessions[token] = Opened(number, now_s, now_s)

    def end_all(self, number: int, but: str = "") -> None:
        for token, session in list(self.sessions.items()):
            if session.number == number and token != but:
                del self.sessions[token]

    def is_free(self, name: str, owner: int | None = None) -> bool:
        account = self.named(name)
        return account is None or account.number == owner

    def last_administrator(self, account: Account) -> bool:
        return [a for a in self.accounts.values() if a.administers] == [account]


class Service(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.model = Model()
        self.ended: list[str] = ["x" * 43]
        token = self.bench.admin()
        self.model.add(
            username="admin",
            email="admin@localhost",
            password=ADMIN_PASSWORD,
            role="admin",
        )
        self.model.open(token, 0, self.now_s)

    def teardown(self) -> None:
        self.bench.close()

    @property
    def now_s(self) -> float:
        return self.bench.clock.ticks_s

    def ask(self, message: dict) -> dict:
        return self.bench.ask(**message)

    def token(self, data: st.DataObject) -> str:
        """Any token there ever was."""
        return data.draw(st.sampled_from([*self.model.sessions, *self.ended[-5:]]))

    def password_of(self, token: str) -> str:
        """The password of whoever has this session, which may be over."""
        session = self.model.sessions.get(token)
        return self.model.accounts[session.number].password if session else "none"

    def caller(self, token: str, reply: dict) -> Account | None:
        """The caller by the model; without one the service must have refused."""
        account = self.model.use(token, self.now_s)
        if account is None:
            assert reply["code"] == "INVALID_SESSION"
        return account

    @rule(username=names, password=passwords, mail=names)
    def create_user(self, username: str, password: str, mail: str) -> None:
        email = f"{mail}@example.org"
        reply = self.ask(creation(username, password, email=email))
        if self.model.is_free(username) and self.model.is_free(email):
            assert reply["status"] == "success"
            self.model.add(username=username, email=email, password=password)
        else:
            assert reply["code"] == "CONFLICT"

    @rule(
        name=st.sampled_from([*NAMES, "admin", "alice@example.org", " BOBBY "]),
        right=st.booleans(),
        wrong=st.sampled_from([*PASSWORDS, ADMIN_PASSWORD]),
    )
    def login(self, name: str, right: bool, wrong: str) -> None:
        account = self.model.named(name.strip().lower())
        password = account.password if account and right else wrong
        reply = self.ask(login(name, password))
        if account is None or account.password != password:
            assert reply["code"] == "INVALID_CREDENTIALS"
            self.bench.clock.advance(30 * 60)  # the lockout has its own tests
        elif account.status != "active":
            assert reply["code"] == "ACCOUNT_INACTIVE"
        else:
            assert reply["user"]["username"] == account.username
            self.model.open(reply["session_token"], account.number, self.now_s)
            self.ended.append(reply["session_token"])

    @rule(data=st.data())
    def logout(self, data: st.DataObject) -> None:
        token = self.token(data)
        reply = self.ask({"action": "logout", "session_token": token})
        if self.caller(token, reply):
            assert reply["status"] == "success"
            del self.model.sessions[token]

    @rule(data=st.data())
    def get_user(self, data: st.DataObject) -> None:
        token = self.token(data)
        reply = self.ask({"action": "get_user", "session_token": token})
        account = self.caller(token, reply)
        if account:
            for key in ("username", "email", "city", "role", "status"):
                assert reply["user"][key] == getattr(account, key)

    @rule(
        data=st.data(), username=names, mail=names, city=st.sampled_from(["", "Oxford"])
    )
    def update_user(
        self, data: st.DataObject, username: str, mail: str, city: str
    ) -> None:
        token = self.token(data)
        given = {"username": username, "email": f"{mail}@example.org", "city": city}
        session = self.model.sessions.get(token)
        if session:
            given["current_password"] = self.model.accounts[session.number].password
        reply = self.ask(update(token, **given))
        account = self.caller(token, reply)
        if account is None:
            return
        own = account.number
        if self.model.is_free(username, own) and self.model.is_free(
            given["email"], own
        ):
            assert reply["user"]["username"] == username
            self.model.accounts[own] = replace(
                account, username=username, email=given["email"], city=city
            )
        else:
            assert reply["code"] == "CONFLICT"

    @rule(data=st.data(), right=st.booleans(), wrong=passwords, new=new_passwords)
    def new_password(
        self, data: st.DataObject, right: bool, wrong: str, new: str
    ) -> None:
        token = self.token(data)
        current = self.password_of(token) if right else wrong
        reply = self.ask(update(token, password=new, current_password=current))
        account = self.caller(token, reply)
        if account is None:
            return
        if account.password != current:
            assert reply["code"] == "INVALID_CREDENTIALS"
            self.bench.clock.advance(30 * 60)
        elif account.refuses(new):
            assert reply["code"] == "POLICY_VIOLATION"
        else:
            assert reply["status"] == "success"
            self.model.accounts[account.number] = account.with_password(new)
            self.model.end_all(account.number, but=token)

    @rule(
        data=st.data(),
        change=st.sampled_from(
            [
                {"role": "admin"},
                {"role": "user"},
                {"status": "inactive"},
                {"status": "active"},
            ]
        ),
    )
    def administer(self, data: st.DataObject, change: dict[str, str]) -> None:
        token = self.token(data)
        number = data.draw(st.sampled_from(list(self.model.accounts)))
        target = self.model.accounts[number]
        user_id = self.bench.user_id(target.username)
        reply = self.ask(update(token, user_id, **change))
        account = self.caller(token, reply)
        if account is None:
            return
        changed = replace(target, **change)
        ends = self.model.last_administrator(target) and not changed.administers
        stale = self.now_s - self.model.sessions[token].opened_s > RECENT_S
        if account.administers and changed != target and stale:
            assert reply["code"] == "REAUTHENTICATION_REQUIRED"
            return
        if not account.administers or ends:
            assert reply["code"] == "PERMISSION_DENIED"
            return
        assert reply["status"] == "success"
        self.model.accounts[number] = changed
        if changed.status != "active":
            self.model.end_all(number)

    @rule(data=st.data(), password=st.sampled_from([*PASSWORDS, ADMIN_PASSWORD]))
    def delete_user(self, data: st.DataObject, password: str) -> None:
        token = self.token(data)
        request = {
            "action": "delete_user",
            "session_token": token,
            "password": password,
        }
        reply = self.ask(request)
        account = self.caller(token, reply)
        if account is None:
            return
        if account.password != password:
            assert reply["code"] == "INVALID_CREDENTIALS"
            self.bench.clock.advance(30 * 60)
        elif self.model.last_administrator(account):
            assert reply["code"] == "PERMISSION_DENIED"
        else:
            assert reply["status"] == "success"
            del self.model.accounts[account.number]
            self.model.end_all(account.number)

    @rule(data=st.data())
    def list_users(self, data: st.DataObject) -> None:
        token = self.token(data)
        reply = self.ask({"action": "list_users", "session_token": token})
        if self.caller(token, reply):
            active = [
                a.username for a in self.model.accounts.values() if a.status == "active"
            ]
            assert [user["username"] for user in reply["users"]] == active

    @rule(seconds=st.sampled_from([1, 900, 3600, IDLE_S - 1, IDLE_S, ABSOLUTE_S]))
    def time_passes(self, seconds: int) -> None:
        self.bench.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-ABSOLUTE_S, ABSOLUTE_S]))
    def wall_clock_is_turned(self, seconds: int) -> None:
        self.bench.clock.set_wall_clock(seconds)

    @precondition(lambda self: self.model.made > 1)
    @rule()
    def restart(self) -> None:
        self.bench.restart()
        self.model.sessions.clear()

    @rule()
    def sweep(self) -> None:
        self.bench.sessions.sweep(self.bench.clock.now)

    @invariant()
    def health_is_good_and_somebody_administers(self) -> None:
        assert self.ask({"action": "health_check"})["state"] == "ready"
        assert any(account.administers for account in self.model.accounts.values())
        for account in self.model.accounts.values():
            assert self.bench.user(account.username).administers is account.administers


def explore(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Service,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_sequence_of_actions_agrees_with_the_model():
    explore(examples=60, steps=40)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_very_many_sequences_agree_with_the_model():
    explore(examples=5_000, steps=100)
