"""Rows as text prompts, the form in which the benchmark publishes them, beside the structured fields.

Items come as ``render.item_text``.
"""

from __future__ import annotations

from collections.abc import Sequence

from recenv.data.render import mapping_text, user_text
from recenv.records import User

_TITLES = {
    "zh": {
        "task/if": "判断助手的回复是否遵循了指令，回答1或0。", "task/fc": "判断助手的回复是否与证据一致，回答1或0。",
        "task/qir": "判断商家与用户需求的相关程度，回答0到1之间的数。", "task/ubp": "判断用户是否会选择该商家，回答1或0。",
        "task/ir": "按用户选择的可能性对候选商家排序。",
        "instruction": "指令", "query": "用户需求", "response": "回复", "evidence": "证据",
        "user": "用户画像", "context": "场景", "item": "商家", "items": "候选商家",
    },
    "en": {
        "task/if": "Decide whether the answer follows the instruction; reply 1 or 0.",
        "task/fc": "Decide whether the answer agrees with the evidence; reply 1 or 0.",
        "task/qir": "Say how relevant the place is to the request, from 0 to 1.",
        "task/ubp": "Decide whether the user will take the place; reply 1 or 0.",
        "task/ir": "Rank the candidates by how likely the user is to take them.",
        "instruction": "Instruction", "query": "Request", "response": "Answer", "evidence": "Evidence",
        "user": "User", "context": "Context", "item": "Place", "items": "Candidates",
    },
}


def _prompt(locale: str, task: str, parts: Sequence[tuple[str, str]]) -> str:
    titles = _TITLES[locale]
    shown = [f"【{titles[k]}】{v}" if locale == "zh" else f"{titles[k]}: {v}" for k, v in parts]
    return "\n".join([titles[f"task/{task}"], *shown])


def instruction_prompt(locale: str, instruction: str, query: str, response: str) -> str:
    return _prompt(locale, "if", (("instruction", instruction), ("query", query), ("response", response)))


def factual_prompt(locale: str, evidence: str, query: str, response: str) -> str:
    return _prompt(locale, "fc", (("evidence", "\n" + evidence), ("query", query), ("response", response)))


def relevance_prompt(locale: str, query: str, item: str) -> str:
    return _prompt(locale, "qir", (("query", query), ("item", item)))


def behavior_prompt(user: User, context: dict[str, str], query: str, item: str) -> str:
    at = user.locale
    return _prompt(at, "ubp", (("user", user_text(user)), ("context", mapping_text(context, at)), ("query", query),
                               ("item", item)))


def ranking_prompt(user: User, context: dict[str, str], query: str, items: Sequence[str]) -> str:
    at = user.locale
    listed = "".join(f"\n{n}. {item}" for n, item in enumerate(items, 1))
    return _prompt(at, "ir", (("user", user_text(user)), ("context", mapping_text(context, at)), ("query", query),
                              ("items", listed)))
