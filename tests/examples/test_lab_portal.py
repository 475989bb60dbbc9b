"""The portal in Django, before a live service."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pyotp
import pytest

from tests.examples.live import FAILURES_MAX, PASSWORD, Live, live_service, logged_in
from tests.examples.portal import Browser, portal_before, text_of
from tests.service.running import running_service
from ums_client import Client, CreateUser
from ums_client.protocol.audit import QueryAudit
from ums_client.protocol.factors import ConfirmMfa, SetupMfa
from ums_client.protocol.lab_members import AddLabMember, RemoveLabMember
from ums_client.protocol.labs import UpdateLab
from ums_client.protocol.passwords import ForcePasswordChange
from ums_client.protocol.sessions import ListSessions, RevokeSession

CANARY = "<script>alert('canary')</script>"


@pytest.fixture
def portal(live: Live, tmp_path) -> Iterator[Live]:
    with portal_before(live.endpoint, tmp_path, live.samples.gateway_key):
        keep_patients(live)
        yield live


def keep_patients(live: Live) -> None:
    from examples.lab_portal.models import Patient

    cancer, genetics = live.samples.cancer_lab_id, live.samples.genetics_lab_id
    Patient.objects.create(pk=1, lab_id=cancer, name="Ada Cancer", sample="=1+1")
    Patient.objects.create(pk=2, lab_id=genetics, name="Ben Genetics", sample="blood")


def patients(lab_id: str) -> str:
    return f"/labs/{lab_id}/patients/"


def stored_session(browser: Browser) -> dict[str, Any]:
    return dict(browser.client.session.items())


# --- logging in ---


def test_who_is_not_logged_in_is_asked_to(portal: Live):
    browser = Browser()
    assert browser.get("/").headers["Location"] == "/login/"
    page = browser.get(patients(portal.samples.cancer_lab_id))
    assert page.headers["Location"].startswith("/login/?next=/labs/")


def test_a_login_shows_the_labs_and_keeps_the_tokens_on_the_server(portal: Live):
    browser = Browser()
    answer = browser.login("viewer")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    page = text_of(browser.get("/"))
    assert "Cancer Research Lab" in page
    assert "Genetics" not in page
    kept = stored_session(browser)
    names = ("ums_session_token", "ums_access_token", "ums_refresh_token")
    for name in names:
        assert kept[name]
        assert kept[name] not in browser.cookies()
        assert kept[name] not in page
    assert kept["user_data"]["username"] == "viewer"
    cookie = browser.client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"


def test_a_login_leads_on_but_never_to_another_site(portal: Live):
    for onwards, leads_to in {
        "/labs/1/patients/": "/labs/1/patients/",
        "https://evil.example/": "/",
        "//evil.example/": "/",
        "javascript:alert(1)": "/",
    }.items():
        answer = Browser().login("viewer", path=f"/login/?next={onwards}")
        assert answer.headers["Location"] == leads_to


def test_a_login_begins_a_new_session_here(portal: Live):
    browser = Browser()
    browser.login("viewer")
    first = browser.client.cookies["sessionid"].value
    browser.login("researcher")
    assert browser.client.cookies["sessionid"].value != first
    assert "researcher" in text_of(browser.get("/"))
    stale = Browser()
    stale.client.cookies["sessionid"] = first
    assert stale.get("/").status_code == 302


def test_a_wrong_password_is_told_and_opens_nothing(portal: Live):
    browser = Browser("203.0.113.20")
    page = browser.login("viewer", "wrong")
    assert page.status_code == 401
    assert "is wrong" in text_of(page)
    assert browser.get("/").status_code == 302


def test_a_form_of_another_site_is_refused(portal: Live):
    browser = Browser()
    browser.get("/login/")
    sent = {"username": "viewer", "password": PASSWORD}
    assert browser.client.post("/login/", sent).status_code == 403
    browser.login("viewer")
    assert browser.client.post("/logout/").status_code == 403
    assert browser.get("/").status_code == 200
    assert browser.get("/logout/").status_code == 405


def test_a_second_factor_is_asked_for(portal: Live):
    with portal.admin() as admin:
        person = CreateUser(
            username="careful", email="c@example.org", password=PASSWORD
        )
        admin.call(person)
    with logged_in(portal.endpoint, "careful") as client:
        begun = client.call(SetupMfa(method="totp", password=PASSWORD))
        code = pyotp.TOTP(begun.secret).now()
        codes = client.call(
            ConfirmMfa(setup_token=begun.setup_token, code=code)
        ).backup_codes
    browser = Browser("203.0.113.21")
    answer = browser.login("careful", path="/login/?next=/labs/1/patients/")
    assert answer.headers["Location"] == "/login/code/"
    assert browser.get("/").status_code == 302
    page = browser.post("/login/code/", code="000000")
    assert page.status_code == 401
    assert "code is wrong" in text_of(page)
    answer = browser.post("/login/code/", code=codes[0])
    assert answer.headers["Location"] == "/labs/1/patients/"
    assert browser.get("/").status_code == 200
    assert Browser().get("/login/code/").headers["Location"] == "/login/"


def test_a_password_that_must_be_changed_is_told(portal: Live):
    with portal.admin() as admin:
        person = CreateUser(username="forced", email="f@example.org", password=PASSWORD)
        user_id = admin.call(person).user_id
        admin.call(ForcePasswordChange(user_id=user_id))
    page = Browser("203.0.113.22").login("forced")
    assert page.status_code == 401
    assert "you must choose a new one" in text_of(page)


# --- pages of labs ---


def test_a_member_sees_the_patients_of_the_lab_only(portal: Live):
    browser = Browser()
    browser.login("viewer")
    page = browser.get(patients(portal.samples.cancer_lab_id))
    assert page.status_code == 200
    assert "Ada Cancer" in text_of(page)
    assert "Ben Genetics" not in text_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    one = browser.get(patients(portal.samples.cancer_lab_id) + "1/")
    assert "Ada Cancer" in text_of(one)


def test_another_lab_is_forbidden_and_leaks_nothing(portal: Live):
    browser = Browser()
    browser.login("researcher")
    other = browser.get(patients(portal.samples.genetics_lab_id))
    missing = browser.get(patients("00000000-0000-4000-8000-000000000000"))
    no_id = browser.get(patients("GEN001"))
    assert {page.status_code for page in (other, missing, no_id)} == {403}
    assert "Genetics" not in text_of(other)
    assert without_tokens(other) == without_tokens(missing) == without_tokens(no_id)


def without_tokens(page: Any) -> str:
    lines = text_of(page).splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def test_a_patient_of_another_lab_is_not_found_under_ones_own(portal: Live):
    browser = Browser()
    browser.login("researcher")
    here = patients(portal.samples.cancer_lab_id)
    page = browser.get(here + "2/")
    assert page.status_code == 404
    assert "Ben" not in text_of(page)
    assert without_tokens(page) == without_tokens(browser.get(here + "99/"))


def test_who_may_read_may_not_write_or_export(portal: Live):
    here = patients(portal.samples.cancer_lab_id)
    file = f"/labs/{portal.samples.cancer_lab_id}/patients.csv"
    browser = Browser()
    browser.login("viewer")
    assert "Add a patient" not in text_of(browser.get(here))
    assert browser.get(here + "new/").status_code == 403
    form = "/login/"
    assert browser.post(form, here + "new/", name="Eve").status_code == 403
    assert browser.get(file).status_code == 403
    browser.login("researcher")
    answer = browser.post(here + "new/", name="Cy", sample=CANARY)
    assert answer.headers["Location"] == here
    assert "Cy" in text_of(browser.get(here))
    assert CANARY not in text_of(browser.get(here))
    exported = text_of(browser.get(file))
    assert "Ada Cancer,'=1+1" in exported
    assert "Ben" not in exported


def test_the_lab_of_a_new_patient_is_not_what_the_form_says(portal: Live):
    from examples.lab_portal.models import Patient

    browser = Browser()
    browser.login("researcher")
    here, other = portal.samples.cancer_lab_id, portal.samples.genetics_lab_id
    browser.post(patients(here) + "new/", name="Dee", lab_id=other)
    assert Patient.objects.get(name="Dee").lab_id == here


def test_what_somebody_loses_counts_at_the_next_request(portal: Live):
    with portal.admin() as admin:
        person = CreateUser(username="leaver", email="l@example.org", password=PASSWORD)
        user_id = admin.call(person).user_id
        lab_id = portal.samples.cancer_lab_id
        admin.call(AddLabMember(lab_id=lab_id, user_id=user_id, role="member"))
        browser = Browser()
        browser.login("leaver")
        assert browser.get(patients(lab_id)).status_code == 200
        admin.call(RemoveLabMember(lab_id=lab_id, user_id=user_id))
    assert browser.get(patients(lab_id)).status_code == 403
    assert "member of no lab" in text_of(browser.get("/"))


def test_a_name_of_a_lab_is_shown_and_never_run(portal: Live):
    lab_id = portal.samples.cancer_lab_id
    browser = Browser()
    browser.login("viewer")
    with portal.admin() as admin:
        admin.call(UpdateLab(lab_id=lab_id, name=CANARY))
        try:
            pages = [text_of(browser.get(path)) for path in ("/", patients(lab_id))]
        finally:
            admin.call(UpdateLab(lab_id=lab_id, name="Cancer Research Lab"))
    for page in pages:
        assert "canary" in page
        assert "<script" not in page


# --- the end of a login ---


def test_a_logout_ends_the_session_here_and_there(portal: Live):
    browser = Browser()
    browser.login("viewer")
    token = stored_session(browser)["ums_session_token"]
    assert browser.post("/", "/logout/").headers["Location"] == "/login/"
    assert browser.get("/").status_code == 302
    refused = portal.service.ask(action="get_user", session_token=token)
    assert refused["code"] == "INVALID_SESSION"


def end_session(live: Live, browser: Browser) -> None:
    """As its owner does from another device."""
    token = stored_session(browser)["ums_session_token"]
    with Client(live.endpoint, session_token=token, logout_on_close=False) as client:
        [mine] = [s for s in client.call(ListSessions()).sessions if s.is_current]
        client.call(RevokeSession(session_id=mine.session_id))


def test_a_session_that_ended_at_the_service_is_over_here_at_the_next_request(
    portal: Live,
):
    browser = Browser()
    browser.login("viewer")
    end_session(portal, browser)
    assert browser.get("/").headers["Location"] == "/login/"
    assert "ums_session_token" not in stored_session(browser)
    browser.login("viewer")
    end_session(portal, browser)
    page = browser.get(patients(portal.samples.cancer_lab_id))
    assert page.status_code == 302


def test_a_session_is_checked_once_in_a_moment(portal: Live, monkeypatch):
    from django.test import override_settings

    from examples.lab_portal.ums import EndUser

    asked: list[str] = []
    call = EndUser.call

    def counted(user: EndUser, question: Any) -> Any:
        asked.append(type(question).__name__)
        return call(user, question)

    monkeypatch.setattr(EndUser, "call", counted)
    browser = Browser()
    browser.login("viewer")
    for checked_for_s, times in ((600, 1), (0, 3)):
        asked.clear()
        with override_settings(PORTAL_CHECKED_FOR_S=checked_for_s):
            for _ in range(3):
                assert browser.get("/").status_code == 200
        assert asked.count("VerifySession") == times
        forget_checks()


def forget_checks() -> None:
    from django.core.cache import cache

    cache.clear()


def test_what_ended_is_refused_also_while_it_is_believed_in(portal: Live):
    from django.test import override_settings

    browser = Browser()
    browser.login("viewer")
    with override_settings(PORTAL_CHECKED_FOR_S=600):
        assert browser.get("/").status_code == 200
        end_session(portal, browser)
        for path in ("/", patients(portal.samples.cancer_lab_id)):
            assert browser.get(path).status_code == 302


def test_tokens_are_renewed_before_they_end(portal: Live):
    browser = Browser()
    browser.login("viewer")
    before = stored_session(browser)
    kept = browser.client.session
    kept["ums_renew_at"] = 0
    kept.save()
    assert browser.get("/").status_code == 200
    after = stored_session(browser)
    assert after["ums_refresh_token"] != before["ums_refresh_token"]
    assert after["ums_access_token"] != before["ums_access_token"]
    assert after["ums_renew_at"] > 0


# --- addresses ---


def test_the_service_sees_where_the_end_user_is(portal: Live):
    browser = Browser("203.0.113.44")
    browser.login("viewer")
    token = stored_session(browser)["ums_session_token"]
    shown = portal.service.ask(action="list_sessions", session_token=token)
    [session] = [one for one in shown["sessions"] if one["is_current"]]
    assert (session["address"], session["user_agent"]) == ("203.0.113.44", "Firefox")
    with portal.admin() as admin:
        wanted = QueryAudit(address="203.0.113.44", events=["login"])
        assert len(admin.call(wanted).entries) == 1


def test_who_guesses_shuts_out_themselves_only(portal: Live):
    mallory = Browser("203.0.113.66")
    for number in range(FAILURES_MAX):
        assert mallory.login(f"nobody{number}", "wrong").status_code == 401
    assert mallory.login("viewer").status_code == 401
    assert Browser("203.0.113.45").login("viewer").status_code == 302


def test_a_portal_whose_key_has_ended_says_that_it_is_at_fault(
    live: Live, tmp_path, caplog
):
    with portal_before(live.endpoint, tmp_path, "ums_ended"):
        answer = Browser().login("viewer")
    assert answer.status_code == 502
    assert "no usable answer" in text_of(answer)
    assert "INVALID_TOKEN" in caplog.text
    assert "ums_ended" not in caplog.text


# --- without the service ---


def test_without_the_service_there_is_a_clear_page_and_nobody_waits(
    tmp_path, monkeypatch
):
    from django.test import override_settings

    with ExitStack() as stack:
        live = stack.enter_context(live_service(tmp_path))
        key = live.samples.gateway_key
        stack.enter_context(portal_before(live.endpoint, tmp_path, key))
        from examples.lab_portal import ums

        keep_patients(live)
        browser = Browser()
        browser.login("labadmin")
        page = patients(live.samples.cancer_lab_id)
        assert browser.get(page).status_code == 200
        live.service.stop()
        with override_settings(PORTAL_DEADLINE_S=0.3):
            ums.client().close()
            ums.client.cache_clear()
            for _ in range(3):
                down = browser.get(page)
                assert down.status_code == 503
                assert int(down.headers["Retry-After"]) > 0
                assert "does not answer" in text_of(down)
                assert "Ada" not in text_of(down)
            asked: list[object] = []
            monkeypatch.setattr(Client, "call", lambda _, asking: asked.append(asking))
            assert browser.login("labadmin").status_code == 503
            assert browser.get(page).status_code == 503
            assert asked == []
            assert browser.get("/login/").status_code == 200
            assert "ums_session_token" in stored_session(browser)


def test_a_login_goes_on_after_a_restart_of_the_service(tmp_path):
    """Its sessions have ended; the refresh token opens another."""
    with live_service(tmp_path) as live:
        key = live.samples.gateway_key
        with portal_before(live.endpoint, tmp_path, key):
            browser = Browser()
            browser.login("viewer")
            before = stored_session(browser)["ums_session_token"]
            live.service.stop()
            with running_service(live.service.data, port=live.service.port):
                assert "Cancer Research Lab" in text_of(browser.get("/"))
                after = stored_session(browser)["ums_session_token"]
                assert after != before
                assert "Cancer Research Lab" in text_of(browser.get("/"))
                assert stored_session(browser)["ums_session_token"] == after
