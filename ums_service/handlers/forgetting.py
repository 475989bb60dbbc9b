"""What else is forgotten of who is erased, beside the documents under their id."""

from ums_service.call import Call
from ums_service.domain.outbox import OUTBOX
from ums_service.handlers.turns import taking_turns


async def forget_mail(user_id: str, call: Call) -> None:
    """Delete the mails to an account that were not sent, with this call's commit."""
    store = call.facilities.store
    async for _, mail_id in taking_turns(store.ids(OUTBOX)):
        mail = store.get(OUTBOX, mail_id)
        if mail is not None and mail.user_id == user_id:
            call.tx.delete(OUTBOX, mail_id)
