"""Labs, people and a gateway to try the portal with, made through the client."""

from typing import NamedTuple

from ums_client import Client, CreateUser
from ums_client.protocol.assignments import AssignRole
from ums_client.protocol.attributes import GrantUserAttribute
from ums_client.protocol.keys import CreateApiKey, CreateServiceAccount
from ums_client.protocol.lab_members import AddLabMember, LabRole
from ums_client.protocol.labs import CreateLab
from ums_client.protocol.roles import SaveRole

PEOPLE: tuple[tuple[str, LabRole], ...] = (
    ("labadmin", "admin"),
    ("researcher", "member"),
    ("viewer", "viewer"),
)
"""The people of CRL001 and their roles there; `labadmin` is in GEN001, too."""
EXPORT_DAYS = 365


class Samples(NamedTuple):
    """What was made. `gateway_key` is shown only now."""

    cancer_lab_id: str
    genetics_lab_id: str
    user_ids: dict[str, str]
    gateway_key: str


def make_samples(admin: Client, password: str) -> Samples:
    """Make it all; `admin` is logged in as an administrator, since a moment ago.

    Raises what calls raise: Conflict, where there is some of it already.
    """
    user_ids = {name: _new_person(admin, name, password) for name, _ in PEOPLE}
    head = user_ids["labadmin"]
    cancer = _new_lab(admin, "CRL001", "Cancer Research Lab", head)
    genetics = _new_lab(admin, "GEN001", "Genetics Lab", head)
    for name, role in PEOPLE[1:]:
        admin.call(AddLabMember(lab_id=cancer, username=name, role=role))
    admin.call(
        GrantUserAttribute(
            lab_id=cancer,
            user_id=user_ids["researcher"],
            attribute="lab.patient.export",
            expires_in_days=EXPORT_DAYS,
        )
    )
    return Samples(cancer, genetics, user_ids, _new_gateway(admin))


def _new_person(admin: Client, name: str, password: str) -> str:
    email = f"{name}@example.org"
    person = CreateUser(username=name, email=email, password=password)
    return admin.call(person).user_id


def _new_lab(admin: Client, code: str, name: str, head: str) -> str:
    made = admin.call(CreateLab(code=code, name=name, admin_user_id=head))
    return made.lab.lab_id


def _new_gateway(admin: Client) -> str:
    """The key of a program that may say from where its end users come, and no more."""
    forwards = ["gateway.forward"]
    admin.call(SaveRole(name="gateway", permissions=forwards))
    portal = admin.call(CreateServiceAccount(username="lab-portal")).user_id
    admin.call(AssignRole(user_ids=[portal], roles=["gateway"]))
    made = admin.call(CreateApiKey(name="portal", scopes=forwards, user_id=portal))
    return made.api_key
