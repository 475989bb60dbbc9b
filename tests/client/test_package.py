"""The package as others see it: its names, its types, what importing it costs."""

import subprocess
import sys
from pathlib import Path

import ums_client

ROOT = Path(__file__).parents[2]


def test_every_public_name_can_be_imported():
    assert ums_client.__all__ == sorted(ums_client.__all__)
    for name in ums_client.__all__:
        assert getattr(ums_client, name).__name__.endswith(name)


def test_a_name_that_is_not_public_is_an_attribute_error():
    assert not hasattr(ums_client, "zmq")


def test_who_needs_only_the_contract_does_not_load_sockets():
    program = (
        "import sys; from ums_client import errors, GetUser;"
        "import ums_client.shell;"
        "sys.exit('zmq' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_the_types_of_calls_are_what_the_checks_say():
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/client/typing_checks.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
