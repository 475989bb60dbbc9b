"""The dialogs about the connection: where the service is, and who one is, once more."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from gui.controllers.choices import Choices, Place
from gui.controllers.problems import Problem
from gui.views.stage import Stage
from gui.widgets.dialogs import Question, Sheet
from gui.widgets.forms import FieldSpec

NEW = "New connection"


def ask_place(
    stage: Stage,
    choices: Choices,
    use: Callable[[Place], Problem | None],
    forget: Callable[[str], object],
) -> Sheet:
    """Ask where the service is; `use` connects, or tells why not."""
    here = choices.here
    names = [place.name for place in choices.places]

    def submit(answers: dict[str, str], sheet: Sheet) -> None:
        known = answers.pop("known")
        place = Place(**{name: text.strip() for name, text in answers.items()})
        same = [p for p in choices.places if p.name == place.name == known]
        if same:
            place = Place(**answers, last_user=same[0].last_user)
        problem = use(place)
        if problem is None:
            sheet.close()
        else:
            sheet.fail(problem.text, problem.field)

    sheet = stage.dialogs.open(
        Question(
            "Connection",
            "Where the service is. With its public key the connection is encrypted; "
            "whoever is signed in is signed out.",
            fields=(
                FieldSpec(
                    "known", "Profile", "choice", here.name, choices=[*names, NEW]
                ),
                FieldSpec("name", "Name", value=here.name, required=True),
                FieldSpec(
                    "endpoint",
                    "Address",
                    value=here.endpoint,
                    required=True,
                    hint="For example tcp://127.0.0.1:5556",
                    check=_endpoint,
                ),
                FieldSpec(
                    "server_key_file",
                    "Public key of the service (file)",
                    "file",
                    value=here.server_key_file,
                    hint="name.key; empty: not encrypted",
                    browse=lambda: stage.dialogs.pick_file("Public key of the service"),
                ),
                FieldSpec(
                    "key_file",
                    "Own key pair (file)",
                    "file",
                    value=here.key_file,
                    hint="name.key_secret, if the service asks for one",
                    browse=lambda: stage.dialogs.pick_file("Own key pair"),
                ),
            ),
            confirm="Connect",
            command=_command,
            extra="Forget",
        ),
        submit,
    )

    def drop() -> None:
        name = sheet.form.field("known").value
        if name in names:
            sheet.close()
            forget(name)

    sheet.on_extra = drop
    _fill_on_choice(sheet, choices)
    return sheet


def _fill_on_choice(sheet: Any, choices: Choices) -> None:
    form = sheet.form

    def chosen() -> None:
        found = [p for p in choices.places if p.name == form.field("known").value]
        place = found[0] if found else Place(name="", endpoint="tcp://")
        for name in ("name", "endpoint", "server_key_file", "key_file"):
            form.field(name).value = getattr(place, name)

    form.field("known").on_change(chosen)


def _command(answers: dict[str, str]) -> str:
    words = ["python", "-m", "gui", "--endpoint", answers["endpoint"].strip()]
    for flag, name in (("--server-key", "server_key_file"), ("--key", "key_file")):
        if answers[name].strip():
            words += [flag, answers[name].strip()]
    return shlex.join(words)


def _endpoint(text: str) -> str:
    if text.strip().startswith(("tcp://", "ipc://")):
        return ""
    return "An address begins with tcp:// or ipc://."


def ask_proof(
    stage: Stage, again: Callable[[], object], give_up: Callable[[], object]
) -> Sheet:
    """Ask for the password once more, then do again what needed it."""
    proved = []

    def submit(answers: dict[str, str], sheet: Sheet) -> None:
        def then() -> None:
            proved.append(True)
            sheet.close()
            again()

        sheet.wait()
        stage.desk.prove(
            answers["password"],
            answers["code"].strip(),
            then,
            lambda problem: sheet.fail(problem.text, problem.field),
        )

    sheet = stage.dialogs.open(
        Question(
            "Is it still you?",
            "This needs a proof that is not older than some minutes.",
            fields=(
                FieldSpec("password", "Your password", "password", required=True),
                FieldSpec(
                    "code", "Code of your second factor", hint="If you have one."
                ),
            ),
            confirm="Go on",
        ),
        submit,
    )
    sheet.on_closed = lambda: None if proved else give_up()
    return sheet


def ask_sign_in(stage: Stage, closed: Callable[..., object]) -> Sheet:
    """Ask whoever's session has ended to sign in again, before the page they were at.

    `closed` is told whether they did (`signed_in`).
    """
    me = stage.desk.me
    assert me is not None, "nobody's session has ended"
    opened = []

    def submit(answers: dict[str, str], sheet: Sheet) -> None:
        def then() -> None:
            opened.append(True)
            sheet.close()
            stage.toasts.show("Signed in again. What you typed is still there.")

        sheet.wait()
        stage.desk.sign_in_again(
            answers["password"],
            answers["code"].strip(),
            then,
            lambda problem: sheet.fail(problem.text, problem.field),
        )

    sheet = stage.dialogs.open(
        Question(
            "Sign in again",
            "Your session has ended. The page stays as it is.",
            fields=(
                FieldSpec("username", "User name", "fixed", me.username),
                FieldSpec("password", "Password", "password", required=True),
                FieldSpec(
                    "code", "Code of your second factor", hint="If you have one."
                ),
            ),
            confirm="Sign in",
            close="Sign out",
        ),
        submit,
    )
    sheet.on_closed = lambda: closed(signed_in=bool(opened))
    return sheet
