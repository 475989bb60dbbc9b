"""The public surface on one page: every action, who may call it, what it counts as."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from ums_client.protocol import (
    accounts,
    activation,
    addresses,
    assignments,
    attributes,
    audit,
    bulk,
    consents,
    deletions,
    devices,
    exports,
    factors,
    finding,
    imports,
    invitations,
    keys,
    lab_members,
    labs,
    lockouts,
    mail,
    notifications,
    operations,
    passkeys,
    passwords,
    personal,
    personal_data,
    policies,
    recovery,
    reverts,
    role_requests,
    roles,
    service,
    sessions,
    statuses,
    tokens,
)
from ums_client.protocol.message import Request
from ums_client.protocol.permissions import Permission


class Access(StrEnum):
    """Who may call an action. The handler may refuse more, never less."""

    PUBLIC = "public"  # a session token is not looked at
    OPTIONAL = "optional"  # a session counts where there is one
    SESSION = "session"  # a live session is required
    OWN = "own"  # a live session; for the account of somebody else, the permission
    GRANTED = "granted"  # a live session whose account has the permission


class Rate(StrEnum):
    """Which bucket a request is counted in."""

    READ = "read"
    WRITE = "write"
    LOGIN = "login"
    REGISTER = "register"
    CHECK = "check"  # it changes nothing, but costs more than a read
    MAIL = "mail"  # anybody can have a mail sent to somebody


class Audit(StrEnum):
    """What the audit log calls the event; NONE leaves no entry when it succeeds."""

    NONE = "none"
    LOGIN = "login"
    LOGOUT = "logout"
    USER_CREATED = "user_created"
    USER_READ = "user_read"
    USER_UPDATED = "user_updated"
    USER_DELETED = "user_deleted"
    STATUS_CHANGED = "status_changed"
    PREFERENCES_READ = "preferences_read"
    PREFERENCES_CHANGED = "preferences_changed"
    CONSENTS_READ = "consents_read"
    CONSENT_SET = "consent_set"
    USER_DATA_EXPORTED = "user_data_exported"
    CHANGE_REVERTED = "change_reverted"
    DELETED_LISTED = "deleted_listed"
    USER_RESTORED = "user_restored"
    USER_ANONYMISED = "user_anonymised"
    LEGAL_HOLD_CHANGED = "legal_hold_changed"
    RETENTION_APPLIED = "retention_applied"
    USERS_LISTED = "users_listed"
    USERS_SEARCHED = "users_searched"
    STATISTICS_READ = "statistics_read"
    PASSWORD_CHANGED = "password_changed"
    AUDIT_READ = "audit_read"
    AUDIT_EXPORTED = "audit_exported"
    AUDIT_VERIFIED = "audit_verified"
    SESSIONS_LISTED = "sessions_listed"
    SESSION_REVOKED = "session_revoked"
    REAUTHENTICATED = "reauthenticated"
    TOKEN_REFRESHED = "token_refreshed"
    REVOCATIONS_READ = "revocations_read"
    SIGNING_KEY_ROTATED = "signing_key_rotated"
    DEVICES_LISTED = "devices_listed"
    DEVICE_FORGOTTEN = "device_forgotten"
    ACCOUNT_UNLOCKED = "account_unlocked"
    MFA_SETUP_BEGUN = "mfa_setup_begun"
    MFA_ENABLED = "mfa_enabled"
    MFA_DISABLED = "mfa_disabled"
    MFA_CODE_SENT = "mfa_code_sent"
    PASSKEY_RENAMED = "passkey_renamed"
    MFA_READ = "mfa_read"
    BACKUP_CODES_REGENERATED = "backup_codes_regenerated"
    PASSWORD_STATUS_READ = "password_status_read"
    PASSWORD_CHANGE_FORCED = "password_change_forced"
    PASSWORD_RESET_REQUESTED = "password_reset_requested"
    PASSWORD_RESET = "password_reset"
    EMAIL_VERIFIED = "email_verified"
    VERIFICATION_REQUESTED = "verification_requested"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_REVERTED = "email_reverted"
    ACCOUNT_ACTIVATED = "account_activated"
    LOCKED_DOWN = "locked_down"
    LINK_ISSUED = "link_issued"
    MAIL_LISTED = "mail_listed"
    MAIL_RETRIED = "mail_retried"
    MAIL_DROPPED = "mail_dropped"
    MAIL_TESTED = "mail_tested"
    USERS_EXPORTED = "users_exported"
    USERS_BULK = "users_bulk"
    BULK_CANCELLED = "bulk_cancelled"
    USERS_IMPORTED = "users_imported"
    IMPORT_REVERTED = "import_reverted"
    IMPORTS_LISTED = "imports_listed"
    LAB_CREATED = "lab_created"
    LAB_UPDATED = "lab_updated"
    LAB_DELETED = "lab_deleted"
    STORE_BACKED_UP = "store_backed_up"
    STORE_COMPACTED = "store_compacted"
    LAB_POLICY_CHANGED = "lab_policy_changed"
    LAB_MEMBERS_LISTED = "lab_members_listed"
    LAB_MEMBER_ADDED = "lab_member_added"
    LAB_MEMBER_UPDATED = "lab_member_updated"
    LAB_MEMBER_REMOVED = "lab_member_removed"
    USER_LABS_READ = "user_labs_read"
    ROLES_READ = "roles_read"
    ROLE_SAVED = "role_saved"
    ROLE_DELETED = "role_deleted"
    ROLE_PERMISSIONS_SET = "role_permissions_set"
    ROLE_ASSIGNED = "role_assigned"
    ROLE_REVOKED = "role_revoked"
    PERMISSIONS_READ = "permissions_read"
    ROLE_REQUESTED = "role_requested"
    ROLE_REQUESTS_READ = "role_requests_read"
    ROLE_REQUEST_DECIDED = "role_request_decided"
    ROLE_REQUEST_WITHDRAWN = "role_request_withdrawn"
    ATTRIBUTE_SAVED = "attribute_saved"
    ATTRIBUTE_DELETED = "attribute_deleted"
    ROLE_ATTRIBUTE_SET = "role_attribute_set"
    USER_ATTRIBUTE_GRANTED = "user_attribute_granted"
    USER_ATTRIBUTE_REVOKED = "user_attribute_revoked"
    USER_ATTRIBUTES_READ = "user_attributes_read"
    API_KEY_CREATED = "api_key_created"
    API_KEY_ROTATED = "api_key_rotated"
    API_KEY_REVOKED = "api_key_revoked"
    API_KEYS_LISTED = "api_keys_listed"
    SERVICE_ACCOUNT_CREATED = "service_account_created"
    USER_INVITED = "user_invited"
    INVITATIONS_LISTED = "invitations_listed"
    INVITATION_CANCELLED = "invitation_cancelled"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_DECLINED = "invitation_declined"
    NOTIFICATIONS_MARKED = "notifications_marked"
    NOTIFICATION_SENT = "notification_sent"
    NOTIFICATIONS_LISTED = "notifications_listed"
    NOTIFICATION_CANCELLED = "notification_cancelled"
    NOTIFICATION_TESTED = "notification_tested"
    PUSH_DEVICE_REGISTERED = "push_device_registered"
    PUSH_DEVICE_REMOVED = "push_device_removed"


class Repeat(StrEnum):
    """Whether a request whose answer was lost may be sent again."""

    SAFE = "safe"  # it changes nothing, or soon after the same once more
    KEYED = "keyed"  # with its idempotency key: it is done once, answered again
    NEVER = "never"  # the caller must decide


class Action(NamedTuple):
    """One row of the public surface."""

    name: str
    request: type[Request[Any]]
    access: Access
    rate: Rate
    audit: Audit
    repeat: Repeat
    permission: Permission | None = None
    """Needed for somebody else's account (OWN) or for anything (GRANTED); elsewhere
    for what the handler keeps for those who have it. An API key can only be used where
    there is one, and only with it among its scopes."""


# fmt: off
ACTIONS: Final = (
    #      name                        request                          access           rate           audit                           repeat        permission
    Action("create_user",              accounts.CreateUser,             Access.OPTIONAL, Rate.REGISTER, Audit.USER_CREATED,             Repeat.KEYED, Permission.USERS_CREATE),
    Action("login",                    sessions.Login,                  Access.PUBLIC,   Rate.LOGIN,    Audit.LOGIN,                    Repeat.NEVER),
    Action("logout",                   sessions.Logout,                 Access.SESSION,  Rate.WRITE,    Audit.LOGOUT,                   Repeat.NEVER),
    Action("get_user",                 accounts.GetUser,                Access.OWN,      Rate.READ,     Audit.USER_READ,                Repeat.SAFE,  Permission.USERS_READ),
    Action("update_user",              accounts.UpdateUser,             Access.OWN,      Rate.WRITE,    Audit.USER_UPDATED,             Repeat.KEYED, Permission.USERS_UPDATE),
    Action("delete_user",              accounts.DeleteUser,             Access.OWN,      Rate.WRITE,    Audit.USER_DELETED,             Repeat.KEYED, Permission.USERS_DELETE),
    Action("list_users",               accounts.ListUsers,              Access.OPTIONAL, Rate.READ,     Audit.USERS_LISTED,             Repeat.SAFE, Permission.USERS_READ),
    Action("search_users",             finding.SearchUsers,             Access.GRANTED,  Rate.READ,     Audit.USERS_SEARCHED,           Repeat.SAFE,  Permission.USERS_READ),
    Action("get_statistics",           finding.GetStatistics,           Access.GRANTED,  Rate.READ,     Audit.STATISTICS_READ,          Repeat.SAFE,  Permission.USERS_READ),
    Action("health_check",             service.HealthCheck,             Access.OPTIONAL, Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.SYSTEM_READ),
    Action("get_config",               operations.GetConfig,            Access.GRANTED,  Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.SYSTEM_READ),
    Action("backup_store",             operations.BackupStore,          Access.GRANTED,  Rate.WRITE,    Audit.STORE_BACKED_UP,          Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("compact_store",            operations.CompactStore,         Access.GRANTED,  Rate.WRITE,    Audit.STORE_COMPACTED,          Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("get_metrics",              operations.GetMetrics,           Access.GRANTED,  Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.SYSTEM_READ),
    Action("change_password",          passwords.ChangePassword,        Access.OPTIONAL, Rate.LOGIN,    Audit.PASSWORD_CHANGED,         Repeat.KEYED),
    Action("verify_session",           sessions.VerifySession,          Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("list_sessions",            sessions.ListSessions,           Access.OWN,      Rate.READ,     Audit.SESSIONS_LISTED,          Repeat.SAFE,  Permission.USERS_READ),
    Action("revoke_session",           sessions.RevokeSession,          Access.OWN,      Rate.WRITE,    Audit.SESSION_REVOKED,          Repeat.KEYED, Permission.USERS_STATUS),
    Action("reauthenticate",           sessions.Reauthenticate,         Access.SESSION,  Rate.LOGIN,    Audit.REAUTHENTICATED,          Repeat.NEVER),
    Action("refresh_token",            tokens.RefreshToken,             Access.PUBLIC,   Rate.WRITE,    Audit.TOKEN_REFRESHED,          Repeat.SAFE),
    Action("get_signing_keys",         tokens.GetSigningKeys,           Access.PUBLIC,   Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("get_revocations",          tokens.GetRevocations,           Access.PUBLIC,   Rate.READ,     Audit.REVOCATIONS_READ,         Repeat.SAFE),
    Action("rotate_signing_key",       tokens.RotateSigningKey,         Access.GRANTED,  Rate.WRITE,    Audit.SIGNING_KEY_ROTATED,      Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("list_devices",             devices.ListDevices,             Access.OWN,      Rate.READ,     Audit.DEVICES_LISTED,           Repeat.SAFE,  Permission.USERS_READ),
    Action("forget_device",            devices.ForgetDevice,            Access.OWN,      Rate.WRITE,    Audit.DEVICE_FORGOTTEN,         Repeat.KEYED, Permission.CREDENTIALS_MANAGE),
    Action("unlock_user",              lockouts.UnlockUser,             Access.GRANTED,  Rate.WRITE,    Audit.ACCOUNT_UNLOCKED,         Repeat.KEYED, Permission.USERS_STATUS),
    Action("verify_mfa",               factors.VerifyMfa,               Access.PUBLIC,   Rate.LOGIN,    Audit.LOGIN,                    Repeat.NEVER),
    Action("setup_mfa",                factors.SetupMfa,                Access.OPTIONAL, Rate.LOGIN,    Audit.MFA_SETUP_BEGUN,          Repeat.NEVER),
    Action("confirm_mfa",              factors.ConfirmMfa,              Access.OPTIONAL, Rate.LOGIN,    Audit.MFA_ENABLED,              Repeat.NEVER),
    Action("send_mfa_code",            factors.SendMfaCode,             Access.PUBLIC,   Rate.LOGIN,    Audit.MFA_CODE_SENT,            Repeat.NEVER),
    Action("get_mfa_status",           factors.GetMfaStatus,            Access.OWN,      Rate.READ,     Audit.MFA_READ,                 Repeat.SAFE,  Permission.USERS_READ),
    Action("disable_mfa",              factors.DisableMfa,              Access.OWN,      Rate.LOGIN,    Audit.MFA_DISABLED,             Repeat.KEYED, Permission.CREDENTIALS_MANAGE),
    Action("regenerate_backup_codes",  factors.RegenerateBackupCodes,   Access.SESSION,  Rate.LOGIN,    Audit.BACKUP_CODES_REGENERATED, Repeat.NEVER),
    Action("begin_passkey_enrolment",  passkeys.BeginPasskeyEnrolment,  Access.OPTIONAL, Rate.LOGIN,    Audit.MFA_SETUP_BEGUN,          Repeat.NEVER),
    Action("finish_passkey_enrolment", passkeys.FinishPasskeyEnrolment, Access.OPTIONAL, Rate.LOGIN,    Audit.MFA_ENABLED,              Repeat.NEVER),
    Action("begin_passkey_login",      passkeys.BeginPasskeyLogin,      Access.PUBLIC,   Rate.LOGIN,    Audit.LOGIN,                    Repeat.NEVER),
    Action("finish_passkey_login",     passkeys.FinishPasskeyLogin,     Access.PUBLIC,   Rate.LOGIN,    Audit.LOGIN,                    Repeat.NEVER),
    Action("rename_passkey",           passkeys.RenamePasskey,          Access.SESSION,  Rate.WRITE,    Audit.PASSKEY_RENAMED,          Repeat.KEYED),
    Action("check_password",           passwords.CheckPassword,         Access.PUBLIC,   Rate.CHECK,    Audit.NONE,                     Repeat.SAFE),
    Action("get_password_status",      passwords.GetPasswordStatus,     Access.OWN,      Rate.READ,     Audit.PASSWORD_STATUS_READ,     Repeat.SAFE,  Permission.USERS_READ),
    Action("force_password_change",    passwords.ForcePasswordChange,   Access.GRANTED,  Rate.WRITE,    Audit.PASSWORD_CHANGE_FORCED,   Repeat.KEYED, Permission.CREDENTIALS_MANAGE),
    Action("describe_actions",         service.DescribeActions,         Access.PUBLIC,   Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("query_audit",              audit.QueryAudit,                Access.SESSION,  Rate.READ,     Audit.AUDIT_READ,               Repeat.SAFE,  Permission.AUDIT_READ),
    Action("list_security_events",     audit.ListSecurityEvents,        Access.GRANTED,  Rate.READ,     Audit.AUDIT_READ,               Repeat.SAFE,  Permission.AUDIT_READ),
    Action("export_audit",             audit.ExportAudit,               Access.SESSION,  Rate.READ,     Audit.AUDIT_EXPORTED,           Repeat.SAFE,  Permission.AUDIT_EXPORT),
    Action("verify_audit",             audit.VerifyAudit,               Access.GRANTED,  Rate.READ,     Audit.AUDIT_VERIFIED,           Repeat.SAFE,  Permission.AUDIT_READ),

    Action("request_password_reset",   recovery.RequestPasswordReset,   Access.PUBLIC,   Rate.MAIL,     Audit.PASSWORD_RESET_REQUESTED, Repeat.KEYED),
    Action("reset_password",           recovery.ResetPassword,          Access.PUBLIC,   Rate.LOGIN,    Audit.PASSWORD_RESET,           Repeat.KEYED),
    Action("lock_down",                recovery.LockDown,               Access.OPTIONAL, Rate.LOGIN,    Audit.LOCKED_DOWN,              Repeat.KEYED),
    Action("issue_link",               recovery.IssueLink,              Access.GRANTED,  Rate.LOGIN,    Audit.LINK_ISSUED,              Repeat.NEVER, Permission.CREDENTIALS_MANAGE),
    Action("verify_email",             addresses.VerifyEmail,           Access.PUBLIC,   Rate.LOGIN,    Audit.EMAIL_VERIFIED,           Repeat.KEYED),
    Action("resend_verification",      addresses.ResendVerification,    Access.PUBLIC,   Rate.MAIL,     Audit.VERIFICATION_REQUESTED,   Repeat.KEYED),
    Action("change_email",             addresses.ChangeEmail,           Access.SESSION,  Rate.LOGIN,    Audit.EMAIL_CHANGE_REQUESTED,   Repeat.KEYED),
    Action("activate_account",         activation.ActivateAccount,      Access.PUBLIC,   Rate.LOGIN,    Audit.ACCOUNT_ACTIVATED,        Repeat.KEYED),
    Action("revert_email",             addresses.RevertEmail,           Access.PUBLIC,   Rate.LOGIN,    Audit.EMAIL_REVERTED,           Repeat.KEYED),

    Action("set_user_status",          statuses.SetUserStatus,          Access.GRANTED,  Rate.WRITE,    Audit.STATUS_CHANGED,           Repeat.KEYED, Permission.USERS_STATUS),
    Action("get_preferences",          personal.GetPreferences,         Access.OWN,      Rate.READ,     Audit.PREFERENCES_READ,         Repeat.SAFE,  Permission.USERS_UPDATE),
    Action("update_preferences",       personal.UpdatePreferences,      Access.OWN,      Rate.WRITE,    Audit.PREFERENCES_CHANGED,      Repeat.KEYED, Permission.USERS_UPDATE),
    Action("get_consents",             consents.GetConsents,            Access.OWN,      Rate.READ,     Audit.CONSENTS_READ,            Repeat.SAFE,  Permission.USERS_READ),
    Action("set_consent",              consents.SetConsent,             Access.OWN,      Rate.WRITE,    Audit.CONSENT_SET,              Repeat.KEYED, Permission.USERS_UPDATE),
    Action("export_user_data",         personal_data.ExportUserData,    Access.OWN,      Rate.CHECK,    Audit.USER_DATA_EXPORTED,       Repeat.SAFE,  Permission.USERS_READ),
    Action("revert_change",            reverts.RevertChange,            Access.GRANTED,  Rate.WRITE,    Audit.CHANGE_REVERTED,          Repeat.KEYED, Permission.USERS_UPDATE),
    Action("list_deleted",             deletions.ListDeleted,           Access.GRANTED,  Rate.READ,     Audit.DELETED_LISTED,           Repeat.SAFE,  Permission.USERS_DELETE),
    Action("restore_user",             deletions.RestoreUser,           Access.GRANTED,  Rate.WRITE,    Audit.USER_RESTORED,            Repeat.KEYED, Permission.USERS_DELETE),
    Action("anonymise_user",           deletions.AnonymiseUser,         Access.GRANTED,  Rate.WRITE,    Audit.USER_ANONYMISED,          Repeat.KEYED, Permission.USERS_DELETE),
    Action("legal_hold",               deletions.LegalHold,             Access.GRANTED,  Rate.WRITE,    Audit.LEGAL_HOLD_CHANGED,       Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("apply_retention",          deletions.ApplyRetention,        Access.GRANTED,  Rate.WRITE,    Audit.RETENTION_APPLIED,        Repeat.KEYED, Permission.SYSTEM_ADMIN),

    Action("list_mail",                mail.ListMail,                   Access.GRANTED,  Rate.READ,     Audit.MAIL_LISTED,              Repeat.SAFE,  Permission.SYSTEM_ADMIN),
    Action("retry_mail",               mail.RetryMail,                  Access.GRANTED,  Rate.WRITE,    Audit.MAIL_RETRIED,             Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("drop_mail",                mail.DropMail,                   Access.GRANTED,  Rate.WRITE,    Audit.MAIL_DROPPED,             Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("test_mail",                mail.TestMail,                   Access.GRANTED,  Rate.WRITE,    Audit.MAIL_TESTED,              Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("export_users",             exports.ExportUsers,             Access.GRANTED,  Rate.READ,     Audit.USERS_EXPORTED,           Repeat.SAFE,  Permission.USERS_READ),
    Action("bulk_users",               bulk.BulkUsers,                  Access.SESSION,  Rate.WRITE,    Audit.USERS_BULK,               Repeat.NEVER),
    Action("get_bulk_job",             bulk.GetBulkJob,                 Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("cancel_bulk_job",          bulk.CancelBulkJob,              Access.SESSION,  Rate.WRITE,    Audit.BULK_CANCELLED,           Repeat.KEYED),
    Action("import_users",             imports.ImportUsers,             Access.GRANTED,  Rate.WRITE,    Audit.USERS_IMPORTED,           Repeat.KEYED, Permission.USERS_CREATE),
    Action("revert_import",            imports.RevertImport,            Access.GRANTED,  Rate.WRITE,    Audit.IMPORT_REVERTED,          Repeat.KEYED, Permission.USERS_DELETE),
    Action("list_imports",             imports.ListImports,             Access.GRANTED,  Rate.READ,     Audit.IMPORTS_LISTED,           Repeat.SAFE,  Permission.USERS_CREATE),

    Action("list_roles",               roles.ListRoles,                 Access.SESSION,  Rate.READ,     Audit.ROLES_READ,               Repeat.SAFE),
    Action("save_role",                roles.SaveRole,                  Access.GRANTED,  Rate.WRITE,    Audit.ROLE_SAVED,               Repeat.KEYED, Permission.ROLES_MANAGE),
    Action("delete_role",              roles.DeleteRole,                Access.GRANTED,  Rate.WRITE,    Audit.ROLE_DELETED,             Repeat.KEYED, Permission.ROLES_MANAGE),
    Action("list_permissions",         roles.ListPermissions,           Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("set_role_permissions",     roles.SetRolePermissions,        Access.GRANTED,  Rate.WRITE,    Audit.ROLE_PERMISSIONS_SET,     Repeat.KEYED, Permission.ROLES_MANAGE),
    Action("assign_role",              assignments.AssignRole,          Access.GRANTED,  Rate.WRITE,    Audit.ROLE_ASSIGNED,            Repeat.KEYED, Permission.ROLES_ASSIGN),
    Action("revoke_role",              assignments.RevokeRole,          Access.GRANTED,  Rate.WRITE,    Audit.ROLE_REVOKED,             Repeat.KEYED, Permission.ROLES_ASSIGN),
    Action("check_permission",         assignments.CheckPermission,     Access.OWN,      Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.USERS_READ),
    Action("get_user_permissions",     assignments.GetUserPermissions,  Access.OWN,      Rate.READ,     Audit.PERMISSIONS_READ,         Repeat.SAFE,  Permission.USERS_READ),
    Action("request_role",             role_requests.RequestRole,       Access.SESSION,  Rate.WRITE,    Audit.ROLE_REQUESTED,           Repeat.KEYED),
    Action("list_role_requests",       role_requests.ListRoleRequests,  Access.SESSION,  Rate.READ,     Audit.ROLE_REQUESTS_READ,       Repeat.SAFE),
    Action("decide_role_request",      role_requests.DecideRoleRequest, Access.SESSION,  Rate.WRITE,    Audit.ROLE_REQUEST_DECIDED,     Repeat.KEYED),
    Action("withdraw_role_request",    role_requests.WithdrawRoleRequest, Access.SESSION, Rate.WRITE,   Audit.ROLE_REQUEST_WITHDRAWN,   Repeat.KEYED),

    Action("list_attributes",          attributes.ListAttributes,       Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("save_attribute",           attributes.SaveAttribute,        Access.GRANTED,  Rate.WRITE,    Audit.ATTRIBUTE_SAVED,          Repeat.KEYED, Permission.ATTRIBUTES_MANAGE),
    Action("delete_attribute",         attributes.DeleteAttribute,      Access.GRANTED,  Rate.WRITE,    Audit.ATTRIBUTE_DELETED,        Repeat.KEYED, Permission.ATTRIBUTES_MANAGE),
    Action("list_role_attributes",     attributes.ListRoleAttributes,   Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("set_role_attribute",       attributes.SetRoleAttribute,     Access.SESSION,  Rate.WRITE,    Audit.ROLE_ATTRIBUTE_SET,       Repeat.KEYED),
    Action("list_user_attributes",     attributes.ListUserAttributes,   Access.SESSION,  Rate.READ,     Audit.USER_ATTRIBUTES_READ,     Repeat.SAFE),
    Action("grant_user_attribute",     attributes.GrantUserAttribute,   Access.SESSION,  Rate.WRITE,    Audit.USER_ATTRIBUTE_GRANTED,   Repeat.KEYED),
    Action("revoke_user_attribute",    attributes.RevokeUserAttribute,  Access.SESSION,  Rate.WRITE,    Audit.USER_ATTRIBUTE_REVOKED,   Repeat.KEYED),
    Action("get_effective_attributes", attributes.GetEffectiveAttributes, Access.OWN,    Rate.READ,     Audit.USER_ATTRIBUTES_READ,     Repeat.SAFE,  Permission.USERS_READ),
    Action("authorize",                attributes.Authorize,            Access.OWN,      Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.USERS_READ),
    Action("create_api_key",           keys.CreateApiKey,               Access.OWN,      Rate.WRITE,    Audit.API_KEY_CREATED,          Repeat.NEVER, Permission.CREDENTIALS_MANAGE),
    Action("list_api_keys",            keys.ListApiKeys,                Access.OWN,      Rate.READ,     Audit.API_KEYS_LISTED,          Repeat.SAFE,  Permission.CREDENTIALS_MANAGE),
    Action("rotate_api_key",           keys.RotateApiKey,               Access.OWN,      Rate.WRITE,    Audit.API_KEY_ROTATED,          Repeat.NEVER, Permission.CREDENTIALS_MANAGE),
    Action("revoke_api_key",           keys.RevokeApiKey,               Access.OWN,      Rate.WRITE,    Audit.API_KEY_REVOKED,          Repeat.KEYED, Permission.CREDENTIALS_MANAGE),
    Action("create_service_account",   keys.CreateServiceAccount,       Access.GRANTED,  Rate.WRITE,    Audit.SERVICE_ACCOUNT_CREATED,  Repeat.KEYED, Permission.USERS_CREATE),

    Action("invite_user",              invitations.InviteUser,          Access.SESSION,  Rate.WRITE,    Audit.USER_INVITED,             Repeat.NEVER, Permission.INVITATIONS_MANAGE),
    Action("list_invitations",         invitations.ListInvitations,     Access.SESSION,  Rate.READ,     Audit.INVITATIONS_LISTED,       Repeat.SAFE,  Permission.INVITATIONS_MANAGE),
    Action("resend_invitation",        invitations.ResendInvitation,    Access.SESSION,  Rate.WRITE,    Audit.USER_INVITED,             Repeat.NEVER, Permission.INVITATIONS_MANAGE),
    Action("cancel_invitation",        invitations.CancelInvitation,    Access.SESSION,  Rate.WRITE,    Audit.INVITATION_CANCELLED,     Repeat.KEYED, Permission.INVITATIONS_MANAGE),
    Action("get_invitation",           invitations.GetInvitation,       Access.PUBLIC,   Rate.CHECK,    Audit.NONE,                     Repeat.SAFE),
    Action("accept_invitation",        invitations.AcceptInvitation,    Access.OPTIONAL, Rate.REGISTER, Audit.INVITATION_ACCEPTED,      Repeat.KEYED),
    Action("decline_invitation",       invitations.DeclineInvitation,   Access.PUBLIC,   Rate.LOGIN,    Audit.INVITATION_DECLINED,      Repeat.KEYED),

    Action("get_policy",               policies.GetPolicy,              Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.LAB_MEMBER_BASIC),
    Action("update_policy",            policies.UpdatePolicy,           Access.SESSION,  Rate.WRITE,    Audit.LAB_POLICY_CHANGED,       Repeat.KEYED, Permission.LAB_SETTINGS_EDIT),
    Action("list_notifications",       notifications.ListNotifications, Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("mark_notifications",       notifications.MarkNotifications, Access.SESSION,  Rate.WRITE,    Audit.NOTIFICATIONS_MARKED,     Repeat.KEYED),
    Action("send_notification",        notifications.SendNotification,  Access.SESSION,  Rate.WRITE,    Audit.NOTIFICATION_SENT,        Repeat.KEYED, Permission.NOTIFICATIONS_SEND),
    Action("list_scheduled",           notifications.ListScheduled,     Access.SESSION,  Rate.READ,     Audit.NOTIFICATIONS_LISTED,     Repeat.SAFE,  Permission.NOTIFICATIONS_SEND),
    Action("cancel_scheduled",         notifications.CancelScheduled,   Access.SESSION,  Rate.WRITE,    Audit.NOTIFICATION_CANCELLED,   Repeat.KEYED, Permission.NOTIFICATIONS_SEND),
    Action("test_notification",        notifications.TestNotification,  Access.SESSION,  Rate.WRITE,    Audit.NOTIFICATION_TESTED,      Repeat.KEYED),
    Action("register_device",          notifications.RegisterDevice,    Access.SESSION,  Rate.WRITE,    Audit.PUSH_DEVICE_REGISTERED,   Repeat.KEYED),
    Action("unregister_device",        notifications.UnregisterDevice,  Access.SESSION,  Rate.WRITE,    Audit.PUSH_DEVICE_REMOVED,      Repeat.KEYED),

    Action("create_lab",               labs.CreateLab,                  Access.GRANTED,  Rate.WRITE,    Audit.LAB_CREATED,              Repeat.KEYED, Permission.LABS_MANAGE),
    Action("list_labs",                labs.ListLabs,                   Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.LAB_MEMBER_BASIC),
    Action("get_lab",                  labs.GetLab,                     Access.SESSION,  Rate.READ,     Audit.NONE,                     Repeat.SAFE,  Permission.LAB_MEMBER_BASIC),
    Action("update_lab",               labs.UpdateLab,                  Access.SESSION,  Rate.WRITE,    Audit.LAB_UPDATED,              Repeat.KEYED, Permission.LAB_SETTINGS_EDIT),
    Action("delete_lab",               labs.DeleteLab,                  Access.GRANTED,  Rate.WRITE,    Audit.LAB_DELETED,              Repeat.KEYED, Permission.LABS_MANAGE),
    Action("get_lab_statistics",       labs.GetLabStatistics,           Access.SESSION,  Rate.CHECK,    Audit.NONE,                     Repeat.SAFE,  Permission.LAB_ADMIN_MANAGE),
    Action("list_lab_members",         lab_members.ListLabMembers,      Access.SESSION,  Rate.READ,     Audit.LAB_MEMBERS_LISTED,       Repeat.SAFE,  Permission.LAB_MEMBER_BASIC),
    Action("add_lab_member",           lab_members.AddLabMember,        Access.SESSION,  Rate.WRITE,    Audit.LAB_MEMBER_ADDED,         Repeat.KEYED, Permission.LAB_USERS_INVITE),
    Action("update_lab_member",        lab_members.UpdateLabMember,     Access.SESSION,  Rate.WRITE,    Audit.LAB_MEMBER_UPDATED,       Repeat.KEYED, Permission.LAB_ROLES_ASSIGN),
    Action("remove_lab_member",        lab_members.RemoveLabMember,     Access.SESSION,  Rate.WRITE,    Audit.LAB_MEMBER_REMOVED,       Repeat.KEYED, Permission.LAB_USERS_REMOVE),
    Action("get_user_labs",            lab_members.GetUserLabs,         Access.OWN,      Rate.READ,     Audit.USER_LABS_READ,           Repeat.SAFE,  Permission.USERS_READ),
)
# fmt: on

ACTION_BY_NAME: Final = {action.name: action for action in ACTIONS}
ACTION_BY_REQUEST: Final = {action.request: action for action in ACTIONS}
