# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that speaks clamd's INSTREAM on a real socket, and misbehaves on request."""

import contextlib
import socketserver
import struct
import threading
import time

# The standard test file of the antivirus industry, spelt in two parts so that no scanner minds this source.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        manner = self.server.manner
        if manner == "mute":
            time.sleep(3)
            return
        if manner == "closes":
            return
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while True:
            head = self.rfile.read(4)
            if len(head) < 4:
                return
            (length,) = struct.unpack("!L", head)
            if not length:
                break
            content += self.rfile.read(length)
            if manner == "limit":
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.contents.append(content)
        self.wfile.write(self.answer(manner, content))

    @staticmethod
    def answer(manner, content):
        if manner != "honest":
            return manner.encode()
        return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Stay silent: a client that gave up is what some tests are about."""


@contextlib.contextmanager
def clamd(manner="honest"):
    """Run the server; `manner` is honest, mute, closes, limit, or the bytes to answer. Yields it, with its `url`."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.manner, server.contents = manner, []
        server.url = f"tcp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
