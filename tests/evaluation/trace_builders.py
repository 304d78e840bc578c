"""Traces made by hand for the tests of evaluation: what comes in is what must come out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recenv.evaluation.plan import AgentEntry, RunPlan, ScenarioRef
from recenv.evaluation.runner import RunChunk, evaluate
from recenv.records import Action, Reaction
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import TRACE_SCHEMA, SessionTrace, TurnTrace

DIALOGUE = (
    ("recommend", "为您推荐天安门广场、中国国家博物馆、清华大学。", "就去天安门广场吧，地址在哪？周边有什么酒店吗？", "inquire"),
    ("ask", "请问您对酒店的评分和价位有什么要求吗？", "我想找一家提供中式餐厅、提供早餐服务的豪华型，评分4.5分以上。", "answer"),
    ("search", "", "", "results"),
    ("recommend", "北京天伦王朝酒店、北京首都宾馆都符合您的要求呢，均提供早餐服务、中式餐厅和24小时热水，离地铁站步行五分钟。",
     "太贵了，有没有人均消费在500元以下的？", "refine"),
    ("recommend", "Sure! The Regent Beijing is a quiet, well-rated hotel close to Wangfujing; breakfast is included.",
     "不太合适。", "reject"),
    ("malformed", "", "抱歉，我没有明白您的意思，能再说一遍吗？", "repeat"),
)
FIRST, SECOND = tuple(DIMENSIONS)[:2]
NAMES = ("天安门广场", "中国国家博物馆", "清华大学", "北京全聚德（王府井店）", "护国寺小吃店（护国寺总店）", "The Regent Beijing")


def turn(
    number: int = 0,
    components: Sequence[float | None] = (1.0, 0.9, 0.5, 0.25, 0.75),
    *,
    reward: float = 0.5,
    act: str = "recommend",
    kind: str = "refine",
    text: str = "好的，这里符合您的要求。",
    said: str = "再便宜一些的呢？",
    items: Sequence[str] = NAMES[:3],
    taken: int | None = None,
    gate: Sequence[str] = (),
    gold: float | None = None,
    extrapolated: bool = False,
) -> TurnTrace:
    shown = tuple(items) if act == "recommend" else ()
    ids = tuple(f"i{k}" for k in range(len(shown)))
    action = Action(
        act=act, items=ids, text=text, query="故宫 酒店 早餐" if act == "search" else "",  # type: ignore[arg-type]
        filters={"area": "东城区"} if act == "search" else {}, error="not a JSON object" if act == "malformed" else "",
        raw="<think>" if act == "malformed" else "",
    )
    reaction = Reaction(kind=kind, text=said, item_id="" if taken is None else ids[taken], extrapolated=extrapolated)  # type: ignore[arg-type]
    return TurnTrace(
        turn=number, goal=0, action=action, items=shown, reaction=reaction, components=tuple(components),
        sources=tuple("none" if c is None else "rule" if d < 2 else "scorer" for d, c in enumerate(components)),
        reasons=tuple("no item was shown" if c is None else "" for c in components),
        value=reward, reward=reward, gate=tuple(gate), gold=gold,
    )


def session(
    turns: Sequence[TurnTrace], *, agent: str = "greedy", order: int = 0, user: str = "u0", ending: str = "met",
    session_id: str = "", goals: int = 1, met: int = 1, source: str = "synthetic", seed: int = 7,
    opening: str = "您好，周末我想和家人一起玩，请帮我推荐一个票价是免费的、评分是4.5分以上的景点。",
) -> SessionTrace:
    return SessionTrace(
        schema=TRACE_SCHEMA, agent=agent, session_id=session_id or f"s{order}", user_id=user, order=order, seed=seed, locale="zh",
        category="tourism", source=source, opening=opening, goals=goals, goals_met=met, ending=ending, turns=tuple(turns),
    )


def dialogue(
    agent: str, order: int, skill: float, *, length: int | None = None, session_id: str = "", source: str = "logged"
) -> SessionTrace:
    """A session of some length whose values rise with skill in [0, 1]; every act and reaction occurs in long ones."""
    length = (2 + (order * 5 + int(10 * (1 - skill))) % 7) if length is None else length
    turns = []
    for t in range(length):
        act, text, said, kind = DIALOGUE[t % len(DIALOGUE)]
        wave = ((order * 13 + t * 29 + len(agent)) % 17) / 17
        value = min(1.0, 0.15 + 0.6 * skill + 0.25 * wave)
        components: list[float | None] = [1.0, min(1.0, value + 0.2), value, value * 0.8, value * 0.9]
        gate: tuple[str, ...] = ()
        if act in ("ask", "search"):
            components[2:] = [None, None, None]
        if act == "search":
            components[1] = None
        if act == "malformed":
            components = [0.0, None, None, None, None]
            gate = (FIRST,)
        if t == 4 and act == "recommend":
            components[1] = 0.21
            gate = (SECOND,)
        reward = 0.0 if gate or act in ("ask", "search") else value * 0.9
        last = t == length - 1
        if last:
            act, text, said, kind = ("recommend", "为您推荐" + "、".join(NAMES[:5]) + "。", "好的，就订这家，谢谢您！", "order")
            if skill < 0.4:
                said, kind = "算了，我自己再看看吧。", "leave"
        turns.append(turn(
            t, components, reward=reward, act=act, kind=kind, text=text, said=said, items=NAMES[: 5 if last else 3], gate=gate,
            taken={"order": 2, "inquire": 0}.get(kind), extrapolated=(t + order) % 5 == 4,
            gold=value if act == "recommend" else None,
        ))
    met = skill >= 0.4
    return session(turns, agent=agent, order=order, user=f"u{order // 2}", ending="met" if met else "left", met=int(met),
                   session_id=session_id, source=source)


SKILLS = {"random": 0.1, "popularity": 0.35, "bm25": 0.6, "greedy": 0.9}


def plan(agents: Sequence[str] = tuple(SKILLS), sessions: int = 10, seed: int = 7) -> RunPlan:
    return RunPlan(
        scenario=ScenarioRef(name="mixed", version=1, hash="5ce0" * 16), store="f1d0" * 16,
        agents=tuple(AgentEntry(name=a, config={"slate_size": 5}) for a in agents),
        sessions=tuple(range(100, 100 + sessions)), session_ids=tuple(f"s{i}" for i in range(sessions)), seed=seed,
        reward={"name": "gated-mean", "version": 1, "threshold": 0.5},
        scorers=({"name": "thorough", "dimension": "query_item_relevance", "kind": "encoder", "fingerprint": "abc123"},),
        versions={"recenv": "0.1.0", "python": "3.11.9", "numpy": "2.0.0", "torch": "2.13.0"},
    )


def run_chunk(made: RunPlan) -> RunChunk:
    """Plays by the book: the trace depends on agent and position alone."""

    def play(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace]:
        assert list(rows) == list(made.sessions[first : first + len(rows)])
        skill = SKILLS.get(agent, 0.5)
        return [dialogue(agent, first + i, skill, session_id=made.session_ids[first + i]) for i in range(len(rows))]

    return play


def finished_run(folder: Path, made: RunPlan | None = None) -> Path:
    made = made or plan()
    return evaluate(made, folder / "run", run_chunk=run_chunk(made))
