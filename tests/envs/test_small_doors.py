"""What is asked of environments now and then: copies, other processes, what is drawn of them, what users are asked."""

from __future__ import annotations

import copy

import gymnasium
import msgspec
import numpy as np
import pytest
from fakes import ScriptedUser, overlap_scorers
from five import DIMENSIONS, QIR

import recenv
from recenv.data.world import World
from recenv.envs.batch import SessionBatch, session_pool
from recenv.envs.chat_format import follows, parse_action
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.spaces import BOUND, clip
from recenv.envs.text_space import TextMemory, UnicodeText
from recenv.errors import InputError, OptionError
from recenv.records import Action, Constraint, Need
from recenv.rewards.hybrid import REWARDS
from recenv.users.llm_prompt import messages

CONFIG = EnvConfig(horizon=6, candidates=8, scorers="rules")


def engine_of(world: World) -> Engine:
    scorers = {DIMENSIONS[QIR]: overlap_scorers()[DIMENSIONS[QIR]]}
    return Engine(world, CONFIG, scorers=scorers, reward=REWARDS["service"], user=ScriptedUser(wants=False))


@pytest.fixture(scope="module")
def engine(tiny_world: World) -> Engine:
    return engine_of(tiny_world)


def the_engine() -> str:
    return "made there"


def test_an_engine_is_shared_by_copies_and_made_anew_elsewhere(tiny_world: World) -> None:
    engine = engine_of(tiny_world)
    assert copy.deepcopy({"engine": engine})["engine"] is engine
    with pytest.raises(InputError, match="cannot be sent to another process"):
        copy.copy(engine)  # as pickling does
    engine.origin = the_engine
    assert copy.copy(engine) == "made there"


def test_users_are_asked_of_slates_with_items_and_of_questions(engine: Engine, tiny_world: World) -> None:
    state, log = engine.begin(np.zeros(6, np.int64), np.arange(6, dtype=np.uint64)), engine.log(6, words=True)
    known = [tiny_world.item(int(i)).id for i in tiny_world.goal(0).candidates[:2]]
    actions = [
        Action(act="recommend", items=(known[0], "nothing", known[0], known[1]), text="Here."),
        Action(act="recommend", items=("nothing",), text="Here."), Action(act="ask", text="Which?"),
        Action(act="search", query="tea"), Action(act="end", text="Bye."), None]
    asked = engine.situations(state, log, actions)
    assert list(asked) == [0, 2]
    assert [item.id for item in asked[0].items] == known and asked[2].items == ()
    assert asked[0].need == asked[2].need and {i.name for i in asked[0].items}.isdisjoint(asked[0].unshown)


def test_users_hear_the_talk_from_its_beginning_and_know_of_each_wish_what_they_may_say(
    engine: Engine, tiny_world: World
) -> None:
    row = next(r for r in range(tiny_world.n_sessions) if len(tiny_world.session(r).goals) > 1)
    state, log = engine.begin(np.array([row]), np.zeros(1, np.uint64)), engine.log(1, words=True)
    [asked] = engine.situations(state, log, [Action(act="ask", text="Which?")]).values()
    assert [m.content for m in asked.dialogue] == [tiny_world.session(row).goals[0].query]
    need = Need(constraints=tuple(
        Constraint(slot="rating", op="ge", value=float(n), text=f"wish {n}", disclosure="on_ask") for n in range(4)))
    role = messages(asked._replace(need=need, said=0b0100, secret=0b1010))[0].content
    kinds = [next(kind for kind in ("said this", "never say", "only when asked") if kind in line)
             for line in role.splitlines() if "wish " in line]
    assert kinds == ["only when asked", "never say", "said this", "never say"]


def test_the_dialogue_is_drawn_as_text_where_that_is_asked(engine: Engine) -> None:
    seen = {}
    for mode in (None, "ansi"):
        env = recenv.make("Chat", scorers="rules", render_mode=mode)
        env.reset(seed=3)
        env.step('{"act": "ask", "text": "Which district?"}')
        seen[mode] = env.render()
    assert seen[None] is None
    lines = seen["ansi"].split("\n")
    assert [line.partition(": ")[0] for line in lines if line.startswith(("user: ", "assistant: "))][-3:] == [
        "user", "assistant", "user"]
    assert "Which district?" in seen["ansi"]
    with pytest.raises(OptionError, match="vector environments render nothing; got 'ansi'"):
        recenv.make_vec("Slate", 2, scorers="rules", render_mode="ansi")


def test_resets_without_a_seed_go_on_with_other_sessions() -> None:
    envs = recenv.make_vec("Slate", 8, scorers="rules")
    envs.reset()
    first = envs.unwrapped.batch.seeds.copy()
    envs.reset()
    again = envs.unwrapped.batch
    assert np.array_equal(first, again.seeds) and again.episodes.tolist() == [1] * 8
    other = recenv.make_vec("Slate", 8, scorers="rules")
    other.reset()
    assert not np.array_equal(other.unwrapped.batch.seeds, first)


def test_a_batch_says_how_sessions_ended_and_what_it_cannot_do(engine: Engine, tiny_world: World) -> None:
    batch = SessionBatch(engine, 2, "all", words=True)
    batch.seed(5)
    batch.reset()
    before = batch.episodes.copy()
    batch.reset(rows=[])
    assert np.array_equal(batch.episodes, before)
    batch.step([Action(act="end", text="Bye."), Action(act="ask", text="Which?")])
    assert batch.over.tolist() == batch.terminated.tolist() == [True, False] and batch.truncated.tolist() == [False, False]
    saved = batch.save({})
    with pytest.raises(InputError, match="lacks its seeds"):
        batch.load(saved.replace(b'"seeds"', b'"sowed"'))
    with pytest.raises(InputError, match="split must be all, train or test"):
        session_pool(tiny_world, "dev")  # type: ignore[arg-type]


def test_values_are_cut_at_the_bound_of_their_space() -> None:
    assert clip(np.array([-2.0 * BOUND, 0.5, 2.0 * BOUND])).tolist() == [-BOUND, 0.5, BOUND]


def test_what_is_no_text_is_no_action() -> None:
    found = parse_action(3)  # type: ignore[arg-type]
    assert found.act == "malformed" and found.error == "expected text, got int"


@pytest.mark.parametrize("text", ['{"act": "ask", "text": "Which?"}', "no action", '{"act": "end"}'])
def test_an_action_that_was_changed_does_not_follow_from_its_text(text: str) -> None:
    found = parse_action(text)
    assert follows(found)
    for other in ({"text": "Where?"}, {"error": "of another kind"}, {"error": "a"}, {"act": "search"}):
        assert not follows(msgspec.structs.replace(found, **other))
        assert follows(msgspec.structs.replace(found, **other, raw=""))  # one that was no text at first


def test_texts_in_shared_memory_are_a_sequence() -> None:
    space = UnicodeText(8)
    assert repr(space) == "UnicodeText(8)" and space == UnicodeText(8) and space != UnicodeText(9) and space != 8
    assert space.character_list[64:67] == ("@", "A", "B") and space.character_list[-1] == "\U0010ffff"
    memory = gymnasium.vector.utils.create_shared_memory(space, n=3)
    assert isinstance(memory, TextMemory)
    for row, text in enumerate(("a", "店\U0001f600", "")):
        gymnasium.vector.utils.write_to_shared_memory(space, row, text, memory)
    live = gymnasium.vector.utils.read_from_shared_memory(space, memory, n=3)
    assert live == ("a", "店\U0001f600", "") and live[1:] == ("店\U0001f600", "") and live[-1] == "" and live != ("a",)
    assert repr(live) == repr(("a", "店\U0001f600", "")) and copy.deepcopy(live) == ("a", "店\U0001f600", "") and live != 3


def test_samples_of_texts_follow_a_mask() -> None:
    space = UnicodeText(8)
    space.seed(1)
    assert len(space.sample()) <= 8 and len(space.sample(mask=(5, None))) == 5
