"""The endpoint client against a server that really speaks the protocol, and against one that does not."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from pathlib import Path

import pytest
from loopback import Reply, Script, loopback

from recenv.completion import Completion
from recenv.endpoint import Endpoint, EndpointConfig
from recenv.errors import EndpointError, InputError, MissingExtra
from recenv.records import Message

HELLO = (Message("system", "be brief"), Message("user", "你好"))
KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def ask(script: Script, *, retries: int = 3, pauses: list[float] | None = None, **config: object) -> Completion:
    """One completion from a server that follows the script; pauses collects what the client waits between attempts."""
    waited = [] if pauses is None else pauses
    with loopback(script) as server:
        settings = EndpointConfig(base_url=server.base_url, model="m", retries=retries, **config)  # type: ignore[arg-type]
        with Endpoint(settings, sleep=waited.append) as endpoint:
            return endpoint.complete(HELLO)


def test_an_answer_comes_with_usage_and_latency() -> None:
    answer = ask(lambda body, times: Reply(body["messages"][1]["content"] + "!"))
    assert (answer.text, answer.finish_reason, answer.prompt_tokens, answer.completion_tokens) == ("你好!", "stop", 11, 3)
    assert answer.attempts == 1 and 0 < answer.latency_s < 5


def test_the_request_carries_what_was_configured() -> None:
    with loopback(lambda body, times: Reply("ok")) as server:
        config = EndpointConfig(base_url=server.base_url + "/", model="m", temperature=0.5, max_tokens=7, seed=3)
        with Endpoint(config) as endpoint:
            endpoint.complete(HELLO)
        with Endpoint(EndpointConfig(base_url=server.base_url, model="m", temperature=None)) as endpoint:
            endpoint.complete(HELLO)
    assert server.bodies[0] == {
        "model": "m", "max_tokens": 7, "temperature": 0.5, "seed": 3,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "你好"}],
    }
    assert server.bodies[1].keys() == {"model", "max_tokens", "messages"}
    assert "authorization" not in server.headers[0]


def test_too_many_requests_waits_as_long_as_asked() -> None:
    pauses: list[float] = []
    busy = Reply(status=429, body=b"slow down", headers=(("Retry-After", "7"),))
    answer = ask(lambda body, times: busy if times < 2 else Reply("ok"), pauses=pauses)
    assert (answer.text, answer.attempts, pauses) == ("ok", 3, [7.0, 7.0])


@pytest.mark.parametrize(("header", "expected"), [
    ("86400", 2.0), ("Wed, 21 Oct 2065 07:28:00 GMT", 2.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ("soon", None), ("-3", None), ("9" * 400, 2.0), ("", None),
])
def test_retry_after_is_bounded_and_may_be_nonsense(header: str, expected: float | None) -> None:
    pauses: list[float] = []
    busy = Reply(status=503, body=b"", headers=(("Retry-After", header),))
    ask(lambda body, times: busy if times < 1 else Reply("ok"), pauses=pauses, max_backoff_s=2.0, backoff_s=0.5)
    assert pauses == [expected] if expected is not None else 0.25 <= pauses[0] < 0.5


def test_backoff_doubles_and_is_the_same_each_time() -> None:
    first: list[float] = []
    second: list[float] = []
    for pauses in (first, second):
        ask(lambda body, times: Reply(status=500) if times < 3 else Reply("ok"), pauses=pauses, backoff_s=1.0)
    assert first == second
    assert all(0.5 * 2**n <= pause < 2**n for n, pause in enumerate(first)) and len(first) == 3


@pytest.mark.parametrize(("reply", "kind", "attempts"), [
    (Reply(status=500, body=b"boom"), "status 500", 3),
    (Reply(status=429, body=b"busy"), "status 429", 3),
    (Reply(status=401, body=b"who are you"), "status 401", 1),
    (Reply(status=307, headers=(("Location", "http://127.0.0.1:9/"),)), "status 307", 1),
    (Reply(drop=True), "connection", 3),
    (Reply("late", pause_s=30), "timeout", 3),
    (Reply("late", trickle_s=0.05), "timeout", 3),
    (Reply(body=b"<html>hello</html>"), "invalid JSON", 1),
    (Reply(body=b"\xff\xfe\x00"), "invalid JSON", 1),
    (Reply(body=b""), "invalid JSON", 1),
    (Reply(body=b'{"x":' + b"[" * 100_000), "invalid JSON", 1),
    (Reply(body=b'{"error": "x"}'), "bad answer", 1),
    (Reply(body=b'{"choices": {}}'), "bad answer", 1),
    (Reply(body=b'{"choices": [{"message": {"content": 5}}]}'), "bad answer", 1),
    (Reply(body=b'{"choices": []}'), "no choices", 1),
    (Reply(body=b'{"choices": [{"message": {"content": null}}]}'), "no text", 1),
    (Reply(body=b" " * 300_000), "too large", 1),
    (Reply(body=b"\x1f\x8b", headers=(("Content-Encoding", "gzip"),)), "bad answer", 1),
])
def test_what_goes_wrong_has_a_name_and_ends(reply: Reply, kind: str, attempts: int) -> None:
    pauses: list[float] = []
    with pytest.raises(EndpointError) as caught:
        ask(lambda body, times: reply, retries=2, pauses=pauses, timeout_s=0.3, max_response_bytes=200_000)
    assert caught.value.kind == kind
    assert len(pauses) == attempts - 1
    assert len(str(caught.value)) < 700 and str(caught.value).isprintable()


def test_nobody_listens() -> None:
    with loopback(lambda body, times: Reply("ok")) as server:
        pass
    with (
        Endpoint(EndpointConfig(base_url=server.base_url, model="m", retries=1), sleep=lambda s: None) as endpoint,
        pytest.raises(EndpointError, match="cannot reach"),
    ):
        endpoint.complete(HELLO)


def test_lone_surrogates_and_hostile_text_come_through_as_text() -> None:
    body = b'{"choices": [{"message": {"content": "\\u001b[2J a <think> {{"}}]}'
    assert ask(lambda request, times: Reply(body=body)).text == "\x1b[2J a <think> {{"
    with loopback(lambda request, times: Reply("ok")) as server, \
            Endpoint(EndpointConfig(base_url=server.base_url, model="m")) as endpoint:
        assert endpoint.complete((Message("user", "broken \ud83d text"),)).text == "ok"


def test_many_requests_keep_their_order_and_overlap() -> None:
    together = threading.Barrier(4)

    def script(body: dict[str, object], times: int) -> Reply:
        number = int(body["messages"][0]["content"])  # type: ignore[index]
        together.wait(5)  # nobody is answered before four are here
        time.sleep(0.01 * (7 - number))
        return Reply(status=500) if number == 5 else Reply(f"answer {number}")

    with loopback(script) as server:
        config = EndpointConfig(base_url=server.base_url, model="m", concurrency=4, retries=0)
        with Endpoint(config) as endpoint:
            answers = endpoint.send_many([endpoint.request((Message("user", str(n)),)) for n in range(8)])
            assert endpoint.send_many([]) == []
    assert [a.text if isinstance(a, Completion) else a.kind for a in answers] == [
        *(f"answer {n}" for n in range(5)), "status 500", "answer 6", "answer 7"]
    assert server.busiest == 4


def test_the_key_is_sent_and_never_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    echo = Reply(status=401, body=f"invalid key {KEY}, see {KEY}".encode())
    with caplog.at_level(logging.DEBUG), loopback(lambda body, times: echo) as server:
        config = EndpointConfig(base_url=server.base_url, model="m", api_key_env="TEST_KEY")
        with Endpoint(config) as endpoint, pytest.raises(EndpointError) as caught:
            endpoint.complete(HELLO)
        told = [repr(endpoint), str(endpoint), repr(config), str(caught.value), repr(caught.value), caplog.text,
                json.dumps(endpoint.request(HELLO)), repr(endpoint._exchange)]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert not any(KEY in text for text in told)
    assert "***" in str(caught.value)


@pytest.mark.parametrize("value", ["", "  ", "sk\nX-Evil: 1", "钥匙"])
def test_an_unusable_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TEST_KEY", value)
    with pytest.raises(InputError, match="TEST_KEY") as caught:
        Endpoint(EndpointConfig(base_url="http://127.0.0.1/v1", model="m", api_key_env="TEST_KEY"))
    assert not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize("wrong", [
    {"base_url": "ftp://x/v1"}, {"base_url": "localhost:8000"}, {"base_url": "http://me:hunter2@x/v1"}, {"model": ""},
    {"timeout_s": 0.0}, {"timeout_s": float("nan")}, {"retries": -1}, {"concurrency": 0}, {"max_tokens": 0},
])
def test_a_wrong_configuration_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        EndpointConfig(**({"base_url": "http://127.0.0.1/v1", "model": "m"} | wrong))  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


def test_without_httpx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtra, match=r"recenv\[llm\]"):
        Endpoint(EndpointConfig(base_url="http://127.0.0.1/v1", model="m"))
