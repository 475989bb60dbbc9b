"""Invitations: who may make them, what they give, and that each is answered once."""

from typing import Any

import pytest

from tests.service.harness import STRONG, Bench, Message, update
from tests.service.lab_bench import LabBench
from tests.service.mailbox import MAIL, Mailbox
from ums_service.domain import invitations
from ums_service.domain.invitations import INVITATIONS

DAY_S = 86_400
GUEST = "guest@example.org"


@pytest.fixture
def labs(make_bench: Any) -> LabBench:
    bench = make_bench(settings=MAIL)
    made = LabBench(bench, bench.admin())
    made.lab("GEN001", laura="admin", mike="member")
    return made


def invite(labs: LabBench, name: str, **more: Any) -> Message:
    """An invitation whose token comes with the reply."""
    return labs.as_(
        name, "invite_user", **{"email": GUEST, "send_email": False, **more}
    )


def token_of(labs: LabBench, name: str = "admin", **more: Any) -> str:
    reply = invite(labs, name, **more)
    assert reply["status"] == "success", reply
    return str(reply["token"])


def accept(bench: Bench, token: str, **more: Any) -> Message:
    given = {"username": "guest", "password": STRONG, **more}
    return bench.ask(action="accept_invitation", token=token, **given)


# --- by mail ---


def test_an_invitation_comes_by_mail_and_makes_an_account_with_a_proved_address(
    labs: LabBench,
):
    where = {"lab_id": labs.labs["GEN001"], "lab_role": "member"}
    reply = labs.does("laura", "invite_user", email=f" {GUEST.upper()} ", **where)
    assert "token" not in reply
    mailbox = Mailbox(labs.bench)
    token = mailbox.code(GUEST)
    assert "laura invites you" in mailbox.received[-1].as_string()
    assert accept(labs.bench, token)["username"] == "guest"
    user = labs.bench.user("guest")
    assert (user.email, user.email_verified, user.role) == (GUEST, True, "user")
    assert labs.members("GEN001")["guest"] == "member"
    labs.tokens["guest"] = labs.bench.login("guest", STRONG)
    assert labs.does("guest", "get_lab", **where_is(labs))["my_role"] == "member"


def where_is(labs: LabBench) -> Message:
    return {"lab_id": labs.labs["GEN001"]}


def test_a_token_handed_over_proves_no_address(labs: LabBench):
    accept(labs.bench, token_of(labs))
    assert labs.bench.user("guest").email_verified is False


def test_without_a_mail_server_there_are_only_tokens(standard: Bench):
    labs = LabBench(standard, standard.admin())
    assert labs.refused("admin", "invite_user", email=GUEST) == "NOT_CONFIGURED"
    assert accept(standard, token_of(labs))["status"] == "success"


def test_a_message_carries_no_links(labs: LabBench):
    for message in ("see https://evil.example", "see WWW.evil.example"):
        reply = invite(labs, "admin", message=message)
        assert reply["details"][0]["field"] == "message"


# --- answered once ---


def test_an_invitation_is_accepted_once_also_by_many_at_once(labs: LabBench):
    token = token_of(labs)
    asked = {"action": "accept_invitation", "token": token, "password": STRONG}
    several = [asked | {"username": f"guest{number}"} for number in range(8)]
    replies = labs.bench.ask_all(several)
    assert sum(reply["status"] == "success" for reply in replies) == 1
    assert accept(labs.bench, token)["code"] == "INVALID_LINK"


def test_declined_cancelled_expired_and_unknown_are_not_told_apart(labs: LabBench):
    declined, cancelled = token_of(labs), token_of(labs, email="b@example.org")
    labs.bench.ask(action="decline_invitation", token=declined)
    listed = labs.does("admin", "list_invitations", state="pending")["invitations"]
    labs.does("admin", "cancel_invitation", invitation_id=listed[0]["invitation_id"])
    expired = token_of(labs, email="c@example.org", expires_in_days=1)
    labs.bench.clock.advance(DAY_S)
    answers = [
        labs.bench.ask(action="get_invitation", token=token)
        for token in (declined, cancelled, expired, "x.y", "", expired + "x")
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "INVALID_LINK"


def test_reading_an_invitation_tells_what_it_gives(labs: LabBench):
    token = token_of(labs, "laura", lab_role="viewer", **where_is(labs))
    read = labs.bench.ask(action="get_invitation", token=token)
    assert (read["lab_name"], read["lab_role"]) == ("Lab GEN001", "viewer")
    assert (read["inviter"], read["has_account"]) == ("laura", False)


def test_one_address_is_invited_once_to_one_place(labs: LabBench):
    token_of(labs)
    assert invite(labs, "admin")["code"] == "CONFLICT"
    assert invite(labs, "laura", **where_is(labs))["status"] == "success"
    labs.bench.clock.advance(7 * DAY_S)
    labs.tokens["admin"] = labs.bench.admin()
    assert invite(labs, "admin")["status"] == "success"


def test_sending_again_renews_and_older_tokens_stay_good(labs: LabBench):
    labs.does("admin", "invite_user", email=GUEST)
    mailbox = Mailbox(labs.bench)
    first = mailbox.code(GUEST)
    labs.bench.clock.advance(7 * DAY_S)
    labs.tokens["admin"] = labs.bench.admin()
    listed = labs.does("admin", "list_invitations")["invitations"]
    assert listed[0]["state"] == "expired"
    again = {"invitation_id": listed[0]["invitation_id"]}
    reply = labs.does("admin", "resend_invitation", **again)
    assert reply["invitation"]["state"] == "pending"
    assert mailbox.code(GUEST) != first
    assert accept(labs.bench, first)["status"] == "success"
    assert labs.refused("admin", "resend_invitation", **again) == "WRONG_STATE"


# --- who has an account already ---


def test_who_has_the_account_joins_with_it(labs: LabBench):
    labs.account("guest")
    token = token_of(labs, "laura", **where_is(labs))
    assert accept(labs.bench, token, username="other")["code"] == "CONFLICT"
    assert labs.refused("mike", "accept_invitation", token=token) == "CONFLICT"
    assert labs.does("guest", "accept_invitation", token=token)["username"] == "guest"
    assert labs.members("GEN001")["guest"] == "member"


# --- nobody gives what they lack ---


def test_members_invite_nobody(labs: LabBench):
    assert invite(labs, "mike")["code"] == "PERMISSION_DENIED"
    assert invite(labs, "mike", **where_is(labs))["code"] == "PERMISSION_DENIED"


def test_lab_admins_invite_into_their_lab_only(labs: LabBench):
    other = labs.lab("CRL001")
    assert invite(labs, "laura", lab_id=other)["code"] == "PERMISSION_DENIED"
    assert invite(labs, "laura", lab_id="0" * 8)["code"] == "PERMISSION_DENIED"
    assert invite(labs, "laura")["code"] == "PERMISSION_DENIED"
    assert invite(labs, "laura", **where_is(labs))["status"] == "success"


def test_nobody_invites_to_a_role_that_they_lack(labs: LabBench):
    more = {"roles": ["moderator"], **where_is(labs)}
    assert invite(labs, "laura", **more)["code"] == "PERMISSION_DENIED"
    admins = invite(labs, "admin", roles=["admin"])
    assert admins["details"][0]["field"] == "roles"
    token = token_of(labs, roles=["moderator"])
    accept(labs.bench, token)
    labs.tokens["guest"] = labs.bench.login("guest", STRONG)
    other = {"user_id": labs.bench.user_id("mike")}
    assert labs.does("guest", "get_user", **other)["user"]["username"] == "mike"


def test_what_the_inviter_has_lost_is_given_to_nobody(labs: LabBench):
    token = token_of(labs, "laura", lab_role="admin", **where_is(labs))
    labs.join("GEN001", "admin", "admin")
    down = {"user_id": labs.bench.user_id("laura"), "role": "viewer"}
    labs.does("admin", "update_lab_member", **where_is(labs), **down)
    assert accept(labs.bench, token)["code"] == "INVALID_LINK"
    kept = token_of(labs, email="b@example.org")
    labs.bench.ask(
        **update(labs.tokens["admin"], labs.bench.user_id("mike"), role="admin")
    )
    other = labs.bench.login("mike", STRONG)
    labs.bench.ask(**update(other, labs.bench.user_id("admin"), role="user"))
    assert accept(labs.bench, kept)["code"] == "INVALID_LINK"


# --- seen by ---


def test_invitations_are_seen_by_who_made_them_and_who_may_make_them(labs: LabBench):
    invite(labs, "laura", **where_is(labs))
    [made] = labs.does("laura", "list_invitations")["invitations"]
    assert made["email"] == GUEST
    assert labs.does("mike", "list_invitations")["invitations"] == []
    assert labs.refused("mike", "list_invitations", all=True) == "PERMISSION_DENIED"
    denied = labs.refused("mike", "list_invitations", **where_is(labs))
    assert denied == "PERMISSION_DENIED"
    assert len(labs.does("admin", "list_invitations", all=True)["invitations"]) == 1
    one = {"invitation_id": made["invitation_id"]}
    assert labs.refused("mike", "cancel_invitation", **one) == "NOT_FOUND"
    labs.does("admin", "cancel_invitation", **one)


def test_pages_skip_and_double_nothing(labs: LabBench):
    for number in range(7):
        token_of(labs, email=f"g{number}@example.org")
    found, cursor = [], {}
    while True:
        page = labs.does("admin", "list_invitations", page_size=3, **cursor)
        found += [one["email"] for one in page["invitations"]]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(found) == [f"g{number}@example.org" for number in range(7)]


def test_there_is_a_limit(make_bench: Any):
    bench = make_bench(invitations_max=2)
    labs = LabBench(bench, bench.admin())
    replies = [
        invite(labs, "admin", email=f"g{number}@example.org") for number in range(3)
    ]
    assert [reply.get("code") for reply in replies] == [None, None, "CONFLICT"]


def test_what_has_been_over_for_long_is_forgotten(labs: LabBench):
    token_of(labs)
    kept = token_of(labs, email="b@example.org", expires_in_days=30)
    labs.bench.clock.advance(97 * DAY_S)
    labs.bench.run(invitations.purge(labs.bench.store, labs.bench.clock.now))
    [left] = labs.bench.store.scan(INVITATIONS)
    assert kept.startswith(left.invitation_id)


def test_the_log_tells_who_invited_and_who_came_without_a_token(labs: LabBench):
    def act() -> None:
        token.append(token_of(labs))
        accept(labs.bench, token[0])

    token: list[str] = []
    entries = labs.bench.audited_by(act)
    assert [e["event"] for e in entries] == ["user_invited", "invitation_accepted"]
    secret = token[0].partition(".")[2]
    assert secret not in str(entries)
    stored = [
        INVITATIONS.to_document(one) for one in labs.bench.store.scan(INVITATIONS)
    ]
    assert secret not in str(stored)
