"""The gold user agrees with the utilities that the synthetic logs were drawn from."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from recenv.data.store import StoreWriter
from recenv.data.synthetic import FILES, SynthSpec, generate
from recenv.data.world import World
from recenv.errors import InputError
from recenv.records import Goal, Item, Need, Privileged, Session, User
from recenv.users.gold import GoldUser, gold_value
from recenv.users.protocol import UserModel


def build(folder: Path, out: Path, *, gold: bool = True) -> World:
    """A store of the ranking rows, without any reader of the layout."""
    with StoreWriter(out, kind="recrm") as writer:
        for line in (folder / FILES["item_ranking"]).read_bytes().splitlines():
            row = msgspec.json.decode(line)
            items = msgspec.convert(row["items"], list[Item])
            user, need = msgspec.convert(row["user"], User), msgspec.convert(row["gold"]["need"], Need)
            for item in items:
                writer.add_item(item)
            writer.add_user(user)
            goal = Goal(category=row["category"], query=row["query"], candidates=tuple(i.id for i in items))
            session = Session(id=row["session_id"], user_id=user.id, locale=row["locale"], instruction=row["instruction"],
                              context=row["context"], goals=(goal,), source="synthetic")
            needs = (need if gold else Need(constraints=need.constraints),)
            writer.add_session(session, Privileged(needs=needs, outcomes=((),)), [row["gold"]["utilities"]])
        writer.finish()
    return World(out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gold") / "rows"
    generate(SynthSpec(n_items=300), 30, 4, out)
    return out


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return build(folder, folder.parent / "store")


def test_candidates_get_exactly_the_stored_utilities(world: World) -> None:
    user = GoldUser(world)
    model: UserModel = user
    for session in range(world.n_sessions):
        goal = world.goal(world.goal_rows(session)[0])
        n = len(goal.candidates)
        appeal = model.appeal(np.full(n, session), np.zeros(n, np.int64), goal.candidates.astype(np.int64), goal.satisfaction)
        assert np.array_equal(appeal.utility.astype(np.float32), goal.utility)
        assert not appeal.outside.any() and not appeal.extrapolated.any()


def test_items_outside_the_list_and_mixed_batches(world: World) -> None:
    user = GoldUser(world)
    rows = [(s, i) for s in (0, 7, 3) for i in range(0, world.n_items, 9)]
    session, item = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    met = [world.satisfaction(s, 0, i) for s, i in rows]
    padded = np.ones((len(rows), 6), np.int8)
    for at, row in enumerate(met):
        padded[at, : len(row)] = row
    together = user.appeal(session, np.zeros(len(rows), np.int64), item, padded).utility
    alone = [user.appeal(session[[n]], np.zeros(1, np.int64), item[[n]], met[n][None]).utility[0] for n in range(len(rows))]
    assert np.array_equal(together, alone) and np.isfinite(together).all()
    category = {s: world.session(s).goals[0].category for s in (0, 7, 3)}
    other = np.array([world.item(i).category != category[s] for s, i in rows])
    assert together[other].mean() < together[~other].mean() - 3.0


def test_temper_comes_from_the_world(world: World) -> None:
    temper = GoldUser(world).temper
    assert (temper.position_decay, temper.leave_hazard) == (SynthSpec().position_decay, SynthSpec().leave_hazard)


def test_value_is_monotone_and_one_half_at_indifference() -> None:
    value = gold_value(np.array([-50.0, -1.0, 0.0, 1.0, 50.0]))
    assert (np.diff(value) > 0).all() and value[2] == 0.5 and value.min() >= 0.0 and value.max() <= 1.0


def test_a_world_without_gold_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gold.*synthetic world"):
        GoldUser(build(folder, tmp_path / "store", gold=False))
