"""A language model as judge, behind any OpenAI-compatible chat endpoint.

Measures: yes or no, or a grade from 0 to 4 mapped to [0, 1], by the rubric of the dimension (``judge_prompts``).
Reads: the fields in ``Dimension.reads``, fenced off from the instructions.
Returns: where the server gives token probabilities, the label's expectation, P(yes) / (P(yes) + P(no)) or sum_k P(k) k / 4;
else the label that was written. NaN with a reason where there is no usable answer.
Trained on: whatever the model was; not calibrated here.
Fails when: the model is weak, or moved by text that poses as instructions, which the fence makes harder, not impossible.
Cost: one call a row; each answer is recorded with its tokens and latency (``judge_cache``).

A list is asked about once, for a grade of every item: the model compares the items, which is the question; it is C times
cheaper than asking about each; every grade is a token of its own, so it works with and without token probabilities and for
lists longer than the 20 alternatives a server shows. The items stand in an order drawn from their texts, so that the order
shown cannot matter. With expected grades g, P(i) = 2^g_i / sum_j 2^g_j (Luce, 1959), as the prompt explains a step.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.completion import NO_TEXT
from recenv.endpoint import Endpoint, EndpointConfig, chat_request, encode_request
from recenv.errors import EndpointError, InputError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.fields import check_rows, missing
from recenv.rewards.judges.answer import Reading, alternatives, expected_worth, read_answer
from recenv.rewards.judges.cache import Call, judge_cache
from recenv.rewards.judges.prompts import GRADES, Material, judge_messages, material, rubric, rubrics, scale
from recenv.rewards.protocol import NO_ANSWER, Cost, ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg

_LIST_TOKENS = 12  # of an answer, for each item of a list
_OF_THE_QUESTION = frozenset({"status 400", "status 413", "status 422"})
"""Kinds of failure that, from a server that answers others, are about the question, and no failure of the server."""
NOT_RECORDED = "the judge's answer is not in the cache"


class JudgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which model judges, where it is, and how it is asked; see ``recenv.endpoint.EndpointConfig``.

    max_tokens: of an answer, a list's grades apart; models that think aloud need more. top_logprobs: alternatives asked for
    at each token, 0 to 20, 0 for none. json_mode: ask the server to hold the model to a JSON object. A server that refuses
    a field, however it says so, is asked again without, and from then on only so. cache: file of recorded answers, "" for
    none. replay: ask nobody; what the cache lacks is NaN.
    """

    model: str
    base_url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = ""
    temperature: float | None = 0.0
    max_tokens: int = 512
    seed: int | None = 0
    top_logprobs: int = 10
    json_mode: bool = True
    timeout_s: float = 60.0
    retries: int = 4
    backoff_s: float = 0.5
    max_backoff_s: float = 30.0
    concurrency: int = 8
    cache: str = ""
    replay: bool = False

    def __post_init__(self) -> None:
        self.endpoint()
        if not 0 <= self.top_logprobs <= 20:
            raise InputError(f"top_logprobs must be in [0, 20]; got {self.top_logprobs}")
        if self.replay and not self.cache:
            raise InputError("a judge that replays needs the file of recorded answers; give cache")

    def endpoint(self) -> EndpointConfig:
        """The part that the client reads; raises InputError for unusable values."""
        names = [name for name in EndpointConfig.__struct_fields__ if name in self.__struct_fields__]
        return EndpointConfig(**{name: getattr(self, name) for name in names})


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorer has spent since it was made. Sums are over different questions, each counted once a batch.

    asked: answered by the server; cached: found recorded; failed: neither. unmetered: answers without token counts, which
    the sums leave out. Tokens and latency are those of all answers, at the time when they came. reduced: answers to a request
    without ``refused``, which the server refuses.
    """

    asked: int = 0
    cached: int = 0
    failed: int = 0
    unmetered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_s: float = 0.0
    reduced: int = 0
    refused: tuple[str, ...] = ()

    def __add__(self, other: Ledger) -> Ledger:
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        return Ledger(**{**sums, "refused": tuple(sorted({*self.refused, *other.refused}))})

    def text(self) -> str:
        """One line for a terminal."""
        answers = self.asked + self.cached
        mean = f"{self.latency_s / answers:.2f} s a call" if answers else "no answer"
        return (f"judge: {self.asked:,} asked, {self.cached:,} from the cache, {self.failed:,} failed; {self.prompt_tokens:,} "
                f"prompt and {self.completion_tokens:,} completion tokens, {mean}"
                + (f"; {self.unmetered:,} without token counts" if self.unmetered else "")
                + (f"; {self.reduced:,} without {' and '.join(self.refused)}, which the server refuses" if self.reduced else ""))


class _Question(NamedTuple):
    """key: sha256 of the whole request. places: see ``Material``."""

    key: str
    dimension: str
    request: dict[str, Any]
    places: tuple[int, ...]

    def read(self, text: str) -> Reading:
        """What an answer to this question says."""
        return read_answer(text, scale(rubric(self.dimension)), max(self.places, default=-1) + 1)


class Judge:
    """One model, its connections and its recorded answers; ``scorers`` are its dimensions behind the Scorer protocol.

    trouble: what was last heard of a failure, "" before any.
    Raises InputError for a damaged cache. The server is contacted, and the key read, when a first answer is missing.
    """

    def __init__(self, config: JudgeConfig) -> None:
        self.config = config
        self.cache = judge_cache(config.cache)
        self.scorers = {dimension: JudgeScorer(self, dimension) for dimension in rubrics()}
        self._asking = config.endpoint()
        self._client: Endpoint | None = None
        self._reached = False  # whether anything was ever answered
        self._down = False
        self._kind = ""
        self.trouble = ""

    @property
    def ledger(self) -> Ledger:
        """What all dimensions have spent together."""
        return sum((scorer.ledger for scorer in self.scorers.values()), Ledger())

    def connect(self) -> Endpoint | None:
        """The client, made at first use; None for a judge that replays.

        Raises InputError where the key cannot be read, MissingExtra without httpx.
        """
        if self._client is None and not self.config.replay:
            self._client = Endpoint(self._asking)
        return self._client

    def question(self, row: ScorerRow) -> _Question:
        """What the model is asked about a row; equal content, equal question."""
        given = material(row)
        request = chat_request(self._asking, judge_messages(row.dimension, given))
        request["max_tokens"] += _LIST_TOKENS * len(set(given.places))
        if self.config.top_logprobs:
            request |= {"logprobs": True, "top_logprobs": self.config.top_logprobs}
        if self.config.json_mode:
            request["response_format"] = {"type": "json_object"}
        return _Question(hashlib.sha256(encode_request(request)).hexdigest(), row.dimension, request, given.places)

    def answers(self, questions: Sequence[_Question]) -> list[Call | str]:
        """An answer, or why there is none, for each question in order; ``concurrency`` questions at a time.

        Once as many calls as are in flight have failed and none has come through since, the rest is not tried, and of further
        questions one, until one is answered.
        """
        client = self.connect() if any(self.cache.get(q.key) is None for q in questions) else None
        lock, lost, most = threading.Lock(), 0, self.config.concurrency

        def answer(question: _Question) -> Call | str:
            nonlocal lost
            known = self.cache.get(question.key)
            if known is not None:
                return known
            if client is None:
                return NOT_RECORDED
            if lost >= most:
                return _unanswered(self._kind)
            try:
                call = self.cache.add(self._ask(client, question))
            except EndpointError as error:
                if error.kind == NO_TEXT:
                    return "the judge's answer is empty"
                self.trouble, self._kind = str(error), error.kind
                if error.kind in _OF_THE_QUESTION and self._reached:
                    return f"the judge's server refuses the question ({error.kind})"
                with lock:
                    lost += 1
                    self._down = True
                return _unanswered(error.kind)
            self._reached, self._down, lost = True, False, 0
            return call

        if client is None:
            return [answer(q) for q in questions]
        first: dict[str, Call | str] = {}
        if self._down:  # one question tells whether it still is
            most, question = 1, next(q for q in questions if self.cache.get(q.key) is None)
            first[question.key] = answer(question)
        pool = ThreadPoolExecutor(min(self.config.concurrency, len(questions)), thread_name_prefix="judge")
        try:
            return list(pool.map(lambda q: first[q.key] if q.key in first else answer(q), questions))
        finally:
            pool.shutdown(cancel_futures=True)  # an interrupt does not wait for the whole queue

    def _ask(self, client: Endpoint, question: _Question) -> Call:
        said = client.send(question.request)
        starts = question.read(said.text).starts
        return Call(
            key=question.key, model=self.config.model, dimension=question.dimension, text=said.text,
            finish_reason=said.finish_reason, alternatives=alternatives(said.text, starts, said.tokens),
            prompt_tokens=said.prompt_tokens, completion_tokens=said.completion_tokens,
            latency_s=round(said.latency_s, 6), attempts=said.attempts, without=said.without)


class JudgeScorer:
    """One dimension of a judge as a Scorer. ``ledger``: what it has spent so far."""

    def __init__(self, judge: Judge, dimension: str) -> None:
        self._judge = judge
        self.ledger = Ledger()
        config = judge.config
        asked = [config.model, config.temperature, config.max_tokens, config.seed, config.top_logprobs, config.json_mode]
        template = [m.content for m in judge_messages(dimension, _blank(dimension))]
        self.spec = ScorerSpec(
            name=f"{config.model}/{dimension}", dimension=dimension, kind="judge", reads=DIMENSIONS[dimension].reads,
            fingerprint=hashlib.sha256(msgspec.json.encode([asked, template])).hexdigest())

    @property
    def trouble(self) -> str:
        """What the judge last heard of a failure, "" before any."""
        return self._judge.trouble

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Values (N,) in [0, 1], NaN with a reason where a required field is empty or no usable answer came.

        Equal questions are asked once. Raises InputError for rows of another dimension.
        """
        check_rows(rows, self.spec.dimension)
        reasons = [missing(row) for row in rows]
        values = np.full(len(rows), np.nan, np.float32)
        lists = [np.zeros(0, np.float32)] * len(rows)
        costs: list[Cost | None] = [None] * len(rows)
        asked = {n: self._judge.question(row) for n, row in enumerate(rows) if not reasons[n]}
        answers = self._answers({q.key: q for q in asked.values()})
        for n, question in asked.items():
            answer = answers[question.key]
            if isinstance(answer, str):
                reasons[n] = answer
                continue
            costs[n] = Cost(1, answer.prompt_tokens, answer.completion_tokens, answer.latency_s)
            worth, reasons[n] = _worth(answer, question)
            if reasons[n]:
                continue
            if question.places:
                lists[n] = _shares(question.places, worth)
                values[n] = min(shown_ndcg(lists[n].astype(np.float64), rows[n].shown), 1.0)
            else:
                values[n] = worth[0]
        listed = DIMENSIONS[self.spec.dimension].listwise
        return Scores(values, tuple(reasons), tuple(lists) if listed else (), tuple(costs))

    def _answers(self, wanted: dict[str, _Question]) -> dict[str, Call | str]:
        """Answers by key, entered into the ledger in the order of the questions."""
        before = {key for key in wanted if self._judge.cache.get(key) is not None}
        answers = dict(zip(wanted, self._judge.answers(list(wanted.values())), strict=True))
        for key, answer in answers.items():
            if isinstance(answer, str):
                self.ledger += Ledger(failed=1)
                continue
            prompt, completion = answer.prompt_tokens, answer.completion_tokens
            self.ledger += Ledger(
                asked=int(key not in before), cached=int(key in before), unmetered=int(prompt is None or completion is None),
                prompt_tokens=prompt or 0, completion_tokens=completion or 0, latency_s=answer.latency_s,
                reduced=int(bool(answer.without)), refused=answer.without)
        return answers


def _worth(call: Call, question: _Question) -> tuple[list[float], str]:
    """Values in [0, 1], one or one an item as numbered in the question; or the reason why there are none."""
    labels = scale(rubric(question.dimension))
    if call.finish_reason == "content_filter":
        return [], "the judge's answer was filtered by its server"
    reading = question.read(call.text)
    if reading.problem:
        cut = ", it was cut off" if call.finish_reason == "length" else ""
        return [], f"the judge's answer is unusable: {reading.problem}{cut}"
    shown = call.alternatives or ((),) * len(reading.labels)
    expected = [expected_worth(choices, labels) for choices in shown]
    return [labels.worth(label) if e is None else e for label, e in zip(reading.labels, expected, strict=True)], ""


def _shares(places: Sequence[int], worth: Sequence[float]) -> NDArray[np.float32]:
    """(C,) probabilities of a list's items from the worth of the numbered ones: odds double with each grade."""
    odds = np.array([2.0 ** ((len(GRADES.labels) - 1) * worth[place]) for place in places])
    return np.asarray(odds / odds.sum(), np.float32)


def _unanswered(kind: str) -> str:
    return f"{NO_ANSWER} ({kind})"


def _blank(dimension: str) -> Material:
    return material(ScorerRow(dimension=dimension, items=("",) if DIMENSIONS[dimension].listwise else ()))
