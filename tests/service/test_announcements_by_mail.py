"""Mail of announcements: channels, quiet hours, whose words they are."""

from tests.service.announcing import DAY_S, HOUR_S, scheduled, sent, told, verify, work
from tests.service.mailbox import MAIL, Mailbox, text_of
from tests.service.test_notifications import listed, types
from ums_service.domain.outbox import OUTBOX


def test_people_choose_their_channels(make_bench):
    bench = make_bench(settings=MAIL)
    for name, wishes in {
        "all": {},
        "in_app": {"email_notifications": False},
        "mail": {"in_app_notifications": False},
        "neither": {"email_notifications": False, "in_app_notifications": False},
    }.items():
        bench.register(f"user-{name}", **wishes)
    names = ["user-all", "user-in_app", "user-mail", "user-neither"]
    verify(bench, *names)
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, *names, channels=["email", "in_app"])
    work(bench)
    assert sorted(str(m["To"]) for m in box.send()) == [
        "user-all@example.org", "user-mail@example.org",
    ]  # fmt: skip
    unread = {n: listed(bench, bench.login(n))["unread"] for n in names}
    assert list(unread.values()) == [1, 1, 0, 0]
    assert types(bench, bench.login("user-mail"), channel="email") == ["message"]
    [job] = scheduled(bench, admin)
    assert (job["done"], job["skipped"]) == (3, 1)


def test_some_types_are_mailed_only_to_who_wants_them(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice", marketing_emails=True)
    bench.register("bob")
    verify(bench, "alice", "bob")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    both = {"channels": ["in_app", "email"]}
    sent(bench, admin, "alice", "bob", type="marketing", **both)
    work(bench)
    assert [m["To"] for m in box.send()] == ["alice@example.org"]
    assert told(bench, "bob") == ["Tonight"]


def test_nobody_is_mailed_at_an_address_that_may_not_be_theirs(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, "alice", channels=["email", "in_app"])
    sent(bench, admin, "alice", channels=["email"])
    work(bench)
    assert box.send() == []
    assert told(bench, "alice") == ["Tonight"]


def test_a_mail_says_who_wrote_and_marks_every_line(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    body = "Hello,\nyour password was changed.\u2028\x85-- \nUMS <b>{{ 7 * 7 }}</b>"
    asked = {"title": "<i>Bcc: x@example.org", "body": body.replace("\x85", "")}
    sent(bench, admin, "alice", channels=["email"], **asked)
    work(bench)
    [mail] = box.send()
    assert mail["Subject"] == "admin: <i>Bcc: x@example.org"
    lines = text_of(mail).splitlines()
    theirs = [line for line in lines if "7 * 7" in line or "changed" in line]
    assert len(theirs) == 2
    assert all(line.startswith("> ") for line in theirs)
    html = text_of(mail, "html")
    assert "&lt;b&gt;{{ 7 * 7 }}" in html
    assert "<i>" not in html


def test_two_messages_are_two_mails(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    for title in ("One", "Two"):
        sent(bench, admin, "alice", channels=["email"], title=title)
    work(bench)
    assert sorted(m["Subject"] for m in box.send()) == ["admin: One", "admin: Two"]


def test_quiet_hours_put_mail_off_and_never_drop_it(make_bench):
    bench = make_bench(settings=MAIL)  # it is noon of 1 March
    night = {"quiet_hours_start": "11:00", "quiet_hours_end": "15:00"}
    bench.register("alice", **night)
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, "alice", channels=["in_app", "email"])
    work(bench)
    assert told(bench, "alice") == ["Tonight"]
    assert box.send() == []
    bench.clock.advance(3 * HOUR_S - 10)
    assert box.send() == []
    box.restart()
    assert box.send() == []
    bench.clock.set_wall_clock(-DAY_S)  # a clock that jumps holds it for no day more
    bench.clock.advance(10 * HOUR_S)
    assert [m["Subject"] for m in box.send()] == ["admin: Tonight"]
    assert list(bench.store.scan(OUTBOX)) == []


def test_who_ends_their_quiet_hours_need_not_wait_for_their_end(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice", quiet_hours_start="11:00", quiet_hours_end="15:00")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, "alice", channels=["email"])
    work(bench)
    assert box.send() == []
    change = {"action": "update_preferences", "session_token": bench.login("alice")}
    assert bench.ask(**change, quiet_hours_start="")["status"] == "success"
    bench.clock.advance(900)
    assert len(box.send()) == 1


def test_messages_of_people_keep_no_mail_waiting_that_was_asked_for(make_bench):
    bench = make_bench(settings=MAIL, notifications_per_hour=100)
    bench.register("alice")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    for _ in range(30):
        sent(bench, admin, "alice", channels=["email"])
    work(bench)
    assert len(box.send()) == 10
    bench.ask(action="request_password_reset", username="alice")
    assert ["password" in m["Subject"] for m in box.send()] == [True]
    bench.clock.advance(4 * HOUR_S)
    assert len(box.send()) == 10
