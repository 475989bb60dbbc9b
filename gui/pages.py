"""The pages of the program, in the order of the rail."""

from typing import Final

from gui.views.activity import ActivityPage
from gui.views.attributes import AttributesPage
from gui.views.audit import AuditPage
from gui.views.dashboard import DashboardPage
from gui.views.invitations import InvitationsPage
from gui.views.keys import KeysPage
from gui.views.labs import LabsPage
from gui.views.mail import UpkeepPage
from gui.views.notifications import NotificationsPage
from gui.views.policy import PolicyPage
from gui.views.privacy import PrivacyPage
from gui.views.profile import ProfilePage
from gui.views.roles import RolesPage
from gui.views.security import SecurityPage
from gui.views.sessions import SessionsPage
from gui.views.shell import Entry
from gui.views.users import UsersPage
from gui.views.why import WhyPage

ENTRIES: Final = (
    Entry("users", "Users", "people", UsersPage, "users.read"),
    Entry("labs", "Labs", "diagram-3", LabsPage, "lab.member.basic"),
    Entry("roles", "Roles", "person-badge", RolesPage, "roles.manage"),
    Entry("why", "Why may she?", "question-circle", WhyPage, "users.read"),
    Entry(
        "invitations", "Invitations", "envelope", InvitationsPage, "invitations.manage"
    ),
    Entry("dashboard", "Security", "shield-check", DashboardPage, "audit.read"),
    Entry("audit", "Audit log", "journal-text", AuditPage, "audit.read"),
    Entry("attributes", "Attributes", "tags", AttributesPage, "attributes.manage"),
    Entry("policy", "Policy", "sliders", PolicyPage, "system.read"),
    Entry("upkeep", "Service and mail", "heart-pulse", UpkeepPage, "system.admin"),
    Entry("profile", "My profile", "person", ProfilePage),
    Entry("notifications", "Notifications", "bell", NotificationsPage),
    Entry("security", "Password and factors", "shield-lock", SecurityPage),
    Entry("sessions", "Sessions and devices", "display", SessionsPage),
    Entry("keys", "API keys", "key", KeysPage),
    Entry("privacy", "My data", "file-earmark-person", PrivacyPage),
    Entry("activity", "What happened", "clock-history", ActivityPage),
)
