"""Pages of HTML: the templates of this folder, filled by jinja2. Whatever comes from data is made readable and escaped."""

from __future__ import annotations

import base64
import unicodedata
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from recenv.data.render import category_name
from recenv.evaluation.cells import TONES, mark, search_words, share, turn_cells
from recenv.evaluation.leaderboard import percent, plain, signed
from recenv.evaluation.losses import losses_in_words
from recenv.evaluation.plots import became_of, reasons_of
from recenv.evaluation.session_pages import paid_line, turn_heads
from recenv.measures.drawing import COLOURS
from recenv.measures.typeface import FAMILY, embedded_font
from recenv.rewards.dimensions import DIMENSIONS

_TEMPLATES = Path(__file__).with_name("templates")
_MOST = 4000
_UNSEEN = ("Cc", "Cf", "Cs")  # direction overrides (Cf) as well: they could make a line read otherwise than it is


class Picture(NamedTuple):
    """A PNG inside a page. alt: what it shows; data: the file in base64."""

    alt: str
    data: Markup


def picture(file: Path, alt: str) -> Picture:
    """A PNG file as a picture of a page."""
    return Picture(alt, Markup(base64.b64encode(file.read_bytes()).decode()))


def page(template: str, title: str, /, **data: object) -> str:
    """A self-contained HTML document, the template its body: style, pictures and font are inside, scripts are forbidden."""
    environment = templates()
    body = environment.get_template(template).render(data)
    font = Markup(embedded_font([readable(title), body, "×"]))
    return environment.get_template("page.html").render(
        title=title, body=Markup(body), family=FAMILY, font=font, dimensions=len(DIMENSIONS), colours=COLOURS)


def framed_page(template: str, title: str, height: int = 640, /, **data: object) -> str:
    """A page in a frame that runs nothing, to stand inside another document such as a notebook. height: in pixels."""
    inside = escape(page(template, title, **data))
    return f'<iframe sandbox="" style="width:100%;height:{height}px;border:0" srcdoc="{inside}"></iframe>'


def templates() -> Environment:
    """The templates, with what they call to show numbers and turns. A name that they are not given is an error."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=readable,
        trim_blocks=True, lstrip_blocks=True,
    )
    made.filters |= {"percent": percent, "plain": plain, "signed": signed}
    made.globals |= {
        "became_of": became_of, "category_name": category_name, "losses_in_words": losses_in_words, "mark": mark,
        "paid_line": paid_line, "reasons_of": reasons_of, "search_words": search_words, "share": share, "tones": TONES,
        "turn_cells": turn_cells, "turn_heads": turn_heads,
    }
    return made


def readable(value: object) -> str:
    """What a template shows of a value, before it is escaped: without control characters, cut after 4,000 characters.

    Markup, which only templates and this module make, stays as it is.
    """
    if isinstance(value, Markup):
        return value
    shown = str(value)
    if len(shown) > _MOST:
        shown = f"{shown[:_MOST]}… ({len(shown) - _MOST} more characters)"
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in _UNSEEN else "\N{REPLACEMENT CHARACTER}" for c in shown)
