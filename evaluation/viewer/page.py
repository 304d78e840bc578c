"""The viewer's page: one self-contained HTML document that runs one script, known by its hash, and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path

from recenv.evaluation.viewer.payload import Payload
from recenv.measures.drawing import COLOURS
from recenv.measures.typeface import FAMILY, embedded_font

ASSETS = Path(__file__).with_name("assets")
SCRIPTS = ("d3.min.js", "plot.umd.min.js", "app.js")
"""What the one script of the page is made of, in order."""


@cache
def script() -> str:
    """The script. Raises ValueError where it could end its own element."""
    text = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("the script of the viewer holds what ends a script element")
    return text


def policy(text: str) -> str:
    """The content security policy under which only the script of this text runs, and nothing is asked of any address."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return (f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
            "base-uri 'none'; form-action 'none'")


def page(made: Payload) -> str:
    """The document. What comes from runs stands in elements that no browser executes, and nothing in it can end them."""
    code = script()
    style = (ASSETS / "style.css").read_text("utf-8")
    colours = "".join(f"--{name}:{colour};" for name, colour in COLOURS.items())
    font = embedded_font([*made.characters, code, "–·−✓×…→←↑↓"])
    licences = "".join(_comment(file.read_text("utf-8")) for file in sorted(ASSETS.glob("*.LICENSE")))
    blocks = "".join(f'<script type="text/plain" id="block-{i}">{block}</script>\n' for i, block in enumerate(made.blocks))
    data = made.data.decode().replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy(code))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>recenv: {escape(made.title)}</title>
{licences}<style>
@font-face {{ font-family: "{FAMILY}"; src: url({font}) format("woff"); }}
:root {{ {colours} }}
{style}
</style></head>
<body><noscript>This page needs its own script; nothing is loaded from elsewhere.</noscript>
<div id="app"></div>
<script type="application/json" id="data">{data}</script>
{blocks}<script>{code}</script>
</body></html>
"""


def _comment(text: str) -> str:
    return f"<!-- {escape(text).replace('--', '- -')} -->\n"
