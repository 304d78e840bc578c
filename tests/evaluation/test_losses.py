"""Where a return was lost: every step known by construction, and the steps add up."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scenario_worlds import A_DOZEN
from trace_builders import NAMES, session, turn

from recenv.evaluation.aggregate import BINS, summarise
from recenv.evaluation.ceiling import SessionCeilings
from recenv.evaluation.losses import losses, main_cause
from recenv.evaluation.panels import draw_aggregate, panels
from recenv.evaluation.plan import read_plan
from recenv.evaluation.rows import RunReader
from recenv.evaluation.run import run_evaluation
from recenv.rewards.hybrid import REWARDS
from recenv.rollouts.trace import SessionTrace, Shown, TurnTrace

SPEC = REWARDS["service"]
CEILING = SessionCeilings(
    needs_met=(1.0,), returns=(0.99,), users=("u0",), unwinnable=0.0, quality=((0.0, 0.0, 0.03, 0.03, 0.03),))


def shown(
    *, missed: tuple[int, ...] = (0,), seen: bool = True, values: tuple[float, ...] = (0.6, 0.3, 0.0), logged: str = ""
) -> Shown:
    return Shown(seen=seen, missed=missed, values=(None, None, *values), worth=sum(values) / 3, logged=logged)


def made(*changes: dict[str, object], ending: str = "left", met: int = 0) -> SessionTrace:
    turns: list[TurnTrace] = []
    for n, change in enumerate(changes):
        base = turn(n, (1.0, 1.0, 0.6, 0.3, 0.0), reward=0.0, items=NAMES[:1])
        usual = {"value": 0.3, "shown": (shown(),), "reward": 0.03 if n == 0 else 0.0}
        turns.append(msgspec.structs.replace(base, **{**usual, **change}))
    return session(turns, ending=ending, met=met)


def test_nothing_fitting_was_shown_and_quality_is_split_by_dimension() -> None:
    """0.9 for the need; of 0.03 each the served item earned 0.02, 0.01 and 0."""
    lost = losses(made({}), CEILING, SPEC)
    assert lost == {"left: nothing fitting shown": pytest.approx(0.9), "QIR": pytest.approx(0.01), "UBP": pytest.approx(0.02),
                    "IR": pytest.approx(0.03)}
    assert main_cause(lost) == "left: nothing fitting shown"


@pytest.mark.parametrize(("item", "ending", "cause"), [
    (shown(missed=(), seen=False), "left", "left: fitting item unseen"),
    (shown(missed=()), "horizon", "not met: fitting item not liked"),
    (shown(), "ended", "not met: nothing fitting shown"),
    (shown(missed=(), logged="refused"), "left", "left: fitting item passed over"),
    (shown(missed=(), logged="taken"), "left", "left: fitting item not liked"),
])
def test_what_stood_between_the_user_and_a_fitting_item(item: Shown, ending: str, cause: str) -> None:
    assert main_cause(losses(made({"shown": (item,)}, ending=ending), CEILING, SPEC)) == cause


def test_a_fitting_item_in_a_gated_turn_alone_is_lost_to_the_gate() -> None:
    gated = {"gate": ("instruction_following",), "reasons": ("expected 1 to 2 items, came 3", "", "", "", ""), "value": 0.0,
             "reward": 0.0, "shown": (shown(missed=()),)}
    lost = losses(made(gated), CEILING, SPEC)
    assert lost["gate: IF: number of items"] == pytest.approx(0.9)
    free = losses(made(gated, {"shown": (shown(missed=()),), "reward": 0.03}), CEILING, SPEC)
    assert "gate: IF: number of items" not in free


def test_an_order_in_a_gated_turn_loses_its_quality_to_the_gate() -> None:
    order = {"gate": ("factual_consistency",), "reasons": ("", "A: price claimed 8, record 9", "", "", ""), "value": 0.0,
             "reward": 0.9, "outcome": True, "shown": (shown(missed=()),)}
    assert losses(made(order, ending="met", met=1), CEILING, SPEC) == {"gate: FC: false claim: price": pytest.approx(0.09)}


def test_without_a_ceiling_nothing_is_said() -> None:
    assert losses(made({}), None, SPEC) is None and losses(made({}), CEILING, None) is None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("losses")
    patch = pytest.MonkeyPatch()
    patch.setenv("RECENV_CACHE", str(home / "cache"))
    (home / "small.toml").write_text(A_DOZEN)
    made = run_evaluation(str(home / "small.toml"), ["random", "bm25"], 12, 3, home / "run", changes={"scorers": "rules"})
    patch.undo()
    return made


def test_the_steps_add_up_in_every_session_of_a_run(run: Path) -> None:
    reader = RunReader(run, read_plan(run))
    rows = [reader.row(told) for told in reader.told()]
    assert len(rows) == 24 and any(r.lost for r in rows)
    for row in rows:
        assert sum(row.lost.values()) == pytest.approx(row.ceiling - row.total, abs=2e-4)


def test_a_summary_counts_every_session_once_and_is_drawn(run: Path, tmp_path: Path) -> None:
    found = summarise(RunReader(run, read_plan(run)))
    for agent in found.agents:
        assert agent.n == sum(agent.histogram) == 12 and len(agent.histogram) == BINS
        assert agent.turns[0].n == 12 and agent.turns[-1].paid.mean == pytest.approx(agent.total)
        for what in {g.what for g in agent.groups}:
            assert sum(g.n for g in agent.groups if g.what == what) == 12
        assert agent.ceiling - sum(s.lost for s in agent.lost) == pytest.approx(agent.total, abs=2e-4)
    names = [p.name for p in panels(found)]
    assert len(names) == len(set(names)) and {"lost-1", "turns-paid", "spread", "heat-2"} <= set(names)
    one, two = draw_aggregate(found, tmp_path / "a.png"), draw_aggregate(found, tmp_path / "b.png")
    assert one.read_bytes() == two.read_bytes() and int.from_bytes(one.read_bytes()[16:20], "big") <= 1400
    only = summarise(RunReader(run, read_plan(run)), ["bm25"])
    assert [a.agent for a in only.agents] == ["bm25"]
    assert only.agents[0].place == 1  # and keeps the colour that it has beside the others
