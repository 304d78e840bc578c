"""Hostile data, made by hypothesis: each attack is a property that must hold whatever comes, with its oracle inside."""

from __future__ import annotations

import copy
import json
import shutil
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from hypothesis import strategies as st
from loopback import Reply, loopback
from msgspec.structs import replace
from trace_builders import dialogue, plan

import recenv  # noqa: F401  (registers the environments)
from recenv.completion import Completion
from recenv.data.recrm import ingest_recrm
from recenv.data.rows import FILES
from recenv.data.world import World
from recenv.endpoint import Endpoint, EndpointConfig
from recenv.errors import EndpointError, RecenvError
from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard
from recenv.evaluation.plan import TRACES
from recenv.evaluation.report import write_report
from recenv.evaluation.runner import evaluate
from recenv.records import Message
from recenv.testing.tiny import build_tiny_world

Data = Any  # hypothesis' interactive draws


class Attack(NamedTuple):
    """name; what a try is; the property, called with hypothesis' data and a folder of its own; tries in a round."""

    name: str
    tries: str
    holds: Callable[[Data, Path], None]
    round: int


_BIG = 10**400
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8) | st.integers() | st.just(_BIG)
    | st.sampled_from([-1, 0, 2**63, 1e308, "\x1b]52;c;x\x07", "<script>x</script>", "\u202e", "NaN", "1e999", "99999999"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=6)


# -- rows ------------------------------------------------------------------------------------------------------------


def _row(n: int) -> dict[str, Any]:
    items = [{"id": f"i{n}-{k}", "category": "dining", "name": f"N{k}", "locale": "en", "attributes": {"price": 10.0 * k}}
             for k in range(3)]
    need = {"constraints": [{"slot": "price", "op": "le", "value": 20, "text": "up to 20", "disclosure": "on_ask"}]}
    return {"id": f"{n}", "session_id": f"s{n}", "locale": "en", "user": {"id": f"u{n}", "profile": {"age": "3"}},
            "instruction": "i", "query": "q", "category": "dining", "context": {"time": "noon"}, "items": items,
            "labels": [1, 0, 0], "gold": {"need": need, "utilities": [1, 2, 3], "patience": 4}}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in _places(one, (*path, key)))]


def rows(data: Data, folder: Path) -> None:
    """One odd line among good ones: it is taken, or set aside whole; the others are all there, and play."""
    made: Any = copy.deepcopy(_row(99))
    place = data.draw(st.sampled_from(_places(made)[1:]))
    at = made
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = data.draw(JSON)
    bad = json.dumps(made).encode()
    how = data.draw(st.sampled_from(["as it is", "as it is", "cut", "byte", "twice"]))
    if how == "cut":
        bad = bad[:data.draw(st.integers(0, len(bad)))].replace(b"\n", b"")
    elif how == "byte":
        where = data.draw(st.integers(0, len(bad) - 1))
        bad = (bad[:where] + bytes([data.draw(st.integers(0, 255))]) + bad[where + 1:]).replace(b"\n", b" ")
    elif how == "twice":
        bad = bad[:-1] + b"," + bad[1:]
    file = folder / "in" / FILES["item_ranking"]
    file.parent.mkdir(parents=True)
    good = [json.dumps(_row(n)).encode() for n in range(6)]
    file.write_bytes(b"\n".join([*good[:3], bad, *good[3:]]) + b"\n")
    report = ingest_recrm(folder / "in", folder / "out", max_bad=1.0)
    world = World(folder / "out")
    assert report.quarantined in (0, 1)
    if report.quarantined:
        assert (world.n_sessions, world.n_items, world.n_users) == (6, 18, 6), "a row that was set aside left something"
    assert all(world.has_item(f"i{n}-{k}") for n in range(6) for k in range(3)) and world.n_sessions >= 6
    for n in range(world.n_sessions):
        world.session(n), world.privileged(n), world.goal(n)


# -- runs and stores -------------------------------------------------------------------------------------------------


def _damaged(data: Data, whole: bytes) -> bytes:
    how = data.draw(st.sampled_from(["bit", "bytes", "cut", "gone", "twice", "swap"]))
    at = data.draw(st.integers(0, max(len(whole) - 1, 0)))
    if how == "bit" and whole:
        return whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1:]
    if how == "bytes":
        return whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 6)):]
    if how == "cut":
        return whole[:at]
    lines = whole.splitlines(keepends=True) or [b""]
    one = data.draw(st.integers(0, len(lines) - 1))
    if how == "gone":
        return b"".join(lines[:one] + lines[one + 1:])
    if how == "twice":
        return b"".join(lines[:one] + [lines[one]] * data.draw(st.integers(2, 30)) + lines[one + 1:])
    return b"".join([*lines[one:], *lines[:one]])


_RUN = plan(("random", "greedy"), sessions=4)


def _played(agent: str, rows: Any, first: int) -> list[Any]:
    skill = {"random": 0.2, "greedy": 0.8}[agent]
    return [dialogue(agent, first + n, skill, session_id=_RUN.session_ids[first + n]) for n in range(len(rows))]


def traces(data: Data, folder: Path) -> None:
    """Damage to a run: refused, or the same numbers over the sessions that are said to be there."""
    run = evaluate(_RUN, folder / "run", run_chunk=_played)
    before = build_leaderboard(run, resamples=10)
    name = data.draw(st.sampled_from([TRACES, "manifest.json"]))
    whole = (run / name).read_bytes()
    (run / name).write_bytes(_damaged(data, whole))
    try:
        after = build_leaderboard(run, resamples=10)
    except RecenvError:
        return
    if after.complete:
        assert encode_leaderboard(after) == encode_leaderboard(before), "damage changed a finished run's numbers in silence"
    kept = (run / name).read_bytes().splitlines()
    if name == TRACES:
        assert all(line in whole.splitlines() for line in kept if line.endswith(b"}")), "a foreign trace was believed"


def _say(world: World) -> bytes:
    parts = [repr(world.session(n)) + repr(world.privileged(n)) + repr(world.goal(n)) for n in range(world.n_sessions)]
    return "".join([*parts, *(repr(world.item(n)) for n in range(world.n_items))]).encode()


def stores(data: Data, folder: Path) -> None:
    """Damage to a store: refused, or a world that says the same."""
    store = Path(shutil.copytree(_tiny(folder.parent), folder / "store"))
    file = data.draw(st.sampled_from(sorted(f.name for f in store.iterdir())))
    (store / file).write_bytes(_damaged(data, (store / file).read_bytes()))
    try:
        said = _say(World(store))
    except RecenvError:
        return
    assert said == _say(World(_tiny(folder.parent))), "damage changed a world in silence"


def _tiny(home: Path) -> Path:
    """The store that copies are made of, built once."""
    return home / "tiny" if (home / "tiny").is_dir() else build_tiny_world(home / "tiny")


# -- actions ---------------------------------------------------------------------------------------------------------


_KEYS = ["act", "items", "text", "query", "filters"]
_ACTS = st.sampled_from(["recommend", "ask", "search", "end", "malformed", "order", ""])
TEXTS = (
    st.text(max_size=60) | JSON.map(lambda v: json.dumps(v)[:3000])
    | st.dictionaries(st.sampled_from(_KEYS), JSON | _ACTS, max_size=5).map(lambda d: json.dumps(d)[:3000])
    | st.sampled_from(["<think>" * 2000, "{" * 3000, '{"act":' * 900, "[" * 5000, "\x00" * 50, "`" * 9000, '"' * 4001]))


def actions(data: Data, folder: Path) -> None:
    """Anything at all as an action: a finite reward, or one clear line; one environment and several agree."""
    kind = data.draw(st.sampled_from(["Chat", "Slate"]))
    options = {"scenario": "mixed", "scorers": "rules"}
    single = gymnasium.make(f"recenv/{kind}-v1", **options).unwrapped
    several = gymnasium.make_vec(f"recenv/{kind}-v1", num_envs=2, vectorization_mode="vector_entry_point", **options)
    seed = data.draw(st.integers(0, 2**70))
    single.reset(seed=seed)
    several.reset(seed=seed)
    numbers = st.lists(st.integers(-2, 22), min_size=1, max_size=5) | st.lists(st.integers(0, 19), min_size=3, max_size=3)
    for _ in range(data.draw(st.integers(1, 4))):
        action: Any = data.draw(TEXTS) if kind == "Chat" else np.array(data.draw(numbers))
        start = time.monotonic()
        results = []
        for env, given in ((single, action), (several, [action, action])):
            try:
                _, reward, over, cut, _ = env.step(given)
                results.append((float(np.atleast_1d(reward)[0]), bool(np.any(np.atleast_1d(over)[0] | np.atleast_1d(cut)[0]))))
                assert np.isfinite(reward).all() and -1 <= results[-1][0] <= 1
            except RecenvError as error:
                results.append(str(error).partition(";")[2])
        assert isinstance(results[0], str) == isinstance(results[1], str), results
        assert isinstance(results[0], str) or results[0] == results[1], results
        assert time.monotonic() - start < 5, "an action took longer than 5 s"
        if not isinstance(results[0], str) and results[0][1]:
            break


# -- servers ---------------------------------------------------------------------------------------------------------


def servers(data: Data, folder: Path) -> None:
    """A server that answers anything: a completion or one line, before the deadline."""
    content = data.draw(JSON)
    reply = data.draw(st.sampled_from(["raw", "choice", "error", "slow", "gone"]))
    status = data.draw(st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503, 599]))
    body = data.draw(st.binary(max_size=300)) if reply == "raw" else json.dumps(
        {"choices": [{"message": {"content": content}, "logprobs": data.draw(JSON), "finish_reason": data.draw(JSON)}],
         "usage": data.draw(JSON)} if reply == "choice" else {"error": content}).encode()
    made = Reply(status=status, body=body, pause_s=2.0 if reply == "slow" else 0.0, drop=reply == "gone",
                 headers=(("Retry-After", data.draw(st.sampled_from(["", "0", "9" * 30, "soon"]))),))
    start = time.monotonic()
    with loopback(lambda asked, times: made) as server:
        config = EndpointConfig(
            base_url=server.base_url, model="m", retries=1, timeout_s=0.3, max_backoff_s=0.0, backoff_s=0.0, seed=1)
        with Endpoint(config) as endpoint:
            try:
                told = endpoint.complete((Message("system", "s"), Message("user", "u")))
                assert isinstance(told, Completion) and isinstance(told.text, str)
                json.dumps(told.text).encode()
            except EndpointError as error:
                assert "\n" not in str(error) and len(str(error)) < 800
    assert time.monotonic() - start < 6


# -- pages -----------------------------------------------------------------------------------------------------------


PAYLOADS = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg/onload=alert(1)>", "</script><script>alert(1)</script>",
    "javascript:alert(1)", "<!--<script>", "]]><script>", "{{7*7}}", "{% raw %}", "<iframe srcdoc='<script>'>", "'-alert(1)-'",
    "<a href=javascript:alert(1)>x", "&lt;script&gt;", "\u2028alert(1)", "<style>*{}</style>", "<base href=//x>",
    "</title><script>"]


class _Counted(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "base", "link", "meta", "form", "style", "img"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}")


def _saying(told: str) -> Any:
    """Sessions in which agents and users say nothing else."""
    def played(agent: str, rows: Any, first: int) -> list[Any]:
        made = []
        for trace in _played(agent, rows, first):
            turns = tuple(
                replace(t, action=replace(t.action, text=told), reaction=replace(t.reaction, text=told)) for t in trace.turns)
            made.append(replace(trace, opening=told, turns=turns))
        return made

    return played


def pages(data: Data, folder: Path) -> None:
    """Payloads in what agents and users say: the report has the very elements that it has without them."""
    payload = data.draw(st.sampled_from(PAYLOADS) | st.text(max_size=30).map(lambda t: f"<{t}>"))
    found = []
    for told in ("harmless", payload):
        run = evaluate(_RUN, folder / f"{len(found)}", run_chunk=_saying(told))
        parser = _Counted()
        parser.feed(write_report(run).read_text(encoding="utf-8"))
        found.append(parser.found)
    assert found[0] == found[1], "a payload became part of a page"


ATTACKS = (
    Attack("rows", "odd lines among good ones, ingested", rows, 30), Attack("traces", "damaged runs, ranked", traces, 20),
    Attack("stores", "damaged stores, opened", stores, 30), Attack("actions", "sessions of odd actions", actions, 15),
    Attack("servers", "odd servers, asked", servers, 15), Attack("pages", "payloads, reported", pages, 3))
