"""Why a turn was worth what it was worth, in words: trace, story and plan read together, once for all that show turns.

What comes from the story's ``hidden`` part, and all of ``Shown``, is hidden from agents; whoever shows it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from recenv.errors import InputError
from recenv.evaluation.ceiling import BestItem, read_ceiling
from recenv.evaluation.demands import BELOW_GATE, demanded
from recenv.evaluation.losses import losses
from recenv.evaluation.plan import RunPlan
from recenv.evaluation.recorded import recorded_reward
from recenv.evaluation.session_values import shorts
from recenv.evaluation.shortfall import best_to_serve, of_order
from recenv.evaluation.stories import read_stories
from recenv.records import Constraint
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import RewardSpec
from recenv.rollouts.story import SessionStory
from recenv.rollouts.trace import SessionTrace, Shown, TurnTrace

LOW = 0.5
"""Values below it are explained by their worst item."""


BY_LABEL = "known by the right items alone"
"""The rule of a wish that no record decides: an item that is not right cannot be said to miss this one or another."""
_NOT_RIGHT, _MISSES = "not one of the right items", "misses"


class Wish(NamedTuple):
    """A constraint. text: in the user's words; rule: exactly, or ``BY_LABEL``; disclosure: volunteered, on_ask or hidden."""

    text: str
    rule: str
    disclosure: str


Needs = tuple[tuple[Wish, ...], ...]
"""The needs of a session, one tuple of wishes a goal."""


class ItemWhy(NamedTuple):
    """An item of a slate. missed, unknown: the user's words for what its record misses, and for what it cannot tell. verdict:
    what became of it, in a few words; "" where that is not known. shown: as recorded."""

    name: str
    missed: tuple[str, ...]
    unknown: tuple[str, ...]
    verdict: str
    shown: Shown


class Note(NamedTuple):
    """Why a dimension has its value. source: what it came from, the scorer by name. text: reason, or the item behind a low value.
    words: of the instruction, that demanded what failed."""

    short: str
    source: str
    text: str
    words: str


class Told(NamedTuple):
    """A trace with all that there is to say about it: the story of its session (None where that is gone), its needs, one tuple of
    wishes a goal, and its turns explained. lost: cause -> return (``losses``), None where no ceiling is known."""

    trace: SessionTrace
    story: SessionStory | None
    needs: Needs
    turns: tuple[TurnWhy, ...]
    lost: Mapping[str, float] | None = None


class Teller:
    """Explains the traces of one run; reads what it needs of the run once."""

    def __init__(self, run: str | Path, plan: RunPlan) -> None:
        self.plan, self.stories, self.ceilings = plan, read_stories(run, plan), read_ceiling(run, plan)
        self._needs: dict[str, Needs] = {}
        self.spec: RewardSpec | None
        try:
            self.spec = recorded_reward(plan, run)
        except InputError:  # of another version: what was paid is shown, not why
            self.spec = None

    def __call__(self, trace: SessionTrace) -> Told:
        story = self.stories.get(trace.session_id)
        if trace.session_id not in self._needs:
            self._needs[trace.session_id] = wishes(story)
        needs = self._needs[trace.session_id]
        best = self.ceilings.best[trace.order] if self.ceilings is not None and self.ceilings.best else ()
        turns = explain(trace, story, self.plan, self.spec, needs, best)
        return Told(trace, story, needs, turns, losses(trace, self.ceilings, self.spec))


class TurnWhy(NamedTuple):
    """A turn explained. said: what the user has told of his need after this turn, in his words; told: what of it is new. notes:
    one a dimension. pay: what the turn was paid and why. behind: what happened behind the scenes, hidden from the agent."""

    turn: TurnTrace
    said: tuple[str, ...]
    told: tuple[str, ...]
    items: tuple[ItemWhy, ...]
    notes: tuple[Note, ...]
    pay: str
    behind: str


def wishes(story: SessionStory | None) -> Needs:
    """The needs of a session, one tuple a goal; empty where there is no story."""
    if story is None:
        return ()
    return tuple(tuple(Wish(c.text, _rule(c), c.disclosure) for c in hidden.constraints) for hidden in story.hidden)


def explain(
    trace: SessionTrace, story: SessionStory | None, plan: RunPlan, spec: RewardSpec | None, needs: Needs | None = None,
    best: Sequence[BestItem] = (),
) -> tuple[TurnWhy, ...]:
    """Every turn of a trace explained. story: of its session, spec: what paid; without one, what rests on it is empty. needs: the
    story's ``wishes``, for callers that keep them. best: what the ceiling serves, by goal."""
    names = {str(s.get("dimension")): str(s.get("name")) for s in plan.scorers}
    price = 0.0 if spec is None else spec.turn_price
    heads = list(zip(DIMENSIONS, shorts(), strict=True))
    needs = wishes(story) if needs is None else needs
    instruction = "" if story is None else story.instruction
    earned: dict[int, float] = {}
    known: dict[int, set[str]] = {}
    opening = {g: {m for m, wish in enumerate(need) if wish.disclosure == "volunteered"} for g, need in enumerate(needs)}
    told = {g: set(said) for g, said in opening.items()}
    found = []
    for turn in trace.turns:
        need = needs[turn.goal] if turn.goal < len(needs) else ()
        items = _items(turn, need)
        before = told.setdefault(turn.goal, set())
        heard = _texts(sorted(before), need)
        notes = tuple(_note(d, heads[d], turn, items, names, instruction, spec, heard) for d in range(len(turn.components)))
        seen = known.setdefault(turn.goal, set())
        pay = _pay(turn, items, earned.get(turn.goal, 0.0), spec, bool(set(turn.action.items) - seen))
        new = [m for m in turn.said if m not in before] if need else []
        behind = [kept] if (kept := _behind(turn, items)) else []
        if turn.goal < len(best) and (better := best_to_serve(turn, best[turn.goal], spec, before == opening.get(turn.goal))):
            behind.append(better)
        before.update(new)
        found.append(TurnWhy(turn, _texts(turn.said, need), _texts(new, need), items, notes, pay, "; ".join(behind)))
        seen |= set(turn.action.items)
        earned[turn.goal] = earned.get(turn.goal, 0.0) + turn.reward + price
    return tuple(found)


def _rule(c: Constraint) -> str:
    if c.op == "told":
        return BY_LABEL
    value = " to ".join(map(_plain, c.value)) if isinstance(c.value, tuple) else _plain(c.value)
    how = {"ge": "at least", "le": "at most", "between": "from", "eq": "is", "has": "has"}[c.op]
    return f"{c.slot} {how} {value}"


def _plain(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else value


def _items(turn: TurnTrace, need: Sequence[Wish]) -> tuple[ItemWhy, ...]:
    shown = turn.shown or (None,) * len(turn.items)
    return tuple(
        ItemWhy(name, (), (), "", Shown()) if s is None else
        ItemWhy(name, _texts(_decided(s.missed, need), need), _texts(s.unknown, need), _verdict(turn, rank, s, need), s)
        for rank, (name, s) in enumerate(zip(turn.items, shown, strict=True)))


def _decided(missed: Sequence[int], need: Sequence[Wish]) -> list[int]:
    """Those that an item's record misses, and not only its label."""
    return [m for m in missed if m >= len(need) or need[m].rule != BY_LABEL]


def _texts(numbers: Sequence[int], need: Sequence[Wish]) -> tuple[str, ...]:
    return tuple(need[m].text if m < len(need) else f"wish {m + 1}" for m in numbers)


def _verdict(turn: TurnTrace, rank: int, s: Shown, need: Sequence[Wish]) -> str:
    became = _became(turn, rank, s)
    if len(_decided(s.missed, need)) == len(s.missed) or s.logged == "taken":
        return became
    return _NOT_RIGHT if became == _MISSES else f"{_NOT_RIGHT}; {became}"


def _became(turn: TurnTrace, rank: int, s: Shown) -> str:
    if s == Shown():
        return "unknown or repeated" if turn.shown and not turn.items[rank] else ""
    if turn.reaction.kind == "order" and turn.action.items[rank] == turn.reaction.item_id:
        return "ordered"
    if not s.seen:
        return "not looked at"
    if s.logged == "refused":
        return "counts as passed over"
    if s.missed and s.logged != "taken":
        return _MISSES
    if s.unknown and s.logged != "taken":
        return "record does not say"
    return "fits" if s.liked else "fits, not liked enough"


def _note(
    d: int, head: tuple[str, str], turn: TurnTrace, items: Sequence[ItemWhy], names: dict[str, str], instruction: str,
    spec: RewardSpec | None, heard: Sequence[str],
) -> Note:
    (name, short), value, reason = head, turn.components[d], turn.reasons[d]
    source = turn.sources[d]
    if source == "scorer":
        source = f"scorer {names.get(name, '')}".strip()
    if value is None:
        return Note(short, "", reason, "")
    failed = name in turn.gate
    if turn.sources[d] == "rule":
        return Note(short, "rule", reason or ("" if failed else "every rule that applies is kept"), demanded(instruction, reason))
    text = reason
    if failed:
        gate = "" if spec is None else f" of {spec.gates.get(name, 0.0):g}"
        text = BELOW_GATE + gate + (f"; {reason}" if reason else "")
    elif DIMENSIONS[name].listwise:
        text = reason or of_order(d, turn)
    elif value < LOW and (worst := _worst(d, items, heard)):
        text = worst
    return Note(short, source, text, "")


def _worst(d: int, items: Sequence[ItemWhy], heard: Sequence[str]) -> str:
    """The item with the lowest value of a dimension, and the first it misses of what the user had said: scorers know no more."""
    valued = [(v, rank) for rank, i in enumerate(items) if i.shown.values and (v := i.shown.values[d]) is not None]
    if not valued:
        return ""
    value, rank = min(valued)
    item = items[rank]
    told = [text for text in item.missed if text in heard]
    lacks = f', which misses "{told[0]}"' if told else ""
    return f"lowest at {rank + 1} {item.name} ({value:.2f}){lacks}"


def _pay(turn: TurnTrace, items: Sequence[ItemWhy], before: float, spec: RewardSpec | None, new: bool) -> str:
    if turn.action.act != "recommend":
        return "nothing paid: nothing was recommended"
    if turn.gate:
        served = f"worth 0: the gate of {', '.join(DIMENSIONS[g].short for g in turn.gate if g in DIMENSIONS)} failed"
    elif not turn.paid:
        served = "nobody could judge it, it does not count" if new else "nothing new in the slate, it does not count"
    else:
        served = f"worth {turn.value:.2f}" + _by(turn, items)
    if spec is None:
        return served
    if spec.credit != "service":
        how = {"mean": "the change of the goal's average worth", "gain": "the rise above the goal's best turn",
               "level": "the worth of the turn"}[spec.credit]
        return f"{served}; paid {turn.reward:+.3f}: {how}"
    quality = turn.reward + spec.turn_price - (spec.outcome if turn.outcome else 0.0)
    parts = [f"{spec.outcome:+.2f} need met"] if turn.outcome else []
    if abs(quality) >= 5e-4:
        less = f", below the {before:.3f} paid for the best slate before" if quality < 0 else ""
        parts.append(f"{quality:+.3f} quality{less}")
    elif not turn.outcome and turn.paid and not turn.gate and before > 5e-4:
        parts.append(f"no better than what was paid before ({before:.3f})")
    parts += [f"{-spec.turn_price:+.3f} price of a turn"] if spec.turn_price else []
    return "; ".join([served, *parts])


def _by(turn: TurnTrace, items: Sequence[ItemWhy]) -> str:
    """Whose worth a turn's value is: of the item that was taken, else of the best one."""
    valued = [(i.shown.worth, rank) for rank, i in enumerate(items) if i.shown.worth is not None]
    if not valued:
        return ""
    taken = [rank for _, rank in valued if turn.outcome and turn.action.items[rank] == turn.reaction.item_id]
    rank = taken[0] if taken else max(valued, key=lambda v: (v[0], -v[1]))[1]
    return f", that of {'the item taken' if taken else 'the best item'}, {rank + 1} {items[rank].name}"


def _behind(turn: TurnTrace, items: Sequence[ItemWhy]) -> str:
    """What kept the user from an item that meets his whole need, "" where one was taken or traces do not tell."""
    if turn.outcome or all(s == Shown() for s in turn.shown):
        return ""
    for rank, item in enumerate(items):
        if item.shown == Shown() or not item.shown.fits:
            continue
        name = f"{rank + 1} {item.name} meets the whole need"
        if not item.shown.seen:
            return f"{name}, but the user did not look that far down"
        if not item.shown.liked:
            return f"{name}, but the user likes another one of his list better"
        return f"{name}; the user objected to the words" if turn.reaction.kind in ("object", "leave") else name
    over = next((f"{rank + 1} {item.name}" for rank, item in enumerate(items) if item.shown != Shown() and item.shown.meets), "")
    return f"{over} meets the whole need, but counts as passed over" if over else "nothing shown meets the whole need"
