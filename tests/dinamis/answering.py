# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small WSGI application, for the tests of what serves it."""

import json
import os
import re
import time


def application(environ, start_response):
    """Say who answers and what the request was; some paths misbehave."""
    path = environ["PATH_INFO"]
    if path == "/stuck":
        re.match("(a+)+$", "a" * 60 + "b")
    if path in {"/slow", "/broken"}:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return halves(path == "/broken")
    said = {name: value for name, value in environ.items() if isinstance(value, str)}
    body = json.dumps(said | {"pid": os.getpid()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return iter([body])


def halves(broken):
    """Yield half an answer, after a moment the other, or none."""
    yield b"half "
    time.sleep(0.3)
    if broken:
        raise RuntimeError("in the middle of an answer")
    yield b"and half"
