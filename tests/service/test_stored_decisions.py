"""Decisions from what is stored: roles, parents, assignments, maps, ends and denials.

A random organisation is written into a real store and read through Authority; a slow
and obvious reading of the same organisation says what must come out.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import Store
from tests.service.harness import CHEAP_KDF, CHEAP_STORE, MASTER
from tests.storage.memory_disk import MemoryDisk
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.domain.attribute_book import (
    ATTRIBUTE_BOOKS,
    BOOK_ID,
    EVERYWHERE,
    ROLE_MAPS,
    AttributeBook,
    Definition,
    RoleMap,
)
from ums_service.domain.attributes import LAB_ROLES, WITHIN_LAB
from ums_service.domain.authorisation import By, Kind, Resource, may
from ums_service.domain.entitlements import (
    ENTITLEMENTS,
    AssignedRole,
    Entitlements,
    GrantedAttribute,
    Membership,
)
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.moment import Moment
from ums_service.domain.roles import BUILT_IN, STORED_ROLES, Role
from ums_service.domain.users import ROLES, USERS, User
from ums_service.guard.authority import Authority

NOW = Moment(1_800_000_000 * 1_000_000_000, 0.0)
OWN = ("billing.close", "till.open")
ATTRIBUTES = ("lab.patient.read", "lab.patient.export", "lab.robot.start")
PERMISSIONS = (*OWN, *ATTRIBUTES, "users.read", "users.status")
NAMES = ("r1", "r2", "r3")
LAB_IDS = ("a1", "b2")
TIMES = [NOW.epoch_s - 1, NOW.epoch_s, NOW.epoch_s + 1]
ENDS = st.sampled_from([None, None, None, *TIMES])
MOSTLY = st.sampled_from([True, True, True, False])
IDS = st.sampled_from(["one", "one", "one", "one", "two"])
some = st.frozensets(st.sampled_from(PERMISSIONS), max_size=3)


@st.composite
def roles(draw: st.DrawFn, number: int) -> Role:
    """A role below none or one before it, so that there is no circle."""
    allows, denies = draw(some), draw(some)
    named = sorted(allows | denies)
    ended = draw(st.lists(st.sampled_from(named), max_size=2)) if named else []
    return Role(
        NAMES[number],
        parent=draw(st.sampled_from([None, "moderator", *NAMES[:number]])),
        allows=allows,
        denies=denies - allows if draw(st.booleans()) else denies,
        active=draw(MOSTLY),
        role_id=draw(IDS),
        ends={name: draw(st.sampled_from(TIMES)) for name in ended},
    )


assigned = st.builds(
    AssignedRole,
    role=st.sampled_from([*NAMES, *NAMES, "moderator", "nowhere"]),
    lab_id=st.sampled_from([None, None, "a1", *LAB_IDS, "c3"]),
    until_s=ENDS,
    reason=st.just(""),
    assigned_by=st.just(""),
    assigned_at=st.just(""),
    role_id=IDS,
).map(lambda one: one._replace(role_id="") if one.role == "moderator" else one)
memberships = st.builds(
    Membership,
    role=st.sampled_from(sorted(LAB_ROLES)),
    active=MOSTLY,
    joined_at=st.just(""),
)
granted = st.builds(
    GrantedAttribute,
    attribute=st.sampled_from(ATTRIBUTES),
    lab_id=st.sampled_from(["a1", *LAB_IDS, "c3"]),
    until_s=ENDS,
    granted_by=st.just(""),
    granted_at=st.just(""),
    serial=st.sampled_from([0, 0, 1, 2]),
)
entitlements = st.builds(
    Entitlements,
    user_id=st.just("u"),
    roles=st.lists(assigned, min_size=1, max_size=3).map(tuple),
    labs=st.dictionaries(
        st.sampled_from(["a1", *LAB_IDS, "c3"]), memberships, min_size=1, max_size=3
    ),
    attributes=st.lists(granted, max_size=3).map(tuple),
)
definitions = st.builds(
    Definition,
    name=st.sampled_from(ATTRIBUTES),
    category=st.just("lab"),
    active=MOSTLY,
    serial=st.sampled_from([0, 1]),
)
entries = st.dictionaries(
    st.sampled_from(sorted(LAB_ROLES)),
    st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from([None, 0, 1])),
    max_size=2,
)


@dataclass(frozen=True)
class Organisation:
    """All that is stored."""

    user: User
    roles: dict[str, Role]
    labs: dict[str, bool]
    own: Entitlements
    book: dict[str, Definition]
    maps: dict[str, dict[str, dict[str, int | None]]]


SOMEBODY = User("u", "u", "u", "", "", "", "")
users = st.builds(
    lambda role, status: SOMEBODY._replace(role=role, status=status),
    role=st.sampled_from(["user", "user", *ROLES]),
    status=st.sampled_from(["active"] * 4 + ["inactive", "suspended", "locked"]),
)
organisations = st.builds(
    Organisation,
    user=users,
    roles=st.tuples(roles(0), roles(1), roles(2)).map(
        lambda made: {role.name: role for role in made}
    ),
    labs=st.fixed_dictionaries({"a1": MOSTLY}, optional={"b2": MOSTLY}),
    own=entitlements,
    book=st.lists(definitions, max_size=3).map(
        lambda made: {one.name: one for one in made}
    ),
    maps=st.dictionaries(st.sampled_from([EVERYWHERE, *LAB_IDS]), entries),
)


# --- the obvious reading ---


def has_ended(until_s: int | None) -> bool:
    return until_s is not None and until_s <= NOW.epoch_s


def line(one: Organisation, name: str) -> Iterator[Role]:
    """The role and those above it, up to the first that is missing or not active."""
    while True:
        role = one.roles.get(name) or BUILT_IN.get(name)
        if role is None or not role.active:
            return
        yield role
        if role.parent is None:
            return
        name = role.parent


def names_given(one: Organisation, role_names: list[str]) -> tuple[set[str], set[str]]:
    """What these roles allow now, and what they deny."""
    given: set[str] = set()
    taken: set[str] = set()
    for name in role_names:
        for role in line(one, name):
            given |= {p for p in role.allows if not has_ended(role.ends.get(p))}
            taken |= {p for p in role.denies if not has_ended(role.ends.get(p))}
    return given, taken


def counting_roles(one: Organisation, where: str | None) -> list[str]:
    """The primary role, and those assigned that count there now."""
    found = [one.user.role]
    for given_role in one.own.roles:
        role = one.roles.get(given_role.role) or BUILT_IN.get(given_role.role)
        if role is None or role.role_id != given_role.role_id:
            continue
        if has_ended(given_role.until_s):
            continue
        lab_id = given_role.lab_id
        if lab_id is not None:
            member = one.own.labs.get(lab_id)
            shut = member is not None and not member.active
            if lab_id != where or shut or not one.labs.get(lab_id):
                continue
        found.append(given_role.role)
    return found


def is_known(one: Organisation, attribute: str, serial: int) -> bool:
    definition = one.book.get(attribute)
    if definition is None:
        return attribute != "lab.robot.start" and serial == 0
    return definition.active and definition.serial == serial


def names_of_lab(one: Organisation, where: str | None) -> set[str]:
    """What the membership and grants of attributes give there."""
    member = one.own.labs.get(where or "")
    if where is None or member is None or not member.active or not one.labs.get(where):
        return set()
    had: dict[str, int | None] = dict.fromkeys(LAB_ROLES[member.role], 0)
    for scope in (EVERYWHERE, where):
        had |= one.maps.get(scope, {}).get(member.role, {})
    found = {n for n, s in had.items() if s is not None and is_known(one, n, s)}
    found |= WITHIN_LAB[member.role]
    for one_given in one.own.attributes:
        if one_given.lab_id != where or has_ended(one_given.until_s):
            continue
        if is_known(one, one_given.attribute, one_given.serial):
            found.add(one_given.attribute)
    return found


def is_allowed(one: Organisation, permission: str, where: str | None) -> bool:
    if one.user.status != "active":
        return False
    if one.user.role == "admin":
        return True
    given, taken = names_given(one, counting_roles(one, where))
    return permission in (given | names_of_lab(one, where)) - taken


# --- the store ---


class Kept:
    """A real store, written anew for each organisation."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.store = Store.create(
            MemoryDisk(),
            MASTER,
            collections=COLLECTIONS,
            streams=STREAMS,
            options=CHEAP_STORE,
            now=0,
            kdf=CHEAP_KDF,
        )
        self.runner.run(self._begin())
        self.authority = Authority(self.store)

    async def _begin(self) -> None:
        self.store.start(asyncio.get_running_loop())

    def write(self, one: Organisation) -> None:
        self.runner.run(self._write(one))

    async def _write(self, one: Organisation) -> None:
        async with self.store.transaction() as tx:
            tx.put(USERS, one.user)
            tx.put(ENTITLEMENTS, one.own)
            for name in NAMES:
                tx.put(STORED_ROLES, one.roles[name])
            for lab_id in LAB_IDS:
                if lab_id in one.labs:
                    made = Lab(lab_id, lab_id, lab_id, lab_id)
                    tx.put(LABS, replace(made, active=one.labs[lab_id]))
                else:
                    tx.delete(LABS, lab_id)
            if one.book:
                tx.put(ATTRIBUTE_BOOKS, AttributeBook(one.book))
            else:
                tx.delete(ATTRIBUTE_BOOKS, BOOK_ID)
            for scope in (EVERYWHERE, *LAB_IDS):
                if scope in one.maps:
                    tx.put(ROLE_MAPS, RoleMap(scope, one.maps[scope]))
                else:
                    tx.delete(ROLE_MAPS, scope)

    def close(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    made = Kept()
    yield made
    made.close()


@given(one=organisations)
@settings(max_examples=300)
def test_what_is_stored_decides_as_the_obvious_reading_says(
    kept: Kept, one: Organisation
):
    kept.write(one)
    caller = kept.authority.caller("u")
    assert caller is not None
    for where in (None, *LAB_IDS, "c3"):
        labs = frozenset() if where is None else frozenset({where})
        for permission in PERMISSIONS:
            decision = may(caller, permission, Resource(labs), NOW)
            assert decision.allowed is is_allowed(one, permission, where), (
                permission,
                where,
            )
            if decision.by is By.GRANTED:
                assert all(grant.kind in Kind for grant in decision.grants)


@given(before=organisations, after=organisations)
@settings(max_examples=100)
def test_a_change_counts_at_the_next_question(
    kept: Kept, before: Organisation, after: Organisation
):
    """Who was asked about is kept; what is kept must be what a new reading says."""
    kept.write(before)
    kept.authority.caller("u")
    kept.write(after)
    assert kept.authority.caller("u") == Authority(kept.store).caller("u")
