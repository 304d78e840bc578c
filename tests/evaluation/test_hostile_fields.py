"""A page shows what a run says, in every field, and does nothing else with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_pictures import Page
from trace_builders import NAMES, plan, session, turn

from recenv.evaluation.pages import templates
from recenv.evaluation.plan import Family, Played, RunPlan
from recenv.evaluation.report import write_report
from recenv.evaluation.runner import evaluate
from recenv.measures.drawing import new_figure
from recenv.rollouts.trace import SessionTrace

EVIL = "<script>alert(1)</script><b onclick=\"x()\">'</td></details>{{ 111 * 9 }}{% raw %}{# &amp; \u202e\x1b\x00"
SEEN = "<script>alert(1)</script><b onclick=\"x()\">'</td></details>{{ 111 * 9 }}{% raw %}{# &amp; \ufffd\ufffd\ufffd"


def evil(field: str) -> str:
    return f"{field}:{EVIL}"


def shown(field: str) -> str:
    return f"{field}:{SEEN}"


def evil_pairs(field: str) -> dict[str, Any]:
    return {evil(f"{field} key"): evil(f"{field} value"), "nested": [evil(f"{field} nested")]}


def evil_scorers(field: str) -> tuple[dict[str, Any], ...]:
    return ({key: evil(f"{field} {key}") for key in ("dimension", "name", "kind", "calibration")} | {"fingerprint": EVIL},)


def evil_session(agent: str, order: int) -> SessionTrace:
    first = turn(0, (1.0, None, 0.5, 0.2, 0.9), text=evil("text"), said=evil("said"), items=[evil("item"), NAMES[0]], taken=0,
                 kind="order")
    first = msgspec.structs.replace(
        first, sources=(evil("source of a value"), *first.sources[1:]), reasons=("", evil("reason"), "", "", ""))
    bad = turn(1, act="malformed", kind="repeat", said="")
    bad = msgspec.structs.replace(bad, action=msgspec.structs.replace(bad.action, raw=evil("raw"), error=evil("error")))
    search = turn(2, act="search", kind="results", said="")
    search = msgspec.structs.replace(
        search, action=msgspec.structs.replace(search.action, query=evil("words"), filters={evil("slot"): evil("filter")}))
    made = session([first, bad, search], agent=agent, order=order, session_id=evil("session"), user=evil("user"),
                   opening=evil("opening"), source=evil("source"), ending=evil("ending"))
    return msgspec.structs.replace(made, category=evil("category"))


def evil_plan() -> RunPlan:
    made = plan((evil("agent"), evil("other agent")), sessions=1)
    return msgspec.structs.replace(
        made, session_ids=(evil("session"),), store=EVIL, command=evil("command"), env=evil_pairs("env"),
        reward=evil_pairs("reward"), versions={evil("versions key"): evil("versions value"), "recenv": evil("version")},
        scorers=evil_scorers("scorer"),
        scenario=msgspec.structs.replace(made.scenario, name=evil("scenario"), hash=EVIL),
        agents=tuple(msgspec.structs.replace(a, config=evil_pairs("config")) for a in made.agents),
        audit=Family(name="second " + EVIL.replace("/", ""), scorers=evil_scorers("second scorer")),
        played=Played(traces=EVIL, command=evil("played command"), reward=evil_pairs("played reward"),
                      scorers=evil_scorers("played scorer")),
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page with pictures that say what they show and are empty: test_pictures.py draws hostile names."""
    run = evaluate(evil_plan(), tmp_path_factory.mktemp("evil") / "run", run_chunk=lambda agent, rows, first: [
        evil_session(agent, first)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recenv.evaluation.report.sheet", lambda _: new_figure(1.0, 1.0))
        return write_report(run).read_text()


@pytest.mark.parametrize("field", [
    "agent", "other agent", "session", "user", "opening", "source", "ending", "category", "text", "said", "item", "reason", "raw",
    "error", "source of a value", "words", "filter", "scenario", "version", "played command", "env key", "env value",
    "reward value", "versions key", "config key", "config value", "scorer dimension", "scorer name", "scorer kind",
    "scorer calibration", "second scorer name", "played scorer name", "played reward value",
])
def test_every_field_is_shown_as_text(source: str, field: str) -> None:
    assert shown(field) in Page(source).text


def test_nothing_in_a_field_becomes_a_tag_an_attribute_or_a_template(source: str) -> None:
    page = Page(source)
    assert not {"script", "b"} & set(page.tags) and page.tags.count("body") == 1
    assert {name for name, _ in page.attributes} <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "alt", "src", "style", "title",
        "data-label", "viewbox", "width", "height", "role", "aria-label", "points", "fill", "stroke", "stroke-width"}
    assert "999" not in re.sub(r"base64,[^\"')]*", "", source) and not any(c in source for c in "\u202e\x1b\x00")


def test_templates_are_given_every_name_they_use_and_mark_nothing_safe() -> None:
    made = templates()
    names = made.list_templates()
    assert "page.html" in names and "style.css" in names
    for name in names:
        text = (Path(made.loader.searchpath[0]) / name).read_text("utf-8")  # type: ignore[union-attr, attr-defined]
        assert not re.search(r"\|\s*(safe|join)\b|autoescape", text), name  # what join gives is not made readable
        assert not re.search(r"=\{\{", text), f"{name}: an attribute without quotes"
