"""Agents that learn: what each learns where the answer is known, and that a learned folder plays, again and elsewhere."""

from __future__ import annotations

import errno
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from madeonce import made_once

from recenv.baselines.by_name import check_agent, open_agent
from recenv.baselines.itemcf import ItemCfAgent, Neighbours
from recenv.baselines.learned import Learned, open_learned, read_learned
from recenv.baselines.linucb import PRESENT, SHOWN, E, F, LinearPolicy, contexts, ranked
from recenv.envs.batch import TEST_FOLD
from recenv.errors import InputError, MissingExtra, UnknownName
from recenv.evaluation.folder import Run
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.evaluation.verify import verify_path
from recenv.learning import LEARNERS
from recenv.learning.itemcf import Config as ItemCfConfig
from recenv.learning.itemcf import neighbours
from recenv.learning.learn import AGENT, CARD, CURVE, PICTURE, TEST, learn_agent
from recenv.learning.linucb import Estimate

SHORT = {"ppo": {"steps": 256, "sessions": 16, "n_steps": 8, "batch_size": 64, "n_epochs": 1},
         "linucb": {"steps": 1200, "sessions": 16}, "itemcf": {"neighbours": 20}}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    def make(home: Path) -> None:
        temporary = tmp_path_factory.mktemp("temporary")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(temporary))
            for name in LEARNERS:
                learn_agent(name, "mixed", home / f"my-{name}", seed=3, config=SHORT[name], tested=20, repeats=2)
        assert not list(temporary.glob("SB3-*")), "Stable-Baselines3 leaves nothing elsewhere"

    home = made_once(tmp_path_factory, "learned", make)
    return {name: home / f"my-{name}" for name in LEARNERS}


@pytest.mark.parametrize("name", list(LEARNERS))
def test_a_learned_folder_plays(name: str, learned: dict[str, Path], tmp_path: Path) -> None:
    folder = learned[name]
    assert {AGENT, CURVE, PICTURE, CARD, TEST} <= {f.name for f in folder.iterdir()}
    test = Run(folder / TEST)
    assert test.agents == (f"my-{name}", "bm25") and test.plan.split == "test"
    entry = test.plan.agent(f"my-{name}")
    assert entry.config["from"] == str(folder) and len(entry.config["model"]) == 64
    assert (folder / PICTURE).read_bytes().startswith(b"\x89PNG")
    curve, card = json.loads((folder / CURVE).read_bytes()), (folder / CARD).read_text("utf-8")
    assert len(curve["points"]) > 1 and all(len(p) == 1 + len(curve["measures"]) for p in curve["points"])
    assert curve["reference_name"] in card or name == "itemcf"
    assert "users of test only" in card and name in card and str(SHORT[name].get("steps", 20)) in card
    run = run_evaluation("mixed", [str(folder)], 4, 1, tmp_path / "run", changes={"scorers": "rules"}, split="test")
    assert all(verdict.same for verdict in replay_run(run))


@pytest.mark.parametrize("name", ["linucb", "itemcf"])
def test_the_same_arguments_give_the_same_bytes_also_where_the_test_was_broken_off(
    name: str, learned: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, asked = tmp_path / f"my-{name}", {"seed": 3, "config": SHORT[name], "tested": 20, "repeats": 2}
    with monkeypatch.context() as patch:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr("recenv.evaluation.run.write_ceiling", full)
        with pytest.raises(OSError, match="No space left"):
            learn_agent(name, "mixed", out, **asked)
        with pytest.raises(InputError, match="exists already"):
            learn_agent(name, "mixed", out, **{**asked, "seed": 4})
    again = learn_agent(name, "mixed", out, **asked)
    with pytest.raises(InputError, match="exists already"):
        learn_agent(name, "mixed", out, **asked)
    files = [f for f in learned[name].iterdir() if f.is_file()]
    assert files and all((again / f.name).read_bytes() == f.read_bytes() for f in files)


def test_the_bandit_learns_in_a_thousand_turns_what_users_take(learned: dict[str, Path]) -> None:
    rows = {row.agent: row.metrics["needs_met"].mean for row in Run(learned["linucb"] / TEST).leaderboard().rows}
    assert rows["my-linucb"] > 0.9  # random meets six in ten


def test_what_was_learned_is_of_train_users_alone(learned: dict[str, Path]) -> None:
    from recenv.scenarios.entry import open_world

    world = open_world("mixed")
    fold, users = world.column("session_fold"), world.column("session_user")
    test = {int(u) for u in users[fold == TEST_FOLD]}
    found = Neighbours.load(learned["itemcf"])
    solitary = {i for i, near in enumerate(found.near) if (near < 0).all()}
    train_items = {world.item_row(i) for u in {int(u) for u in users[fold != TEST_FOLD]} for i in world.user(u).history}
    only_test = {world.item_row(i) for u in test for i in world.user(u).history} - train_items
    ordered = {world.item_row(o.item_id) for row in np.flatnonzero(fold != TEST_FOLD).tolist()
               for goal in world.privileged(row).outcomes for o in goal if o.event == "order"}
    assert only_test - ordered and only_test - ordered <= solitary


def test_ridge_regression_finds_what_it_was_told() -> None:
    weights, draw = np.linspace(-1.0, 1.0, F), np.random.default_rng(0)
    seen = draw.normal(size=(4000, F))
    estimate = Estimate(1e-6)
    for part in np.split(seen, 40):
        estimate.take_in(part, part @ weights)
    np.testing.assert_allclose(estimate.weights, weights, atol=1e-6)
    fresh = Estimate(1.0)
    bonus = fresh.scores(seen[None], alpha=2.0)
    np.testing.assert_allclose(bonus[0], 2.0 * np.linalg.norm(seen, axis=1))  # nothing is known: the bonus is the length


@given(st.lists(st.sampled_from(["new", "shown", "absent"]), min_size=1, max_size=8), st.integers(0, 99))
def test_a_ranking_names_each_once_and_the_new_ones_first(kinds: Sequence[str], seed: int) -> None:
    candidates = np.zeros((1, len(kinds), E), np.float32)
    candidates[0, :, PRESENT] = [kind != "absent" for kind in kinds]
    candidates[0, :, SHOWN] = [kind == "shown" for kind in kinds]
    scores = np.random.default_rng(seed).normal(size=(1, len(kinds)))
    (order,) = ranked(scores, contexts(candidates.reshape(1, -1))).tolist()
    assert sorted(order) == list(range(len(kinds)))
    assert [kinds[n] for n in order] == sorted(kinds, key=["new", "shown", "absent"].index)
    new = [scores[0, n] for n in order if kinds[n] == "new"]
    assert new == sorted(new, reverse=True)


def test_likeness_is_the_cosine_of_who_took_what() -> None:
    taken = [[0, 1], [0, 1, 2], [0, 3], [4]]
    found = neighbours(taken, ("a", "b", "c", "d", "e"), ItemCfConfig(neighbours=2, shrink=0.0))
    assert found.near.tolist() == [[1, 2], [0, 2], [1, 0], [0, -1], [-1, -1]]  # equal ones by number
    expected = [[2 / np.sqrt(3 * 2), 1 / np.sqrt(3)], [2 / np.sqrt(6), 1 / np.sqrt(2)], [1 / np.sqrt(2), 1 / np.sqrt(3)],
                [1 / np.sqrt(3), 0], [0, 0]]
    np.testing.assert_allclose(found.likeness, expected, atol=1e-6)
    scores = ItemCfAgent(found).scores(("a", "nobody", "c"), ("b", "d", "e", "x"), (0.0, 0.0, 2.0, 1.0))
    np.testing.assert_allclose(scores, [2 / np.sqrt(6) + 1 / np.sqrt(2), 0, 2e-6, 1e-6], atol=1e-7)


def test_what_cannot_be_learned_is_said_and_leaves_nothing(tmp_path: Path, learned: dict[str, Path]) -> None:
    out = tmp_path / "out"
    for kind, config, error, words in (
        ("pp0", {}, UnknownName, "ppo"), ("ppo", {"step": 3}, InputError, "steps"),
        ("linucb", {"alpha": -1}, InputError, "alpha >= 0"),
        ("linucb", {"steps": "many"}, InputError, "int"), ("itemcf", {"among": 1}, InputError, "among >= 2")):
        with pytest.raises(error, match=words):
            learn_agent(kind, "mixed", out, config=config)
    with pytest.raises(UnknownName, match="outcome"):
        learn_agent("linucb", "mixed", out, reward="outcom")
    assert not out.exists() and not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="exists already"):
        learn_agent("linucb", "mixed", learned["linucb"])


@pytest.mark.parametrize("name", ["linucb", "itemcf"])
def test_a_byte_that_was_changed_is_found(name: str, learned: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(learned[name], tmp_path / "agent"))
    assert not verify_path(folder).wrong
    draw = np.random.default_rng(1)
    for file in ("agent.json", "model.safetensors", "items.json", "seal.json", CURVE):
        if not (folder / file).exists():
            continue
        whole = (folder / file).read_bytes()
        for at in draw.integers(len(whole), size=6).tolist():
            (folder / file).write_bytes(whole[:at] + bytes([whole[at] ^ 1 << int(draw.integers(8))]) + whole[at + 1:])
            with pytest.raises(InputError) as told:
                open_learned(folder)
            assert "\n" not in str(told.value)
        if file != "seal.json":
            assert verify_path(folder).wrong
        (folder / file).write_bytes(whole)
    assert open_learned(folder).name == "agent"


def test_ppo_without_its_library_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(MissingExtra, match=r"recenv\[sb3\]"):
        learn_agent("ppo", "mixed", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_learned_nothing_is_no_agent(tmp_path: Path, learned: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="holds no learned agent"):
        check_agent(str(tmp_path))
    about = read_learned(learned["linucb"])
    for name, changed, words in (
        ("schema", {"schema": 2}, "schema 2"), ("learner", {"learner": "dqn"}, "no learner is called 'dqn'")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / AGENT).write_bytes(json.dumps({**_fields(about), **changed}).encode())
        with pytest.raises(InputError, match=words):
            open_learned(folder)
    (tmp_path / AGENT).write_bytes(json.dumps(_fields(about)).encode())
    with pytest.raises(InputError, match="no weights of linucb"):
        open_learned(tmp_path)
    LinearPolicy(np.zeros(3)).save(tmp_path)
    with pytest.raises(InputError, match=r"18 finite weights; got shape \(3,\)"):
        open_learned(tmp_path)
    with pytest.raises(InputError, match="has learned, and takes no options"):
        open_agent(str(learned["linucb"]), None, {"alpha": 1.0})  # type: ignore[arg-type]


def _fields(about: Learned) -> dict[str, object]:
    return {name: getattr(about, name) for name in about.__struct_fields__}
