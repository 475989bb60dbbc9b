"""A walk through the pages of administrators, for pictures of them."""

from typing import Any

from tests.gui.driver import Driver


def administration_of_rights(window: Driver, camera: Any) -> None:
    """Labs, roles, decisions, invitations, the dashboard, the service."""
    labs = window.go("labs")
    if not labs.found.total:
        _make_labs(window, labs)
    labs.table.focus_rows()
    window.until(lambda: labs.lab.list.items)
    window.settled()
    _hide_toast(window)
    camera.take("labs")
    window.click("delete")
    assert window.sheet
    camera.take("delete-lab")
    window.key("Escape")
    page = window.go("dashboard")
    window.until(lambda: page.picture)
    page.live.state(["!selected"])
    page.chart.canvas.focus_force()
    window.key("Left")
    camera.take("dashboard")
    roles = window.go("roles")
    window.type("query", "moder")
    window.until(lambda: roles.found.query == "moder")
    window.settled()
    roles.table.focus_rows()
    window.until(lambda: roles.role.role)
    camera.take("roles")
    window.click("set")
    assert window.sheet
    camera.take("role-permissions")
    window.key("Escape")
    window.go("why")
    for who, permission in (("emmy", "audit.read"), ("ada", "users.read")):
        window.type("account", who)
        window.type("permission", permission)
        window.click("explain")
        window.reads(f"{who} may")
        window.settled()
        camera.take(f"why-{who}")
    invitations = window.go("invitations")
    if not invitations.list.items:
        camera.take("invitations-none")
        _invite(window, invitations)
    invitations.list.table.focus_rows()
    camera.take("invitations")
    window.click("invite")
    assert window.sheet
    camera.take("invite")
    window.key("Escape")
    window.go("upkeep")
    camera.take("service")


def _hide_toast(window: Driver) -> None:
    window.program.stage.toasts.hide()


def _invite(window: Driver, invitations: Any) -> None:
    for number, email in enumerate(("lise@example.org", "chien@example.org"), 1):
        window.click("invite")
        window.type("email", email)
        window.click("send_email")
        window.click("ok")
        window.reads("Hand this over yourself")
        window.click("cancel")
        window.until(lambda n=number: len(invitations.list.items) == n)


def _make_labs(window: Driver, labs: Any) -> None:
    for name, code, who in (
        ("Computing laboratory", "COMP", "ada"),
        ("Astronomy", "ASTRO", "margaret"),
        ("Cryptanalysis", "HUT8", "alan"),
    ):
        window.click("new")
        window.type("name", name)
        window.type("code", code)
        window.type("account", who)
        window.click("ok")
        window.until(lambda: window.top is window.root)
        window.until(lambda code=code: labs.lab.lab and labs.lab.lab.code == code)
        window.until(lambda: labs.lab.list.items)
        if code != "HUT8":
            continue
        for more in ("joan", "hedy", "john"):
            window.click("add")
            window.type("account", more)
            window.click("ok")
            window.until(lambda: window.top is window.root)
            window.settled()
