# SPDX-License-Identifier: AGPL-3.0-or-later
"""The private nginx: types, caching, and what it does not serve."""

import dataclasses
import http.client
import shutil
import time

import pytest
from django.urls import reverse

from dinamis.embedded import nginx, ports, processes, state
from dinamis.embedded.console import Failure

pytestmark = pytest.mark.skipif(shutil.which("nginx", path=nginx.SEARCHED) is None, reason="nginx is needed")
HASHED = "app.0123456789ab.css"


@pytest.fixture
def served(place):
    """A running nginx with two static files and one protected file, without anything behind it."""
    made = dataclasses.replace(place, port=ports.free_pair(18400))
    state.prepare_folders(made)
    (made.static / "map.mjs").write_text("export {}\n")
    (made.static / HASHED).write_text("a{}\n" * 400)
    (made.files / "scene.tif").write_bytes(b"II*\0")
    nginx.start(made, "up")
    yield made
    processes.stop(made, nginx.NAME, made.work(nginx.NAME))


def ask(port, path, host="127.0.0.1", **headers):
    """Status and headers of an answer."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders())


def test_module_script_has_a_type_that_browsers_accept(served):
    status, headers = ask(served.port, "/static/map.mjs")

    assert status == 200
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Server"] == "nginx"
    assert headers["Cache-Control"] == "public, max-age=300"


def test_name_with_a_hash_is_kept_for_ever_and_compressed(served):
    status, headers = ask(served.port, f"/static/{HASHED}", **{"Accept-Encoding": "gzip"})

    assert status == 200
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/_files/scene.tif", "/static/../files/scene.tif", "/_files/../_files/scene.tif"])
def test_protected_file_is_never_served_directly(served, path):
    status, _ = ask(served.port, path)

    assert status in {404, 502}
    assert status == 404 or "_files" not in path


@pytest.mark.parametrize("offset", [0, 1])
def test_site_without_workers_says_bad_gateway_on_both_ports(served, offset):
    assert ask(served.port + offset, "/", host="localhost")[0] == 502


def test_second_start_finds_the_first(served):
    assert nginx.start(served, "up") == processes.remembered(served, nginx.NAME)


def test_port_taken_by_another_instance_is_said(served, tmp_path):
    other = dataclasses.replace(served, state=tmp_path / "state", var=tmp_path / "var")

    with pytest.raises(Failure, match=rf"Port {served.port} \(the site\) is taken by nginx \(pid \d+"):
        nginx.start(other, "demo")
    assert not other.state.exists()


KEY = "Zk3yZk3yZk3yZk3yZk3y"
RESET = "account_reset_password_from_key"
KEYED = [
    ("orders:gateway", [KEY, "scene.zip"]),
    ("licensing:signing", [KEY]),
    ("licensing:signing_decline", [KEY]),
    ("accounts:invitation", [KEY]),
    ("accounts:invitation_decline", [KEY]),
    ("account_confirm_email", [KEY]),
    (RESET, ["3", KEY]),
]


def logged(place):
    """What the log says of the first request; nginx writes it after the answer."""
    log = place.logs / "access.log"
    deadline = time.monotonic() + 10
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return log.read_text()


@pytest.mark.parametrize(("name", "arguments"), KEYED)
def test_log_tells_the_page_but_not_the_key_of_its_address(served, name, arguments):
    address = reverse(name, args=arguments)
    shown = "/account/password/reset/key/***/" if name == RESET else address.replace(KEY, "***")
    ask(served.port, address + f"?code={KEY}", Referer=f"http://localhost{address}")

    log = logged(served)
    assert f"GET {shown} HTTP" in log
    assert KEY not in log


def test_log_leaves_out_what_a_provider_of_identity_answered(served):
    address = reverse("openid_connect_callback", args=["orcid"])
    ask(served.port, f"{address}?code={KEY}&state=x")

    log = logged(served)
    assert f"GET {address} HTTP" in log
    assert KEY not in log


def test_log_keeps_the_question_of_a_search(served):
    ask(served.port, "/stac/search?limit=3")

    assert "GET /stac/search?limit=3 HTTP" in logged(served)
