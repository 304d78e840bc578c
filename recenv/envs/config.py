"""How sessions are played: the part of a scenario that the environments read."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from recenv.errors import InputError, OptionError
from recenv.rewards.models import DEFAULT

_RANGES = {
    "slate_size": (1, 50), "candidates": (1, 1000), "horizon": (1, 1000), "search_results": (1, 50), "answers": (1, 64),
    "ask_cost": (0, 100), "objection_cost": (0, 100),
}


_KINDS: dict[Any, tuple[str, tuple[str, ...]]] = {
    int: ("a whole number", ("slate_size", "candidates", "horizon", "search_results", "answers")),
    (int, float): ("a number", ("patience_scale", "ask_cost", "objection_cost")),
    bool: ("True or False", ("strict",)), str: ("a text", ("user", "reward", "scorers", "reveals")),
}


class EnvConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of a session.

    user: which user model answers; ``llm`` is a language model, which hears words alone, and user_options say where it is and how
    it is asked (``recenv.answers.ModelConfig``).
    reward, scorers: names of the reward spec and of the scorer set (or a folder); an empty reward is ``service``, or ``outcome``
    where the scorers are the exact rules alone.
    slate_size: K, most items in a slate.  candidates: C, length to which candidate lists are padded or cut.
    horizon: T, most turns; reaching it truncates.  patience_scale: factor on each session's own patience.
    search_results: items that a search brings up.

    What talking costs and brings, in units of patience (a slate that fails costs 1): ask_cost: a question that the user
    understands (one that he does not costs 1).  objection_cost: what he has to object to, on top of the turn.  answers: most
    constraints that one answer tells.  reveals: what a slate that fails brings out of him; ``missed``, the first thing that the
    best item in it misses, or ``nothing`` but that it does not fit.

    strict: an agent's text that is not quite the grammar is malformed, also where it has one reading (``envs.chat_format``).
    """

    user: Literal["gold", "replay", "learned", "llm"] = "learned"
    reward: str = ""
    scorers: str = DEFAULT
    slate_size: int = 3
    candidates: int = 20
    horizon: int = 10
    patience_scale: float = 1.0
    search_results: int = 5
    ask_cost: float = 0.5
    objection_cost: float = 0.5
    answers: int = 1
    reveals: Literal["missed", "nothing"] = "missed"
    strict: bool = False
    user_options: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET  # unset leaves no mark in what is written of the rules

    def __post_init__(self) -> None:
        for kind, (what, names) in _KINDS.items():
            for name in names:
                value = getattr(self, name)
                if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                    raise OptionError(f"{name} must be {what}; got {value!r}")
        if self.user_options is not msgspec.UNSET and not isinstance(self.user_options, dict):
            raise OptionError(f"user_options must be a dict; got {self.user_options!r}")
        if self.user_options and self.user != "llm":
            raise InputError(f"user_options are for user 'llm' alone; the user {self.user!r} takes none")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} must be in [{low}, {high}]; got {value}")
        if self.slate_size > self.candidates:
            raise InputError(f"slate_size ({self.slate_size}) must not exceed candidates ({self.candidates})")
        if not 0 < self.patience_scale <= 100:
            raise InputError(f"patience_scale must be in (0, 100]; got {self.patience_scale}")
