"""What else is forgotten of who is erased, beside the documents under their id."""

from ums_service.calls.call import Call
from ums_service.domain.outbox import OUTBOX


async def forget_mail(user_id: str, email: str, call: Call) -> None:
    """Delete the mails to an account, or to its address, that were not sent.

    They go with this call's commit.
    """
    own = await call.tx.ids_where(OUTBOX, "user_id", user_id)
    to_address = await call.tx.ids_where(OUTBOX, "to", email)
    for mail_id in {*own, *to_address}:
        call.tx.delete(OUTBOX, mail_id)
