"""A service with people in it, for pictures and for looking around."""

from tests.service.harness import GOOD
from tests.service.running import RunningService

PEOPLE = (
    ("ada", "Ada Lovelace", "London", "moderator"),
    ("alan", "Alan Turing", "Wilmslow", "user"),
    ("barbara", "Barbara Liskov", "Cambridge", "user"),
    ("dennis", "Dennis Ritchie", "Berkeley Heights", "user"),
    ("donald", "Donald Knuth", "Stanford", "user"),
    ("edsger", "Edsger Dijkstra", "Nuenen", "user"),
    ("emmy", "Emmy Noether", "Göttingen", "user"),
    ("frances", "Frances Allen", "Croton", "user"),
    ("grace", "Grace Hopper", "Arlington", "admin"),
    ("hedy", "Hedy Lamarr", "Wien", "user"),
    ("joan", "Joan Clarke", "Cheltenham", "user"),
    ("john", "John Backus", "Ashland", "user"),
    ("katherine", "Katherine Johnson", "Newport News", "user"),
    ("ken", "Ken Thompson", "New Orleans", "user"),
    ("konrad", "Konrad Zuse", "Hünfeld", "user"),
    ("margaret", "Margaret Hamilton", "Boston", "user"),
    ("niklaus", "Niklaus Wirth", "Zürich", "user"),
    ("radia", "Radia Perlman", "Portsmouth", "user"),
    ("tony", "Tony Hoare", "Oxford", "user"),
    ("ursula", "Ursula Martin", "Edinburgh", "user"),
)


NEWS = (
    (
        "The lab in Berkeley moves",
        "From the first of May on it is in Hearst Avenue.\nThe code stays as it is.",
        "normal",
    ),
    (
        "The service rests on Saturday",
        "From 22:00 to 23:00 nobody can sign in. What is open then should be saved.",
        "high",
    ),
)
ANSWERS = (
    ("terms", "2026-01", True),
    ("privacy", "2025-07", True),
    ("marketing", "", True),
    ("marketing", "", False),
    ("privacy", "2026-01", True),
)


def settle(service: RunningService, token: str) -> dict[str, str]:
    """Make the people and let something happen to some; returns their ids."""
    ids = {}
    for username, full_name, city, role in PEOPLE:
        more = {} if role == "user" else {"role": role}
        reply = service.ask(
            action="create_user",
            session_token=token,
            user_data={
                "username": username,
                "email": f"{username}@example.org",
                "full_name": full_name,
                "city": city,
                "password": GOOD,
                **more,
            },
        )
        assert reply["status"] == "success", reply
        ids[username] = str(reply["user_id"])
    change = {"action": "set_user_status", "session_token": token}
    service.ask(
        **change, user_id=ids["dennis"], status="suspended", reason="Asked for it",
        duration_days=14,
    )  # fmt: skip
    service.ask(**change, user_id=ids["john"], status="inactive", reason="Has left")
    service.ask(
        action="login", credentials={"username": "alan", "password": "not this one"}
    )
    service.ask(
        action="update_user",
        session_token=token,
        user_id=ids["emmy"],
        update_data={"city": "Bryn Mawr", "notes": "Emigrated in 1933."},
    )
    _tell_the_administrator(service, token)
    return ids


def _tell_the_administrator(service: RunningService, token: str) -> None:
    """Something to read, consents, and an API key."""
    own = {"session_token": token}
    me = service.ask(action="verify_session", **own)["user_id"]
    for title, body, priority in NEWS:
        sent = service.ask(
            action="send_notification", user_ids=[me], title=title, body=body,
            priority=priority, **own,
        )  # fmt: skip
        assert sent["status"] == "success", sent
    for kind, version, granted in ANSWERS:
        service.ask(
            action="set_consent", type=kind, version=version, granted=granted,
            source="web", **own,
        )  # fmt: skip
    made = service.ask(
        action="create_api_key", name="nightly report",
        description="Counts accounts for the board", scopes=["users.read", "audit.read"],
        expires_in_days=90, addresses=["10.0.0.0/8"], **own,
    )  # fmt: skip
    assert made["status"] == "success", made
