"""Deadlines against servers that drip, the environment's proxies and certificates, and what servers refuse or write oddly."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from loopback import Reply, completion, loopback

from recenv.completion import Completion, Unusable, read_completion
from recenv.endpoint import Endpoint, EndpointConfig
from recenv.errors import EndpointError, InputError
from recenv.exchange import proxy_for
from recenv.records import Message
from recenv.refusals import FIELDS, gone, named, present, without

HELLO = (Message("system", "be brief"), Message("user", "hello"))
KEY = "sk-very-secret-0123456789"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def wire(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server that reads a request's beginning and then does as it likes, byte by byte."""
    listening, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client:
                try:
                    client.recv(65536)
                    talk(client, over)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def dripping(start: bytes, again: bytes, pause_s: float = 0.01) -> Callable[[socket.socket, threading.Event], None]:
    def talk(client: socket.socket, over: threading.Event) -> None:
        client.sendall(start)
        while not over.wait(pause_s):
            client.sendall(again)

    return talk


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("talk", [
    dripping(b"", b""), dripping(b"HTTP/1.1 200 OK", b"x"), dripping(OK + b"X-Slow: ", b"a"), dripping(OK, b"X-A: b\r\n", 0.05),
    dripping(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), dripping(b"", b"HTTP/1.1 103 Hints\r\n\r\n" * 500, 0.0),
    dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    dripping(CHUNKED + b"5;ext=", b"y"), dripping(CHUNKED, b"1;a=b\r\n \r\n"), dripping(CHUNKED + b"0\r\n", b"X-T: a\r\n", 0.05),
    dripping(OK + b"Content-Length: 100000\r\n\r\n", b" "),
])
def test_nothing_that_drips_outlasts_the_deadline(talk: Callable[[socket.socket, threading.Event], None]) -> None:
    with wire(talk) as url, Endpoint(EndpointConfig(base_url=url, model="m", timeout_s=0.2, retries=0)) as endpoint:
        start = time.monotonic()
        with pytest.raises(EndpointError) as caught:
            endpoint.complete(HELLO)
    assert caught.value.kind in ("timeout", "connection") and time.monotonic() - start < 2


def test_an_address_that_takes_no_connection_ends_with_the_deadline() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        config = EndpointConfig(base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1", model="m", timeout_s=0.3, retries=0)
        start = time.monotonic()
        with Endpoint(config) as endpoint, pytest.raises(EndpointError, match=r"within 0\.3 s"):
            endpoint.complete(HELLO)
        assert time.monotonic() - start < 2
        for one in waiting:
            one.close()


def _in_a_fork(endpoint: Endpoint, told: Any) -> None:
    told.put(endpoint.complete(HELLO).text)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_asks_by_connections_of_its_own() -> None:
    with loopback(lambda body, times: Reply(f"answer {times}")) as server, \
            Endpoint(EndpointConfig(base_url=server.base_url, model="m", timeout_s=5, retries=0)) as endpoint:
        assert endpoint.complete(HELLO).text == "answer 0"
        fork = multiprocessing.get_context("fork")
        told = fork.Queue()
        child = fork.Process(target=_in_a_fork, args=(endpoint, told))
        child.start()
        assert told.get(timeout=20) == "answer 1"
        child.join(20)
        assert endpoint.complete(HELLO).text == "answer 2"


# -- the way to a server -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exempt", "url", "proxied"), [
    ("", "http://10.1.2.3/v1", True), ("*", "http://10.1.2.3/v1", False), ("10.0.0.0/8", "http://10.1.2.3/v1", False),
    ("10.0.0.0/8", "http://11.1.2.3/v1", True), ("fe80::/10, ::1/128", "http://[fe80::1]:8000/v1", False),
    ("fe80::/10, ::1/128", "http://[::1]:8000/v1", False), ("fe80::/10", "http://[2001:db8::1]/v1", True),
    ("[::1]", "http://[::1]:8000/v1", False), ("::1", "http://[::1]/v1", False), ("[::1]:8000", "http://[::1]:8000/v1", False),
    ("[::1]:8001", "http://[::1]:8000/v1", True), ("10.1.2.3:80", "http://10.1.2.3:80/v1", False),
    ("10.1.2.3:81", "http://10.1.2.3:80/v1", True), ("example.org", "http://api.example.org/v1", False),
    (".example.org", "http://api.example.org/v1", False), ("example.org fe80::/10", "http://example.com/v1", True),
    ("nonsense/99, /, [", "http://10.1.2.3/v1", True), ("localhost,fe80::/10", "http://localhost:8000/v1", False),
])
def test_who_is_asked_without_the_proxy(monkeypatch: pytest.MonkeyPatch, exempt: str, url: str, proxied: bool) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert (proxy_for(url) is not None) == proxied
    Endpoint(EndpointConfig(base_url=url, model="m")).close()


def test_a_proxy_that_is_down_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@127.0.0.1:9")
    with Endpoint(EndpointConfig(base_url="http://10.1.2.3/v1", model="m", retries=0)) as endpoint, \
            pytest.raises(EndpointError, match=r"by way of the proxy 127\.0\.0\.1:9") as caught:
        endpoint.complete(HELLO)
    assert "hunter2" not in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "value", "told"), [
    ("HTTPS_PROXY", "socks5://127.0.0.1:9", "socks"), ("HTTPS_PROXY", "gopher://127.0.0.1:9", "no usable address"),
    ("HTTPS_PROXY", "http://[::1", "no usable address"), ("SSL_CERT_FILE", "/nowhere.pem", "SSL_CERT_FILE=/nowhere.pem"),
    ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE"),
])
def test_an_environment_that_cannot_be_used_has_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=told) as caught:
        Endpoint(EndpointConfig(base_url="https://10.1.2.3/v1", model="m"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://[::1/v1", "http://127.0.0.1:99999/v1", "http://127.0.0.1:x/v1"])
def test_an_address_that_is_none_has_one_line(url: str) -> None:
    with pytest.raises(InputError, match="base_url"):
        EndpointConfig(base_url=url, model="m")


# -- what servers refuse -----------------------------------------------------------------------------------------


FULL: dict[str, Any] = {
    "model": "m", "max_tokens": 9, "seed": 1, "temperature": 0.0, "logprobs": True, "top_logprobs": 3,
    "response_format": {"type": "json_object"},
    "messages": [{"role": "system", "content": "s"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "u"}],
}


def refusing(fields: set[str], status: int, message: str) -> Callable[[dict[str, Any], int], Reply]:
    def script(body: dict[str, Any], times: int) -> Reply:
        has = {*body, *(f"{m['role']} role" for m in body["messages"])}
        return Reply(status=status, body=json.dumps({"error": {"message": message}}).encode()) if has & fields else Reply("ok")

    return script


REFUSALS = [
    ({"logprobs"}, "logprobs is not available"),
    ({"logprobs", "response_format", "seed", "max_tokens", "max_completion_tokens", "system role"}, ""),
    ({"max_tokens"}, "Unsupported: 'max_tokens'. Use 'max_completion_tokens'."),
    ({"max_tokens", "max_completion_tokens"}, "nope"), ({"system role"}, "System role not supported"), ({"system role"}, "bad"),
    ({"seed"}, "bad"), ({"temperature"}, "only the default temperature"), (set(FULL) - {"model", "messages"}, "bad"),
]
STATUSES = [400, 500, 403, 422, 501]


@pytest.mark.parametrize(("status", "fields", "message"), [  # all of both, and pairs with and without a name
    *((status, *how) for status in STATUSES for how in REFUSALS[:2]),
    *((status, *how) for status in STATUSES[:2] for how in REFUSALS[2:])])
def test_refused_fields_are_left_out_and_remembered(status: int, fields: set[str], message: str) -> None:
    with loopback(refusing(fields, status, message)) as server, \
            Endpoint(EndpointConfig(base_url=server.base_url, model="m", retries=0)) as endpoint:
        first = endpoint.send(FULL)
        asked = len(server.bodies)
        again = endpoint.send(FULL)
    assert first.text == again.text == "ok" and len(server.bodies) == asked + 1 and asked <= 10
    assert set(first.without) == set(again.without) == set(endpoint.refused) == fields & set(FIELDS)
    kept = set(FULL) - fields - ({"top_logprobs"} if "logprobs" in fields else set())
    assert kept <= server.bodies[-1].keys()


def test_the_words_of_a_refused_system_role_stay() -> None:
    rest = without(FULL, {"system role"})
    assert rest["messages"] == [{"role": "assistant", "content": "a"}, {"role": "user", "content": "s\n\nu"}]
    assert "system role" not in present(FULL, {"system role"}) and FULL["messages"][0]["role"] == "system"
    assert without(FULL, {"max_tokens"})["max_completion_tokens"] == 9
    assert gone(FULL, ("seed", "max_completion_tokens")) == ("seed",)


@pytest.mark.parametrize(("kind", "words"), [
    ("status 401", "seed"), ("status 429", "temperature"), ("timeout", "seed"), ("status 400", "the seeds of discord"),
    ("status 400", "This model's maximum context length is 4096 tokens; reduce max_tokens"),
    ("status 404", "The model `m` does not exist or you have no access to seed"),
])
def test_other_trouble_is_no_refusal(kind: str, words: str) -> None:
    assert named(kind, words, FULL) == ()


# -- odd answers -------------------------------------------------------------------------------------------------


def body(**choice: object) -> bytes:
    return json.dumps({"choices": [choice]}).encode()


@pytest.mark.parametrize("odd", [
    completion({"model": "m"}, "hi"),
    b"\xef\xbb\xbf" + body(message={"content": "hi"}), b"\n\n \n" + body(message={"content": "hi"}),
    body(message={"content": [{"type": "text", "text": "h"}, {"type": "image", "text": 3}, "i"]}),
    body(message={"content": {"type": "text", "text": "hi"}}), body(text="hi"),
    body(message={"content": "hi", "tool_calls": 3, "reasoning": {}}, finish_reason={"a": 1}, index="0"),
    body(message={"content": "hi"}, logprobs={"content": [{"token": "hi", "logprob": float("-inf"), "top_logprobs": None}]}),
    body(message={"content": "hi"}, logprobs={"content": [{"token": "hi", "logprob": "x", "top_logprobs": [{"token": 3}, 4]}]}),
    body(message={"content": "hi"}, logprobs={"tokens": ["hi"], "token_logprobs": [float("nan")]}),
    body(message={"content": "hi"}, logprobs=[1]), body(message={"content": "hi"}, finish_reason=None),
    b'{"choices": [{"message": {"content": "hi"}}, 7], "usage": {"prompt_tokens": "12", "completion_tokens": -3}}',
    b'{"choices": [{"message": {"content": "hi"}}], "usage": [1], "created": ' + b"9" * 400 + b"}",
    b'{"choices": [{"message": {"content": "hi"}}], "usage": {"prompt_tokens": 1e999, "completion_tokens": null}}',
])
def test_what_an_answer_does_not_need_cannot_fail_it(odd: bytes) -> None:
    read = read_completion(odd)
    assert read.text == "hi"
    for token in read.tokens:
        assert token.logprob > -1e300 and all(p > -1e300 for _, p in token.top)


def test_counts_in_quotes_are_counts() -> None:
    read = read_completion(b'{"choices": [{"text": "hi"}], "usage": {"prompt_tokens": "12", "completion_tokens": 3.0}}')
    assert (read.prompt_tokens, read.completion_tokens) == (12, 3)


@pytest.mark.parametrize(("answer", "kind"), [
    (b"[]", "bad answer"), (b"null", "bad answer"), (b'{"choices": []}', "no choices"), (b'{"choices": [7]}', "bad answer"),
    (body(message={"content": ""}), ""), (body(message={"content": [{"type": "thinking"}]}), "no text"), (b"{", "invalid JSON"),
])
def test_what_is_no_answer_has_a_kind(answer: bytes, kind: str) -> None:
    if not kind:
        assert read_completion(answer).text == ""
        return
    with pytest.raises(Unusable) as caught:
        read_completion(answer)
    assert caught.value.kind == kind


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_key_that_a_server_echoes_is_written_nowhere(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    escaped = "".join(f"\\u{ord(c):04x}" for c in KEY)
    said = f'{{"choices": [{{"message": {{"content": "{escaped}"}}, "finish_reason": "{KEY}"}}], "error": "no {escaped}"}}'
    with loopback(lambda request, times: Reply(status=status, body=said.encode())) as server:
        config = EndpointConfig(base_url=server.base_url, model="m", api_key_env="TEST_KEY", retries=0)
        with Endpoint(config) as endpoint:
            try:
                told: Completion | EndpointError = endpoint.complete(HELLO)
            except EndpointError as error:
                told = error
    assert "***" in repr(told) and KEY not in repr(told)
