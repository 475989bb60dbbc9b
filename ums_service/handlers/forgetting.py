"""What else is forgotten of who is erased, beside the documents under their id."""

from ums_service.call import Call
from ums_service.domain.outbox import OUTBOX


async def forget_mail(user_id: str, call: Call) -> None:
    """Delete the mails to an account that were not sent, with this call's commit."""
    for mail_id in await call.tx.ids_where(OUTBOX, "user_id", user_id):
        call.tx.delete(OUTBOX, mail_id)
