"""Limits of the wire, each with the reason for its number."""

from typing import Final

REQUEST_BYTES_MAX: Final = 65_536
"""Largest request body. The largest honest request (an account with a full `metadata`)
stays below 40 KiB; the receiver must bound what one peer can make it hold."""

REPLY_BYTES_MAX: Final = 16 * 1024 * 1024
"""Largest reply a client accepts: 1,000 users of 16 KiB, the longest list there is."""

DEPTH_MAX: Final = 16
"""Deepest nesting of maps and lists. Parsers survive far more, but what walks the
parsed value afterwards may not (a 990-deep document breaks validators)."""

INTEGER_MAX: Final = 2**53
"""Largest magnitude of an integer: what every JSON reader represents exactly
(RFC 8259 section 6)."""

REQUEST_ID_CHARS_MAX: Final = 128
IDEMPOTENCY_KEY_CHARS_MIN: Final = 16
"""A key guards one write against being done twice, so it must not be guessed or met by
chance: 16 characters of base64url are 96 bits."""
IDEMPOTENCY_KEY_CHARS_MAX: Final = 128
PASSWORD_BYTES_MAX: Final = 1_024
METADATA_BYTES_MAX: Final = 16_384
DAYS_MAX: Final = 3_650
"""Longest time that is asked for in days: ten years."""
CUSTOM_BYTES_MAX: Final = 4_096
"""Each object of the client's own, as JSON; with `metadata` and notes a request of all
fields stays within REQUEST_BYTES_MAX."""
CUSTOM_DEPTH_MAX: Final = 5
BIO_CHARS_MAX: Final = 1_000
WORDS_MAX: Final = 20
CONTACTS_MAX: Final = 10
RETENTION_DAYS_MIN: Final = 30
"""Skills, interests: words in a list."""
LIST_MAX: Final = 1_000
"""Most users in one unpaged list; the reply then says `truncated`."""
PAGE_SIZE_MAX: Final = 100
NEWEST_USERS_MAX: Final = 50
"""Most of the newest accounts that the statistics show."""
AUDIT_PAGE_MAX: Final = 1_000
AUDIT_EVENTS_MAX: Final = 20
IMPORT_ROWS_MAX: Final = 1_000
"""Rows in one message; with their fields filled some 250 fit."""
LAB_FEATURES_MAX: Final = 50
ROLE_PERMISSIONS_MAX: Final = 200
"""Permissions that one role may allow, and as many that it may deny."""
ASSIGNED_ACCOUNTS_MAX: Final = 100
ASSIGNED_ROLES_MAX: Final = 10
SET_PERMISSIONS_MAX: Final = 50
CHECKED_MAX: Final = 10
"""Permissions or attributes that one question may ask for."""
GRANT_DAYS_MAX: Final = 3_650
"""What is to last longer than ten years is granted without an end."""
KEY_SCOPES_MAX: Final = 50
KEY_ADDRESSES_MAX: Final = 10
KEY_DAYS_MAX: Final = 365
POLICY_ADDRESSES_MAX: Final = 20
BULK_ACCOUNTS_MAX: Final = 1_000
BULK_ACCOUNTS_USUAL: Final = 100
"""Accounts in one `bulk_users` of who may not manage all accounts."""
EXPORT_PAGE_MAX: Final = 500
"""Accounts that are written in a few milliseconds."""
INVITATION_DAYS_MAX: Final = 30
INVITED_ROLES_MAX: Final = 10
NOTIFIED_ACCOUNTS_MAX: Final = 1_000
NOTIFICATION_CHARS_MAX: Final = 1_000
INTERVAL_MINUTES_MIN: Final = 5
INTERVAL_MINUTES_MAX: Final = 366 * 24 * 60
