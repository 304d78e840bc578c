"""For make docs: the site also shows pages from outside docs/, and links lead to where a file stands in the site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "recenv" / "rewards" / "weights"
FETCHED = re.compile(r"""<(?:script|img|iframe|source|link)\b[^>]*?\s(?:src|href)=["']?(?:https?:)?//[^>]*>""")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s:#]+)(#[^)\s]*)?\)")
SOURCE = re.compile(r"""href="(?!https?:)([^":#]+)\.md(#[^"]*)?\"""")


def places() -> dict[Path, str]:
    """Files from outside docs/ by where they stand in the site."""
    found = {ROOT / f"{name}.md": f"{name.lower()}.md" for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY")}
    for card in sorted(WEIGHTS.glob("*/CARD.md")):
        family = card.parent.name
        found[card] = f"cards/{family}.md"
        found |= {picture: f"cards/{family}/{picture.name}" for picture in card.parent.glob("*.png")}
    return found | {program: f"examples/{program.stem}.md" for program in sorted(ROOT.glob("examples/*.py"))}


def on_files(files: Files, *, config: Any) -> Files:
    for source, place in places().items():
        if source.suffix == ".py":
            text = f"# {source.name}\n\n```python\n{source.read_text('utf-8')}```\n"
            files.append(File.generated(config, place, content=text))
        else:
            files.append(File.generated(config, place, abs_src_path=str(source)))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    outside = places()
    sources = {place: source for source, place in outside.items()}
    here = page.file.src_uri
    folder = sources.get(here, Path(config.docs_dir) / here).parent

    def placed(link: re.Match[str]) -> str:
        text, name, anchor = link[1], link[2], link[3] or ""
        target = (folder / name).resolve()
        if target.is_relative_to(config.docs_dir):
            place = target.relative_to(config.docs_dir).as_posix()
        elif target in outside:
            place = outside[target]
        elif target.exists():
            return f"{text} (`{target.relative_to(ROOT).as_posix()}`)"  # a file of the repository that is no page
        else:
            return link[0]
        return f"[{text}]({posixpath.relpath(place, posixpath.dirname(here) or '.')}{anchor})"

    return LINK.sub(placed, markdown)


def on_post_build(*, config: Any) -> None:
    for page in Path(config.site_dir).rglob("*.html"):
        text = page.read_text("utf-8")
        linked = SOURCE.sub(lambda link: f'href="{link[1]}.html{link[2] or ""}"', text)  # notebooks name pages as files
        if linked != text:
            page.write_text(linked, "utf-8")
        if found := FETCHED.search(text):
            raise PluginError(f"{page.name} would fetch {found[0]}: the site is read without a network")
        for link in SOURCE.finditer(text):
            if not (page.parent / f"{link[1]}.html").is_file():
                raise PluginError(f"{page.name} leads to {link[1]}.html, which is not in the site")
