"""The words of mails: every kind can be written, nobody can write into them."""

from pathlib import Path
from typing import Any

import pytest

from tests.doubles import ManualClock
from tests.service.harness import ROOT, Bench
from tests.service.mailbox import MAIL, Mailbox, text_of
from ums_service.domain.outbox import Mail, Template
from ums_service.domain.users import USERS
from ums_service.mail.compose import OURS, Composer, Sender, in_words
from ums_service.mail.sender import Letter
from ums_service.sending.mails import greeting_of, masked

TOKEN = "3f1c8d2e-0000-4000-8000-000000000000." + "t" * 43
EVIL = "Eve\r\nBcc: victim@example.org\u2028\x85X: <b>\"'&{{ 7 * 7 }}"
DATA: dict[str, Any] = {
    "name": "alice",
    "username": "alice",
    "at": "2026-03-01 12:00 UTC",
    "address": "192.0.2.1",
    "new_email": "b***@example.org",
    "minutes": 30,
    "device": "a telephone",
    "days": 7,
    "factor": "one-time codes",
    "inviter": "carol",
    "lab": "Genetics",
    "message": "come",
    "sender": "carol",
    "title": "Tonight",
    "body": "at eight",
    "what": "many logins",
    "status": "suspended",
    "until": "2026-03-08 12:00 UTC",
    "digits": "123456",
    "purpose": "login",
}


def letter(template: str, data: dict[str, Any], token: str = TOKEN) -> Letter:
    mail = Mail(
        mail_id="id",
        template=template,
        user_id="u",
        to="alice@example.org",
        queued_s=0,
        next_try_s=0,
        data=data,
        purpose="reset",
    )
    return Letter(mail, token, 3_600, ManualClock().now)


def composer(url: str = "", templates: Path | None = None) -> Composer:
    return Composer(Sender("ums@example.org", "The Service", url, templates))


@pytest.mark.parametrize("token", [TOKEN, ""])
@pytest.mark.parametrize("url", ["", "https://example.org"])
@pytest.mark.parametrize("template", Template)
def test_every_mail_can_be_written_as_text_and_html(
    template: Template, url: str, token: str
):
    message = composer(url).compose(letter(template, DATA, token))
    text, html = text_of(message), text_of(message, "html")
    assert message["Subject"]
    for shown in (text, html):
        assert "Hello alice," in shown
        assert "The Service" in shown
        assert "{{" not in shown
        assert "\n\n\n" not in shown.replace("\r\n", "\n") or shown is html
    assert (TOKEN in text) == (TOKEN in html)
    carries = {"reset", "verify_address"}
    assert template not in carries or (TOKEN in text) == bool(token)


def test_the_link_is_made_of_the_public_url():
    message = composer("https://example.org/app").compose(letter("reset", DATA))
    assert f"https://example.org/app/reset#token={TOKEN}" in text_of(message)
    assert "for 1 hour" in text_of(message)


@pytest.mark.parametrize("template", Template)
def test_nothing_that_people_typed_gets_into_headers_or_markup(template: Template):
    data = DATA | {name: EVIL for name, v in DATA.items() if type(v) is str}
    message = composer().compose(letter(template, data))
    raw = message.as_bytes().split(b"\r\n\r\n", 1)[0]
    names = {
        line.split(b":")[0] for line in raw.split(b"\r\n") if line[:1] not in b" \t"
    }
    assert names == {
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted",
        b"MIME-Version", b"Content-Type",
    }  # fmt: skip
    html = text_of(message, "html")
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert "{{ 7 * 7 }}" in html  # shown, not run


def test_a_subject_of_an_operator_can_hold_a_name_and_still_is_one_line(tmp_path: Path):
    (tmp_path / "welcome.txt").write_text("For {{ name }}\n\nA body of our own.\n")
    own = composer(templates=tmp_path)
    message = own.compose(letter("welcome", DATA | {"name": EVIL}))
    assert message["Subject"] == "For Eve"
    assert message["Bcc"] is None
    assert text_of(own.compose(letter("welcome", DATA))).startswith("A body of our own")
    assert "is ready" in text_of(own.compose(letter("welcome", DATA)), "html")


def test_a_template_that_asks_for_what_there_is_not_is_a_fault(tmp_path: Path):
    (tmp_path / "welcome.txt").write_text("Hi\n\n{{ nonsense }}\n")
    with pytest.raises(Exception, match="nonsense"):
        composer(templates=tmp_path).compose(letter("welcome", DATA))


def test_a_name_planted_in_the_store_stays_in_the_body(make_bench):
    bench: Bench = make_bench(settings=MAIL)
    box = Mailbox(bench)
    bench.register("alice")
    box.send()

    async def plant() -> None:
        user = bench.user("alice")._replace(full_name=EVIL, email_verified=True)
        async with bench.store.transaction() as tx:
            tx.put(USERS, user)

    bench.run(plant())
    bench.ask(action="request_password_reset", username="alice")
    [message] = box.send()
    assert message["Bcc"] is None
    assert "Hello alice," in text_of(message)


@pytest.mark.parametrize(
    ("full_name", "verified", "greeting"),
    [
        ("Alice Liddell", True, "Alice Liddell"),
        ("Alice Liddell", False, "alice"),
        ("win at http://evil.example", True, "alice"),
        ("evil.example", True, "alice"),
        ("x" * 61, True, "alice"),
        ("", True, "alice"),
    ],
)
def test_strangers_are_not_greeted_with_words_of_others(
    standard: Bench, full_name: str, verified: bool, greeting: str
):
    standard.register("alice")
    user = standard.user("alice")
    changed = user._replace(full_name=full_name, email_verified=verified)
    assert greeting_of(changed) == greeting


def test_addresses_are_masked():
    assert masked("alice@example.org") == "a***@example.org"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3_600, "1 hour"), (259_200, "3 days"), (172_800, "2 days"), (5_400, "90 minutes"), (61, "61 seconds")],
)  # fmt: skip
def test_durations_are_told_in_words(seconds: int, words: str):
    assert in_words(seconds) == words


def test_templates_are_there_in_pairs_and_get_installed(tmp_path: Path):
    files = {path.name for path in OURS.iterdir()}
    for template in Template:
        assert {f"{template}.txt", f"{template}.html"} <= files
    from zipfile import ZipFile

    from hatchling.builders.wheel import WheelBuilder

    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    packed = set(ZipFile(wheel).namelist())
    assert {f"ums_service/templates/{name}" for name in files} <= packed
