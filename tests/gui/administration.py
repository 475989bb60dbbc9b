"""A walk through the pages of administrators, for pictures of them."""

from typing import Any

from tests.gui.driver import Driver


def administration_of_rights(window: Driver, camera: Any) -> None:
    """Labs and the dashboard."""
    labs = window.go("labs")
    if not labs.found.total:
        _make_labs(window, labs)
    labs.table.focus_rows()
    window.until(lambda: labs.lab.list.items)
    window.settled()
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
