"""A chat-completions server on 127.0.0.1 that speaks the protocol, and misbehaves as told."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """What to answer a request with. text: the model's words in a well-formed completion; body: raw bytes in its place.

    pause_s: wait before answering. drop: close the connection in place of answering. trickle_s: pause between bytes of the body.
    """

    text: str = ""
    status: int = 200
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pause_s: float = 0.0
    drop: bool = False
    trickle_s: float = 0.0


Script = Callable[[dict[str, Any], int], Reply]
"""(request body, 0-based number of times that this very request has come before) -> reply."""


class Loopback:
    """Address of a running server and what it was asked: decoded bodies, headers, and the most requests in flight at once."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.busiest = self._busy = 0
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self.base_url = ""

    def enter(self, body: dict[str, Any], headers: dict[str, str]) -> int:
        key = json.dumps(body, sort_keys=True)
        with self._lock:
            self.bodies.append(body)
            self.headers.append(headers)
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
            self._seen[key] = self._seen.get(key, -1) + 1
            return self._seen[key]

    def leave(self) -> None:
        with self._lock:
            self._busy -= 1


def _problem(path: str, headers: dict[str, str], body: Any) -> str:
    """What a real server would refuse a request for; "" when it is in protocol."""
    if path != "/v1/chat/completions":
        return f"no such path {path}"
    if headers.get("content-type") != "application/json":
        return "content-type must be application/json"
    if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not isinstance(body.get("messages"), list):
        return "model and messages are required"
    for message in body["messages"]:
        if message.get("role") not in ("system", "user", "assistant") or not isinstance(message.get("content"), str):
            return "messages need a role and a content"
    return ""


def completion(body: dict[str, Any], text: str) -> bytes:
    """The completion object that carries a text."""
    return json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()), "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": len(text), "total_tokens": 11 + len(text)},
    }).encode()


def _handler(state: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every body waits 40 ms behind its headers

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw)
            times = state.enter(body, headers)
            try:
                problem = _problem(self.path, headers, body)
                refusal = json.dumps({"error": {"message": problem}}).encode()
                self.answer(body, Reply(status=400, body=refusal) if problem else state.script(body, times))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up, as some tests mean it to
            finally:
                state.leave()

        def answer(self, body: dict[str, Any], reply: Reply) -> None:
            if reply.pause_s:
                state.stopping.wait(reply.pause_s)
            if reply.drop:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            payload = completion(body, reply.text) if reply.body is None else reply.body
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            if not reply.trickle_s:
                self.wfile.write(payload)
                return
            for at in range(len(payload)):
                if state.stopping.wait(reply.trickle_s):
                    return
                self.wfile.write(payload[at:at + 1])
                self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    return Handler


@contextmanager
def loopback(script: Script) -> Iterator[Loopback]:
    """Run a server for the length of a ``with`` block."""
    state = Loopback(script)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # dropped connections are meant
    state.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
