"""A walk through what administrators look after, for pictures of it."""

from typing import Any

from tests.gui.driver import Driver


def audit_log(window: Driver, camera: Any) -> None:
    """Entries, filters, a change before and after, the export, the verdict."""
    audit = window.go("audit")
    audit.table.focus_rows()
    window.key("Down")
    camera.take("audit")
    window.choose("event", "User updated")
    window.type("subject", "emmy")
    window.until(lambda: audit.log.wanted.subject)
    window.settled()
    audit.table.focus_rows()
    window.reads("Before")
    camera.take("audit-change")
    window.click("export")
    window.type("reason", "Asked for by the auditors")
    window.click("shell")
    camera.take("audit-export")
    window.key("Escape")
    window.type("since", "last week")
    window.until(lambda: audit.form.field("since").fault)
    window.click("verify")
    window.reads("The log is whole")
    camera.take("audit-verified")
    window.click("clear")
