"""The viewer on 127.0.0.1: the standard library's server, behind a token, for this machine alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from recenv.errors import InputError
from recenv.evaluation.plan import TRACES
from recenv.evaluation.viewer.page import page, policy, script
from recenv.evaluation.viewer.payload import Progress, payload

HOST = "127.0.0.1"


class Viewer(ThreadingHTTPServer):
    """Serves one page at ``url`` and nothing else. A run that goes on shows more of itself when the page is loaded again."""

    daemon_threads = True

    def __init__(
        self, runs: Sequence[str | Path], port: int = 0, progress: Progress = lambda done, total: None
    ) -> None:
        self.runs, self.token = tuple(runs), secrets.token_urlsafe(16)
        self._lock, self._page = Lock(), b""
        self._seen: tuple[tuple[int, int], ...] = ()
        self.document(progress)  # a folder that is no run is an error now, not in the browser
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise InputError(f"cannot listen on {HOST}:{port} ({error.strerror}); choose another --port, or 0 for any") from None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/{self.token}/"

    def document(self, progress: Progress = lambda done, total: None) -> bytes:
        """The page of the runs as they are on disk now."""
        state = tuple((file.stat().st_mtime_ns, file.stat().st_size) for r in self.runs if (file := Path(r) / TRACES).is_file())
        with self._lock:
            if state != self._seen or not self._page:
                self._page, self._seen = page(payload(self.runs, progress)).encode(), state
            return self._page


class _Handler(BaseHTTPRequestHandler):
    server: Viewer
    server_version, sys_version = "recenv", ""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        # a name that somebody pointed at this machine is not ours (DNS rebinding)
        known = self.headers.get("Host", "") in (f"{HOST}:{port}", f"localhost:{port}")
        if not known or not secrets.compare_digest(self.path.encode(), f"/{self.server.token}/".encode()):
            self.send_error(404)
            return
        body = self.server.document()
        self.send_response(200)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
            ("Content-Security-Policy", policy(script()) + "; frame-ancestors 'none'"), ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: addresses hold the token."""
