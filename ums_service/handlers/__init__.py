"""One async function per action, and the table that binds them to their requests."""

from typing import Any, Final

from ums_client.protocol.accounts import (
    CreateUser,
    DeleteUser,
    GetUser,
    ListUsers,
    UpdateUser,
)
from ums_client.protocol.addresses import (
    ChangeEmail,
    ResendVerification,
    RevertEmail,
    VerifyEmail,
)
from ums_client.protocol.audit import ExportAudit, QueryAudit, VerifyAudit
from ums_client.protocol.consents import GetConsents, SetConsent
from ums_client.protocol.deletions import (
    AnonymiseUser,
    ApplyRetention,
    LegalHold,
    ListDeleted,
    RestoreUser,
)
from ums_client.protocol.devices import ForgetDevice, ListDevices
from ums_client.protocol.factors import (
    ConfirmMfa,
    DisableMfa,
    GetMfaStatus,
    RegenerateBackupCodes,
    SendMfaCode,
    SetupMfa,
    VerifyMfa,
)
from ums_client.protocol.keys import (
    CreateApiKey,
    CreateServiceAccount,
    ListApiKeys,
    RevokeApiKey,
    RotateApiKey,
)
from ums_client.protocol.lockouts import UnlockUser
from ums_client.protocol.mail import DropMail, ListMail, RetryMail, TestMail
from ums_client.protocol.message import Request
from ums_client.protocol.passkeys import (
    BeginPasskeyEnrolment,
    BeginPasskeyLogin,
    FinishPasskeyEnrolment,
    FinishPasskeyLogin,
)
from ums_client.protocol.passwords import (
    ChangePassword,
    CheckPassword,
    ForcePasswordChange,
    GetPasswordStatus,
)
from ums_client.protocol.personal import GetPreferences, UpdatePreferences
from ums_client.protocol.recovery import (
    IssueLink,
    LockDown,
    RequestPasswordReset,
    ResetPassword,
)
from ums_client.protocol.service import DescribeActions, HealthCheck
from ums_client.protocol.sessions import (
    ListSessions,
    Login,
    Logout,
    Reauthenticate,
    RevokeSession,
    VerifySession,
)
from ums_client.protocol.statuses import SetUserStatus
from ums_client.protocol.tokens import (
    GetRevocations,
    GetSigningKeys,
    RefreshToken,
    RotateSigningKey,
)
from ums_service.catalogue import Handler
from ums_service.handlers import (
    accounts,
    addresses,
    audit,
    consents,
    deletions,
    details,
    devices,
    enrolment,
    factors,
    keys,
    lock_down,
    lockouts,
    logins,
    mail,
    passkeys,
    password_resets,
    passwords,
    proof,
    retention,
    sent_codes,
    service,
    sessions,
    statuses,
    tokens,
    verification,
)

HANDLERS: Final[dict[type[Request[Any]], Handler]] = {
    CreateUser: accounts.create_user,
    Login: logins.login,
    Logout: sessions.logout,
    GetUser: accounts.get_user,
    UpdateUser: accounts.update_user,
    DeleteUser: deletions.delete_user,
    ListUsers: accounts.list_users,
    HealthCheck: service.health_check,
    ChangePassword: passwords.change_password,
    VerifySession: verification.verify_session,
    ListSessions: sessions.list_sessions,
    RevokeSession: sessions.revoke_session,
    Reauthenticate: proof.reauthenticate,
    RefreshToken: tokens.refresh_token,
    GetSigningKeys: tokens.get_signing_keys,
    GetRevocations: tokens.get_revocations,
    RotateSigningKey: tokens.rotate_signing_key,
    ListDevices: devices.list_devices,
    ForgetDevice: devices.forget_device,
    UnlockUser: lockouts.unlock_user,
    VerifyMfa: logins.verify_mfa,
    SetupMfa: enrolment.setup_mfa,
    ConfirmMfa: enrolment.confirm_mfa,
    SendMfaCode: sent_codes.send_mfa_code,
    GetMfaStatus: factors.get_mfa_status,
    DisableMfa: factors.disable_mfa,
    RegenerateBackupCodes: factors.regenerate_backup_codes,
    BeginPasskeyEnrolment: passkeys.begin_passkey_enrolment,
    FinishPasskeyEnrolment: passkeys.finish_passkey_enrolment,
    BeginPasskeyLogin: passkeys.begin_passkey_login,
    FinishPasskeyLogin: passkeys.finish_passkey_login,
    CheckPassword: passwords.check_password,
    GetPasswordStatus: passwords.get_password_status,
    ForcePasswordChange: passwords.force_password_change,
    DescribeActions: service.describe_actions,
    QueryAudit: audit.query_audit,
    ExportAudit: audit.export_audit,
    VerifyAudit: audit.verify_audit,
    RequestPasswordReset: password_resets.request_password_reset,
    ResetPassword: password_resets.reset_password,
    IssueLink: password_resets.issue_link,
    LockDown: lock_down.lock_down,
    RevertEmail: lock_down.revert_email,
    VerifyEmail: addresses.verify_email,
    ResendVerification: addresses.resend_verification,
    ChangeEmail: addresses.change_email,
    ListMail: mail.list_mail,
    RetryMail: mail.retry_mail,
    DropMail: mail.drop_mail,
    TestMail: mail.test_mail,
    CreateApiKey: keys.create_api_key,
    ListApiKeys: keys.list_api_keys,
    RotateApiKey: keys.rotate_api_key,
    RevokeApiKey: keys.revoke_api_key,
    CreateServiceAccount: keys.create_service_account,
    GetPreferences: details.get_preferences,
    UpdatePreferences: details.update_preferences,
    GetConsents: consents.get_consents,
    SetConsent: consents.set_consent,
    ListDeleted: deletions.list_deleted,
    RestoreUser: deletions.restore_user,
    AnonymiseUser: retention.anonymise_user,
    LegalHold: retention.legal_hold,
    ApplyRetention: retention.apply_retention,
    SetUserStatus: statuses.set_user_status,
}
