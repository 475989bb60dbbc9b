"""Nobody outside a lab sees or changes anything of it, or learns whether it exists.

Generated from the table of actions: each action that names a lab must have a case here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from storage import Store
from storage.transaction import Transaction
from tests.service.harness import STRONG, Bench, Message
from tests.service.lab_bench import LabBench
from ums_client.protocol.actions import ACTIONS
from ums_service.domain.announcements import ANNOUNCEMENTS
from ums_service.domain.attribute_book import ROLE_MAPS
from ums_service.domain.audit import AUDIT
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.invitations import INVITATIONS
from ums_service.domain.labs import ENDED_LABS, LABS, Lab
from ums_service.domain.notifications import NOTIFICATIONS
from ums_service.domain.role_requests import ROLE_REQUESTS
from ums_service.domain.users import USERS

UNKNOWN = "0" * 8 + "-0000-4000-8000-" + "0" * 12
NEVER_ASKED = "0" * 8 + "-0000-4000-8000-" + "0" * 11 + "1"
DENIED, SESSION, MISSING = "PERMISSION_DENIED", "INVALID_SESSION", "NOT_FOUND"
SECRET = "xenon"
"""Part of the name of each lab, and of each member's: it must not leave the lab."""


class Case(NamedTuple):
    """How an action is asked for a lab, and which roles in it may."""

    may: str
    """Those of viewer, member and admin that the action is for."""
    fields: Mapping[str, Any] = {}
    """What the request says beside the lab; `zoe` stands for a viewer of it."""
    unknown: str = MISSING
    """What an administrator of the service is told of a lab that is not there."""
    outside: str = DENIED
    """What is told to who is outside: `success` where it is about themselves."""
    again: str = "success"
    """What an administrator of the service is told after the others have done it."""


ALL, ADMIN = "viewer member admin", "admin"
CASES: dict[str, Case] = {
    "get_lab": Case(ALL),
    "update_lab": Case(ADMIN, {"description": "changed"}),
    "get_policy": Case(ALL),
    "update_policy": Case(ADMIN, {"session_s": 900}),
    "get_lab_statistics": Case(ADMIN),
    "list_lab_members": Case(ALL, {"include_inactive": True}),
    "add_lab_member": Case(
        ADMIN, {"username": "spare", "role": "viewer"}, again="CONFLICT"
    ),
    "update_lab_member": Case(ADMIN, {"user_id": "zoe", "role": "member"}),
    "remove_lab_member": Case(ADMIN, {"user_id": "zoe"}, again=MISSING),
    "query_audit": Case(ADMIN, unknown="success"),
    "export_audit": Case(ADMIN, {"reason": "a yearly review"}, unknown="success"),
    "send_notification": Case(ADMIN, {"title": "xenon", "body": "tonight"}),
    "delete_lab": Case("", {"confirm_code": "MINE"}),
    "assign_role": Case("", {"user_ids": ["zoe"], "roles": ["moderator"]}),
    "revoke_role": Case(
        "", {"user_ids": ["zoe"], "roles": ["moderator"]}, unknown="success"
    ),
    "list_role_attributes": Case(ADMIN, unknown="success"),
    "set_role_attribute": Case(
        ADMIN, {"role": "viewer", "attribute": "lab.qc.perform", "granted": True}
    ),
    "list_user_attributes": Case(ADMIN, unknown="success"),
    "grant_user_attribute": Case(
        ADMIN, {"user_id": "zoe", "attribute": "lab.qc.perform"}
    ),
    "revoke_user_attribute": Case(
        ADMIN, {"user_id": "zoe", "attribute": "lab.samples.dispose"}, again=MISSING
    ),
    "request_role": Case(
        ALL, {"role": "moderator", "reason": "to help"}, outside=MISSING, again=MISSING
    ),
    "check_permission": Case(
        ALL, {"permissions": ["lab.qc.view"]}, "success", outside="success"
    ),
    "get_user_permissions": Case(ALL, {}, "success", outside="success"),
    "get_effective_attributes": Case(ALL, {}, "success", outside="success"),
    "invite_user": Case(
        ADMIN,
        {"email": "new@example.org", "lab_role": "viewer", "send_email": False},
        again="CONFLICT",
    ),
    "list_invitations": Case(ADMIN, unknown="success"),
    "search_users": Case(ADMIN),
    "get_statistics": Case(ADMIN),
    "authorize": Case(
        ALL, {"required_attributes": ["lab.qc.view"]}, "success", outside="success"
    ),
}
BY_OTHER_MEANS: dict[str, Callable[[Lab | None], Message]] = {
    "get_lab": lambda lab: {"code": lab.code if lab else "NOWHERE"},
    "remove_lab_member": lambda lab: {"lab_id": lab.lab_id if lab else UNKNOWN},
}
"""Other ways to name a lab or to mean oneself."""
OUTSIDERS = {
    "nobody": None,
    "somebody without a lab": "spare",
    "member of another lab": "bob",
    "admin of another lab": "bea",
    "former member": "fred",
    "member whose membership is not active": "pam",
}


def test_every_action_that_names_a_lab_has_a_case():
    named = {a.name for a in ACTIONS if "lab_id" in a.request.model_fields}
    assert named == set(CASES)


@pytest.fixture(scope="module")
def still(make_still: Callable[[], LabBench]) -> LabBench:
    """A world in which nothing changes, for all outsiders."""
    return make_still()


@pytest.fixture(scope="module")
def make_still() -> Iterator[Callable[[], LabBench]]:
    made: list[Bench] = []

    def make() -> LabBench:
        made.append(Bench())
        return world(made[-1])

    yield make
    for bench in made:
        bench.close()


def world(bench: Bench) -> LabBench:
    labs = LabBench(bench, bench.admin())
    labs.account("spare")
    for name in ("anna", "mia", "vic", "zoe", "fred", "pam", "ina"):
        labs.tokens[name] = bench.member(name, STRONG, full_name=f"{SECRET} {name}")
    labs.lab("MINE", anna="admin", mia="member", vic="viewer", zoe="viewer")
    labs.join("MINE", "fred", "admin")
    labs.join("MINE", "pam", "admin")
    labs.lab("THEIRS", bob="member", bea="admin")
    labs.lab("CLOSED", ina="admin")
    for code in labs.labs:
        there = {"lab_id": labs.labs[code]}
        labs.does("admin", "update_lab", **there, name=f"{SECRET} {code}")
    mine = {"lab_id": labs.labs["MINE"]}
    labs.does("admin", "remove_lab_member", **mine, user_id=labs.id("fred"))
    paused = {"user_id": labs.id("pam"), "is_active": False}
    labs.does("admin", "update_lab_member", **mine, **paused)
    given = {"user_id": labs.id("zoe"), "attribute": "lab.samples.dispose"}
    labs.does("admin", "grant_user_attribute", **mine, **given)
    closed = {"lab_id": labs.labs["CLOSED"], "is_active": False}
    labs.does("admin", "update_lab", **closed)
    return labs


def fields(labs: LabBench, case: Case) -> Message:
    said = dict(case.fields)
    if "user_id" in said:
        said["user_id"] = labs.id("zoe")
    if "user_ids" in said:
        said["user_ids"] = [labs.id("zoe")]
    return said


def state(bench: Bench) -> list[Any]:
    """All that can be changed of labs and accounts."""
    kept = (
        LABS,
        ENDED_LABS,
        ENTITLEMENTS,
        USERS,
        DELETED_USERS,
        ROLE_MAPS,
        ROLE_REQUESTS,
        NOTIFICATIONS,
        ANNOUNCEMENTS,
        INVITATIONS,
    )
    return [list(bench.store.scan(collection)) for collection in kept]


class Work:
    """Counts which questions the store is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        for name in ("get", "get_document", "get_value", "find", "ids_where", "scan"):
            self._watch(monkeypatch, Store, name)
        for name in ("get", "find", "ids_where"):
            self._watch(monkeypatch, Transaction, name)

    def _watch(self, monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> None:
        original = getattr(kind, name)

        def watched(store: Any, collection: Any, *args: Any, **more: Any) -> Any:
            self.asked[f"{kind.__name__}.{name}", collection.name] += 1
            return original(store, collection, *args, **more)

        monkeypatch.setattr(kind, name, watched)

    def of(
        self, ask: Callable[[], Message]
    ) -> tuple[Message, Counter[tuple[str, str]]]:
        self.asked.clear()
        reply = ask()
        return reply, Counter(self.asked)


def ways(labs: LabBench, action: str, lab_id: str) -> list[tuple[Message, Message]]:
    """The requests about a lab, each with the same about one that is not there."""
    said = fields(labs, CASES[action])
    found = [({**said, "lab_id": lab_id}, {**said, "lab_id": UNKNOWN})]
    other = BY_OTHER_MEANS.get(action)
    if other is not None:
        lab = labs.bench.store.get(LABS, lab_id)
        found.append((other(lab), other(None)))
    return found


@pytest.mark.parametrize("action", CASES)
@pytest.mark.parametrize(
    ("outsider", "code"),
    [*((who, "MINE") for who in OUTSIDERS), ("member of a closed lab", "CLOSED")],
)
def test_who_is_outside_is_told_the_same_of_a_lab_and_of_none(
    still: LabBench,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    outsider: str,
    code: str,
):
    name = OUTSIDERS.get(outsider, "ina")
    before, work = state(still.bench), Work(monkeypatch)
    for there, nowhere in ways(still, action, still.labs[code]):
        known = {**nowhere, "lab_id": NEVER_ASKED} if "lab_id" in nowhere else nowhere
        still.as_(name, action, **known)  # who they are is known from here on
        foreign, effort = work.of(lambda there=there: still.as_(name, action, **there))
        unknown, other = work.of(lambda none=nowhere: still.as_(name, action, **none))
        told = foreign.get("code", foreign["status"])
        assert told == (SESSION if name is None else CASES[action].outside)
        foreign.pop("computed_at", None), unknown.pop("computed_at", None)
        assert foreign == unknown
        assert SECRET not in str(foreign)
        if code == "MINE":  # who is in a closed lab knows that it is there
            assert effort == other
    assert state(still.bench) == before


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_who_is_outside_finds_nothing_of_a_lab_without_naming_it(
    still: LabBench, outsider: str
):
    name = OUTSIDERS[outsider]
    zoe = still.id("zoe")
    asked: list[tuple[str, Message]] = [
        ("list_labs", {"include_inactive": True, "search": "mine"}),
        ("get_user_labs", {"user_id": zoe}),
        ("get_user", {"user_id": zoe}),
        ("list_sessions", {"user_id": zoe}),
    ]
    for action, said in asked:
        reply = still.as_(name, action, **said)
        assert SECRET not in str(reply), action
        assert still.labs["MINE"] not in str(reply), action


@pytest.mark.parametrize("action", CASES)
def test_in_a_lab_roles_may_what_is_theirs(make_still, action: str):
    labs: LabBench = make_still()
    case, lab_id = CASES[action], labs.labs["MINE"]
    for role, name in (("viewer", "vic"), ("member", "mia"), ("admin", "anna")):
        before = state(labs.bench)
        reply = labs.as_(name, action, **fields(labs, case), lab_id=lab_id)
        if role in case.may.split():
            assert reply["status"] == "success", (role, reply)
            continue
        assert reply["code"] == DENIED, (role, reply)
        assert state(labs.bench) == before
    reply = labs.as_("admin", action, **fields(labs, case), lab_id=lab_id)
    assert reply.get("code", reply["status"]) == case.again
    reply = labs.as_("admin", action, **fields(labs, case), lab_id=UNKNOWN)
    assert reply.get("code", reply["status"]) == case.unknown


def test_the_log_of_a_lab_is_read_there_and_nothing_else(make_still):
    labs: LabBench = make_still()
    mine, theirs = labs.labs["MINE"], labs.labs["THEIRS"]
    labs.does("bea", "update_lab", lab_id=theirs, description="of no concern")
    for action, more in (("query_audit", {}), ("export_audit", {"reason": "review"})):
        labs.does("anna", action, lab_id=mine, **more)
        entries = labs.does("anna", "query_audit", lab_id=mine)["entries"]
        assert {entry["lab_id"] for entry in entries} == {mine}
        events = {entry["event"] for entry in entries}
        assert {"lab_created", "lab_member_added", "lab_member_removed"} <= events
        assert labs.refused("anna", action, **more, user_id=labs.id("bob")) == DENIED
    assert labs.refused("anna", "export_audit", reason="all of it") == DENIED
    own = labs.does("anna", "query_audit")["entries"]
    assert all(labs.id("anna") in (e.get("actor"), e.get("subject")) for e in own)
    narrowed = {"lab_id": mine, "subject": labs.id("fred")}
    found = labs.does("anna", "query_audit", **narrowed)["entries"]
    assert [e["event"] for e in found] == ["lab_member_removed", "lab_member_added"]
    assert found[0]["subject_name"] == "fred"


def test_the_log_of_a_deleted_lab_is_kept(make_still):
    labs: LabBench = make_still()
    mine = {"lab_id": labs.labs["MINE"]}
    labs.does("admin", "delete_lab", **mine, confirm_code="MINE")
    events = {e["event"] for e in labs.does("admin", "query_audit", **mine)["entries"]}
    assert {"lab_created", "lab_deleted"} <= events
    assert labs.refused("anna", "query_audit", **mine) == DENIED


def test_an_attempt_from_outside_leaves_no_lab_in_the_log(make_still):
    """Or anybody could write into the log of a lab, and tell its auditors who they are."""
    labs: LabBench = make_still()
    lab_id = labs.labs["MINE"]
    entries = labs.bench.audited_by(
        lambda: labs.refused("bea", "get_lab", lab_id=lab_id)
    )
    assert [("lab_id" in entry, entry["outcome"]) for entry in entries] == [
        (False, "refused")
    ]


def test_a_log_that_was_indexed_before_there_were_labs_is_searched(
    monkeypatch: pytest.MonkeyPatch,
):
    before = replace(AUDIT, indexed=tuple(f for f in AUDIT.indexed if f != "lab_id"))
    monkeypatch.setattr("tests.service.harness.STREAMS", (before,))
    with Bench() as bench:
        lab_id = world(bench).labs["MINE"]
        bench.run(bench.store.checkpoint())
        assert any(name.endswith(".index") for name in bench.disk.list())
        monkeypatch.setattr("tests.service.harness.STREAMS", (AUDIT,))
        bench.restart()
        asked = {"action": "query_audit", "session_token": bench.admin()}
        found = bench.ask(**asked, lab_id=lab_id, events=["lab_created"])
        assert [entry["lab_id"] for entry in found["entries"]] == [lab_id]
