"""The public surface on one page: every action, who may call it, what it counts as."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from ums_client.protocol import (
    accounts,
    addresses,
    audit,
    consents,
    deletions,
    devices,
    factors,
    keys,
    lockouts,
    mail,
    passkeys,
    passwords,
    personal,
    recovery,
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
    DELETED_LISTED = "deleted_listed"
    USER_RESTORED = "user_restored"
    USER_ANONYMISED = "user_anonymised"
    LEGAL_HOLD_CHANGED = "legal_hold_changed"
    RETENTION_APPLIED = "retention_applied"
    USERS_LISTED = "users_listed"
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
    LOCKED_DOWN = "locked_down"
    LINK_ISSUED = "link_issued"
    MAIL_LISTED = "mail_listed"
    MAIL_RETRIED = "mail_retried"
    MAIL_DROPPED = "mail_dropped"
    MAIL_TESTED = "mail_tested"
    API_KEY_CREATED = "api_key_created"
    API_KEY_ROTATED = "api_key_rotated"
    API_KEY_REVOKED = "api_key_revoked"
    API_KEYS_LISTED = "api_keys_listed"
    SERVICE_ACCOUNT_CREATED = "service_account_created"


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
    Action("health_check",             service.HealthCheck,             Access.OPTIONAL, Rate.READ,     Audit.NONE,                     Repeat.SAFE),
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
    Action("check_password",           passwords.CheckPassword,         Access.PUBLIC,   Rate.CHECK,    Audit.NONE,                     Repeat.SAFE),
    Action("get_password_status",      passwords.GetPasswordStatus,     Access.OWN,      Rate.READ,     Audit.PASSWORD_STATUS_READ,     Repeat.SAFE,  Permission.USERS_READ),
    Action("force_password_change",    passwords.ForcePasswordChange,   Access.GRANTED,  Rate.WRITE,    Audit.PASSWORD_CHANGE_FORCED,   Repeat.KEYED, Permission.CREDENTIALS_MANAGE),
    Action("describe_actions",         service.DescribeActions,         Access.PUBLIC,   Rate.READ,     Audit.NONE,                     Repeat.SAFE),
    Action("query_audit",              audit.QueryAudit,                Access.SESSION,  Rate.READ,     Audit.AUDIT_READ,               Repeat.SAFE, Permission.AUDIT_READ),
    Action("export_audit",             audit.ExportAudit,               Access.GRANTED,  Rate.READ,     Audit.AUDIT_EXPORTED,           Repeat.SAFE,  Permission.AUDIT_EXPORT),
    Action("verify_audit",             audit.VerifyAudit,               Access.GRANTED,  Rate.READ,     Audit.AUDIT_VERIFIED,           Repeat.SAFE,  Permission.AUDIT_READ),

    Action("request_password_reset",   recovery.RequestPasswordReset,   Access.PUBLIC,   Rate.MAIL,     Audit.PASSWORD_RESET_REQUESTED, Repeat.KEYED),
    Action("reset_password",           recovery.ResetPassword,          Access.PUBLIC,   Rate.LOGIN,    Audit.PASSWORD_RESET,           Repeat.KEYED),
    Action("lock_down",                recovery.LockDown,               Access.OPTIONAL, Rate.LOGIN,    Audit.LOCKED_DOWN,              Repeat.KEYED),
    Action("issue_link",               recovery.IssueLink,              Access.GRANTED,  Rate.LOGIN,    Audit.LINK_ISSUED,              Repeat.NEVER, Permission.CREDENTIALS_MANAGE),
    Action("verify_email",             addresses.VerifyEmail,           Access.PUBLIC,   Rate.LOGIN,    Audit.EMAIL_VERIFIED,           Repeat.KEYED),
    Action("resend_verification",      addresses.ResendVerification,    Access.PUBLIC,   Rate.MAIL,     Audit.VERIFICATION_REQUESTED,   Repeat.KEYED),
    Action("change_email",             addresses.ChangeEmail,           Access.SESSION,  Rate.LOGIN,    Audit.EMAIL_CHANGE_REQUESTED,   Repeat.KEYED),
    Action("revert_email",             addresses.RevertEmail,           Access.PUBLIC,   Rate.LOGIN,    Audit.EMAIL_REVERTED,           Repeat.KEYED),

    Action("set_user_status",          statuses.SetUserStatus,          Access.GRANTED,  Rate.WRITE,    Audit.STATUS_CHANGED,           Repeat.KEYED, Permission.USERS_STATUS),
    Action("get_preferences",          personal.GetPreferences,         Access.OWN,      Rate.READ,     Audit.PREFERENCES_READ,         Repeat.SAFE,  Permission.USERS_UPDATE),
    Action("update_preferences",       personal.UpdatePreferences,      Access.OWN,      Rate.WRITE,    Audit.PREFERENCES_CHANGED,      Repeat.KEYED, Permission.USERS_UPDATE),
    Action("get_consents",             consents.GetConsents,            Access.OWN,      Rate.READ,     Audit.CONSENTS_READ,            Repeat.SAFE,  Permission.USERS_READ),
    Action("set_consent",              consents.SetConsent,             Access.OWN,      Rate.WRITE,    Audit.CONSENT_SET,              Repeat.KEYED, Permission.USERS_UPDATE),
    Action("list_deleted",             deletions.ListDeleted,           Access.GRANTED,  Rate.READ,     Audit.DELETED_LISTED,           Repeat.SAFE,  Permission.USERS_DELETE),
    Action("restore_user",             deletions.RestoreUser,           Access.GRANTED,  Rate.WRITE,    Audit.USER_RESTORED,            Repeat.KEYED, Permission.USERS_DELETE),
    Action("anonymise_user",           deletions.AnonymiseUser,         Access.GRANTED,  Rate.WRITE,    Audit.USER_ANONYMISED,          Repeat.KEYED, Permission.USERS_DELETE),
    Action("legal_hold",               deletions.LegalHold,             Access.GRANTED,  Rate.WRITE,    Audit.LEGAL_HOLD_CHANGED,       Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("apply_retention",          deletions.ApplyRetention,        Access.GRANTED,  Rate.WRITE,    Audit.RETENTION_APPLIED,        Repeat.KEYED, Permission.SYSTEM_ADMIN),

    Action("list_mail",                mail.ListMail,                   Access.GRANTED,  Rate.READ,     Audit.MAIL_LISTED,              Repeat.SAFE,  Permission.SYSTEM_ADMIN),
    Action("retry_mail",               mail.RetryMail,                  Access.GRANTED,  Rate.WRITE,    Audit.MAIL_RETRIED,             Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("drop_mail",                mail.DropMail,                   Access.GRANTED,  Rate.WRITE,    Audit.MAIL_DROPPED,             Repeat.KEYED, Permission.SYSTEM_ADMIN),
    Action("test_mail",                mail.TestMail,                   Access.GRANTED,  Rate.WRITE,    Audit.MAIL_TESTED,              Repeat.KEYED, Permission.SYSTEM_ADMIN),

    Action("create_api_key",           keys.CreateApiKey,               Access.OWN,      Rate.WRITE,    Audit.API_KEY_CREATED,          Repeat.NEVER, Permission.CREDENTIALS_MANAGE),
    Action("list_api_keys",            keys.ListApiKeys,                Access.OWN,      Rate.READ,     Audit.API_KEYS_LISTED,          Repeat.SAFE,  Permission.CREDENTIALS_MANAGE),
    Action("rotate_api_key",           keys.RotateApiKey,               Access.OWN,      Rate.WRITE,    Audit.API_KEY_ROTATED,          Repeat.NEVER, Permission.CREDENTIALS_MANAGE),
    Action("revoke_api_key",           keys.RevokeApiKey,               Access.OWN,      Rate.WRITE,    Audit.API_KEY_REVOKED,          Repeat.KEYED, Permission.CREDENTIALS_MANAGE),
    Action("create_service_account",   keys.CreateServiceAccount,       Access.GRANTED,  Rate.WRITE,    Audit.SERVICE_ACCOUNT_CREATED,  Repeat.KEYED, Permission.USERS_CREATE),
)
# fmt: on

ACTION_BY_NAME: Final = {action.name: action for action in ACTIONS}
ACTION_BY_REQUEST: Final = {action.request: action for action in ACTIONS}
