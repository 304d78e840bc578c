"""What lies in a run folder and is not of this run is refused or told, wherever it came from: another run's repeats, stories and
audits, or too few of its own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from scenario_worlds import A_DOZEN

import recenv
from recenv.cli import cli
from recenv.errors import InputError
from recenv.evaluation.export.write import export_run
from recenv.evaluation.plan import TRACES, Family, audited, read_plan
from recenv.evaluation.repeats import REPEATED, repeat_folders
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.stories import STORIES, read_stories
from recenv.evaluation.verify import verify_path
from recenv.measures import drawing
from recenv.records import Action, AgentView


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs of a dozen sessions: one, one of other sessions, one of another agent."""
    home = tmp_path_factory.mktemp("foreign")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(home / "cache"))
        (home / "small.toml").write_text(A_DOZEN)
        made = {}
        both = ["random", "bm25"]
        for name, agents, sessions in (("one", both, 4), ("sessions", both, 5), ("agents", ["bm25"], 4)):
            made[name] = run_evaluation(
                str(home / "small.toml"), agents, sessions, 3, home / name, changes={"scorers": "rules"}, repeats=2)
    return made


@pytest.fixture
def own(runs: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(runs["one"], tmp_path / "own"))


@pytest.mark.parametrize(("of", "says"), [("sessions", "session_ids"), ("agents", "agents"), ("one", "repeat")])
def test_another_repeat_is_no_repeat_of_this_run(runs: dict[str, Path], own: Path, of: str, says: str) -> None:
    number = 3 if of == "one" else 2
    shutil.rmtree(own / "repeats" / str(number), ignore_errors=True)
    shutil.copytree(runs[of] / "repeats" / "2", own / "repeats" / str(number))
    with pytest.raises(InputError, match=rf"repeats/{number} is no repeat of this run, whose {says} it does not have"):
        repeat_folders(own)
    assert any("is no repeat" in wrong for wrong in verify_path(own).wrong)


def test_stories_of_other_sessions_are_refused(runs: dict[str, Path], own: Path) -> None:
    assert verify_path(own).wrong == ()
    lines = (own / STORIES).read_text().splitlines(keepends=True)
    for wrong in ((runs["sessions"] / STORIES).read_text(), *map("".join, (lines[1:], lines[::-1], [*lines, lines[0]]))):
        (own / STORIES).write_text(wrong)
        with pytest.raises(InputError, match=r"does not tell of each session of the run once.*delete the file"):
            read_stories(own, read_plan(own))
        assert verify_path(own).wrong


def test_what_is_lacking_is_missed(own: Path) -> None:
    (own / REPEATED).unlink()
    assert verify_path(own).wrong == (f"{REPEATED} is missing",)
    for folder in (own, own / "repeats" / "2"):
        lines = (folder / TRACES).read_text().splitlines(keepends=True)
        (folder / TRACES).write_text("".join(lines[:3]))
    found = CliRunner().invoke(cli, ["replay", str(own)])
    assert "6 of 6 traces reproduced to the bit\n10 of the run's 16 traces have not been played" in found.output, found.output


def test_an_audit_that_lacks_a_session_is_none(own: Path, tmp_path: Path) -> None:
    rescore_run(own, "rules", own / "audit", repeats=False)
    theirs = read_plan(own / "audit")
    plan = msgspec.structs.replace(
        read_plan(own), audit=Family(name="rules", scorers=theirs.scorers))
    assert audited(own, plan).done
    lines = (own / "audit" / TRACES).read_text().splitlines(keepends=True)
    (own / "audit" / TRACES).write_text("".join(lines[1:]))
    assert not audited(own, plan).done


def test_a_rescoring_takes_up_no_repeat_that_its_run_has_not(own: Path, tmp_path: Path) -> None:
    stale = tmp_path / ".again.partial" / "repeats" / "7"
    stale.mkdir(parents=True)
    made = rescore_run(own, "rules", tmp_path / "again")
    assert [folder.name for folder in repeat_folders(made)] == ["again", "2"] and not (made / "repeats" / "7").exists()


class Named:
    def __init__(self, name: str, items: int = 1) -> None:
        self.name, self.items = name, items

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        if not self.items:
            raise SystemExit(3)
        ids = [item.id for item in views[0].candidates[:1]] + [f"x{n}" for n in range(self.items - 1)]
        return [Action(act="recommend", items=tuple(ids), text="Here.") for _ in views]


@pytest.mark.parametrize("name", ["a,b", "ceiling", "a\nb", "a\u202eb"])
def test_names_that_could_not_be_told_apart_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="names have no commas and no control characters"):
        recenv.evaluate([Named(name)], tmp_path / "run", "mixed", 1, 3, scorers="rules", audit=None)


def test_an_agent_that_ends_the_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"agent 'gone' ended the program \(SystemExit 3\)"):
        recenv.evaluate([Named("gone", 0)], tmp_path / "run", "mixed", 1, 3, scorers="rules", audit=None)


def test_preferences_are_between_two(runs: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="preferences are between two agents or more; got bm25 alone"):
        export_run(runs["agents"], form="preferences", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_picture_that_cannot_be_written_leaves_the_one_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"before")

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drawing, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        drawing.save(drawing.new_figure(1, 1), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"before"
