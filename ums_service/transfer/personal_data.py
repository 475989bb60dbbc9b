"""Everything about one person, collection by collection, without what opens anything.

    EXPORTED    what a collection holds of a person, and how it is told
    WITHHELD    what a collection holds of a person that is not told, and why
    NOT_PERSONAL  collections that hold nothing of a person

Every collection of the store is in one of the three (a test sees to it). Where secrets
lie, what is told is named value by value.
docs/personal-data.md describes the document for who receives it.
"""

from collections.abc import Callable
from typing import Any, Final

from storage import Collection, Store
from ums_service.domain.announcements import ANNOUNCEMENTS
from ums_service.domain.api_keys import API_KEYS
from ums_service.domain.consents import CONSENTS
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.details import DETAILS
from ums_service.domain.devices import DEVICES
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.factors import (
    FACTORS,
    Authenticator,
    Factors,
    Messages,
    Passkey,
)
from ums_service.domain.failure_records import FAILURES
from ums_service.domain.families import FAMILIES
from ums_service.domain.imports import IMPORTED_CHANGES
from ums_service.domain.invitations import INVITATIONS
from ums_service.domain.moment import text_of
from ums_service.domain.notice_words import words_of
from ums_service.domain.notifications import NOTIFICATIONS
from ums_service.domain.one_time import ONE_TIME
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.password_history import HISTORIES
from ums_service.domain.push_devices import PUSH_DEVICES
from ums_service.domain.role_requests import ROLE_REQUESTS
from ums_service.domain.standings import STANDINGS
from ums_service.domain.users import USERS, User

FORMAT: Final = "ums-personal-data"
VERSION: Final = 1
"""Of the document; it grows when a reader of the old one would be misled."""

_SECRET_OF_USER: Final = frozenset({"password_hash"})


def personal_data(store: Store, user_id: str) -> dict[str, Any]:
    """The sections that have something, each as plain data."""
    found = {name: tell(store, user_id) for name, tell in EXPORTED.values()}
    return {name: told for name, told in found.items() if told}


def _account(user: User) -> dict[str, Any]:
    return {n: v for n, v in user._asdict().items() if n not in _SECRET_OF_USER}


def _user(store: Store, user_id: str) -> Any:
    user = store.get(USERS, user_id)
    return user and _account(user)


def _deleted(store: Store, user_id: str) -> Any:
    gone = store.get(DELETED_USERS, user_id)
    return gone and {
        "account": _account(gone.user),
        "deleted_at": gone.deleted_at,
        "purge_after": text_of(gone.purge_after_epoch_s),
    }


def _details(store: Store, user_id: str) -> Any:
    own = store.get(DETAILS, user_id)
    return own and dict(own.values)


def _consents(store: Store, user_id: str) -> Any:
    own = store.get(CONSENTS, user_id)
    return own and [one._asdict() for one in own.given]


def _devices(store: Store, user_id: str) -> Any:
    own = store.get(DEVICES, user_id)
    names = ("device_id", "label", "created_at", "last_used_at", "address")
    return own and [{n: getattr(one, n) for n in names} for one in own.devices]


def _factors(store: Store, user_id: str) -> Any:
    own = store.get(FACTORS, user_id)
    return own and _told_factors(own)


def _told_factors(own: Factors) -> dict[str, Any]:
    codes = [own.totp] if own.totp else []
    found = [_told_factor("totp", one, one.name) for one in codes]
    found += [_told_factor("passkey", one, one.name) for one in own.passkeys]
    found += [_told_factor(one.method, one, one.address) for one in own.messages]
    return {"factors": found, "backup_codes_left": len(own.backup.digests)}


def _told_factor(
    method: str, one: Authenticator | Passkey | Messages, name: str
) -> dict[str, Any]:
    """A factor by its kind, its name or address, and its dates."""
    return {
        "method": method,
        "name": name,
        "enabled_at": one.enabled_at,
        "last_used_at": one.last_used_at,
    }


def _entitlements(store: Store, user_id: str) -> Any:
    own = store.get(ENTITLEMENTS, user_id)
    return own and {
        "roles": [one._asdict() for one in own.roles],
        "labs": {lab_id: one._asdict() for lab_id, one in own.labs.items()},
        "attributes": [one._asdict() for one in own.attributes],
    }


def _imported(store: Store, user_id: str) -> Any:
    own = store.get(IMPORTED_CHANGES, user_id)
    return own and [
        {"import_id": one.import_id, "before": one.before, "after": one.after}
        for one in own.changes
    ]


def _logins(store: Store, user_id: str) -> Any:
    own = store.get(FAMILIES, user_id)
    return own and [
        {
            "session_id": one.session_id,
            "opened_at": one.opened_at,
            "used_at": text_of(one.used_epoch_s),
            "ends_at": text_of(one.ends_epoch_s),
            "address": one.address,
            "client": one.client._asdict(),
            "methods": list(one.methods),
        }
        for one in own.families
    ]


def _links(store: Store, user_id: str) -> Any:
    own = store.get(ONE_TIME, user_id)
    return own and [
        {
            "purpose": link.purpose,
            "address": link.address,
            "since": text_of(link.since_s),
            "expires_at": text_of(link.expires_s),
        }
        for link in own.links.values()
    ]


def _mails(store: Store, user_id: str) -> Any:
    own = [
        store.get(OUTBOX, id_) for id_ in store.ids_where(OUTBOX, "user_id", user_id)
    ]
    return [
        {
            "template": mail.template,
            "to": mail.to,
            "queued_at": text_of(mail.queued_s),
            "state": mail.state,
        }
        for mail in own
        if mail is not None
    ]


def _keys(store: Store, user_id: str) -> Any:
    ids = store.ids_where(API_KEYS, "user_id", user_id)
    return [
        {
            "key_id": key.key_id,
            "name": key.name,
            "description": key.description,
            "scopes": list(key.scopes),
            "addresses": list(key.addresses),
            "created_at": text_of(key.created_s),
            "used_at": None if key.used_s is None else text_of(key.used_s),
            "used_from": key.used_from,
        }
        for key in (store.get(API_KEYS, key_id) for key_id in ids)
        if key is not None
    ]


def _notifications(store: Store, user_id: str) -> Any:
    own = store.get(NOTIFICATIONS, user_id)
    return own and [
        {
            "type": one.type,
            "title": one.title or words_of(one.type, one.data).title,
            "body": one.body or words_of(one.type, one.data).body,
            "channels": list(one.channels),
            "sender": one.sender,
            "created_at": text_of(one.created_s),
            "read_at": None if one.read_s is None else text_of(one.read_s),
        }
        for one in own.entries
    ]


def _sent(store: Store, user_id: str) -> Any:
    ids = store.ids_where(ANNOUNCEMENTS, "user_id", user_id)
    return [
        {
            "type": job.type,
            "title": job.title,
            "body": job.body,
            "lab_id": job.lab_id,
            "accounts": job.accounts,
            "state": job.state,
            "created_at": text_of(job.created_s),
        }
        for job in (store.get(ANNOUNCEMENTS, job_id) for job_id in ids)
        if job is not None
    ]


def _push_devices(store: Store, user_id: str) -> Any:
    own = store.get(PUSH_DEVICES, user_id)
    names = ("device_id", "device_type", "device_name", "registered_at")
    return own and [{n: getattr(one, n) for n in names} for one in own.devices]


def _failures(store: Store, user_id: str) -> Any:
    own = store.get(FAILURES, user_id)
    return own and {"strangers": len(own.strangers), "known": len(own.known)}


def _passwords(store: Store, user_id: str) -> Any:
    own = store.get(HISTORIES, user_id)
    return own and {"kept": len(own.hashes)}


def _standing(store: Store, user_id: str) -> Any:
    own = store.get(STANDINGS, user_id)
    return own and {
        "reason": own.reason,
        "since": own.since,
        "until": None if own.until_s is None else text_of(own.until_s),
    }


def _invitations(store: Store, user_id: str) -> Any:
    user, gone = store.get(USERS, user_id), store.get(DELETED_USERS, user_id)
    person = user or (gone and gone.user)
    ids = set(store.ids_where(INVITATIONS, "accepted_by", user_id))
    if person:
        ids.update(store.ids_where(INVITATIONS, "email", person.email))
    return [
        {
            "email": one.email,
            "first_name": one.first_name,
            "last_name": one.last_name,
            "roles": list(one.roles),
            "lab_id": one.lab_id,
            "lab_role": one.lab_role,
            "message": one.message,
            "created_at": text_of(one.created_s),
            "answer": one.answer,
        }
        for one in (store.get(INVITATIONS, id_) for id_ in sorted(ids))
        if one is not None
    ]


Tell = Callable[[Store, str], Any]

EXPORTED: Final[dict[Collection[Any], tuple[str, Tell]]] = {
    USERS: ("account", _user),
    DELETED_USERS: ("deleted", _deleted),
    DETAILS: ("details", _details),
    CONSENTS: ("consents", _consents),
    DEVICES: ("devices", _devices),
    FACTORS: ("factors", _factors),
    ENTITLEMENTS: ("entitlements", _entitlements),
    IMPORTED_CHANGES: ("imported_changes", _imported),
    ROLE_REQUESTS: ("role_requests", lambda s, u: _plain(s, ROLE_REQUESTS, u)),
    FAMILIES: ("logins", _logins),
    ONE_TIME: ("links", _links),
    OUTBOX: ("mails", _mails),
    API_KEYS: ("api_keys", _keys),
    INVITATIONS: ("invitations", _invitations),
    NOTIFICATIONS: ("notifications", _notifications),
    ANNOUNCEMENTS: ("sent_notifications", _sent),
    PUSH_DEVICES: ("push_devices", _push_devices),
    FAILURES: ("failed_logins", _failures),
    HISTORIES: ("earlier_passwords", _passwords),
    STANDINGS: ("standing", _standing),
}
"""By collection: the section of the document, and what makes it."""

WITHHELD: Final = {
    "audit_keys": "opens the names in the audit log; those entries are handed out",
    "legal_holds": "an inquiry must not be told to who it is about",
    "done": "answers of the last day, found by who has the key of the request only",
}
"""Collections of which nothing is handed out although they are about people, and why."""

NOT_PERSONAL: Final = frozenset(
    {
        "shipped",  # how far the audit log was sent
        "rosters",  # ids of administrators; the role is part of the account
        "revocations",
        "last_revoked",
        "key_rings",
        "service_secrets",
        "failures_of_nobody",  # of names that nobody has
        "blocked_addresses",
        "peppers",
        "roles",
        "attribute_books",
        "role_maps",
        "lab_policies",
        "labs",
        "ended_labs",
        "imports",  # ids of accounts, and the words of who imported them
    }
)
"""Collections that are about nobody."""


def _plain(store: Store, collection: Collection[Any], user_id: str) -> Any:
    own = store.get(collection, user_id)
    return own and dict(collection.to_document(own))
