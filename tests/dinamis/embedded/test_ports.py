# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ports: free, taken, by whom."""

import os
import socket
from pathlib import Path

import pytest

from dinamis.embedded import ports
from dinamis.embedded.console import Failure


@pytest.fixture
def listening():
    """A free pair of ports; the function makes this very process listen on one."""
    servers = []

    def listen(port):
        servers.append(socket.create_server(("127.0.0.1", port)))

    yield listen
    for server in servers:
        server.close()


@pytest.mark.parametrize(("offset", "purpose"), [(0, "the site"), (1, "the STAC address")])
def test_taken_port_names_its_holder_and_another_port(listening, offset, purpose):
    port = ports.free_pair(18200)
    listening(port + offset)

    with pytest.raises(Failure) as caught:
        ports.require_free(port, "up")

    words = str(caught.value)
    assert words.startswith(f"Port {port + offset} ({purpose}) is taken by ")
    assert f"(pid {os.getpid()}, in {Path.cwd()})" in words
    assert f"PORT={ports.free_pair(port + 10)} make up" in words


def test_free_ports_pass():
    ports.require_free(ports.free_pair(18200), "up")


def test_free_pair_skips_a_pair_half_taken(listening):
    port = ports.free_pair(18200)
    listening(port + 1)

    assert ports.free_pair(port) >= port + 2
