"""A judge's server for tests: the loopback server with answers that carry token probabilities."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from loopback import Reply

LABELS = ("no", "yes", "0", "1", "2", "3", "4")


def tokens_of(text: str) -> list[str]:
    """A cut into tokens: words with the space before them, and single marks."""
    return re.findall(r"\s?\w+|\s|[^\w\s]", text)


def answer(body: dict[str, Any], text: str, odds: list[dict[str, float]] | None = None, **changes: Any) -> Reply:
    """A completion; odds: for each label token of the text, in order, the probabilities of what could stand there."""
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **changes}
    if odds is not None:
        left, content, before = list(odds), [], ""
        for token in tokens_of(text):
            row = {"token": token, "logprob": -0.01, "top_logprobs": [{"token": token, "logprob": -0.01}]}
            if token.strip() in LABELS and left and re.search(r':\s*"?$', before):
                row["top_logprobs"] = [{"token": t, "logprob": math.log(p)} for t, p in left.pop(0).items() if p > 0]
            content.append(row)
            before += token
        choice["logprobs"] = {"content": content}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return Reply(body=json.dumps({"model": body["model"], "choices": [choice], "usage": usage}).encode())


def said(label: object, reason: str = "because") -> str:
    return json.dumps({"label": label, "reason": reason}, ensure_ascii=False)


def field(body: dict[str, Any], name: str) -> str:
    """What stands in a field of the request's fence; the tag is read from the instructions, as a model would."""
    tag = re.findall(r"<<<NAME ([0-9a-f]{32})>>>", body["messages"][0]["content"])
    assert len(tag) == 1
    found = re.findall(rf"<<<{name} {tag[0]}>>>\n(.*?)\n<<<end {tag[0]}>>>", body["messages"][1]["content"], re.DOTALL)
    assert len(found) == 1, body["messages"][1]["content"]
    return str(found[0])
