"""What traces say of each item shown: on a catalogue whose items spell in their number what they meet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fakes import ScriptedUser, overlap_scorers

from recenv.data.render import item_text
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.records import Action, AgentView, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import REWARDS, shares
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg
from recenv.rollouts.ceiling import best_returns
from recenv.rollouts.collect import collect
from recenv.rollouts.replay import verify
from recenv.rollouts.story import tell
from recenv.rollouts.trace import TRACE_SCHEMA, LeftOut, SessionTrace, Shown, TurnTrace, as_of, encode, read_traces


class Slates:
    """Shows given places of the candidate list, one slate a turn."""

    name = "slates"

    def __init__(self, *slates: Sequence[int | str]) -> None:
        self.slates = slates

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [Action(act="recommend", items=tuple(
            i if isinstance(i, str) else v.candidates[i].id for i in self.slates[v.turn])) for v in views]


@pytest.fixture(scope="module")
def engine(tiny_world: World) -> Engine:
    return Engine(tiny_world, EnvConfig(candidates=17, horizon=6), scorers=overlap_scorers(), user=ScriptedUser())


def first_turn(engine: Engine, slate: Sequence[int | str]) -> TurnTrace:
    return collect(engine, Slates(slate, *([slate] * 6)), [engine.world.session_row("zh-1")], 3)[0].turns[0]


@pytest.mark.parametrize("number", range(16))
def test_what_an_item_misses_stands_in_its_number(engine: Engine, number: int) -> None:
    """zh-1 wants bits 0 (rating), 1 (price) and 2 (area); its candidates are the catalogue in order."""
    shown, = first_turn(engine, [number]).shown
    assert shown.missed == tuple(bit for bit in range(3) if not number >> bit & 1) and shown.unknown == ()
    assert shown.fits == (number in (7, 15)) and shown.seen
    assert len(shown.values) == len(DIMENSIONS) and shown.worth is not None and 0 <= shown.worth <= 1


def test_what_a_record_does_not_tell_is_unknown(engine: Engine) -> None:
    """zh-3 wants a subcategory and a rating of items 8 to 11 and 16; item 16 has no rating."""
    trace = collect(engine, Slates(*([[4, 1]] * 6)), [engine.world.session_row("zh-3")], 3)[0]
    last, other = trace.turns[0].shown
    assert last.unknown == (1,) and not last.fits and other.unknown == ()


def test_ids_that_are_unknown_or_repeated_leave_the_others_in_their_places(engine: Engine) -> None:
    turn = first_turn(engine, [6, "nobody", 6, 5])
    assert [s.missed for s in turn.shown] == [(0,), (), (), (1,)]
    assert [s == Shown() for s in turn.shown] == [False, True, True, False]


def test_a_turn_is_worth_what_the_item_taken_is_worth(engine: Engine) -> None:
    for seed in range(5):
        for trace in collect(engine, Slates([2, 7, 4], [1, 15], *([[0]] * 4)), [engine.world.session_row("zh-1")], seed):
            for turn in trace.turns:
                worths = [s.worth for s in turn.shown if s.worth is not None]
                ordered = [s.worth for s, i in zip(turn.shown, turn.action.items, strict=True) if i == turn.reaction.item_id]
                if turn.gate:
                    continue
                expected = ordered[0] if turn.outcome else max(worths)
                assert turn.value == pytest.approx(expected, abs=1e-4)
                if turn.outcome:
                    taken = next(s for s, i in zip(turn.shown, turn.action.items, strict=True) if i == turn.reaction.item_id)
                    assert taken.seen and taken.liked and taken.fits


def test_what_was_said_grows_and_ends_with_what_the_user_named(engine: Engine) -> None:
    trace = collect(engine, Slates(*([[0]] * 6)), [engine.world.session_row("zh-1")], 3)[0]
    said = [set(t.said) for t in trace.turns]
    assert 0 in said[0] and all(a <= b for a, b in pairwise(said))
    assert all(2 not in s for s in said)  # hidden


def test_a_story_keeps_what_agents_see_apart_from_the_need(tiny_world: World) -> None:
    row = tiny_world.session_row("zh-2")
    story = tell(tiny_world, row)
    assert [len(h.constraints) for h in story.hidden] == [2, 2] and [h.fitting for h in story.hidden] == [1, 2]
    open_ = msgspec.json.encode(msgspec.structs.replace(story, hidden=()))
    assert all(c.slot.encode() not in open_ for h in story.hidden for c in h.constraints)
    assert msgspec.json.decode(msgspec.json.encode(story), type=type(story)) == story


def test_traces_of_the_schema_before_are_read(engine: Engine, tmp_path: Path) -> None:
    new = collect(engine, Slates(*([[0, 1]] * 6)), [0], 3)[0]
    old = msgspec.json.decode(encode(new))
    old["schema"] = 2
    del old["seal"]
    for turn in old["turns"]:
        del turn["said"], turn["shown"]
        turn["told"] = 1
    (tmp_path / "traces.jsonl").write_bytes(msgspec.json.encode(old) + b"\n")
    read: SessionTrace = next(read_traces(tmp_path / "traces.jsonl"))
    assert read.total == new.total and all(t.shown == () and t.said == () for t in read.turns)
    (tmp_path / "traces.jsonl").write_bytes(msgspec.json.encode({**old, "schema": TRACE_SCHEMA + 1}) + b"\n")
    with pytest.raises(InputError, match=f"this version reads 2, 3, 4, {TRACE_SCHEMA}"):
        list(read_traces(tmp_path / "traces.jsonl"))


class Numbered:
    """A scorer of lists who puts items, known by their texts, in the order of their numbers, the last one first."""

    def __init__(self, dimension: str, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self.spec = ScorerSpec(name="numbered", dimension=dimension, kind="rule", reads=("query", "items"), fingerprint="1")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        lists = [np.array([1.0 + self.texts.index(text) for text in row.items], np.float32) for row in rows]
        lists = [p / p.sum() for p in lists]
        return Scores(np.array([shown_ndcg(p, row.shown or len(p)) for p, row in zip(lists, rows, strict=True)], np.float32),
                      ("",) * len(rows), tuple(lists))


def test_the_candidate_that_a_scorer_of_lists_puts_first_is_named_where_it_was_not_shown(tiny_world: World) -> None:
    """Of zh-1's sixteen candidates, 0 to 15, number 15 comes first; each is worth its number and one."""
    listed = next(d.name for d in DIMENSIONS.values() if d.listwise)
    goal = tiny_world.session(tiny_world.session_row("zh-1")).goals[0]
    candidates = [tiny_world.item(tiny_world.item_row(c)) for c in goal.candidates]
    scorers = {**overlap_scorers(), listed: Numbered(listed, list(map(item_text, candidates)))}
    made = Engine(tiny_world, EnvConfig(candidates=17, horizon=6), scorers=scorers, user=ScriptedUser(wants=False))
    trace = collect(made, Slates([3, 8], [2, 15]), [tiny_world.session_row("zh-1")], 3)[0]
    last = candidates[15]
    named = [t.left_out[listed] if isinstance(t.left_out, dict) else None for t in trace.turns]
    assert named[0] == LeftOut(id=last.id, name=last.name) and named[1:] == [None]  # ordered
    column = list(DIMENSIONS).index(listed)
    assert [s.values[column] for s in trace.turns[0].shown] == [pytest.approx(4 / 16), pytest.approx(9 / 16)]
    assert trace.turns[1].shown[1].values[column] == 1.0
    assert msgspec.json.decode(encode(trace), type=SessionTrace) == trace


def test_a_ceiling_says_what_it_serves(engine: Engine) -> None:
    """Items 7 and 15 alone meet the need of zh-1: one of them is served, and ordered."""
    rows = [engine.world.session_row("zh-1"), engine.world.session_row("zh-2")]
    best = best_returns(engine, rows, np.full(2, 5, np.uint64))
    assert [len(goals) for goals in best.served] == [1, 2] and all(s.met for goals in best.served for s in goals)
    candidates = engine.world.session(rows[0]).goals[0].candidates
    assert best.served[0][0].item in [engine.world.item_row(candidates[n]) for n in (7, 15)]
    assert best.total == pytest.approx([sum(0.9 + 0.1 * s.worth for s in goals) for goals in best.served], abs=1e-5)


@pytest.mark.parametrize("schema", [2, 3, 4])
def test_traces_of_schemas_before_are_replayed(engine: Engine, schema: int) -> None:
    old = as_of(collect(engine, Slates(*([[0, 1]] * 6)), [0], 3)[0], schema)
    assert old.schema == schema and not any(isinstance(t.left_out, dict) for t in old.turns)
    assert [v.same for v in verify(engine, [old])] == [True]
    other = msgspec.structs.replace(old, turns=(msgspec.structs.replace(old.turns[0], reward=0.5), *old.turns[1:]))
    assert [v.same for v in verify(engine, [other])] == [False]


def test_what_dimensions_pay_of_a_ceiling_adds_up(engine: Engine) -> None:
    sessions = range(engine.world.n_sessions)
    best = best_returns(engine, sessions, np.full(len(sessions), 5, np.uint64))
    goals = np.array([len(engine.world.session(s).goals) for s in sessions])
    assert best.total == pytest.approx(0.9 * goals + best.quality.sum(1), abs=1e-5)


def test_shares_add_up_to_the_value() -> None:
    from recenv.rewards.hybrid import HybridReward

    spec, rows = REWARDS["service"], [[1.0, 1.0, 0.5, float("nan"), 0.25], [0.9, 0.8, 0.2, 0.4, 0.6]]
    assert shares(spec, rows).sum(1) == pytest.approx(HybridReward(spec)(rows).values, abs=1e-6)
