"""The life of accounts: logins, factors, tokens, recovery, in any order and at any time.

The model knows what must hold, not every answer: a code or link that was used never
works again, a refresh token that comes twice ends its login, whoever holds the known
device and the right password is let in whatever strangers do, what has ended stays
ended, and the last administrator can always log in.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.service.harness import LOCAL, Message, creation
from tests.service.life_model import (
    DAY_S,
    LOCKED_S,
    NAMES,
    STRANGER,
    SURELY_LIVE_S,
    THIEF,
    LifeModel,
    Login,
    Owner,
)

names = st.sampled_from(NAMES)


class Lives(LifeModel):
    """What owners, strangers, thieves and administrators do, and time."""

    # --- logging in ---

    @rule(name=names)
    def register_again(self, name: str) -> None:
        if name in self.owners:
            reply = self.ask(**creation(name, self.new_password()))
            assert reply["code"] == "CONFLICT"
        else:
            self.make(name)

    @rule(name=names)
    def owner_logs_in_on_the_known_device(self, name: str) -> None:
        self.with_session(name, lambda *_: None)

    @rule(name=names)
    def owner_logs_in_elsewhere(self, name: str) -> None:
        owner = self.owner(name)
        if owner is None:
            return
        reply = self.log_in(owner, at_home=True)
        allowed = {owner.refusal(self.epoch_s), "INVALID_CREDENTIALS"}
        assert reply.get("code") in allowed, reply

    @rule(name=st.sampled_from([*NAMES, "admin"]), times=st.integers(1, 30))
    def strangers_guess(self, name: str, times: int) -> None:
        for _ in range(times):
            reply = self.attempt(Owner(name, "", 0), "a wrong guess", STRANGER)
            assert reply["code"] == "INVALID_CREDENTIALS"

    @rule(name=names, times=st.integers(1, 6))
    def owner_mistypes_at_home(self, name: str, times: int) -> None:
        for _ in range(times):
            reply = self.attempt(Owner(name, "", 0), "a slip of mine", LOCAL)
            assert reply["code"] == "INVALID_CREDENTIALS"

    @rule(name=names)
    def device_is_shut_out_for_a_while(self, name: str) -> None:
        owner = self.owner(name)
        if owner is None or not owner.has_device(self.epoch_s):
            return
        known = {"device_token": owner.device}
        for _ in range(5):
            reply = self.attempt(owner, "a slip of mine", LOCAL, **known)
            assert reply["code"] == "INVALID_CREDENTIALS"
        shut = self.attempt(owner, owner.password, LOCAL, **known)
        assert shut["code"] == "INVALID_CREDENTIALS"
        self.bench.clock.advance(LOCKED_S)
        self.session_of(owner)

    # --- factors ---

    @rule(name=names)
    def enrol(self, name: str) -> None:
        self.set_up_factor(name)

    @rule(name=names)
    def disable(self, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            if owner.phone is None:
                return
            code = self.fresh_code(owner)
            remove = {"action": "disable_mfa", "session_token": token, "code": code}
            reply = self.ask(**remove, password=owner.password)
            assert reply["mfa_enabled"] is False, reply
            self.used_up(owner, code)
            owner.phone = None

        self.with_session(name, act)

    @rule(name=names)
    def new_backup_codes(self, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            if owner.phone is None:
                return
            code = self.fresh_code(owner)
            renew = {"action": "regenerate_backup_codes", "session_token": token}
            reply = self.ask(**renew, password=owner.password, code=code)
            self.used_up(owner, code)
            owner.used += owner.phone.backup_codes[-2:]  # void, as if they were used
            owner.phone.backup_codes = reply["backup_codes"]

        self.with_session(name, act)

    @rule(name=names, backup=st.booleans())
    def a_code_works_once(self, name: str, backup: bool) -> None:
        owner = self.owner(name)
        if owner is None or owner.phone is None or owner.refusal(self.epoch_s):
            return
        if not owner.has_device(self.epoch_s):
            return
        if backup and owner.phone.backup_codes:
            code = owner.phone.backup_codes.pop()
        else:
            code = self.fresh_code(owner)
        proof = {"mfa_code": code, "device_token": owner.device, "tokens": True}
        reply = self.attempt(owner, owner.password, LOCAL, **proof)
        assert reply["status"] == "success", reply
        self.opened(owner, reply)
        self.used_up(owner, code)
        again = self.attempt(owner, owner.password, LOCAL, **proof)
        assert again["code"] == "INVALID_MFA_CODE", again
        owner.wrong_codes += 1

    @rule(data=st.data(), name=names)
    def a_used_code_comes_again(self, data: st.DataObject, name: str) -> None:
        owner = self.owner(name)
        if owner is None or owner.phone is None or owner.wrong_codes > 3:
            return
        code = data.draw(st.sampled_from(owner.used[-6:]))
        known = {"device_token": owner.device} if owner.device else {}
        reply = self.attempt(owner, owner.password, LOCAL, mfa_code=code, **known)
        assert reply["status"] == "error", reply
        if reply["code"] == "INVALID_MFA_CODE":
            owner.wrong_codes += 1
        elif owner.has_device(self.epoch_s):
            assert reply["code"] in ("ACCOUNT_INACTIVE", "RESET_REQUIRED"), reply

    # --- tokens and sessions ---

    @rule(data=st.data(), name=names)
    def refresh(self, data: st.DataObject, name: str) -> None:
        owner = self.owner(name)
        if owner is None or not owner.logins:
            return
        self.renew(owner, data.draw(st.sampled_from(owner.logins)))

    def renew(self, owner: Owner, login: Login) -> None:
        """Use the newest refresh token of a login."""
        renew = {"action": "refresh_token", "refresh_token": login.refresh[-1]}
        reply = self.ask(**renew)
        if owner.refusal(self.epoch_s) or self.epoch_s >= login.ends_epoch_s:
            assert reply["code"] == "INVALID_TOKEN"
            return
        assert reply["session_id"] == login.session_id, reply
        login.refresh.append(reply["refresh_token"])
        self.session_came(login, reply)
        again = self.ask(**renew)  # the answer was lost
        assert again["refresh_token"] == reply["refresh_token"]

    def session_came(self, login: Login, reply: Message) -> None:
        """A refresh may have opened the session anew, with a token of its own."""
        if "session_token" in reply and reply["session_token"] != login.session:
            self.dead_sessions.append(login.session)
            login.session, login.opened_s = reply["session_token"], self.now_s

    @rule(data=st.data(), name=names)
    def a_spent_refresh_token_comes_again(self, data: st.DataObject, name: str) -> None:
        owner = self.owner(name)
        if owner is None or not owner.logins:
            return
        login = data.draw(st.sampled_from(owner.logins))
        self.renew(owner, login)
        if len(login.refresh) == 1:
            return
        copied = data.draw(st.sampled_from(login.refresh[:-1]))
        ends = not owner.refusal(self.epoch_s) and self.epoch_s < login.ends_epoch_s
        stolen = {"action": "refresh_token", "refresh_token": copied}
        assert self.ask(**stolen, source=THIEF)["code"] == "INVALID_TOKEN"
        if ends:
            self.forget(owner, login)

    def forget(self, owner: Owner, login: Login) -> None:
        self.dead_sessions.append(login.session)
        self.dead_refresh += login.refresh[-3:]
        owner.logins.remove(login)

    @rule(data=st.data(), name=names)
    def revoke(self, data: st.DataObject, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            own = {"session_token": token}
            listed = self.ask(action="list_sessions", **own)["sessions"]
            ids = {session["session_id"] for session in listed}
            login = data.draw(st.sampled_from(owner.logins))
            sure = self.now_s - login.opened_s < SURELY_LIVE_S
            assert login.session_id in ids or not sure
            one = {"action": "revoke_session", "session_id": login.session_id}
            reply = self.ask(**one, **own)
            assert reply.get("code") == (
                None if login.session_id in ids else "NOT_FOUND"
            )
            if login.session_id in ids:
                self.forget(owner, login)

        self.with_session(name, act)

    @rule(name=names)
    def log_out(self, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            self.ask(action="logout", session_token=token, all_sessions=True)
            self.end(owner)

        self.with_session(name, act)

    # --- passwords, recovery, the end ---

    @rule(name=names)
    def change_password(self, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            new = self.new_password()
            change = {"action": "change_password", "session_token": token}
            given = {"current_password": owner.password, "new_password": new}
            assert self.ask(**change, **given)["status"] == "success"
            self.changed(owner, new)
            self.end(owner, but=token)

        self.with_session(name, act)

    @rule(name=names)
    def what_must_be_changed_is_changed(self, name: str) -> None:
        owner = self.owner(name)
        if owner is None or not owner.has_device(self.epoch_s):
            return
        reply = self.log_in(owner)
        assert reply.get("code") == owner.refusal(self.epoch_s), reply
        if "password_change_token" in reply:
            self.choose_another(owner, reply["password_change_token"])
            self.session_of(owner)

    @rule(name=names)
    def force_a_change(self, name: str) -> None:
        owner = self.owner(name)
        if owner is not None:
            assert self.by_admin("force_password_change", owner)["status"] == "success"
            owner.must_change = True
            self.end(owner)

    @rule(name=names, status=st.sampled_from(["active", "inactive", "suspended"]))
    def set_status(self, name: str, status: str) -> None:
        owner = self.owner(name)
        if owner is None:
            return
        reply = self.by_admin("update_user", owner, update_data={"status": status})
        if "user" not in reply:  # not every status may follow on each
            assert (owner.status, status) != ("active", "inactive"), reply
            return
        assert reply["user"]["status"] == status
        owner.status = status
        if status != "active":
            self.end(owner)

    @rule(name=names)
    def reset_by_mail(self, name: str) -> None:
        owner = self.owner(name)
        if owner is None or owner.status != "active":
            return
        self.ask(action="request_password_reset", username=name)
        link = self.mailbox.code(f"{name}@example.org", "Choose")
        new = self.new_password()
        reset = {"action": "reset_password", "token": link, "new_password": new}
        assert self.ask(**reset)["status"] == "success"
        self.changed(owner, new)
        owner.locked_down, owner.device = False, None
        self.end(owner)
        self.link_is_dead(link)
        self.dead_links.append(link)
        reply = self.log_in(owner)  # it lifts every lockout
        assert reply["status"] == "success", reply

    @rule(name=names)
    def lock_down(self, name: str) -> None:
        def act(owner: Owner, token: str) -> None:
            shut = {"action": "lock_down", "session_token": token}
            assert self.ask(**shut, password=owner.password)["status"] == "success"
            owner.locked_down, owner.device = True, None
            self.end(owner)

        self.with_session(name, act)

    @rule(name=names, by_owner=st.booleans())
    def delete(self, name: str, by_owner: bool) -> None:
        owner = self.owner(name)
        if owner is None:
            return
        if by_owner:
            token = self.session_of(owner)
            if token is None:
                return
            delete = {"action": "delete_user", "session_token": token}
            reply = self.ask(**delete, password=owner.password)
        else:
            reply = self.by_admin("delete_user", owner, password=self.admin.password)
        if not by_owner and reply.get("code") == "INVALID_CREDENTIALS":
            return
        assert reply["status"] == "success", reply
        self.end(owner)
        del self.owners[name]

    @rule(change=st.sampled_from([{"role": "user"}, {"status": "inactive"}, None]))
    def the_last_administrator_stays(self, change: Message | None) -> None:
        token = self.admin_token()
        own: Message = {"session_token": token}
        if change is None:
            password = self.admin.password
            reply = self.ask(action="delete_user", **own, password=password)
        else:
            reply = self.ask(action="update_user", **own, update_data=change)
        assert reply["code"] == "PERMISSION_DENIED"

    # --- time ---

    @rule(
        seconds=st.sampled_from(
            [1, 31, 601, LOCKED_S, 3_600, 8 * 3_600, DAY_S, 8 * DAY_S, 31 * DAY_S]
        )
    )
    def time_passes(self, seconds: int) -> None:
        self.bench.clock.advance(seconds)
        self.admin_token()  # whoever administers looks in before their device ends

    @rule(seconds=st.sampled_from([-DAY_S, -3_600, 3_600]))
    def wall_clock_is_turned(self, seconds: int) -> None:
        self.bench.clock.set_wall_clock(seconds)

    @precondition(lambda self: self.owners)
    @rule()
    def restart(self) -> None:
        self.mailbox.restart()
        for owner in self.owners.values():
            for login in owner.logins:
                login.opened_s = float("-inf")  # the session ends; its tokens do not

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        for token in self.dead_sessions[-2:]:
            reply = self.ask(action="get_user", session_token=token)
            assert reply["code"] == "INVALID_SESSION"

    @invariant()
    def what_was_just_opened_is_open(self) -> None:
        for owner in self.owners.values():
            if owner.logins and self.now_s - owner.logins[-1].opened_s < SURELY_LIVE_S:
                token = owner.logins[-1].session
                reply = self.ask(action="get_user", session_token=token)
                assert reply["status"] == "success", reply


def explore(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(600)  # where it fails: making the example small takes long
def test_any_life_of_accounts_keeps_the_promises():
    explore(examples=30, steps=40)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_very_many_lives_keep_the_promises():
    explore(examples=3_000, steps=80)
