"""The decision function against a slow and obvious one, and what it means in the service."""

from hypothesis import given
from hypothesis import strategies as st

from tests.service.harness import STRONG, Bench, creation, update
from ums_client.protocol.actions import ACTION_BY_NAME
from ums_client.protocol.permissions import Permission
from ums_service.domain.authorisation import (
    By,
    Caller,
    Decision,
    Grant,
    Kind,
    Resource,
    may,
)
from ums_service.domain.moment import Moment
from ums_service.domain.roles import ANCESTORS_MAX, BUILT_IN, Role, with_ancestors

NOW = Moment(1_800_000_000 * 1_000_000_000, 0.0)
NAMES = ("users.read", "users.status", "lab.patient.read", "billing.close")
LABS = ("l1", "l2")

names = st.frozensets(st.sampled_from(NAMES), max_size=3)
grants = st.builds(
    Grant,
    kind=st.sampled_from(Kind),
    name=st.sampled_from(["one", "two", "three"]),
    allows=names,
    denies=st.one_of(st.just(frozenset()), names),
    lab_id=st.sampled_from([None, *LABS]),
    until_s=st.sampled_from([None, NOW.epoch_s - 1, NOW.epoch_s, NOW.epoch_s + 1]),
)
callers = st.builds(
    Caller,
    user_id=st.just("somebody"),
    active=st.sampled_from([True, True, True, False]),
    administers=st.sampled_from([False, False, False, True]),
    grants=st.lists(grants, max_size=5).map(tuple),
    scopes=st.one_of(st.none(), names),
)
resources = st.builds(
    Resource,
    lab_ids=st.frozensets(st.sampled_from(LABS), max_size=2),
    changes=st.one_of(st.none(), callers),
)


def has(caller: Caller, permission: str, lab_ids: frozenset[str]) -> bool:
    """Said as one would say it: something gives it, nothing takes it away."""
    given, taken = False, False
    for grant in caller.grants:
        ended = grant.until_s is not None and grant.until_s <= NOW.epoch_s
        elsewhere = grant.lab_id is not None and grant.lab_id not in lab_ids
        if ended or elsewhere:
            continue
        given = given or permission in grant.allows
        taken = taken or permission in grant.denies
    in_scope = caller.scopes is None or permission in caller.scopes
    return given and not taken and in_scope


def allowed(caller: Caller, permission: str, resource: Resource) -> bool:
    if not caller.active:
        return False
    if caller.administers:
        return caller.scopes is None or permission in caller.scopes
    if not has(caller, permission, resource.lab_ids):
        return False
    other, everywhere = resource.changes, frozenset[str]()
    if other is None:
        return True
    leads = other.administers or other.appointed
    places = [everywhere, *(frozenset({lab}) for lab in LABS if resource.opens)]
    return not leads and all(
        has(caller, name, place)
        for place in places
        for name in NAMES
        if has(other, name, place)
    )


@given(callers, st.sampled_from(NAMES), resources)
def test_decisions_are_those_of_the_obvious_function(
    caller: Caller, permission: str, resource: Resource
):
    decision = may(caller, permission, resource, NOW)
    assert decision.allowed is allowed(caller, permission, resource)
    assert decision.allowed is (decision.by in (By.ADMINISTRATOR, By.GRANTED))
    sets = {By.GRANTED: "allows", By.DENIED: "denies"}
    assert bool(decision.grants) is (decision.by in sets)
    for grant in decision.grants:
        assert grant in caller.grants
        assert permission in getattr(grant, sets[decision.by])


def test_a_denial_beats_what_another_role_allows():
    allowing = Grant(Kind.ROLE, "helper", frozenset({"users.read"}))
    denying = Grant(Kind.ROLE, "trainee", frozenset(), frozenset({"users.read"}))
    caller = Caller("c", grants=(allowing, denying))
    decision = may(caller, "users.read", Resource(), NOW)
    assert decision == Decision(allowed=False, by=By.DENIED, grants=(denying,))


@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("abcd?")))
def test_any_tree_of_roles_ends_also_a_circle(parents: dict[str, str]):
    stored = {name: Role(name, parent=above) for name, above in parents.items()}
    for name in stored:
        found = with_ancestors(name, stored.get)
        assert len(found) == len({role.name for role in found}) <= ANCESTORS_MAX + 1
        assert found[0].name == name


def test_a_role_that_is_not_active_gives_nothing_of_its_parents():
    stored = {"a": Role("a", parent="b", active=False), "b": Role("b")}
    assert with_ancestors("a", stored.get) == []


def test_built_in_roles_and_the_table_of_actions_name_known_permissions():
    known = {permission.value for permission in Permission}
    for role in BUILT_IN.values():
        assert role.allows <= known
    used = {action.permission for action in ACTION_BY_NAME.values()} - {None}
    assert used <= set(Permission)


# --- in the service ---


def moderator(bench: Bench) -> str:
    token = bench.member("mona", STRONG)
    made = update(bench.admin(), bench.user_id("mona"), role="moderator")
    assert bench.ask(**made)["status"] == "success"
    return token


def test_a_moderator_reads_accounts_and_nothing_more(standard: Bench):
    token, target = moderator(standard), standard.register("alice")["user_id"]
    read = standard.ask(action="get_user", user_id=target, session_token=token)
    assert read["user"]["username"] == "alice"
    renamed = standard.ask(**update(token, target, username="other"))
    assert renamed["code"] == "PERMISSION_DENIED"
    raised = standard.ask(**update(token, role="admin"))
    assert raised["code"] == "PERMISSION_DENIED"
    made = creation("carol", role="moderator")
    assert standard.ask(**made, session_token=token)["code"] == "PERMISSION_DENIED"


def test_a_moderator_unlocks_members_but_changes_nothing_of_administrators(
    standard: Bench,
):
    token, target = moderator(standard), standard.register("alice")["user_id"]
    unlock = {"action": "unlock_user", "session_token": token}
    assert standard.ask(**unlock, user_id=target)["status"] == "success"
    boss = standard.user_id("admin")
    revoke = {"action": "revoke_session", "all": True, "session_token": token}
    assert standard.ask(**revoke, user_id=boss)["code"] == "PERMISSION_DENIED"
    assert standard.ask(**unlock, user_id=boss)["code"] == "PERMISSION_DENIED"


def test_a_change_of_role_counts_at_the_next_request(standard: Bench):
    token, target = moderator(standard), standard.register("alice")["user_id"]
    read = {"action": "get_user", "user_id": target, "session_token": token}
    assert standard.ask(**read)["status"] == "success"
    down = update(standard.admin(), standard.user_id("mona"), role="user")
    assert standard.ask(**down)["status"] == "success"
    assert standard.ask(**read)["code"] == "PERMISSION_DENIED"
