"""What an account has beside its own document, and what becomes of it in the end.

Most of these collections hold at most one document for an account, under its user id:
what is asked for rarely does not make every read of an account dearer.
"""

from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.announcements import ANNOUNCEMENTS
from ums_service.domain.api_keys import API_KEYS
from ums_service.domain.audit_seals import AUDIT_KEYS
from ums_service.domain.consents import CONSENTS
from ums_service.domain.details import DETAILS
from ums_service.domain.devices import DEVICES
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.factors import FACTORS
from ums_service.domain.failure_records import FAILURES
from ums_service.domain.families import FAMILIES
from ums_service.domain.imports import IMPORTED_CHANGES
from ums_service.domain.legal_holds import LEGAL_HOLDS
from ums_service.domain.notifications import NOTIFICATIONS
from ums_service.domain.one_time import ONE_TIME
from ums_service.domain.password_history import HISTORIES
from ums_service.domain.push_devices import PUSH_DEVICES
from ums_service.domain.role_requests import ROLE_REQUESTS
from ums_service.domain.standings import STANDINGS

OWNED: Final[tuple[Collection[Any], ...]] = (
    AUDIT_KEYS,
    CONSENTS,
    DETAILS,
    DEVICES,
    ENTITLEMENTS,
    FACTORS,
    FAILURES,
    FAMILIES,
    HISTORIES,
    IMPORTED_CHANGES,
    LEGAL_HOLDS,
    NOTIFICATIONS,
    ONE_TIME,
    PUSH_DEVICES,
    STANDINGS,
    ROLE_REQUESTS,
)
"""Collections keyed by user id. They stay as they are while a deleted account can be
brought back, and are erased with it."""


GROUPED: Final[tuple[Collection[Any], ...]] = (API_KEYS, ANNOUNCEMENTS)
"""Collections of which an account may have several documents, grouped by `user_id`."""


async def erase(tx: Transaction, user_id: str) -> None:
    """Delete all that belongs to an account but its own document."""
    for collection in OWNED:
        tx.delete(collection, user_id)
    for collection in GROUPED:
        for document_id in await tx.ids_where(collection, "user_id", user_id):
            tx.delete(collection, document_id)
