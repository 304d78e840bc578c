"""What is asked of environments now and then: copies, other processes, what is drawn of them, what users are asked."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest
from fakes import ScriptedUser, overlap_scorers
from five import DIMENSIONS, QIR
from sessions import ask, opened

import recenv
from recenv import rng
from recenv.data.world import World
from recenv.envs import CACHES
from recenv.envs.batch import SessionBatch, seed_word, session_pool
from recenv.envs.chat_format import follows, parse_action, render_system, search_results
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.mending import mend
from recenv.envs.single import SlateEnv
from recenv.envs.spaces import BOUND, clip
from recenv.envs.state import ANYTHING, NO_SLOT, load, save
from recenv.envs.tables import SLOT_NAMES
from recenv.envs.text_space import ActionText, TextMemory, UnicodeText
from recenv.envs.vector import SlateVectorEnv
from recenv.errors import InputError, OptionError
from recenv.records import CATEGORIES, Action, Constraint, Need
from recenv.rewards.hybrid import REWARDS
from recenv.users.llm_prompt import messages
from recenv.users.protocol import Answer, Situation

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


def test_an_engine_knows_the_name_of_its_reward(tiny_world: World) -> None:
    assert engine_of(tiny_world).config.reward == "service"
    named = Engine(tiny_world, msgspec.structs.replace(CONFIG, reward="outcome"), scorers={}, user=ScriptedUser())
    assert named.config.reward == named.reward.spec.name == "outcome"


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


def test_resets_without_a_seed_go_on_with_other_sessions(engine: Engine) -> None:
    alone = [SlateEnv(engine) for _ in range(4)]
    for env in alone:
        env.reset()
    assert len({int(env.batch.seeds[0]) for env in alone}) == 4
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
    assert (batch.arrays(None)["reaction"] == -1).all() and batch.info(None, 0, full=False)["reaction"] == ""
    fold = np.asarray(tiny_world.column("session_fold"))
    for world_fold in (fold, np.arange(5), np.zeros(3)):
        world = SimpleNamespace(column=lambda name, own=world_fold: own)
        assert session_pool(world, "all").tolist() == list(range(len(world_fold)))  # type: ignore[arg-type]
        assert session_pool(world, "test").tolist() == np.flatnonzero(world_fold == 0).tolist()  # type: ignore[arg-type]
        if (world_fold > 0).any():
            assert session_pool(world, "train").tolist() == np.flatnonzero(world_fold).tolist()  # type: ignore[arg-type]


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


def test_a_seed_beyond_64_bits_is_the_word_of_its_words() -> None:
    word = rng.word("seed")
    for seed, words in ((2**64, (0, 1)), (2**64 + 5, (5, 1)), (2**128 - 1, (2**64 - 1, 2**64 - 1)), (2**128 + 3, (3, 0, 1))):
        assert seed_word(seed) == int(rng.bits(word, *words))
    assert seed_word(2**64 - 1) == 2**64 - 1 and seed_word(0) == 0


def test_as_many_sessions_are_named_as_there_are_rows(engine: Engine, tiny_world: World) -> None:
    """Also where there are more than small integers of Python's."""
    batch, rows = SessionBatch(engine, 300, words=False), np.arange(300) % tiny_world.n_sessions
    batch.seed(list(range(300)))
    batch.reset(sessions=rows.tolist())
    assert batch.playing.session.tolist() == rows.tolist() and batch.seeds.tolist() == list(range(300))
    batch.reset(rows=[7, 9], sessions=[tiny_world.session(4).id, 0])
    assert batch.playing.session[[7, 8, 9]].tolist() == [4, 8 % tiny_world.n_sessions, 0]
    assert batch.episodes[[7, 8, 9]].tolist() == [1, 0, 1]
    for seed in ([1] * 299, [*range(299), -1]):
        with pytest.raises(InputError, match="or 300 of them"):
            batch.seed(seed)
    batch.seed([None] * 299 + [5])
    assert batch.seeds.tolist() == [*range(299), 5] and batch.episodes[[298, 299]].tolist() == [0, -1]
    assert [view.session_id for view in batch.views([4, 3])] == [tiny_world.session(r).id for r in (4, 3)]
    assert len(batch.views()) == 300 and batch.now()["turn"].tolist() == [0] * 300


def test_views_are_kept_until_a_session_moves_on(engine: Engine) -> None:
    batch = SessionBatch(engine, 3, words=True)
    batch.seed(1)
    batch.reset(sessions=[0, 1, 2])
    first = batch.views()
    assert all(a is b for a, b in zip(first, batch.views(), strict=True)) and batch.views([2, 0]) == [first[2], first[0]]
    batch.step([Action(act="ask", text="Which?"), None, Action(act="end", text="Bye.")])
    again = batch.views()
    assert again[1] is first[1] and [view.turn for view in again] == [1, 0, 1]
    batch.reset(rows=[1])
    assert batch.views()[1] is not first[1] and batch.views()[0] is again[0]
    assert batch.observations()[1] == engine.transcript.observation(batch.views()[1])


def test_what_is_told_of_candidates_is_of_these(engine: Engine) -> None:
    batch = SessionBatch(engine, 1, words=True)
    batch.reset(sessions=["zh-2"])
    [view] = batch.views()
    told = [engine.transcript.observation(msgspec.structs.replace(view, candidates=listed))
            for listed in (view.candidates, view.candidates[::-1], view.candidates[1:], ())]
    assert len({*told}) == 4 and view.candidates[0].id in told[1] and view.candidates[1].id not in told[3]


def test_a_known_id_has_its_item_and_another_none(engine: Engine, tiny_world: World) -> None:
    for row in (0, tiny_world.n_items - 1):
        assert engine.item(tiny_world.item(row).id) == tiny_world.item(row)
    assert engine.item("nobody") is None


def test_what_was_searched_is_no_part_of_the_talk(engine: Engine) -> None:
    state, log = engine.begin(np.zeros(1, np.int64), np.zeros(1, np.uint64)), engine.log(1, words=True)
    for action in (Action(act="search", query="tea"), Action(act="ask", text="Which?"), Action(act="malformed", error="?")):
        state, _ = engine.step(state, log, [action])
    [asked] = engine.situations(state, log, [Action(act="ask", text="Where?")]).values()
    assert [m.role for m in asked.dialogue] == ["user", "assistant", "user", "assistant", "user"]
    assert [m.content for m in asked.dialogue[1::2]] == ["Which?", "(something that cannot be read)"]
    assert asked.text == "Where?" and asked.act == "ask" and asked.most == CONFIG.answers
    large = engine.begin(np.zeros(1, np.int64), np.array([2**31 + 5], np.uint64))  # servers take no larger seeds
    assert engine.situations(large, engine.log(1, words=True), [Action(act="ask", text="Where?")])[0].seed == 5


def test_a_user_who_is_to_say_nothing_of_slates_answers_questions(tiny_world: World) -> None:
    quiet = msgspec.structs.replace(CONFIG, reveals="nothing", answers=2)
    engine = Engine(tiny_world, quiet, scorers={}, reward=REWARDS["outcome"], user=ScriptedUser(wants=False))
    row = np.full(2, tiny_world.session_row("zh-2"))
    state, log = engine.begin(row, np.zeros(2, np.uint64)), engine.log(2, words=True)
    actions = [Action(act="recommend", items=("zh-dining-01",), text="推荐"), Action(act="ask", text="预算多少？")]
    assert [asked.most for asked in engine.situations(state, log, actions).values()] == [0, 2]


def test_each_of_several_is_heard_whatever_the_others_do(engine: Engine, tiny_world: World) -> None:
    row = tiny_world.session_row("zh-2")
    state, log = engine.begin(np.full(4, row), np.arange(4, dtype=np.uint64)), engine.log(4, words=True)
    rude = Action(act="recommend", items=("zh-dining-01",), text="You will love this place, I am sure")
    state, _ = engine.step(state, log, [Action(act="end"), None, Action(act="search", query="tea"), rude])
    assert list(engine.situations(state, log, [Action(act="ask", text="预算多少？")] * 4)) == [1, 2, 3]
    assert [bool(log.objection[r, 0]) for r in range(4)] == [False, False, False, True]


class Mumbling(ScriptedUser):
    """Says nothing that can be read of a question, and of slates that he takes nothing."""

    def answer(self, situations: Sequence[Situation]) -> list[Answer]:
        return [Answer(flaw="unread") if s.act == "ask" else Answer(text="No.") for s in situations]


def test_who_is_not_understood_is_no_hindrance_to_others(tiny_world: World) -> None:
    engine = Engine(tiny_world, CONFIG, scorers={}, reward=REWARDS["outcome"], user=Mumbling(wants=False))
    row = tiny_world.session_row("zh-2")
    state, log = engine.begin(np.full(2, row), np.zeros(2, np.uint64)), engine.log(2, words=True)
    engine.step(state, log, [Action(act="ask", text="预算多少？"), Action(act="recommend", items=("zh-dining-01",), text="推荐")])
    assert log.spoken is not None
    assert [(spoken[0].words, spoken[0].flaw) for spoken in log.spoken] == [("", "unread"), ("No.", "")]


@pytest.mark.parametrize(("given", "kept", "slips"), [
    ([1e15, 1e16, 12.5, 7, True], ["1000000000000000", "1e+16", "12.5", "7", True], 1), (["7"], ["7"], 0),
    ([0, 0.0, -1e15, -1e16, 1], ["0", "0", "-1000000000000000", "-1e+16", "1"], 1), ([False], [False], 0),
    ([float("inf")], [float("inf")], 0), ([float("-inf"), "a"], [float("-inf"), "a"], 0)])
def test_numbers_as_ids_are_written_as_one_would(given: list[object], kept: list[object], slips: int) -> None:
    fields, mended = mend({"act": "recommend", "items": given})
    assert fields["items"] == kept and mended == ("number as id",) * slips


def test_long_words_in_errors_are_cut() -> None:
    for length, shown in ((58, f"'{'x' * 58}'"), (59, f"'{'x' * 56}...")):
        assert parse_action('{"act": "%s"}' % ("x" * length)).error.endswith(f"; got {shown}")
    for length, shown in ((38, f"'{'k' * 38}'"), (39, f"'{'k' * 36}...")):
        assert mend({"act": "end", "k" * length: 1})[1] == (f"key {shown} left out",)
    assert mend({"act": "end", **dict.fromkeys("abcdef", 1)})[1][-1] == "1 more keys left out"
    many = json.dumps({"act": "recommend", "items": ["a"] * 101})
    assert "at most 100 id strings" in parse_action(many).error
    assert len(parse_action(json.dumps({"act": "recommend", "items": ["a"] * 100})).items) == 100


def test_the_first_prompt_says_where_it_stands(engine: Engine) -> None:
    state, log = engine.begin(np.zeros(1, np.int64), np.zeros(1, np.uint64)), engine.log(1, words=True)
    [view] = engine.views(state, log, [0])
    system = render_system(view)
    assert "at most 3 items" in system and f"Turn 1 of at most {CONFIG.horizon}." in system
    assert "Already recommended" not in system
    later = msgspec.structs.replace(view, turn=4, shown=("a", "b"))
    assert "Turn 5 of at most" in render_system(later) and render_system(later).endswith("Already recommended: a, b")
    assert search_results((), ("price: no number",)) == "ignored filter price: no number\nno results"


def test_samples_of_a_short_space_have_every_length() -> None:
    space = UnicodeText(1)
    space.seed(2)
    drawn = [space.sample() for _ in range(400)]
    assert {len(text) for text in drawn} == {0, 1} and min(filter(None, drawn)) == " " and max(drawn) == "~"
    action = ActionText(1_000, ["a", "b", "c", "d"])
    action.seed(3)
    counts = {len(json.loads(action.sample())["items"]) for _ in range(60)}
    said = {json.loads(action.sample())["text"].count(",") for _ in range(60)}
    assert counts == {1, 2, 3} and said == {0, 1, 2}


def test_a_saved_state_of_another_schema_world_or_kind_is_refused(engine: Engine) -> None:
    batch = SessionBatch(engine, 2, words=False)
    batch.seed(5)
    batch.reset()
    batch.step_slates(np.array([[0, 1, 2], [3, 4, 5]]), np.ones(2, np.bool_))
    saved, world = batch.save({"more": 3}), engine.world.fingerprint
    for other in (saved.replace(b'"schema":2', b'"schema":1'), saved.replace(b'"schema":2', b'"schema":3'),
                  saved.replace(world.encode(), b"0" * len(world)), saved.replace(world.encode(), b"z" * len(world))):
        told = rf"is of schema \d and world \w{{12}}; this environment is of schema 2 and world {world[:12]}$"
        with pytest.raises(InputError, match=told):
            batch.load(other)
    for n, words in ((3, False), (2, True)):
        with pytest.raises(InputError, match=r"does not fit this environment|this environment is"):
            SessionBatch(engine, n, words=words).load(saved)
    assert batch.load(saved)["more"] == 3
    batch.log.clear(np.array([1]))
    for name in ("act", "reaction", "slate"):
        written, fresh = getattr(batch.log, name), getattr(engine.log(2, words=False), name)
        assert np.array_equal(written[1], fresh[1]) and not np.array_equal(written[0], fresh[0])
    many, log = batch.state.take(np.zeros(300, np.int64)), engine.log(300, words=True)
    state, same, extra = load(save(many, log, world, {"more": 4}), world, many, log)
    assert len(state) == 300 and same.spoken == [[]] * 300 and extra == {"more": 4}


def test_of_who_sits_out_nothing_is_said(engine: Engine) -> None:
    batch = SessionBatch(engine, 2, words=False)
    batch.seed(5)
    batch.reset()
    step = batch.step_slates(np.array([[0, 1, 2], [3, 4, 5]]), np.array([True, False]))
    assert step.said_of(1) == [""] * len(engine.dimensions) and any(step.said_of(0))


def test_a_call_gives_an_array_row_by_row_and_all_else_as_it_is(engine: Engine) -> None:
    envs = SlateVectorEnv(engine, 3)
    for value, rows in (
        (np.arange(3), (0, 1, 2)), (np.arange(6).reshape(3, 2), None), ("abc", ("abc",) * 3), ([1, 2, 3], ([1, 2, 3],) * 3),
        (np.array(7), (np.array(7),) * 3), (5, (5, 5, 5)),
    ):
        envs.thing = value
        found = envs.call("thing")
        assert len(found) == 3 and all(np.array_equal(a, b) for a, b in zip(found, value if rows is None else rows, strict=True))
        assert envs.get_attr("thing")[1] is found[1] or np.array_equal(envs.get_attr("thing")[1], found[1])
    envs.thing = np.arange(4)
    assert all(part is envs.thing for part in envs.call("thing"))
    envs.thing = lambda a, b=1: np.array([a, b, a])
    assert envs.call("thing", 4, b=5) == (4, 5, 4)


def test_users_know_of_this_goal_what_they_were_shown_and_not_of_others(engine: Engine, tiny_world: World) -> None:
    row = tiny_world.session_row("zh-2")
    state, log = engine.begin(np.array([row]), np.zeros(1, np.uint64)), engine.log(1, words=True)
    state, _ = engine.step(state, log, [Action(act="recommend", items=("zh-dining-00", "zh-dining-02"), text="推荐")])
    assert tiny_world.item_row("zh-dining-00") == 0
    names = {n: tiny_world.item(tiny_world.item_row(f"zh-dining-0{n}")).name for n in range(6)}
    for goal, shown in ((0, {0, 2}), (1, set()), (-1, set())):  # as if that slate had been of another goal
        log.goal[0, 0] = goal
        [asked] = engine.situations(state, log, [Action(act="ask", text="预算多少？")]).values()
        assert {*names.values()} - {*asked.unshown} == {names[n] for n in shown}


def test_what_is_asked_again_is_kept_up_to_a_power_of_two() -> None:
    kept = {name.removeprefix("recenv.envs."): size.limit for name, size in CACHES.sizes().items()}
    assert sorted(kept) == ["dynamics._unheard", "engine._all_recommend", "engine._in_keeping", "facts._columns",
                            "state.row_starts", "state.spread_starts"]
    assert all(limit & (limit - 1) == 0 for limit in kept.values())


SLOTS_ASKED = {"评分": "rating", "预算": "price", "区域": "area"}


@pytest.mark.parametrize("told", range(8))
def test_an_answer_is_about_what_was_asked_and_not_told_yet(tiny_world: World, told: int) -> None:
    """zh-1 wants a rating, a price and an area, in this order; where all that was asked was told, the first of it is named."""
    wanted = [*SLOTS_ASKED.values()]
    for words in (("评分",), ("区域", "评分"), ("预算", "评分"), ("预算", "区域"), ("评分", "预算", "区域")):
        play = opened(tiny_world, "zh-1")
        play.all_sayable()
        play.state.told[:] = told
        play(ask("和".join(words) + "有什么要求？"))
        asked = [slot for slot in wanted if slot in {SLOTS_ASKED[word] for word in words}]
        named = SLOT_NAMES[int(play.log.about[0, 0])]
        untold = [slot for slot in asked if not told >> wanted.index(slot) & 1]
        assert named == untold[0] if untold else named in asked
        assert play.last.kind == ("answer" if untold else "indifferent")


def test_without_scorers_there_is_nobody_to_ask(tiny_world: World) -> None:
    engine = Engine(tiny_world, CONFIG, scorers={}, reward=REWARDS["outcome"], user=ScriptedUser(wants=False))
    [block] = engine.deck.blocks(np.array([0]), np.zeros(1, np.uint64))
    assert engine.deck.asked(np.array([[block, c] for c in range(9)])).all()
    engine.deck.fill(np.zeros((0, 2), np.int64))  # nor anything
    assert engine.deck.cells == 8


class Knowing(ScriptedUser):
    """Says of each question what he is told to say."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(wants=False)
        self._answer = answer

    def answer(self, situations: Sequence[Situation]) -> list[Answer]:
        return [self._answer] * len(situations)


@pytest.mark.parametrize(("question", "understood", "tells", "about"), [
    ("预算多少？", True, 0, "price"), ("预算多少？", False, 0b10, "price"), ("预算多少？", False, 0, ""),
    ("嗯嗯好的呢", True, 0, "anything"), ("嗯嗯好的呢", False, 0b10, "anything"), ("嗯嗯好的呢", False, 0, ""),
    ("预算多少？", False, 0b1, ""), ("预算多少？", False, 0b100, "")])  # told already, and hidden: he may tell neither
def test_what_an_answer_is_about_is_what_was_asked_where_he_knows(
    tiny_world: World, question: str, understood: bool, tells: int, about: str
) -> None:
    user = Knowing(Answer(tells=tells, understood=understood, text="好。"))
    play = opened(tiny_world, "zh-1", user)
    play(ask(question))
    named = {NO_SLOT: "", ANYTHING: "anything"}
    assert (named | dict(enumerate(SLOT_NAMES)))[int(play.log.about[0, 0])] == about
    assert int(play.log.told[0, 0]) == (tells & 0b10) and play.last.kind == ("answer" if tells & 0b10 else "indifferent")


def test_the_category_of_a_goal_has_its_own_place_among_the_features(engine: Engine, tiny_world: World) -> None:
    every = np.arange(tiny_world.n_goals)
    blocks = engine.deck.blocks(every, engine.tables.rows.volunteered[engine.tables.at(every)])
    names = [goal.category for row in range(tiny_world.n_sessions) for goal in tiny_world.session(row).goals]
    assert len({*names}) == 2
    for features, name in zip(engine.deck.session[blocks], names, strict=True):
        assert features[-len(CATEGORIES):].tolist() == [float(category == name) for category in CATEGORIES]
    sessions = [tiny_world.session(row) for row in range(tiny_world.n_sessions)]
    zh = [float(session.locale == "zh") for session in sessions for _ in session.goals]
    assert engine.deck.session[blocks][:, 2].tolist() == zh


@pytest.mark.parametrize("make", [recenv.make, recenv.make_vec])
def test_an_info_that_is_none_is_refused(make: Any) -> None:
    with pytest.raises(OptionError, match="info must be one of short, full; got 'ful'"):
        make("Slate", scorers="rules", scenario="dining", info="ful")


def test_a_vector_reward_is_no_cause_for_a_warning() -> None:
    env = recenv.make("Slate", scorers="rules", scenario="dining", vector_reward=True)
    env.reset(seed=1)
    assert np.shape(env.step(env.action_space.sample())[1]) == (len(DIMENSIONS),)  # warnings are errors here
