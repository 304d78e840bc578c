"""The viewer's page as a document: what is in it, what cannot be in it, and who is served."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from known_families import make_home
from trace_builders import SKILLS, dialogue, finished_run, plan, session, turn

from recenv.cli import cli
from recenv.errors import InputError
from recenv.evaluation.report import write_report
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.runner import evaluate
from recenv.evaluation.viewer.page import page, policy, script
from recenv.evaluation.viewer.payload import BLOCK, payload
from recenv.evaluation.viewer.serve import Viewer


class Scripts(HTMLParser):
    """Script elements by id, and all attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.attributes: set[str] = set()
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        self._open = tag == "script"
        if self._open:
            self.found.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._open:
            attrs, text = self.found[-1]
            self.found[-1] = (attrs, text + data)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("viewer"), plan(sessions=BLOCK + 3))


def data_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = next(json.loads(t) for attrs, t in Scripts(text).found if attrs.get("id") == "data")
    return found


def unpack(block: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(block)))
    return found


def test_one_script_runs_and_is_known_by_its_hash(run: Path) -> None:
    text = page(payload([run]))
    scripts = Scripts(text).found
    running = [t for attrs, t in scripts if attrs.get("type") not in ("application/json", "text/plain")]
    assert running == [script()] and f'content="{policy(script()).replace(chr(39), "&#x27;")}"' in text
    assert "default-src 'none'" in policy(script()) and "unsafe-inline" not in policy(script()).split("style-src")[0]
    assert not re.search(r'(?:src|href)="(?!data:)', text[: text.index('<div id="app">')])
    assert "Mike Bostock" in text and "Observable, Inc." in text and "Permission to use, copy, modify" in text
    assert page(payload([run])) == text


@pytest.mark.usefixtures("undrawn")
def test_the_table_and_the_transcripts_are_those_of_the_run(run: Path) -> None:
    made = payload([run])
    data = data_of(page(made))
    n = (BLOCK + 3) * len(SKILLS)
    assert all(len(column) == n for column in data["rows"].values())
    assert len(data["sessions"]["id"]) == BLOCK + 3
    assert [p["name"] for p in data["players"]] == list(SKILLS) and len(made.blocks) == 2
    told = [one for block in made.blocks for one in unpack(block)]
    for k in (0, BLOCK, BLOCK + 2):
        assert data["sessions"]["id"][k] == f"s{k}" and len(told[k]["traces"]) == len(SKILLS)
        for trace in told[k]["traces"]:
            agent = data["players"][trace["player"]]["agent"]
            expected = dialogue(agent, k, SKILLS[agent], session_id=f"s{k}", length=None)
            assert [t["text"] for t in trace["turns"]] == [t.action.text for t in expected.turns]
            assert [t["paid"] for t in trace["turns"]] == pytest.approx([t.reward for t in expected.turns], abs=1e-4)


@pytest.mark.usefixtures("undrawn")
def test_the_font_has_all_that_is_shown_of_a_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is told of a world alone: instructions, profiles, what candidates are called."""
    home = make_home(tmp_path, monkeypatch)
    made = payload([run_evaluation(home.scenario, ("greedy",), 4, 3, tmp_path / "run", changes={"scorers": home.name("first")})])
    told = [one for block in made.blocks for one in unpack(block)]
    assert any(one["asked"]["instruction"] not in made.data.decode() for one in told)
    assert set(json.dumps(told, ensure_ascii=False)) <= made.characters


@pytest.mark.usefixtures("undrawn")
def test_runs_of_the_same_sessions_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    one, two = finished_run(tmp_path, plan(("greedy",), 4)), finished_run(tmp_path / "b", plan(("random",), 4))
    data = data_of(page(payload([one, two])))
    assert len(data["sessions"]["id"]) == 4 and len(data["rows"]["session"]) == 8
    names = [p["name"] for p in data["players"]]
    assert len(set(names)) == 2 and names[0].endswith(": greedy") and names[1].endswith("b/run: random")
    other = msgspec.structs.replace(plan(("random",), 4), store="0" * 64)
    (tmp_path / "c").mkdir()
    apart = data_of(page(payload([one, finished_run(tmp_path / "c", other)])))
    assert len(apart["sessions"]["id"]) == 8


@pytest.mark.usefixtures("undrawn")
def test_nothing_in_a_run_ends_the_element_it_stands_in(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><!--<script>"
    made = msgspec.structs.replace(plan((evil,), sessions=1), session_ids=(evil,))
    one = session([turn(text=evil, said=evil, items=[evil])], agent=evil, session_id=evil, opening=evil, user=evil)
    text = page(payload([evaluate(made, tmp_path / "run", run_chunk=lambda agent, rows, first: [one])]))
    scripts = Scripts(text).found
    assert len(scripts) == 3 and [t for a, t in scripts if not a] == [script()]
    assert data_of(text)["sessions"]["id"] == [evil] and "<!--<" not in text.replace(script(), "")


@pytest.mark.usefixtures("undrawn")
def test_an_unfinished_run_says_so_once(tmp_path: Path) -> None:
    folder = finished_run(tmp_path, plan(("random", "greedy"), sessions=4))
    lines = (folder / "traces.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "traces.jsonl").write_bytes(b"".join(lines[:6]) + lines[6][:20])
    data = data_of(page(payload([folder])))
    assert data["runs"][0]["unfinished"] == "unfinished: of 4 sessions greedy 2" and len(data["rows"]["session"]) == 6
    (folder / "traces.jsonl").write_bytes(b"")
    assert data_of(page(payload([folder])))["rows"]["session"] == []
    with pytest.raises(InputError, match="no run at"):
        payload([tmp_path])


@pytest.mark.usefixtures("undrawn")
def test_a_run_of_older_schemas_opens(tmp_path: Path) -> None:
    """As they were written before lines were sealed, and before traces said what each item missed."""
    run = finished_run(tmp_path, plan(("random", "greedy"), sessions=4))
    lines = []
    for line in (run / "traces.jsonl").read_bytes().splitlines():
        trace = json.loads(line)
        del trace["seal"]
        trace["schema"] = 2
        for one in trace["turns"]:
            del one["said"], one["shown"]
            one["told"] = 1
        lines.append(json.dumps(trace).encode() + b"\n")
    (run / "traces.jsonl").write_bytes(b"".join(lines))
    manifest = json.loads((run / "manifest.json").read_bytes())
    del manifest["seal"]
    (run / "manifest.json").write_text(json.dumps({**manifest, "schema": 1}))
    ceiling = {"needs_met": [1.0] * 4, "returns": [1.0] * 4, "users": ["u"] * 4, "unwinnable": 0.0}
    (run / "ceiling.json").write_text(json.dumps(ceiling))
    data = data_of(page(payload([run])))
    assert len(data["rows"]["session"]) == 8 and set(data["rows"]["ceiling"]) == {1.0}
    assert "random" in write_report(run).read_text()


def test_the_page_is_served_to_who_knows_the_token_under_our_own_name(run: Path) -> None:
    with Viewer([run]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"

        def get(path: str, name: str = f"127.0.0.1:{port}", method: str = "GET") -> http.client.HTTPResponse:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request(method, path, headers={"Host": name})
            found = connection.getresponse()
            found.body = found.read()  # type: ignore[attr-defined]
            connection.close()
            return found

        good = get(f"/{server.token}/")
        assert good.status == 200 and good.body == server.document()  # type: ignore[attr-defined]
        assert "frame-ancestors 'none'" in good.headers["Content-Security-Policy"] and good.headers["Cache-Control"] == "no-store"
        assert get(f"/{server.token}/", f"localhost:{port}").status == 200
        for path in ("/", f"/{server.token}", f"/{server.token}x/", f"/{server.token}/../etc/passwd", "/%ff/"):
            assert get(path).status == 404
        assert get(f"/{server.token}/", "evil.example").status == 404
        assert get(f"/{server.token}/", method="POST").status == 501
        server.shutdown()


def test_the_command_writes_a_page(run: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["view", str(run), "--html", str(tmp_path / "new" / "page.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new" / "page.html").read_text() == page(payload([run]))
