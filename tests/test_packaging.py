"""The one silent failure of an explicit package list: a folder that nobody listed."""

from __future__ import annotations

import configparser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def listed() -> dict[str, str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return dict(config["options"])


def test_every_folder_with_code_is_listed() -> None:
    folders = set()
    for top in ("recenv", "scenarios", "baselines", "evaluation"):
        for init in (ROOT / top).rglob("__init__.py"):
            if any(p.is_symlink() for p in init.parents):
                continue
            dotted = ".".join(init.parent.relative_to(ROOT).parts)
            folders.add(dotted if top == "recenv" else f"recenv.{dotted}")
    assert folders == set(listed()["packages"].split())


def test_types_ship_and_every_named_file_is_there() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    data = dict(config["options.package_data"])
    assert "py.typed" in data["recenv"].split()
    for package, patterns in data.items():
        folder = ROOT.joinpath(*package.split("."))
        for pattern in patterns.split():
            assert any(folder.glob(pattern)), f"{package}: nothing is called {pattern}"


def test_the_import_names_of_the_top_folders_are_mapped_and_linked() -> None:
    for name in ("scenarios", "baselines", "evaluation"):
        assert f"recenv.{name} = {name}" in listed()["package_dir"]
        link = ROOT / "recenv" / name
        assert link.is_symlink() and link.readlink() == Path("..") / name
