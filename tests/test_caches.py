"""Caches: looked up, bounded, counted and emptied by their group; none lies about where no owner can empty it."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recenv.caches import CacheGroup, CacheSize
from recenv.rewards.reading.lexical import norm

ROOT = Path(__file__).parents[1] / "recenv"
called: list[str] = []
GROUP = CacheGroup("shouts")


@GROUP.keep(2)
def shout(text: str, *, times: int = 1) -> str:
    """Louder."""
    called.append(text)
    return text.upper() * times


@pytest.fixture(autouse=True)
def nothing_called() -> None:
    GROUP.clear()
    called.clear()


def test_a_call_is_computed_once_until_it_is_forgotten() -> None:
    assert shout("a") == shout("a") == "A" and called == ["a"]
    GROUP.clear()
    assert shout("a") == "A" and called == ["a", "a"]
    assert shout("a", times=2) == "AA"


def test_a_group_counts_what_it_holds_and_holds_no_more_than_the_limit() -> None:
    name = f"{__name__}.shout"
    for n, text in enumerate("abcd"):
        assert GROUP.sizes() == {name: CacheSize(min(n, 2), 2)}
        shout(text)
    shout("c")
    assert called == list("abcd")
    GROUP.clear()
    assert GROUP.sizes() == {name: CacheSize(0, 2)}


def test_what_is_kept_of_an_object_is_found_by_which_object_it_is() -> None:
    group = CacheGroup("same")

    @group.keep_same(2)
    def spelt(words: list[str]) -> str:
        """Together."""
        called.append("".join(words))
        return called[-1]

    one, two, three = ["a", "b"], ["a", "b"], ["c"]
    assert spelt(one) == spelt(one) == spelt(two) == spelt(one) == "ab" and called == ["ab", "ab"]
    assert spelt(three) == "c" and spelt(two) == "ab" and called == ["ab", "ab", "c", "ab"]
    assert (spelt.__name__, spelt.__doc__) == ("spelt", "Together.")
    assert group.sizes() == {f"{__name__}.{spelt.__qualname__}": CacheSize(2, 2)}
    group.clear()
    assert spelt(two) == "ab" and called[-2:] == ["ab", "ab"]


def test_groups_are_emptied_by_themselves() -> None:
    other = CacheGroup("other")
    kept = other.keep(1)(len)
    shout("a"), kept("abc")
    other.clear()
    assert [size.held for size in (*GROUP.sizes().values(), *other.sizes().values())] == [1, 0]


def test_a_limit_is_asked_for() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        GROUP.keep(0)


def test_threads_may_call_and_clear_at_once() -> None:
    def work(n: int) -> str:
        if n % 7 == 0:
            GROUP.clear()
        return shout(str(n % 5))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(500))) == [str(n % 5) for n in range(500)]


def test_a_remembered_function_keeps_its_name_and_goes_to_other_processes_by_it() -> None:
    assert (shout.__name__, shout.__doc__, shout.__module__) == ("shout", "Louder.", __name__)
    assert norm.__reduce__() == "norm"


@pytest.mark.parametrize("room", ["data", "users", "rewards", "envs"])
def test_functools_caches_only_where_an_object_holds_its_own(room: str) -> None:
    for file in sorted((ROOT / room).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "cache" not in text:
            continue
        tree = ast.parse(text)
        made = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
        held = {id(node) for f in made for node in ast.walk(f)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("lru_cache", "cache"):
                assert id(node) in held, f"{file.relative_to(ROOT)}:{node.lineno}"
                (limit,) = node.keywords
                unbounded = isinstance(limit.value, ast.Constant) and limit.value.value is None
                assert not unbounded, f"{file.relative_to(ROOT)}:{node.lineno}"
            if isinstance(node, ast.FunctionDef):
                bare = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
                assert not bare & {"lru_cache", "cache"}, f"{file.relative_to(ROOT)}:{node.lineno}"
