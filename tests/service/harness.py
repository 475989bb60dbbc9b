"""The service as tests use it: in this process without a socket, or as a real process.

`Bench` is everything of the service but its socket: bytes go in and come out, and time
passes when the test says so. `RunningService` is the program as operators start it.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import msgpack
import pyotp

from storage import Disk, KdfParameters, Store, StoreOptions
from storage.collection import Entry
from tests.doubles import ManualClock
from tests.storage.memory_disk import MemoryDisk
from ums_service.chores.every import Chore, Chores, chores_of
from ums_service.chores.maintenance import Maintenance
from ums_service.deployment.clock import SteadyClock
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.deployment.peppers import settle_peppers
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AUDIT
from ums_service.domain.profiles import PROFILES, Profile
from ums_service.domain.service_secrets import ensure_secrets
from ums_service.domain.users import USERS, User
from ums_service.starting.bootstrap import Service, build_service
from ums_service.starting.first_start import ensure_admin

ROOT = Path(__file__).resolve().parents[2]
CHEAP_KDF = KdfParameters(time_cost=1, memory_kib=8, lanes=1)
CHEAP_STORE = StoreOptions(owner="test", ballast_bytes=0)
MASTER = b"the master password of the tests"
LOCAL = "127.0.0.1"
GOOD = "correct horse 7"
"""A password that every profile but hipaa accepts for the names used in tests."""
STRONG = "Wq7!nebula-Orchid"
"""One that hipaa accepts, too."""
FIRST = "first-Passw0rt!"
"""The administrator's first password on a bench."""
ADMIN_PASSWORD = "Chosen-By-Myself-1!"
LIMIT_S = 20.0
"""How long anything that should happen at once may take on a busy machine."""

Message = dict[str, Any]


def cheap_settings(**more: Any) -> Settings:
    """Settings with hashes that cost next to nothing."""
    cheap = {"argon2_passes": 1, "argon2_memory_kib": 8, "hashing_threads": 2}
    return Settings(data=Path("bench-data"), **(cheap | more))


_MADE: dict[str, Settings] = {}


def settings_with(more: Message) -> Settings:
    """Cheap ones, made once for the same values: it takes as long as half a bench."""
    key = repr(sorted(more.items()))
    if key not in _MADE:
        _MADE[key] = cheap_settings(**more)
    return _MADE[key]


class Bench:
    """A service on a disk, with an event loop of its own and a clock set by hand."""

    def __init__(
        self,
        disk: Disk | None = None,
        *,
        profile: str | Profile = "standard",
        clock: ManualClock | None = None,
        settings: Message | None = None,
        **policy: Any,
    ) -> None:
        base = PROFILES[profile] if isinstance(profile, str) else profile
        self.profile = replace(base, **policy)
        self.disk = MemoryDisk() if disk is None else disk
        self.clock = clock or ManualClock()
        self.settings = settings_with(settings or {})
        self.slept: list[float] = []
        self._runner = asyncio.Runner()
        self._backup_codes: list[str] = []
        self._start(create=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, *, create: bool) -> None:
        more: Message = {"kdf": CHEAP_KDF} if create else {}
        open_or_create = Store.create if create else Store.open
        self.store = open_or_create(
            self.disk,
            MASTER,
            collections=COLLECTIONS,
            streams=STREAMS,
            options=CHEAP_STORE,
            now=self.clock.now.epoch_s,
            **more,
        )
        self.steady = SteadyClock(self.clock)
        self.service: Service = build_service(
            self.store, self.settings, self.profile, self.steady, self._sleep
        )
        self.run(self._begin())
        self.chores: Chores = chores_of(
            self.service.facilities, self.service.dispatch.refusals
        )
        """What the service does by itself, which no task of its own does here."""

    async def _begin(self) -> None:
        self.store.start(asyncio.get_running_loop())
        await ensure_secrets(self.store, secrets.token_bytes)
        first = {} if self.compat else {"UMS_ADMIN_PASSWORD": FIRST}
        await settle_peppers(
            self.store, self.service.hashes, self.settings.pepper_lost, self.clock.now
        )
        await ensure_admin(self.service, first, self.clock.now)

    async def _sleep(self, seconds: float) -> None:
        """No time passes: what would have waited goes on at the next turn."""
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def run(self, work: Any) -> Any:
        """Run a coroutine on the loop of this bench.

        Not by `Runner.run`: arming and disarming SIGINT takes as long as a small request.
        """
        return self._runner.get_loop().run_until_complete(work)

    def stop(self) -> None:
        """An orderly stop, as at SIGTERM."""
        self.service.close_pools()
        self.run(self.service.dispatch.refusals.flush(self.clock.now))
        self.run(self.store.close())

    def restart(self, **settings: Any) -> None:
        """An orderly stop and a new start on the same disk, with other settings."""
        self.stop()
        self.settings = self.settings.model_copy(update=settings)
        self._start(create=False)

    def close(self) -> None:
        self.stop()
        self._runner.close()

    def do(self, *chores: Chore) -> None:
        """Do some of these, as happens by itself."""
        work = Maintenance(self.chores, self.steady, lambda: None)
        self.run(work.do(chores))

    def purge(self) -> None:
        """Do what is done every minute."""
        self.do(*self.chores.each_minute)

    @property
    def compat(self) -> bool:
        return self.profile.original_replies

    @property
    def sessions(self) -> Any:
        return self.service.facilities.sessions

    def ask(self, *, source: str = LOCAL, **message: Any) -> Message:
        """The reply to one message; fields that are None are left out."""
        given = {name: value for name, value in message.items() if value is not None}
        return self.ask_all([given], source=source)[0]

    def ask_all(
        self, messages: Sequence[Message], source: str = LOCAL
    ) -> list[Message]:
        """The replies to messages that are all in flight at once."""

        async def all_at_once() -> list[bytes]:
            answer = self.service.dispatch.answer
            bodies = [json.dumps(message).encode() for message in messages]
            return await asyncio.gather(*(answer(body, source) for body in bodies))

        return [json.loads(body) for body in self.run(all_at_once())]

    def ask_bytes(self, body: bytes, source: str = LOCAL) -> bytes:
        return bytes(self.run(self.service.dispatch.answer(body, source)))

    def register(self, name: str, password: str = GOOD, **more: Any) -> Message:
        """Make an account that must succeed."""
        reply = self.ask(**creation(name, password, **more))
        assert reply["status"] == "success", reply
        return reply

    def try_login(
        self, name: str, password: str = GOOD, source: str = LOCAL
    ) -> Message:
        return self.ask(source=source, **login(name, password))

    def login(self, name: str, password: str = GOOD, source: str = LOCAL) -> str:
        """The token of a new session."""
        reply = self.try_login(name, password, source)
        assert reply["status"] == "success", reply
        return str(reply["session_token"])

    def member(self, name: str, password: str = GOOD, **more: Any) -> str:
        """A new account, logged in: its token."""
        self.register(name, password, **more)
        return self.login(name, password)

    def admin(self) -> str:
        """The administrator's token, with a password and a factor of their own."""
        if self.compat:
            return self.login("admin", "admin123")
        reply = self._try_admin(FIRST)
        if reply.get("code") == "MFA_SETUP_REQUIRED":
            self._set_up_factor(reply["mfa_setup_token"])
            reply = self._try_admin(FIRST)
        if reply.get("code") == "PASSWORD_CHANGE_REQUIRED":
            changed = self.ask(
                action="change_password",
                current_password=FIRST,
                new_password=ADMIN_PASSWORD,
                password_change_token=reply["password_change_token"],
            )
            assert changed["status"] == "success", changed
        reply = self._try_admin(ADMIN_PASSWORD)
        assert reply["status"] == "success", reply
        return str(reply["session_token"])

    def _try_admin(self, password: str) -> Message:
        """Log in with a backup code where there are some: they need no time to pass."""
        message = login("admin", password)
        if self._backup_codes:
            message["credentials"]["mfa_code"] = self._backup_codes.pop()
        return self.ask(**message)

    def _set_up_factor(self, token: str) -> None:
        begin = {"action": "setup_mfa", "method": "totp", "mfa_setup_token": token}
        begun = self.ask(**begin, password=FIRST)
        code = pyotp.TOTP(begun["secret"]).at(self.clock.now.epoch_s)
        confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
        self._backup_codes = self.ask(**confirm, code=code)["backup_codes"]

    def user(self, name: str) -> User:
        """The stored account of that user name."""
        user_id = self.store.find(USERS, "username", name)
        assert user_id is not None, f"there is no {name}"
        found = self.store.get(USERS, user_id)
        assert found is not None
        return found

    def user_id(self, name: str) -> str:
        return self.user(name).user_id

    def audit(self, after: int = 0) -> list[Entry]:
        return list(self.store.entries(AUDIT, after=after))

    def audited_by(self, act: Callable[[], object]) -> list[Message]:
        """The audit entries that appear while `act` runs."""
        before = len(self.audit())
        act()
        return [entry.data for entry in self.audit(after=before)]


def creation(name: str, password: str = GOOD, **more: Any) -> Message:
    """A request for a new account."""
    user_data = {
        "username": name,
        "email": f"{name}@example.org",
        "password": password,
        "privacy_accepted": True,
    }
    return {"action": "create_user", "user_data": user_data | more}


def login(name: str, password: str = GOOD) -> Message:
    return {"action": "login", "credentials": {"username": name, "password": password}}


def update(token: str, user_id: str | None = None, **data: Any) -> Message:
    message = {"action": "update_user", "session_token": token, "update_data": data}
    return message if user_id is None else message | {"user_id": user_id}


def pack(message: Message) -> bytes:
    return bytes(msgpack.packb(message))


def unpack(body: bytes) -> Message:
    return dict(msgpack.unpackb(body))
