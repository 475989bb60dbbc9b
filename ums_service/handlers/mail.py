"""What waits in the outbox, for administrators."""

from ums_client.protocol.mail import (
    DropMail,
    DropMailReply,
    ListMail,
    ListMailReply,
    RetryMail,
    RetryMailReply,
    TestMail,
    TestMailReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import new_mail, post, require_mail
from ums_service.domain.errors import NoSuchMail
from ums_service.domain.outbox import OUTBOX, Mail, MailState, Template, revive, view
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.turns import taking_turns


async def list_mail(request: ListMail, call: Call) -> Answer[ListMailReply]:
    """List mails that are not sent; also where mail is no longer set up."""
    call.discloses = True
    store, shown = call.facilities.store, list[Mail]()
    async for _, mail_id in taking_turns(store.ids(OUTBOX)):
        if len(shown) == request.most:
            break
        mail = store.get(OUTBOX, mail_id)
        if mail is not None and request.state in (None, mail.state):
            shown.append(mail)
    return answer(
        ListMailReply,
        mails=[view(mail) for mail in shown],
        pending=store.count_where(OUTBOX, "state", MailState.PENDING.value),
        dead=store.count_where(OUTBOX, "state", MailState.DEAD.value),
    )


async def retry_mail(request: RetryMail, call: Call) -> Answer[RetryMailReply]:
    """Try a mail again, as if it had been queued now."""
    queue = require_mail(call)
    mail = await _existing(request.mail_id, call)
    again = await revive(call.tx, mail, call.now)
    call.after_commit.append(lambda: queue.add(again, call.now))
    return answer(RetryMailReply, message="The mail is tried again")


async def drop_mail(request: DropMail, call: Call) -> Answer[DropMailReply]:
    """Forget a mail, which may be one that tells of a takeover."""
    require_fresh(call)
    mail = await _existing(request.mail_id, call)
    call.tx.delete(OUTBOX, mail.mail_id)
    return answer(DropMailReply, message="The mail is dropped")


async def test_mail(request: TestMail, call: Call) -> Answer[TestMailReply]:
    """Send a test to the caller's address."""
    caller = call.caller()
    assert caller is not None
    call.subject = caller.user_id
    await post(call, new_mail(call, caller, Template.TEST))
    return answer(TestMailReply, message="A test is on its way", to=caller.email)


async def _existing(mail_id: str, call: Call) -> Mail:
    mail = await call.tx.get(OUTBOX, mail_id)
    if mail is None:
        raise NoSuchMail
    call.subject = mail.user_id or None
    call.details["template"] = mail.template
    return mail
