"""The attributes that are known from the start, and what each role of a lab has of them.

Names are `category.thing.deed`. Those of a lab count within one lab; to the service
itself most of them mean nothing: it answers the programs of the lab that ask for them.
"""

from typing import Final, NamedTuple


class Attribute(NamedTuple):
    """Something that somebody may be able to do."""

    name: str
    category: str


_LAB: Final = (
    "lab.admin.manage",
    "lab.settings.edit",
    "lab.users.invite",
    "lab.users.remove",
    "lab.roles.assign",
    "lab.patient.read",
    "lab.patient.write",
    "lab.patient.delete",
    "lab.patient.export",
    "lab.reports.view",
    "lab.reports.create",
    "lab.reports.export",
    "lab.reports.schedule",
    "lab.samples.read",
    "lab.samples.write",
    "lab.samples.track",
    "lab.samples.dispose",
    "lab.equipment.view",
    "lab.equipment.reserve",
    "lab.equipment.maintain",
    "lab.analysis.run",
    "lab.analysis.results",
    "lab.analysis.configure",
    "lab.qc.view",
    "lab.qc.perform",
    "lab.qc.approve",
    "lab.billing.view",
    "lab.billing.manage",
    "lab.costs.track",
    "lab.audit.view",
    "lab.audit.export",
    "lab.compliance.manage",
    "lab.member.basic",
    "lab.viewer.read",
)
_SYSTEM: Final = (
    "system.admin.full",
    "system.users.manage",
    "system.labs.manage",
    "system.billing.global",
    "system.audit.global",
    "system.maintenance.perform",
)

ATTRIBUTES: Final = {
    name: Attribute(name, name.partition(".")[0]) for name in (*_LAB, *_SYSTEM)
}
"""By name: 34 of category lab, 6 of category system."""

LAB_ADMIN: Final = "admin"
LAB_MEMBER: Final = "member"
LAB_VIEWER: Final = "viewer"

LAB_ROLES: Final = {
    LAB_VIEWER: frozenset(
        {
            "lab.patient.read",
            "lab.reports.view",
            "lab.samples.read",
            "lab.equipment.view",
            "lab.analysis.results",
            "lab.qc.view",
            "lab.viewer.read",
        }
    ),
    LAB_MEMBER: frozenset(
        {
            "lab.patient.read",
            "lab.patient.write",
            "lab.reports.view",
            "lab.reports.create",
            "lab.samples.read",
            "lab.samples.write",
            "lab.samples.track",
            "lab.equipment.view",
            "lab.equipment.reserve",
            "lab.analysis.run",
            "lab.analysis.results",
            "lab.qc.view",
            "lab.qc.perform",
            "lab.member.basic",
        }
    ),
    LAB_ADMIN: frozenset(_LAB) - {"lab.viewer.read"},
}
"""What each role of a lab gives in it, unless the lab has a map of its own."""

WITHIN_LAB: Final = {
    LAB_VIEWER: frozenset[str](),
    LAB_MEMBER: frozenset[str](),
    LAB_ADMIN: frozenset({"users.read", "audit.read", "invitations.manage"}),
}
"""Permissions of the service that a role gives within its lab, beside attributes."""
