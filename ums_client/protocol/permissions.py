"""The names of what the service itself can be asked to allow."""

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """What a caller may be allowed to do.

    Roles may also allow names of the operator's own, which the service only answers
    questions about. Names that begin with `lab.` count within one lab.
    """

    USERS_READ = "users.read"
    USERS_CREATE = "users.create"
    USERS_UPDATE = "users.update"
    USERS_DELETE = "users.delete"
    USERS_STATUS = "users.status"
    CREDENTIALS_MANAGE = "credentials.manage"
    ROLES_MANAGE = "roles.manage"
    ROLES_ASSIGN = "roles.assign"
    LABS_MANAGE = "labs.manage"
    ATTRIBUTES_MANAGE = "attributes.manage"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    INVITATIONS_MANAGE = "invitations.manage"
    NOTIFICATIONS_SEND = "notifications.send"
    POLICY_MANAGE = "policy.manage"
    SYSTEM_READ = "system.read"
    SYSTEM_ADMIN = "system.admin"
    GATEWAY_FORWARD = "gateway.forward"
    LAB_ADMIN_MANAGE = "lab.admin.manage"
    LAB_SETTINGS_EDIT = "lab.settings.edit"
    LAB_USERS_INVITE = "lab.users.invite"
    LAB_USERS_REMOVE = "lab.users.remove"
    LAB_ROLES_ASSIGN = "lab.roles.assign"
    LAB_AUDIT_VIEW = "lab.audit.view"
    LAB_AUDIT_EXPORT = "lab.audit.export"
    LAB_MEMBER_BASIC = "lab.member.basic"
    LAB_VIEWER_READ = "lab.viewer.read"


NEVER_FOR_KEYS: Final = frozenset({Permission.CREDENTIALS_MANAGE})
"""What no API key can do: a key that leaked must not turn into a login."""
