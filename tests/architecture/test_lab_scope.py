"""What belongs to a lab is read through a scope of that lab, and nowhere else."""

import ast
from pathlib import Path

import pytest

from ums_service.domain.authorisation import Caller
from ums_service.domain.errors import PermissionDenied
from ums_service.domain.lab_scope import LabScope
from ums_service.domain.moment import Moment

SERVICE = Path(__file__).parents[2] / "ums_service"
LABS_THEMSELVES = {"LABS", "ENDED_LABS"}
WHO_IS_IN_ONE = {"member_of", "admin_of"}
MAY_NAME_THEM = {
    "domain/labs.py": "declares them",
    "domain/entitlements.py": "declares the groups",
    "domain/lab_scope.py": "is the way to them, for who was let in",
    "domain/memberships.py": "takes members out of labs that are gone",
    "guard/authority.py": "answers for the programs of a lab, as decided by its grants",
    "guard/reading.py": "makes the grants that are decided by",
    "handlers/invitations.py": "names the lab to who holds a token into it",
    "deployment/opening.py": "opens the store with them",
}


def names_in(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found & (LABS_THEMSELVES | WHO_IS_IN_ONE)


def test_only_the_scope_asks_the_store_about_labs():
    naming = {
        path.relative_to(SERVICE).as_posix()
        for path in SERVICE.rglob("*.py")
        if names_in(path)
    }
    assert naming == set(MAY_NAME_THEM)


def test_a_scope_takes_a_decision_and_stays_in_its_lab():
    now = Moment(1_800_000_000 * 1_000_000_000, 0.0)
    with pytest.raises(PermissionDenied):
        LabScope("1", Caller("somebody"), ["lab.member.basic"], now)
    scope = LabScope("1", Caller("admin", administers=True), ["labs.manage"], now)
    assert scope.lab_id == "1"
    with pytest.raises(AttributeError):
        setattr(scope, "lab_id", "2")  # noqa: B010 - a plain assignment is no valid type
    assert not hasattr(scope, "__dict__")
