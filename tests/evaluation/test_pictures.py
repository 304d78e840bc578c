"""Fonts, trace pictures and reports: they must come out, alike each time, whatever the texts say."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest
from trace_builders import NAMES, dialogue, finished_run, plan, session, turn

from recenv.errors import InputError, UnknownName
from recenv.evaluation.cells import mark, turn_cells
from recenv.evaluation.folder import open_run
from recenv.evaluation.pages import readable, templates
from recenv.evaluation.plots import MOST_PIXELS, draw_traces
from recenv.evaluation.report import Chosen, write_report
from recenv.evaluation.runner import evaluate
from recenv.evaluation.session_pages import pick_sessions
from recenv.evaluation.session_values import session_values
from recenv.evaluation.why import Told, explain
from recenv.measures import drawing
from recenv.measures.typeface import SUBSTITUTE, drawable, embedded_font, fit_text, text_width, wrap
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

CROSSWOZ = Path(__file__).parents[3] / "shared" / "data" / "crosswoz"
EVIL = "<script>alert('x')</script>\"&$\\frac{1}{0}$\u202e\x1b[31m\x00👨‍👩‍👧 ﷽ tab\there"
PNG = b"\x89PNG\r\n"


def size(png: Path) -> tuple[int, int]:
    head = png.read_bytes()[:24]
    assert head.startswith(PNG)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def evil_session(agent: str, order: int) -> SessionTrace:
    return session(
        [turn(0, text=EVIL, said=EVIL, items=[EVIL, NAMES[0]], taken=0, kind="order"),
         turn(1, act="malformed", kind="repeat", said="")],
        agent=agent, order=order, session_id=EVIL, user=EVIL, opening=EVIL, source="constructed",
    )


# -- font ------------------------------------------------------------------------------------------------------


def test_the_font_has_what_the_crosswoz_texts_use() -> None:
    if not CROSSWOZ.is_dir():
        pytest.skip("the CrossWOZ files are not beside the repository (../shared/data/crosswoz)")
    with zipfile.ZipFile(CROSSWOZ / "val.json.zip") as archive:
        texts = [archive.read(archive.namelist()[0]).decode()]
    for name in ("restaurant", "hotel", "attraction"):
        texts.append(gzip.decompress((CROSSWOZ / f"{name}_db.json.gz").read_bytes()).decode())
    used = set("".join(json.dumps(json.loads(text), ensure_ascii=False) for text in texts))
    assert len(used) > 2000
    boxes = [c for c in sorted(used) if drawable(c) == SUBSTITUTE]
    assert [c for c in boxes if unicodedata.category(c) != "So"] == [] and len(boxes) <= 2  # a cup and a plus, as emoji


def test_characters_beyond_the_font_become_boxes_and_invisible_ones_vanish() -> None:
    assert drawable("家👨‍👩‍👧 a\u200bb\n\tc") == f"家{SUBSTITUTE * 3} ab c"
    assert drawable("Café ✓ × ≈ 「全角」４．５") == "Café ✓ × ≈ 「全角」４．５"


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    text = "北京天伦王朝酒店、北京首都宾馆都符合您的要求呢（The Regent Beijing is close to Wangfujing）。"
    lines = wrap(text, 1.5, 9, lines=20)
    assert all(text_width(line, 9) <= 1.5 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。、）" for line in lines)
    quoted = wrap('"最多三百五十元" (never told) "最多" ' * 6, 1.5, 9, lines=30)
    assert not any(line.startswith('" ') or line.endswith(' "') or line == '"' for line in quoted)
    short = wrap(text, 1.5, 9, lines=2)
    assert len(short) == 2 and short[1].endswith("…") and text_width(short[1], 9) <= 1.5
    assert wrap("", 1.5, 9, 2) == [] and wrap("W" * 40, 0.5, 9, 99)[0] in "W" * 40
    assert fit_text("short", 2, 9) == "short" and fit_text("很长的名字" * 9, 1, 9).endswith("…")


def test_the_embedded_font_has_the_used_characters_alone() -> None:
    from fontTools.ttLib import TTFont

    uri = embedded_font(["天安门 abc", "👨"])
    assert uri == embedded_font(["abc", "天安门 "])
    with TTFont(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as font:
        assert set(font.getBestCmap()) == set(map(ord, "天安门 abc"))
        assert font.flavor == "woff"


# -- trace pictures --------------------------------------------------------------------------------------------


def told(trace: SessionTrace) -> Told:
    return Told(trace, None, (), explain(trace, None, plan(), None))


def test_a_trace_is_drawn_alike_each_time(tmp_path: Path) -> None:
    made = [told(dialogue("greedy", 3, 0.9, length=3))]
    for end in (".png", ".svg"):
        first, second = draw_traces(made, tmp_path / f"a{end}"), draw_traces(made, tmp_path / "new" / f"b{end}")
        assert first.read_bytes() == second.read_bytes()
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        draw_traces(made, tmp_path / "a.gif")


def test_agents_stand_one_below_the_other_at_page_width(tmp_path: Path) -> None:
    long, short = told(dialogue("greedy", 0, 0.9, length=4)), told(dialogue("贪心" * 30, 0, 0.2, length=1))
    alone, tiny = size(draw_traces([long], tmp_path / "a.png")), size(draw_traces([short], tmp_path / "b.png"))
    pair, printed = size(draw_traces([short, long], tmp_path / "c.png")), size(draw_traces([short], tmp_path / "d.png", scale=2))
    assert alone[0] == tiny[0] == pair[0] <= MOST_PIXELS and printed[0] == 2 * tiny[0]
    assert tiny[1] < alone[1] < pair[1] < alone[1] + tiny[1]


def test_hostile_texts_and_empty_sessions_are_drawn(tmp_path: Path) -> None:
    assert size(draw_traces([told(evil_session(EVIL, 0))], tmp_path / "a.png"))
    assert size(draw_traces([told(session([], ending="left"))], tmp_path / "b.png"))
    many = session([turn(0, items=[f"{i} {EVIL}" for i in range(50)], text="长" * 5000, said="")])
    assert size(draw_traces([told(many)], tmp_path / "c.png"))


def test_two_sessions_are_not_drawn_as_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one session"):
        draw_traces([told(dialogue("a", 0, 0.5)), told(dialogue("b", 1, 0.5))], tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()


def test_the_first_cell_shows_the_value_and_what_was_paid() -> None:
    made = msgspec.structs.replace(turn(0, (1.0, None, 0.5, 0.2, 0.9), gate=()), value=0.64, reward=0.03)
    cells = turn_cells(made)
    assert [c.value for c in cells] == [0.64, 1.0, None, 0.5, 0.2, 0.9]
    assert (cells[0].note, cells[1].note, cells[3].note) == ("+0.03", "rule", "")
    failed = turn_cells(turn(0, reward=0.0, gate=("factual_consistency",)))
    assert [c.failed for c in failed] == [True, False, True, False, False, False] and failed[2].note == "gate"


@pytest.mark.parametrize(("kind", "expected"), [("order", "✓"), ("inquire", "?"), ("reject", ""), ("leave", "")])
def test_only_what_the_user_took_up_is_marked(kind: str, expected: str) -> None:
    made = turn(0, kind=kind, taken=1)
    assert [mark(made, rank) for rank in range(3)] == ["", expected, ""]


# -- report ----------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Tags, attributes and text of a page; complains about tags that do not nest."""

    VOID = ("meta", "img", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("report"), plan(("random", "greedy"), sessions=15))


def test_the_report_is_self_contained_and_the_same_each_time(run: Path) -> None:
    written = write_report(run)
    first = written.read_bytes()
    assert write_report(run).read_bytes() == first
    page = Page(first.decode())
    assert "script" not in page.tags and "link" not in page.tags
    links = [value or "" for name, value in page.attributes if name in ("src", "href")]
    assert links and all(link.startswith(("data:image/png;base64,", "#")) for link in links)
    assert not re.search(r"url\((?!data:)", first.decode()) and "http" not in re.sub(r"http-equiv", "", page.text)
    anchors = {value for name, value in page.attributes if name == "id"}
    assert {link[1:] for link in links if link.startswith("#")} == anchors and len(anchors) == 12
    drawn = {f.name for f in (run / "plots").iterdir()}
    assert len(drawn) == page.tags.count("img") and {"returns.png", "turns-paid.png", "spread.png", "heat-1.png"} <= drawn
    assert all(size(f) for f in (run / "plots").iterdir())


def test_the_report_says_what_made_the_numbers(run: Path) -> None:
    written = run / "report.html"
    text = Page((written if written.exists() else write_report(run)).read_text()).text
    for expected in ("seed", "gated-mean", "abc123", "recenv evaluate --scenario mixed", "2.13.0", "天安门广场",
                     "real dialogues replayed", "extrapolated",
                     "no item was shown", "not a JSON object", "best", "median", "worst"):
        assert expected in text, expected


def test_hostile_texts_stay_text(tmp_path: Path) -> None:
    names = ('<img src=x onerror="alert(1)">', "b'\"&")
    made = plan(names, sessions=1)
    made = msgspec.structs.replace(
        made, session_ids=(EVIL,), scorers=({"name": EVIL, "dimension": EVIL},), reward={EVIL: EVIL}, command=EVIL)
    folder = evaluate(made, tmp_path / "run", run_chunk=lambda agent, rows, first: [evil_session(agent, first)])
    source = write_report(folder).read_text()
    page = Page(source)
    assert "script" not in page.tags and page.tags.count("img") == len(list((folder / "plots").iterdir()))
    assert not {name for name, _ in page.attributes} & {"onerror", "onload", "onclick"}
    assert "<script>alert('x')</script>" in page.text and not any(c in source for c in "\u202e\x1b\x00")
    assert "constructed" in page.text and "nobody had these conversations" in page.text


@pytest.mark.usefixtures("undrawn")
def test_an_unfinished_run_is_reported_as_such(tmp_path: Path) -> None:
    folder = finished_run(tmp_path, plan(("random", "greedy"), sessions=4))
    lines = (folder / "traces.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "traces.jsonl").write_bytes(b"".join(lines[:6]) + lines[6][:20])
    text = Page(write_report(folder).read_text()).text
    assert text.count("unfinished") == 1 and "greedy has finished 2 of 4 sessions" in " ".join(text.split())
    (folder / "traces.jsonl").write_bytes(b"".join(lines[:3]))
    assert "none was finished by every agent yet" in Page(write_report(folder).read_text()).text
    (folder / "traces.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match="no finished session"):
        write_report(folder)


@pytest.mark.usefixtures("undrawn")
def test_sessions_of_a_report_are_named_or_found_by_who_loses(tmp_path: Path) -> None:
    run = finished_run(tmp_path, plan(("random", "greedy"), sessions=12))

    def headed(chosen: Chosen) -> list[str]:
        return re.findall(r"Session (s\d+)", Page(write_report(run, chosen).read_text()).text)

    assert headed(Chosen(ids=("s3", "s11", "s3"))) == ["s3", "s11"]
    returns = {a: {t.session_id: t.total for t in open_run(run).traces(a)} for a in ("random", "greedy")}
    gaps = {s: returns["random"][s] - returns["greedy"][s] for s in returns["random"]}
    worst = [s for s in sorted(gaps, key=lambda s: (gaps[s], int(s[1:]))) if gaps[s] < 0]
    assert headed(Chosen(most=4, loses=("random", "greedy"))) == worst[:4] and len(worst) > 4
    for chosen, message in ((Chosen(ids=("s99",)), "s99"), (Chosen(loses=("random", "gredy")), "greedy")):
        with pytest.raises(UnknownName, match=message):
            write_report(run, chosen)


def test_long_texts_are_cut_and_say_so() -> None:
    assert readable("长" * 4001) == "长" * 4000 + "… (1 more characters)"
    shown = templates().from_string("{{ text }}")
    assert shown.render(text="a<b>&\"'") == "a&lt;b&gt;&amp;&#34;&#39;"
    assert shown.render(text="长" * 4001) == "长" * 4000 + "… (1 more characters)"


@pytest.mark.parametrize(("count", "most"), [(1, 12), (2, 12), (3, 12), (5, 3), (40, 12), (41, 12)])
def test_sessions_are_spread_from_best_to_worst(count: int, most: int) -> None:
    values = {"a": [session_values(session([turn(reward=o / count)], order=o)) for o in range(count)]}
    picks = pick_sessions(values, most)
    orders = [p.order for p in picks]
    assert orders == sorted(orders, reverse=True) and len(set(orders)) == len(orders) == min(count, most)
    assert (picks[0].why, orders[0], orders[-1]) == ("best", count - 1, 0)
    if count > 2:
        assert [p.why for p in picks].count("median") == 1 and picks[-1].why == "worst"


def test_importing_evaluation_and_the_leaderboard_loads_no_matplotlib() -> None:
    code = ("import sys, recenv.evaluation, recenv.evaluation.leaderboard, recenv.evaluation.runner, recenv.evaluation.plots\n"
            "import recenv.measures.drawing\n"
            "recenv.evaluation.build_leaderboard\n"
            "assert not {'matplotlib', 'torch', 'fontTools', 'jinja2'} & sys.modules.keys()")
    subprocess.run([sys.executable, "-c", code], check=True)


# -- the one drawing style, in points and inches -------------------------------------------------------------------------


def test_text_is_as_wide_as_its_characters_and_breaks_where_it_no_longer_fits() -> None:
    """A Chinese character is one em: at 72 points an inch."""
    assert text_width("我你他", 72) == pytest.approx(3.0) and text_width("\ue000", 36) == pytest.approx(0.5)
    assert wrap("我你他们", 3.0, 72, 9) == ["我你他", "们"] and wrap("我你他们", 2.99, 72, 9) == ["我你", "他们"]
    assert wrap("我你他们", 0.5, 72, 9) == ["我", "你", "他", "们"]  # at least one on a line
    assert fit_text("我你他", 3.0, 72) == "我你他"
    for width in (2.99, 2.0, 1.2):
        cut = fit_text("我你他", width, 72)
        kept = len(cut) - 1
        assert cut == "我你他"[:kept] + "…" and text_width(cut, 72) <= width < text_width("我你他"[: kept + 1] + "…", 72)
    assert wrap("我你他们", 2.0, 72, 1) == [fit_text("我你他们", 2.0, 72)]


@pytest.mark.parametrize(("text", "fits", "lines"), [
    ("ab cd", "ab c", ["ab", "cd"]), ("ab-cd", "ab-c", ["ab-", "cd"]), ("ab我cd", "ab我c", ["ab我", "cd"]),
    ("abcde", "abc", ["abc", "de"]),
    ("我“你他", "我“", ["我", "“你", "他"]), ("我你，他", "我你", ["我", "你，", "他"]),
    ('a "bc" d', 'a "bc', ['a', '"bc"', "d"]),
    ("ab，cd", "ab", ["ab", "，", "cd"])])
def test_lines_break_between_words_and_never_before_a_stop(text: str, fits: str, lines: list[str]) -> None:
    assert wrap(text, text_width(fits, 9) + 1e-6, 9, 9) == lines


def test_a_heading_stands_on_its_notes() -> None:
    figure = drawing.new_figure(4.0, 2.0)
    axes = drawing.axes_at(figure, 1.0, 0.5, 2.0, 1.0)
    assert figure.get_size_inches().tolist() == [4.0, 2.0] and axes.get_position().bounds == pytest.approx((0.25, 0.25, 0.5, 0.5))
    drawing.heading(axes, "Title", "first", "second", colour=drawing.BAD)
    assert [(t.get_text(), t.xyann) for t in axes.texts] == [("Title", (0, 26.5)), ("first", (0, 14.5)), ("second", (0, 5.0))]
    assert [t.get_fontproperties().get_size_in_points() for t in axes.texts] == [10.0, 7.0, 7.0]
    assert [t.get_color() for t in axes.texts] == [drawing.BAD, drawing.GREY, drawing.GREY]
    assert {t.xy for t in axes.texts} == {(0, 1)}
    drawing.axis_names(axes, "epoch")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "")
    drawing.axis_names(axes, y="nats")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "nats")


def test_frames_rows_and_marks() -> None:
    axes = drawing.axes_at(drawing.new_figure(4.0, 2.0), 1.0, 0.5, 2.0, 1.0)
    for sides, shown in (((), {"bottom", "left"}), (("top",), {"top"}), (("none",), set())):
        drawing.frame(axes, *sides)
        assert {side for side, spine in axes.spines.items() if spine.get_visible()} == shown
    drawing.row_name(axes, 0.5, "a name that is far too long for its place", 0.5)
    drawing.write(axes, 0.25, 0.75, "$x$", 8.0, align="right", ground="white")
    drawing.whisker(axes, 1.0, 3.0, 2.0, drawing.GOOD)
    drawing.hatch_cell(axes, 0.0, 1.0, 2.0, 3.0)
    name, text = axes.texts
    assert name.get_text() == fit_text("a name that is far too long for its place", 0.5, 9.0)
    assert (name.xy, name.xyann) == ((0, 0.5), (-8, 0))
    assert text.get_text() == "$x$" and text.get_position() == (0.25, 0.75) and text.get_ha() == "right"
    assert not text.get_parse_math()
    assert text.get_bbox_patch() is not None and axes.lines[0].get_xydata().tolist() == [[1.0, 2.0], [3.0, 2.0]]
    assert axes.patches[0].get_bbox().bounds == (0.0, 1.0, 2.0, 3.0)


def test_a_picture_is_written_as_its_name_says(tmp_path: Path) -> None:
    figure = drawing.new_figure(1.0, 0.5)
    assert size(drawing.save(figure, tmp_path / "new" / "a.PNG")) == (150, 75)
    assert drawing.svg(figure) == drawing.save(figure, tmp_path / "a.svg").read_bytes() and b"<svg" in drawing.svg(figure)
    with pytest.raises(InputError, match=r"written as .png or .svg; got 'a.gif'"):
        drawing.save(figure, tmp_path / "a.gif")
    colours = drawing.dimension_colours()
    assert list(colours) == list(DIMENSIONS) and list(colours.values()) == [
        drawing.PALETTE[n % len(drawing.PALETTE)] for n in range(len(DIMENSIONS))]


def test_what_is_written_is_no_formula() -> None:
    """What would be one, and a wrong one, is drawn as it stands."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    widths = []
    for label in ("xx", "$^$", "$x$"):
        figure = Figure(figsize=(2, 2))
        axes = drawing.axes_at(figure, 0.5, 0.5, 1, 1)
        axes.set_xticks([0.5], [label])
        axes.set_yticks([0.5], [label])
        drawing.frame(axes)
        drawing.heading(axes, label, label, label)
        drawing.row_name(axes, 0.5, label, 1.0)
        drawing.write(axes, 0.5, 0.5, label, 9)
        assert drawing.png(figure).startswith(PNG)
        written = [t for t in axes.findobj(Text) if isinstance(t, Text) and t.get_text() == label and t.get_visible()]
        widths.append(np.array([text.get_window_extent().width for text in written]))
    assert len(widths[0]) == len(widths[2]) == 7 and (widths[0] < widths[2]).all()  # two marks are wider than a letter
