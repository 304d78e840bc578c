"""No data drive the terminal, and no terminal fails on data."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recenv.terminal import clean

OSC = "\x1b]52;c;ZXZpbA==\x07"
HOSTILE = f"Inn{OSC}\x1b[2J\x9b31m\u202egnp.exe\u2028\u200b – “店” ×"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows whose every text is hostile, and the store that they become."""
    home = tmp_path_factory.mktemp("hostile")
    file = home / "rows" / "item_ranking" / "item_ranking_rewrite.jsonl"
    file.parent.mkdir(parents=True)
    with file.open("w") as out:
        for n in range(6):
            items = [{"id": f"{n}-{k}{OSC}", "category": "dining", "name": HOSTILE, "locale": "en", "attributes": {OSC: OSC}}
                     for k in range(3)]
            out.write(json.dumps({
                "session_id": f"s{n}{OSC}", "user": {"id": f"u{n}{OSC}", "profile": {OSC: HOSTILE}}, "instruction": HOSTILE,
                "query": HOSTILE, "category": "dining", "locale": "en", "context": {OSC: HOSTILE}, "items": items,
                "labels": [1, 0, 0], f"more{OSC}": 1}) + "\n")
    return home


ONE_BY_ONE = """
import json, sys
from recenv.cli import main
codes = []
for sys.argv in json.loads(sys.argv[1]):
    try:
        codes.append(main() or 0)
    except SystemExit as stop:
        codes.append(stop.code)
print(json.dumps(codes))
"""


def recenv(encoding: str, *commands: Sequence[object]) -> tuple[list[int], str]:
    """Commands, one after the other, as a terminal of an encoding gets them: exits, and what is said. A traceback fails."""
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    asked = json.dumps([["recenv", *map(str, command)] for command in commands])
    done = subprocess.run([sys.executable, "-c", ONE_BY_ONE, asked], capture_output=True, env=env)
    told = done.stderr + done.stdout
    assert b"Traceback" not in told, told.decode(encoding, "replace")
    assert not any(byte in told for byte in (b"\x1b", b"\x07", b"\x9b")) or encoding in ("utf-8", "cp437"), told
    text = told.decode(encoding)
    assert not any(c in text for c in "\x1b\x07\x9b\u202e\u2028\u200b")
    return json.loads(text.splitlines()[-1]), text


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_hostile_data_are_shown_as_text_in_any_encoding(store: Path, tmp_path: Path, encoding: str) -> None:
    commands = [("ingest", "recrm", store / "rows", "--out", tmp_path / "store"), ("inspect", tmp_path / "store"),
                ("inspect", tmp_path / f"no{OSC}thing")]
    if encoding == "latin-1":
        run = tmp_path / "run"
        commands += [("evaluate", "--scenario", "recrm", "--store", tmp_path / "store", "--scorers", "rules", "--audit", "none",
                      "--agents", "random,bm25", "--sessions", 3, "--out", run),
                     ("trace", run, "--agent", f"ra{OSC}ndom", "--session", OSC, "--out", tmp_path / "a.png")]
    exits, text = recenv(encoding, *commands)
    assert exits == [0, 0, 2, 0, 2][:len(commands)], text
    assert ("mean return" in text) == (encoding == "latin-1")


def test_a_reader_that_goes_away_gets_no_traceback(store: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recenv.cli", "scenarios"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None and ran.stderr is not None
        ran.stdout.close()
        assert b"Traceback" not in ran.stderr.read() and ran.wait(30) in (1, 2)


@pytest.mark.parametrize(("encoding", "shown"), [
    ("utf-8", "– “店” × é → 5"), ("cp1252", "– “?” × é -> 5"), ("latin-1", '- "?" × é -> 5'), ("cp437", '- "?" x é -> 5'),
    ("ascii", '- "?" x e -> 5')])
def test_what_an_encoding_lacks_is_shown_in_ascii(encoding: str, shown: str) -> None:
    assert "– “店” × é → 5".encode(encoding, "recenv.plain").decode(encoding) == shown


@given(st.text())
def test_what_is_cleaned_is_printable_and_as_long(text: str) -> None:
    assert not any(unicodedata.category(c)[0] == "C" for c in clean(text)) and len(clean(text)) == len(text)
    assert clean(clean(text)) == clean(text)
