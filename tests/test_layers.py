"""Who may import whom. Lower layers never reach up; the doors alone may (package, command line), when they are asked."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ("cli", "rollouts", "envs", ("users", "rewards"), "data", ("records", "registry", "rng", "errors"))
RANK = {name: rank for rank, names in enumerate(CORE) for name in ([names] if isinstance(names, str) else names)}
RANK["endpoint"] = RANK["data"]  # a client for model servers; knows nothing of worlds
LOWEST = RANK["records"]
MAY_NOT = {"recenv": {"baselines", "scenarios", "evaluation"}, "scenarios": {"baselines", "evaluation"},
           "baselines": {"scenarios", "evaluation"}, "evaluation": set()}
TOP = ("baselines", "scenarios", "evaluation")
DOORS = [ROOT / "recenv" / "__init__.py", ROOT / "recenv" / "cli.py", *(ROOT / "recenv" / "commands").glob("*.py")]


def imports(file: Path) -> list[tuple[str, bool]]:
    """(module, whether at module level) of every import; a bare ``from recenv import x`` counts as recenv.x."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            names = [f"recenv.{a.name}" for a in node.names] if node.module == "recenv" else [node.module]
        found += [(name, id(node) in top) for name in names if name.split(".")[0] == "recenv"]
    return found


def sources(package: str) -> list[Path]:
    return [f for f in sorted((ROOT / package).rglob("*.py")) if not any(p.is_symlink() for p in f.parents)]


@pytest.mark.parametrize("package", list(MAY_NOT))
def test_packages_import_downwards_only(package: str) -> None:
    files = sources(package)
    assert files
    for file in files:
        for name, at_top in imports(file):
            part = name.partition(".")[2].partition(".")[0]
            if file in DOORS and not at_top:
                continue
            assert part not in MAY_NOT[package], f"{file.relative_to(ROOT)} imports {name}"


def test_core_layers_hold() -> None:
    for file in sources("recenv"):
        mine = file.relative_to(ROOT / "recenv").parts[0].removesuffix(".py")
        if mine in ("__init__", "cli", "commands"):
            continue
        for name, _ in imports(file):
            theirs = name.partition(".")[2].partition(".")[0]
            if theirs in RANK and theirs != mine:
                assert RANK[theirs] > RANK[mine] or RANK[mine] == LOWEST, f"{file.relative_to(ROOT)} ({mine}) imports {name}"


def test_nothing_heavy_is_imported_by_the_package_or_its_help() -> None:
    import subprocess
    import sys

    code = ("import sys, recenv, recenv.cli, recenv.envs.dynamics, recenv.rewards.rules.verdicts;"
            "print([m for m in ('torch', 'transformers', 'matplotlib', 'faker') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
