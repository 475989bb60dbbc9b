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


def policies(window: Driver, camera: Any) -> None:
    """What the profile means, and what a lab asks beyond it."""
    page = window.go("policy")
    window.until(lambda: page.list.items)
    window.type("query", "session")
    camera.take("policy")
    labs = window.go("labs")
    if not labs.found.total:
        window.click("new")
        window.type("name", "Cryptanalysis")
        window.type("code", "HUT8")
        window.type("account", "alan")
        window.click("ok")
        window.until(lambda: window.top is window.root)
        window.settled()
    window.program.stage.toasts.hide()
    labs.table.focus_rows()
    window.until(lambda: labs.lab.lab)
    window.click("policy")
    window.reads("asks of its members")
    window.type("password_chars_min", "6")
    window.type("session_s", "8 h")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("password_chars_min").fault)
    camera.take("lab-policy")
    window.type("password_chars_min", "14")
    window.choose("mfa_required", "everybody")
    window.click("ok")
    window.reads("Change the policy of")
    window.click("shell")
    camera.take("lab-policy-change")
    window.key("Escape")
    window.key("Escape")


def attributes(window: Driver, camera: Any) -> None:
    """Definitions, what roles have, what a member was given."""
    page = window.go("attributes")
    window.until(lambda: page.list.items)
    page.list.table.focus_rows()
    camera.take("attributes")
    page.tabs.select(1)
    window.settled()
    window.until(lambda: page.roles.list.items)
    page.roles.list.table.focus_rows()
    camera.take("attributes-roles")
    window.click("set")
    assert window.sheet
    window.click("shell")
    camera.take("attributes-set")
    window.key("Escape")
    page.tabs.select(2)
    window.type("lab", "HUT8")
    window.until(lambda: page.grants.lab.lab_id)
    window.settled()
    if not page.grants.list.items:
        for name, days in (("lab.samples.read", "30"), ("lab.billing.view", "")):
            window.click("give")
            window.type("account", "alan")
            window.type("attribute", name)
            window.type("days", days)
            window.click("ok")
            window.until(lambda: window.top is window.root)
            window.until(lambda n=name: n in str(page.grants.list.items))
    window.program.stage.toasts.hide()
    page.grants.list.table.focus_rows()
    camera.take("attributes-given")


def service(window: Driver, camera: Any) -> None:
    """How the service is, part by part, what it measures, a backup."""
    page = window.go("upkeep")
    window.until(lambda: page.parts.items)
    window.settled()
    page.tabs.select(1)
    window.pump()
    camera.take("service-parts")
    page.tabs.select(2)
    window.until(lambda: page.measurements.items)
    window.type("query", "ums_")
    camera.take("service-measurements")
    window.click("backup")
    window.click("shell")
    camera.take("backup")
    window.key("Escape")
    page.tabs.select(0)
