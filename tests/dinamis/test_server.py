# SPDX-License-Identifier: AGPL-3.0-or-later
"""What serves the site: two workers on a socket, as they are run."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dinamis.embedded.services import accepts
from dinamis.embedded.state import checkout_root


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Served:
    """A server of two workers with one thread each, under a prefix."""

    def __init__(self, folder):
        self.socket, self.log, self.opened = folder / "s.sock", folder / "log", []
        argv = [sys.executable, "-m", "dinamis.server", "tests.dinamis.answering:application", "--prefix", "/under"]
        argv += ["--bind", f"unix:{self.socket}", "--workers", "2", "--threads", "1", "--grace", "5"]
        with self.log.open("wb") as log:
            env = os.environ | {"A_PASSWORD": "hidden"}
            self.process = subprocess.Popen(
                argv, cwd=checkout_root(), env=env, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(lambda: accepts(self.socket) and len(self.workers()) == 2)

    def workers(self):
        pid = self.process.pid
        return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def open(self, path, body=None):
        connection = Connection(self.socket)
        self.opened.append(connection)
        connection.request("POST" if body else "GET", f"/under{path}", body)
        return connection

    def ask(self, path, body=None):
        with closing(self.open(path, body)) as connection:
            return json.loads(connection.getresponse().read())

    def kill(self):
        for connection in self.opened:
            connection.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


def wait_for(true):
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def served():
    folder = Path(tempfile.mkdtemp(prefix="dinamis-", dir="/var/tmp"))
    with socket.socket(socket.AF_UNIX) as left_by_a_killed_server:
        left_by_a_killed_server.bind(str(folder / "s.sock"))
    made = Served(folder)
    yield made
    made.kill()
    shutil.rmtree(folder)


def test_a_request_says_its_path_and_not_the_environment(served):
    said = served.ask("/a%20name?q=%2F")

    assert (said["SCRIPT_NAME"], said["PATH_INFO"], said["QUERY_STRING"]) == ("/under", "/a name", "q=%2F")
    assert said["REMOTE_ADDR"] == ""
    assert "A_PASSWORD" not in said
    assert served.socket.stat().st_mode & 0o777 == 0o660


def test_a_body_that_is_not_read_does_not_cost_the_answer(served):
    assert all(served.ask("/", b"x" * 5_000_000)["PATH_INFO"] == "/" for _time in range(3))


def test_half_an_answer_does_not_look_whole(served):
    with pytest.raises(http.client.IncompleteRead):
        served.open("/broken").getresponse().read()


def test_a_killed_worker_is_replaced(served):
    dead = served.ask("/")["pid"]
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: len(served.workers() - {dead}) == 2)

    assert served.ask("/")["pid"] in served.workers() - {dead}


def test_a_stop_lets_a_request_end(served):
    begun = served.open("/slow").getresponse()
    assert served.open("/").getresponse().read()
    served.process.terminate()

    assert begun.read() == b"half and half"
    assert served.process.wait(20) == 0
    assert not served.socket.exists()


def test_a_stuck_worker_ends_and_tells_where_it_was():
    script = (
        "import threading; from dinamis import server; server.STUCK_AFTER = 0.5\n"
        "threading.Thread(target=server.watch, daemon=True).start()\n"
        "from tests.dinamis.answering import application; application({'PATH_INFO': '/stuck'}, print)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=checkout_root(), capture_output=True)

    assert done.returncode == 1
    assert b"answering.py" in done.stderr
