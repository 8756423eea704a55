# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real time-stamp authority on the loopback: `openssl ts` behind a small HTTP server."""

import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIG = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[signer]
basicConstraints = critical,CA:false
extendedKeyUsage = critical,timeStamping
[tsa]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class Authority:
    """Keys, certificates and answers; `broken` makes it answer with an error."""

    def __init__(self, folder):
        self.folder = folder
        self.roots = folder / "root.pem"
        self.broken = False
        self.asked = 0
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01")
        self._make("root", "DINAMIS test root")
        self._make("signer", "DINAMIS test TSA", signed_by="root")

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.folder)

    def _make(self, name, subject, signed_by=""):
        issuer = ["-CA", f"{signed_by}.pem", "-CAkey", f"{signed_by}.key"] if signed_by else []
        self._openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "30", "-config", "openssl.cnf"),
            *("-extensions", name, "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.pem"),
            *issuer,
        )

    def answer(self, query):
        """Return the DER response to a DER query."""
        self.asked += 1
        asked, said = self.folder / f"{self.asked}.tsq", self.folder / f"{self.asked}.tsr"
        asked.write_bytes(query)
        self._openssl(
            *("ts", "-reply", "-config", "openssl.cnf", "-section", "tsa"), *("-queryfile", asked, "-out", said)
        )
        return said.read_bytes()


@contextmanager
def serve(folder):
    """Yield (url, authority) of a running authority."""
    authority = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            body = b"" if authority.broken else authority.answer(query)
            self.send_response(500 if authority.broken else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
