# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real provider of OpenID Connect: oidc-provider-mock as a process of its own, on a free port of the loopback."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx


class Provider:
    """The running provider; people exist once `knows` was called, and are recognised by naming themselves."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def knows(self, subject: str, **claims: object) -> str:
        """Say what the provider tells of somebody."""
        httpx.put(f"{self.issuer}/users/{quote(subject)}", json=claims, timeout=10).raise_for_status()
        return subject

    def recognise(self, url: str, subject: str) -> str:
        """Let somebody sign in at the address we were led to; return where the browser is sent back to."""
        answer = httpx.post(url, data={"sub": subject}, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def running() -> Iterator[Provider]:
    """Start the process, wait until it answers, end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            provider = Provider(port)
            _wait(provider, process)
            yield provider
        finally:
            process.terminate()


def _wait(provider: Provider, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{provider.issuer}/jwks", timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the provider of identity did not start ({process.poll()})")
