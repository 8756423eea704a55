# SPDX-License-Identifier: AGPL-3.0-or-later
"""Another catalogue: a real server on 127.0.0.1 that answers what a test lays down, and remembers what it was asked."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Other:
    """`answers` by path and query: a document, bytes, or (status, headers, body); a list is given one by one."""

    def __init__(self):
        self.answers, self.asked, self.url = {}, [], ""

    def answer(self, method, path, body):
        self.asked.append((method, path, body))
        found = self.answers.get(path, (404, {}, b"{}"))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if not isinstance(found, tuple):
            found = (200, {}, found)
        status, headers, body = found
        return status, headers, body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def served():
    """Yield another catalogue while it is served."""
    other = Other()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            status, headers, text = other.answer(self.command, self.path, body)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(text), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815  (the name that http.server calls)

        def log_message(self, *args):
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    other.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield other
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
