"""The second factors of whoever is signed in: set up, list, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.credentials import METHODS, Credentials, Enrolment, Factors
from gui.controllers.passkeys import enrol_passkey, rename_command, rename_passkey
from gui.controllers.problems import Problem
from gui.views.lists import ListPane
from gui.views.stage import Stage
from gui.widgets.basics import label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column

_PROOF: Final = (
    FieldSpec("password", "Your password", "password", required=True),
    FieldSpec("code", "Code of a second factor", hint="If you have one already."),
)
_NAME: Final = FieldSpec("name", "Name of the device", hint="For example: my phone")
_NAME_OF_KEY: Final = FieldSpec("name", "Name of the key", hint="For example: blue key")
NOTHING: Final = (
    "No second factor",
    (
        "With one, your password alone opens nothing. Add an authenticator app on your "
        "phone, or a security key."
    ),
)


class FactorPane(ListPane):
    """Factors with their buttons. `reload` fetches the page anew."""

    def __init__(self, parent: Any, stage: Stage, reload: Callable[[], object]) -> None:
        """Empty, until `load`."""
        super().__init__(
            parent,
            "Second factors",
            (
                Column("kind", "Kind", 150),
                Column("name", "Name", 140),
                Column("since", "Since", 150),
                Column("used", "Last used", 150),
            ),
            name="factors",
        )
        self._stage, self._reload = stage, reload
        self.credentials = Credentials(stage.desk)
        self.add_button(
            "Remove…", self._remove, name="remove", kind="danger", needs_row=True
        )
        self.rename = self.add_button("Rename…", self._rename, name="rename")
        self.add_button("Backup codes…", self._new_codes, name="codes")
        self.on_selected = self._chosen
        self._chosen()
        self.add_button("Add…", self._add, name="add", kind="primary")
        self.codes_left = label(self, look="secondary", name="left")
        self.codes_left.grid(row=2, column=0, sticky="w", pady=px(self, 6))

    def load(
        self, then: Callable[[], object], failed: Callable[[Problem], object]
    ) -> None:
        """Fetch them."""

        def came(factors: Factors) -> None:
            then()
            self._show(factors)

        self.credentials.factors(came, failed)

    def _show(self, factors: Factors) -> None:
        self.show(factors.items, nothing=NOTHING)
        text = (
            f"{factors.backup_codes} backup codes are left." if factors.enabled else ""
        )
        if factors.required:
            text += " This account must have a second factor."
        self.codes_left.configure(text=text.strip())

    # --- adding

    def _add(self) -> None:
        kinds = tuple(METHODS.values())
        self._stage.ask(
            Question(
                "Add a second factor",
                "What will you prove yourself with when you sign in?",
                fields=(FieldSpec("kind", "With", "choice", kinds[0], choices=kinds),),
                confirm="Go on",
            ),
            lambda values, done, _: done(values["kind"]),
            self._add_kind,
        )

    def _add_kind(self, kind: str) -> None:
        method = next(name for name, title in METHODS.items() if title == kind)
        if method == "passkey":
            self._add_passkey()
            return
        fields: tuple[FieldSpec, ...] = (_NAME, *_PROOF)
        if method == "sms":
            hint = "For example +49 30 123456; empty: the one of your profile"
            fields = (FieldSpec("phone", "Telephone", hint=hint), *_PROOF)
        elif method == "email":
            fields = _PROOF
        self._stage.ask(
            Question(
                f"Add: {kind}",
                _ABOUT[method],
                fields=fields,
                confirm="Go on",
                command=lambda values: self.credentials.begin_command(method, values),
            ),
            lambda values, done, failed: self.credentials.begin_factor(
                method, values, done, failed
            ),
            self._confirm,
        )

    def _confirm(self, enrolment: Enrolment) -> None:
        scan = bool(enrolment.qr_png)
        self._stage.ask(
            Question(
                "Scan this with your app" if scan else "A code was sent",
                "Or type this key into it:"
                if scan
                else f"It is on its way to {enrolment.hint}.",
                fields=(
                    FieldSpec(
                        "code",
                        "Code that the app shows now" if scan else "Code",
                        required=True,
                    ),
                ),
                picture=enrolment.qr_png,
                secret=enrolment.secret if scan else "",
                confirm="Confirm",
            ),
            lambda v, done, failed: self.credentials.confirm_factor(
                enrolment.token, v["code"].strip(), done, failed
            ),
            self._added,
        )

    def _add_passkey(self) -> None:
        self._stage.ask(
            Question(
                "Add: Passkey",
                "Plug your security key in first. When it blinks, touch it.",
                fields=(
                    _NAME_OF_KEY,
                    FieldSpec(
                        "pin", "PIN of the key", "password", hint="If it has one."
                    ),
                    *_PROOF,
                ),
                confirm="Go on",
            ),
            lambda values, done, failed: enrol_passkey(
                self._stage.desk, values, done, failed
            ),
            self._added,
        )

    def _added(self, codes: tuple[str, ...]) -> None:
        self._reload()
        self._stage.toasts.show("The new factor counts from now on.")
        if codes:
            self._show_codes(codes)

    # --- backup codes

    def _show_codes(self, codes: tuple[str, ...]) -> None:
        self._stage.show_secret(
            "Backup codes",
            "Each opens your account once, if your phone is lost. They are shown only "
            "now: print or save them.",
            "\n".join(codes),
            save_as="ums-backup-codes.txt",
        )

    def _new_codes(self) -> None:
        def made(codes: tuple[str, ...]) -> None:
            self._reload()
            self._show_codes(codes)

        self._stage.ask(
            Question(
                "New backup codes",
                "",
                ("The backup codes that you have now are void.",),
                _PROOF,
                confirm="Make new codes",
                command=lambda _: self.credentials.new_codes_command(),
            ),
            self.credentials.new_backup_codes,
            made,
        )

    # --- one of them

    def _chosen(self) -> None:
        chosen = [item.mark for item in self.selected]
        self.rename.configure(state="normal" if chosen == ["passkey"] else "disabled")

    def _rename(self) -> None:
        item, desk = self.selected[0], self._stage.desk
        self._stage.ask(
            Question(
                "Rename the passkey",
                fields=(FieldSpec("name", "Name", value=item.cells[1], required=True),),
                confirm="Rename",
                command=lambda v: rename_command(desk, item.key, v["name"].strip()),
            ),
            lambda v, done, failed: rename_passkey(
                desk, item.key, v["name"].strip(), done, failed
            ),
            lambda _: self._reload(),
        )

    def _remove(self) -> None:
        item = self.selected[0]
        self._stage.ask(
            Question(
                f"Remove: {item.cells[0]} {item.cells[1]}".rstrip(),
                "",
                (
                    "It is not asked for any more when you sign in.",
                    "Your other sessions end.",
                ),
                _PROOF,
                confirm="Remove",
                danger=True,
                command=lambda _: self.credentials.remove_factor_command(item),
            ),
            lambda v, done, failed: self.credentials.remove_factor(
                item, v, done, failed
            ),
            lambda _: self._reload(),
        )


_ABOUT: Final = {
    "totp": "An app on your phone that shows codes. An authenticator that is there "
    "already is replaced.",
    "sms": "A code comes by text message whenever you sign in.",
    "email": "A code comes to your mail address whenever you sign in.",
}
