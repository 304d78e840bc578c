"""Small pieces of HTML. Every text that comes from a trace or a manifest goes through ``esc``."""

from __future__ import annotations

import base64
import html
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_MOST = 4000


def esc(text: object) -> str:
    """Text as HTML text or attribute value: escaped, without control characters, cut after 4,000 characters."""
    shown = str(text)
    if len(shown) > _MOST:
        shown = f"{shown[:_MOST]}… ({len(shown) - _MOST} more characters)"
    # Direction overrides (Cf) go as well: they could make a line read otherwise than it is.
    kept = (c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}" for c in shown)
    return html.escape("".join(kept), quote=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], name: str = "") -> str:
    """A table of ready HTML cells."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table class="{name}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def picture(file: Path, alt: str) -> str:
    """A PNG inside the page."""
    data = base64.b64encode(file.read_bytes()).decode()
    return f'<figure><img alt="{esc(alt)}" src="data:image/png;base64,{data}"></figure>'


STYLE = """
:root { --ink: #1f2328; --grey: #656d76; --rule: #d0d7de; --faint: #f3f5f7; --bad: #c0271d; --good: #1a7f37;
  color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 2rem 1.5rem 5rem; background: #fff; color: var(--ink);
  font: 15px/1.5 "Recenv Sans", system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; font-weight: 400; margin: 0 0 .2rem; }
h2 { font-size: 1.3rem; font-weight: 400; margin: 2.6rem 0 .7rem; padding-top: .8rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; font-weight: 400; margin: 1.6rem 0 .4rem; }
p, ul { margin: .4rem 0; } ul { padding-left: 1.2rem; }
.grey, small { color: var(--grey); } small { font-size: .78rem; }
.wide { overflow-x: auto; } figure { margin: .8rem 0; } img { max-width: 100%; height: auto; display: block; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .38rem .6rem; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: normal; }
th { font-weight: 400; color: var(--grey); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; min-width: 7rem; }
td small { display: block; white-space: nowrap; }
table.text td, table.text th { text-align: left; }
table.text td:first-child { min-width: 10rem; }
table.text td { overflow-wrap: anywhere; }
code, pre { font: .82rem/1.45 ui-monospace, Menlo, Consolas, "Recenv Sans", monospace; background: var(--faint);
  border-radius: 4px; }
code { padding: .1rem .3rem; } pre { padding: .7rem .9rem; white-space: pre-wrap; margin: .5rem 0; }
.notice { border-left: 4px solid #d99a1c; background: #fdf6e7; padding: .5rem .9rem; margin: .8rem 0; }
.notice.bad { border-color: var(--bad); background: #fdf0ef; }
details { border: 1px solid var(--rule); border-radius: 6px; margin: .5rem 0; }
summary { padding: .5rem .8rem; cursor: pointer; } summary:hover { background: var(--faint); }
details > .inside { padding: .2rem .9rem .9rem; }
.grid { display: grid; grid-template-columns: minmax(0, 1fr) 25rem; gap: 0 1.4rem; border-top: 1px solid var(--rule);
  padding: .7rem 0; }
@media (max-width: 800px) { .grid { grid-template-columns: minmax(0, 1fr); } }
.bubble { border-radius: 10px; padding: .4rem .75rem; margin: .25rem 0; width: fit-content; max-width: 94%;
  white-space: pre-wrap; unicode-bidi: isolate; }
.user { background: #e8f1fb; margin-left: auto; } .agent { background: var(--faint); } .broken { background: #fdf0ef; }
.tag { font-size: .75rem; color: var(--grey); } .tags { text-align: right; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: #9a6700; }
ol.slate { margin: .25rem 0; padding: .3rem .6rem .3rem 2rem; font-size: .88rem; color: #3d4a5c; }
ol.slate .taken { color: var(--good); }
.cells { display: grid; grid-template-columns: 1.6fr repeat(5, minmax(0, 1fr)); gap: 0 .5rem;
  align-content: start; font-size: .8rem;
  font-variant-numeric: tabular-nums; }
.cell { min-width: 0; } .cell .of { color: var(--grey); font-size: .7rem; float: right; }
.bar { height: 11px; background: #eef0f2; position: relative; } .bar i { position: absolute; left: 0; height: 100%; }
.bar.none { background: repeating-linear-gradient(135deg, #fff 0 3px, #b4bcc4 3px 4px); }
.bar.gate { outline: 1.5px solid var(--bad); }
.bar.gate::after { content: "\\d7"; color: var(--bad); position: absolute; right: 2px; top: -6px; font-size: 1rem;
  line-height: 22px; }
.why { grid-column: 1 / -1; color: var(--grey); font-size: .74rem; margin-top: .3rem; }
"""
"""The page's style sheet: nothing in it comes from data."""
