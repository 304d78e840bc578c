"""Who may import whom. Every import counts, also one under TYPE_CHECKING or inside a function.

The doors (recenv/__init__.py, recenv/cli.py, recenv/commands/) alone may reach for everything, and only when they are used.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TOP = ("recenv", "baselines", "scenarios", "evaluation")

_SESSION = {"users", "rewards", "data"}
ROOMS: dict[str, set[str]] = {
    "learning": {"evaluation", "integrations", "measures", "baselines", "scenarios", "rollouts", "envs", *_SESSION},
    "testing": {"baselines", "scenarios", "rollouts", "envs", *_SESSION},
    "evaluation": {"measures", "baselines", "scenarios", "rollouts", "envs", *_SESSION},
    "training": {"appraisal", "measures", "rewards", "data"},
    "appraisal": {"measures", "rewards", "data"},
    "measures": {"rewards", "data"},
    "integrations": {"scenarios", "rollouts", "envs", *_SESSION},
    "baselines": {"rollouts", "envs", *_SESSION},
    "scenarios": {"envs", *_SESSION},
    "rollouts": {"envs", *_SESSION},
    "envs": _SESSION,
    "users": {"data"},
    "rewards": {"data"},
    "data": set(),
}
"""Room -> rooms that it may import, beside itself and the ground: the single files of recenv, which know no room."""

FLOORS = (
    ("named", "turn"), ("judges",), ("models",), ("features",), ("fields", "rows", "hybrid", "rulings"), ("dimensions",),
    ("rules",), ("reading",), ("protocol", "ranking", "cache"),
)
"""The reward code from the top: a file or folder may import what stands in a lower line."""
FLOOR = {name: n for n, names in enumerate(FLOORS) for name in names}
JUDGES = {"judges", "protocol", "fields", "ranking", "dimensions"}
"""All that judges may know of the reward code."""

AWAY = {"training", "appraisal", "measures"}
"""Rooms that no session needs."""


class Import(NamedTuple):
    """The module that an import brings in, and whether the module that has it does so as soon as it is itself imported."""

    name: str
    at_once: bool


@cache
def modules() -> dict[str, Path]:
    """Module name -> file. The packages beside recenv are its subpackages: the links in it are not followed."""
    found = {}
    for package in TOP:
        for file in sorted((ROOT / package).rglob("*.py")):
            if not any(p.is_symlink() for p in file.parents):
                parts = file.relative_to(ROOT).with_suffix("").parts
                parts = parts if package == "recenv" else ("recenv", *parts)
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def imports(module: str) -> tuple[Import, ...]:
    """Every import of a module of ours; ``from package import x`` counts as package.x where that is a module."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    top, found = set(map(id, tree.body)), []
    for node in statements(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            full = [f"{node.module}.{a.name}" for a in node.names]
            names = [name if name in modules() else str(node.module) for name in full]
        found += [Import(name, id(node) in top) for name in names if name in modules() and name != module]
    return tuple(found)


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements, at any depth; no expression holds one."""
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(tree, block, ()):
            yield inner
            yield from statements(inner)


def room(module: str) -> str:
    """The room of a module; "" for the ground and for recenv itself."""
    part = module.split(".")[1] if "." in module else ""
    return part if part in ROOMS or part == "commands" else ""


def is_door(module: str) -> bool:
    return module in ("recenv", "recenv.cli") or room(module) == "commands"


def walls() -> Iterator[tuple[str, str]]:
    """(module, module that it imports) of all but the doors."""
    for module in modules():
        if not is_door(module):
            yield from ((module, found.name) for found in imports(module))


def test_rooms_import_downwards_only() -> None:
    assert {room(m) for m in modules()} >= set(ROOMS)
    for mine, theirs in walls():
        a, b = room(mine), room(theirs)
        assert not is_door(theirs) or theirs == "recenv", f"{mine} imports {theirs}, a door"
        assert a == b or not b or b in ROOMS.get(a, set()), f"{mine} ({a or 'ground'}) imports {theirs} ({b})"


def test_doors_open_only_when_used() -> None:
    for module in filter(is_door, modules()):
        upward = [f.name for f in imports(module) if f.at_once and room(f.name) in {*ROOMS}]
        assert not upward, f"{module} imports {upward} as soon as it is imported"


def test_reward_code_stands_on_its_floors() -> None:
    for mine, theirs in walls():
        if room(mine) == room(theirs) == "rewards" and min(mine.count("."), theirs.count(".")) > 1:
            a, b = mine.split(".")[2], theirs.split(".")[2]
            assert a in FLOOR and b in FLOOR, f"{mine} or {theirs} has no floor"
            assert a == b or FLOOR[a] < FLOOR[b], f"{mine} ({a}) imports {theirs} ({b})"
            assert a != "judges" or b in JUDGES, f"{mine} imports {theirs}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles({m: [f.name for f in imports(m)] for m in modules() if not is_door(m)}) == []


def circles(graph: dict[str, list[str]]) -> list[list[str]]:
    """The strongly connected components of more than one node (Tarjan, SIAM J. Comput. 1972)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            at = stack.index(node)
            if len(stack) - at > 1:
                found.append(stack[at:])
            del stack[at:]

    for node in graph:
        if node not in number:
            visit(node)
    return found


def test_a_circle_is_found() -> None:
    assert circles({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": [], "e": ["a"]}) == [["b", "c"]]
    assert circles({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def test_a_session_needs_nothing_that_learns_or_appraises() -> None:
    start = "recenv.envs.engine"
    seen, todo = {start}, [start]
    while todo:
        module = todo.pop()
        parents = [".".join(module.split(".")[:n]) for n in range(2, module.count(".") + 1)]
        for name in {*(f.name for f in imports(module)), *parents} - seen:
            assert room(name) not in AWAY, f"{module} imports {name}"
            if not is_door(name):
                seen.add(name)
                todo.append(name)
    assert "recenv.rewards.models.open" in seen  # imports inside functions count


def test_reward_code_stays_small() -> None:
    own = {m: f for m, f in modules().items() if room(m) == "rewards"}
    directly = [f for f in own.values() if f.parent == ROOT / "recenv" / "rewards"]
    lines = sum(len(f.read_text(encoding="utf-8").splitlines()) for f in own.values())
    assert len(directly) <= 14, sorted(f.name for f in directly)
    assert lines <= 16_400


def test_floors_and_rooms_are_in_one_order() -> None:
    order = list(ROOMS)
    assert all(order.index(b) > order.index(a) for a, below in ROOMS.items() for b in below)
    assert len(FLOOR) == sum(map(len, FLOORS))


def test_nothing_heavy_is_imported_by_the_package_or_its_help_or_scores_of_trees() -> None:
    code = ("import sys, recenv, recenv.cli, recenv.envs.dynamics, recenv.rewards.rules.verdicts;"
            "from recenv.records import ScorerRow; from recenv.rewards.named import scorer_set;"
            "row = ScorerRow(dimension='query_item_relevance', query='tea', item='Tea House; dining; price: 30 yuan');"
            "assert 0.0 < scorer_set('fast')[row.dimension].score([row]).values[0] < 1.0;"
            "print([m for m in ('torch', 'transformers', 'matplotlib', 'faker') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
