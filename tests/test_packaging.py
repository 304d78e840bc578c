"""The one silent failure of an explicit package list: a folder that nobody listed."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def listed() -> dict[str, str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return dict(config["options"])


def test_the_version_has_its_section_in_the_changelog() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    sections = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert next(name for name in sections if name != "Unreleased") == config["metadata"]["version"]


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


def test_every_file_that_is_no_code_is_listed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    data = {package: patterns.split() for package, patterns in config["options.package_data"].items()}
    homes = dict(pair.split(" = ") for pair in listed()["package_dir"].split("\n") if pair)
    for package in listed()["packages"].split():
        home = ROOT / homes.get(package, package.replace(".", "/"))
        shipped = {file for pattern in data.get(package, []) for file in home.glob(pattern)}
        found = {f for f in home.rglob("*") if f.is_file() and f.suffix not in (".py", ".pyc")}
        found = {f for f in found if not any(p.is_symlink() for p in f.parents) and _package(f) == home}
        assert found <= shipped, f"{package}: {sorted(map(str, found - shipped))}"


def _package(file: Path) -> Path:
    """The folder of the package that a file belongs to."""
    return next(p for p in file.parents if (p / "__init__.py").is_file())


def test_the_import_names_of_the_top_folders_are_mapped_and_linked() -> None:
    for name in ("scenarios", "baselines", "evaluation"):
        assert f"recenv.{name} = {name}" in listed()["package_dir"]
        link = ROOT / "recenv" / name
        assert link.is_symlink() and link.readlink() == Path("..") / name


def test_every_dependency_is_bounded_above() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = [listed()["install_requires"], *config["options.extras_require"].values()]
    open_ = [line for block in wanted for line in block.split() if line and "<" not in line and not line.startswith("#")]
    assert open_ in ([], ["fsspec"]), "a next major version would break these in silence"  # fsspec is named by its date
