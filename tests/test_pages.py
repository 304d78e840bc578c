"""README, docs/ and their kin: short where promised, every link leads somewhere, every command is one, programs run.

All of a page, one line after the other, is run by make pages (integrations/test_pages_run.py).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from recenv.cli import Commands

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[list[str]]:
    """What a page types after ``recenv``, without comments and without lines that only show a shape, as in ``a|b``."""
    text = page.read_text("utf-8").replace("\\\n", "")
    fenced = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S))
    for line in re.findall(r"^ {4}recenv (.*)$", text, re.M) + re.findall(r"^recenv (.*)$", fenced, re.M):
        words = shlex.split(line, comments=True)
        if words and "..." not in words and not any("|" in word for word in words):
            yield words


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) < 500


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_relative_to(ROOT) and target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    assert {p for p in ROOT.glob("docs/*.md") if p != index} <= linked


def test_every_page_and_example_is_in_the_navigation_of_the_site() -> None:
    """make docs is strict about it, too."""
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    named = re.findall(r"([\w/-]+)\.(?:md|ipynb)$", navigation, re.M)
    assert {p.stem for p in (*ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.ipynb"))} <= set(named)
    assert {f"examples/{p.stem}" for p in ROOT.glob("examples/*.py")} <= set(named)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_command_takes_its_options(page: Path) -> None:
    for words in commands(page):
        if words[0].startswith("-"):
            continue
        command: click.Command | None = Commands().get(words[0])
        while isinstance(command, click.Group) and len(words) > 1:
            words.pop(0)
            command = command.commands.get(words[0])
        assert command is not None, words
        if words[-1] != "--help":
            command.make_parser(click.Context(command)).parse_args(words[1:])  # raises for an option that there is not


def test_every_target_of_make_is_one() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for page in PAGES:
        text = page.read_text("utf-8")
        named = re.findall(r"(?:`|^ {4})make ([a-z -]+?)(?=`|  | [A-Z]+=|$)", text, re.M)
        assert {target for line in named for target in line.split()} <= targets, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_python_is_fenced_and_compiles(page: Path) -> None:
    text = page.read_text("utf-8")
    for program in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S):
        compile(program, page.name, "exec")
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    assert not re.search(r"^ {4}(import|from) \w+", outside, re.M), "a program in an indented block is run by no test"


@pytest.mark.parametrize("name", ["README.md", "docs/environments.md"])
def test_programs_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    programs = re.findall(r"^```python\n(.*?)^```$", (ROOT / name).read_text("utf-8"), re.M | re.S)
    assert programs
    for program in programs:
        exec(compile(program, name, "exec"), {})  # our own page  # noqa: S102
