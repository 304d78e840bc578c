"""How the time of regular expressions grows with the text: what is not linear is found by timing at two lengths."""

from __future__ import annotations

import ast
import importlib
import math
import pkgutil
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from re import _constants as sre
from re import _parser as parser
from types import ModuleType
from typing import Any

import recenv

Pattern = re.Pattern[Any]

UNITS = (
    "a", " ", "1", "的", "\n", "十", "a ", "1 ", "a,", "有", "- ", "a.", '"', "1、", "在", "with a ", "no ", "不", "(", "*", "1-",
    "111,", "元", "ab-", "#", ":", "a: ", "not ", "a' ", "请", "=", "|a", "a/", "A ", "use ", "the ", "1元", "[", "<<",
)
"""Of which texts are made by repeating them; and those of each pattern's own example, see ``attacks``."""
SHORT = 2_000
_CHEAP = 0.7e-6  # seconds a character: a quadratic pattern costs more on a short text, and few linear ones do
_RATIO = 8.0  # four times the text costs four times as much where it is linear, sixteen times where it is quadratic
_MOST_DEAR = 3
_MOST_WAYS = 10_000
_LEFT_OUT = ("recenv.integrations.", "recenv.training.", "recenv.commands.", "recenv.appraisal.")
"""They read no text of users or agents, and are slow to import."""
_FUNCTIONS = frozenset(["compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"])


def patterns() -> dict[str, Pattern]:
    """Every pattern of the package by where it stands: those that modules hold, and those written into calls of ``re``."""
    found: dict[tuple[Any, int], tuple[str, Pattern]] = {}
    for module in _modules():
        for name, value in vars(module).items():
            for n, pattern in enumerate(_held(value)):
                found.setdefault((pattern.pattern, pattern.flags), (f"{module.__name__}.{name}[{n}]", pattern))
        for line, text, flags in _written(module):
            if (text, flags | re.UNICODE) not in found:  # most are held as well, and compiled already
                pattern = re.compile(text, flags)
                found.setdefault((pattern.pattern, pattern.flags), (f"{module.__name__}:{line}", pattern))
    return dict(found.values())


def _modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(recenv.__path__, "recenv."):
        if info.name.endswith("__main__") or info.name.startswith(_LEFT_OUT):
            continue
        try:
            yield importlib.import_module(info.name)
        except ImportError:  # an extra that is not installed here
            continue


def _held(value: object) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _held(inner)
    elif isinstance(value, (tuple, list)):
        for inner in value:
            yield from _held(inner)


def _written(module: ModuleType) -> Iterator[tuple[int, str | bytes, int]]:
    """Patterns given to functions of ``re`` as a text, or as one that the module's own names fill in, with their flags."""
    if vars(module).get("re") is not re:
        return
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FUNCTIONS
                and isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args):
            continue
        flags = [a for a in (*node.args[1:], *(k.value for k in node.keywords)) if ast.unparse(a).startswith("re.")]
        try:
            text, *given = (eval(compile(ast.Expression(a), "<pattern>", "eval"), vars(module)) for a in (node.args[0], *flags))  # noqa: S307
        except (NameError, AttributeError, TypeError):  # names of a function's own
            continue
        if isinstance(text, (str, bytes)):
            yield node.lineno, text, given[0] if given else 0


def example(pattern: Pattern) -> str:
    """A text that a pattern matches, or nearly: the fewest repetitions, at least one; of each choice the first."""
    if isinstance(pattern.pattern, bytes):
        return ""
    return "".join(_parts(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)))


def _parts(tree: Any) -> Iterator[str]:
    for op, value in tree:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.NOT_LITERAL or op is sre.ANY:
            yield "x"
        elif op is sre.IN:
            yield _member(value)
        elif op is sre.BRANCH:
            yield from _parts(value[1][0])
        elif op is sre.SUBPATTERN:
            yield from _parts(value[3])
        elif op is sre.ATOMIC_GROUP:
            yield from _parts(value)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            for _ in range(min(max(value[0], 1), 4)):
                yield from _parts(value[2])


def _member(choices: Any) -> str:
    kinds = {sre.CATEGORY_DIGIT: "1", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a"}
    for op, value in choices:
        if op is sre.LITERAL:
            return chr(value)
        if op is sre.RANGE:
            return chr(value[0])
        if op is sre.CATEGORY:
            return kinds.get(value, "x")
    return "x"


def attacks(pattern: Pattern, length: int) -> Iterator[str]:
    """Texts that a pattern matches nowhere at their end: repeated units, the example repeated, its heads before a long run."""
    own = example(pattern)[:12]
    heads = [own[:n] for n in range(1, len(own) + 1)]
    for unit in (*UNITS, *([own, own[:-1]] if len(own) > 1 else [])):
        yield (unit * (length // len(unit) + 1))[:length] + "!"
    for head in heads:
        yield head + head[-1] * length + "!"


def seconds(work: Callable[[], object], times: int) -> float:
    """The least that it costs this thread, which a busy machine adds little to."""
    best = float("inf")
    for _ in range(times):
        before = time.thread_time()
        work()
        best = min(best, time.thread_time() - before)
    return best


def bounded(pattern: Pattern) -> bool:
    """Whether a pattern can go on from one place in no more than so many ways, whatever the text: it is linear, and need not be
    timed."""
    if isinstance(pattern.pattern, bytes):
        return False
    return _ways(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)) <= _MOST_WAYS


def _ways(tree: Any) -> float:
    """Ways through a pattern: of repetitions one a count, of choices their sum, of what follows each other the product."""
    ways = 1.0
    for op, value in tree:
        if op is sre.BRANCH:
            ways *= sum(map(_ways, value[1]))
        elif op is sre.SUBPATTERN:
            ways *= _ways(value[3])
        elif op is sre.ATOMIC_GROUP:
            ways *= _ways(value)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            ways *= _ways(value[1])
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            least, most, inner = value
            each = 0.0 if most is sre.MAXREPEAT else _ways(inner)
            ways *= math.inf if not each or (each > 1 and most > 60) else most - least + 1 if each == 1 else most * each**most
        elif op is sre.GROUPREF_EXISTS:
            return math.inf
        if ways > _MOST_WAYS:
            return math.inf
    return ways


def superlinear(pattern: Pattern, length: int = SHORT) -> str:
    """A text on which a pattern's time grows faster than the text, of that length and four times as long, shortened; "" where
    none was found."""
    if bounded(pattern):
        return ""
    shorts = list(attacks(pattern, length))
    costs = [seconds(lambda text=text: _run(pattern, text), 1) for text in shorts]
    dear = sorted((n for n, cost in enumerate(costs) if cost > _CHEAP * length), key=lambda n: -costs[n])[:_MOST_DEAR]
    if not dear:
        return ""
    longs = list(attacks(pattern, 4 * length))
    for n in dear:
        def short(text: str = shorts[n]) -> None:
            _run(pattern, text)

        def long(text: str = longs[n]) -> None:
            _run(pattern, text)

        if seconds(long, 1) > _RATIO * costs[n] and seconds(long, 2) > _RATIO * seconds(short, 3):
            return longs[n][:24]
    return ""


def _run(pattern: Pattern, text: str) -> None:
    for _ in pattern.finditer(text.encode() if isinstance(pattern.pattern, bytes) else text):
        pass


def report(found: Iterable[tuple[str, Pattern]]) -> dict[str, str]:
    return {name: worst for name, pattern in found if (worst := superlinear(pattern))}


if __name__ == "__main__":
    start = time.perf_counter()
    every = patterns()
    sys.stdout.write(f"{len(every)} patterns\n")
    for where, text in report(every.items()).items():
        sys.stdout.write(f"{where}: {text!r}\n")
    sys.stdout.write(f"{time.perf_counter() - start:.1f} s\n")
