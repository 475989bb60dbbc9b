"""The portal as its README starts it: processes, sockets, cookies."""

import os
import re
import stat
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from tests.service.harness import ADMIN_PASSWORD, ROOT
from tests.service.running import Output, login_as_admin, running_service

LIMIT_S = 60


def environment(folder: Path, endpoint: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PORTAL_DATA": str(folder),
        "PORTAL_ENDPOINT": endpoint,
        "PORTAL_TLS": "off",
        "PYTHONUNBUFFERED": "1",
    }


def command(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.lab_portal", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@contextmanager
def server(env: dict[str, str]) -> Iterator[str]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "examples.lab_portal"),
            *("runserver", "--noreload", "0"),
        ],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = Output(process.stdout)
    try:
        yield output.wait_for(r"server at (http://\S+)/", LIMIT_S)[1]
    finally:
        process.terminate()
        process.wait(LIMIT_S)
        output.join()


class Visitor:
    """A browser over sockets."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.cookies = CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self.cookies)
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> str:
        with self.opener.open(self.site + path, timeout=LIMIT_S) as page:
            return str(page.read().decode())

    def post(self, path: str, **fields: str) -> str:
        found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert found
        fields["csrfmiddlewaretoken"] = found[1]
        data = urllib.parse.urlencode(fields).encode()
        with self.opener.open(self.site + path, data, timeout=LIMIT_S) as page:
            return str(page.read().decode())


def test_the_steps_of_the_readme_lead_to_the_patients(tmp_path):
    with running_service(tmp_path / "data") as service:
        login_as_admin(service)
        env = environment(tmp_path / "portal", service.endpoint)
        secret = tmp_path / "password"
        secret.write_text(ADMIN_PASSWORD)
        made = command(env, "migrate")
        assert (made.returncode, made.stderr) == (0, "")
        made = command(env, "sample_data", "--password-file", str(secret))
        assert (made.returncode, made.stderr) == (0, "")
        found = re.search(r"password (sample-\w+)$", made.stdout.strip())
        assert found, made.stdout
        for name in ("gateway.key", "secret.key"):
            mode = (tmp_path / "portal" / name).stat().st_mode
            assert stat.S_IMODE(mode) == 0o600
        assert stat.S_IMODE((tmp_path / "portal").stat().st_mode) == 0o700
        again = command(env, "sample_data", "--password-file", str(secret))
        assert again.returncode == 1
        assert again.stderr.startswith("CommandError: some of it is there already")
        assert again.stderr.count("\n") == 1
        with server(env) as site:
            visitor = Visitor(site)
            page = visitor.post("/login/", username="viewer", password=found[1])
            assert "Cancer Research Lab" in page
            link = re.search(r"/labs/[0-9a-f-]+/patients/", page)
            assert link
            assert "Ada Example" in visitor.get(link[0])
            assert {cookie.name for cookie in visitor.cookies} == {
                "csrftoken",
                "sessionid",
            }
            assert "font" in visitor.get("/portal.css")


def test_sample_data_without_a_service_fails_with_one_line(tmp_path):
    env = environment(tmp_path / "portal", "tcp://127.0.0.1:1")
    secret = tmp_path / "password"
    secret.write_text("x")
    made = command(env, "sample_data", "--password-file", str(secret))
    assert made.returncode == 1
    assert made.stderr.count("\n") == 1
