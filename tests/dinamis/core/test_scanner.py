# SPDX-License-Identifier: AGPL-3.0-or-later
"""The scanner's word is taken only when it is one: every fault of the protocol is a failure, never "clean"."""

import os
import shutil
import socket
import subprocess
import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from dinamis.core.scanner import Clamd, NoScanner, ScanFailed, Verdict, scanner
from tests.clamd import EICAR, clamd


def test_clean_and_infected_over_tcp():
    with clamd() as server:
        asked = Clamd(server.url)
        assert asked.scan([b"abc", b"", b"x" * 200_000]).verdict is Verdict.CLEAN
        found = asked.scan([EICAR[:20], EICAR[20:]])
        assert (found.verdict, found.signature) == (Verdict.INFECTED, "Eicar-Signature")
        assert server.contents == [b"abc" + b"x" * 200_000, EICAR]


@pytest.mark.parametrize(
    "manner",
    ["closes", "limit", "stream: OK", "", "\0", "OK\0", "stream: OK FOUND? \0", "stream: ERROR\0", "x" * 9000, "é\0"],
)
def test_faults_are_failures(manner):
    with clamd(manner) as server, pytest.raises(ScanFailed):
        Clamd(server.url, timeout=2).scan([b"x" * 100_000] * 40)


def test_a_mute_scanner_is_not_waited_for_forever():
    with clamd("mute") as server:
        began = time.monotonic()
        with pytest.raises(ScanFailed):
            Clamd(server.url, timeout=0.2).scan([b"abc"])
        assert time.monotonic() - began < 2


def test_nobody_listens(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ScanFailed):
        Clamd(f"tcp://127.0.0.1:{port}").scan([b"abc"])
    with pytest.raises(ScanFailed):
        Clamd(f"unix://{tmp_path}/nobody.ctl").scan([b"abc"])


@pytest.mark.parametrize("url", ["clamd", "http://localhost:3310", "unix://", "tcp://"])
def test_an_address_that_is_none(url):
    with pytest.raises(ImproperlyConfigured):
        Clamd(url)


def test_without_a_scanner_nothing_is_claimed(settings):
    settings.CLAMD_URL = ""
    assert isinstance(scanner(), NoScanner)
    assert scanner().scan([EICAR]).verdict is Verdict.UNSCANNED
    settings.CLAMD_URL = "tcp://127.0.0.1:3310"
    assert isinstance(scanner(), Clamd)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """Debian's clamd with one signature of ours, on a unix socket; skips where it is not installed."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if program is None:
        pytest.skip("clamd is not installed (Debian: clamav-daemon)")
    folder = tmp_path_factory.mktemp("clamd")
    signatures = folder / "signatures"
    signatures.mkdir()
    (signatures / "local.ndb").write_text(f"Local.Eicar:0:*:{EICAR.hex()}\n")
    path = folder / "clamd.ctl"
    config = folder / "clamd.conf"
    lines = [f"LocalSocket {path}", f"DatabaseDirectory {signatures}", "Foreground yes", f"PidFile {folder}/pid"]
    if os.getuid() == 0:
        lines.append("User root")
    config.write_text("\n".join(lines) + "\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while not path.exists():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "clamd did not start"
                time.sleep(0.1)
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait(20)


def test_the_real_clamd(daemon):
    asked = Clamd(daemon)
    assert asked.scan([b"%PDF-1.7\nnothing\n%%EOF\n"]).verdict is Verdict.CLEAN
    found = asked.scan([b"%PDF-1.7\n", EICAR, b"\n%%EOF\n"])
    assert found.verdict is Verdict.INFECTED
    assert found.signature.startswith("Local.Eicar")
