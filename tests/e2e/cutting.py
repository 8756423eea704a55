# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network that breaks: connections to the site go through here, and end without a word after so many bytes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 1 << 20


def _up(client: socket.socket, server: socket.socket) -> None:
    with suppress(OSError):
        while data := client.recv(CHUNK):
            server.sendall(data)


def _down(client: socket.socket, server: socket.socket, left: int) -> None:
    with client, server, suppress(OSError):
        while left > 0 and (data := server.recv(min(CHUNK, left))):
            client.sendall(data)
            left -= len(data)
        if left <= 0:
            # The other thread waits on this socket, and would keep it open.
            client.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, port: int, after: int) -> None:
    with suppress(OSError):
        while True:
            client, _address = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_up, args=(client, server), daemon=True).start()
            threading.Thread(target=_down, args=(client, server, after), daemon=True).start()


@contextmanager
def cut(port: int, after: int) -> Iterator[int]:
    """Give a port that leads to `port` on this machine; each connection ends once `after` bytes came back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, after), daemon=True).start()
        yield listener.getsockname()[1]
