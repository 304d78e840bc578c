"""The learning curve: episodes gathered while an agent plays, and the picture of what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.envs.state import ENDINGS
from recenv.learning.setting import Curve
from recenv.measures.drawing import BLUE, REFERENCE, WIDTH, axes_at, axis_names, frame, heading, new_figure, png, write

RETURN, ALL_MET = "return", "sessions with every need met"
POINTS = 40
_HEIGHT, _PANEL = 3.2, (4.0, 2.1)  # inches
_BESIDE = 0.14  # of the width of a panel, for the name of what a curve is held against
_MET = ENDINGS.index("met")


class Episodes:
    """Finished episodes of N sessions played side by side, in the order in which they end."""

    def __init__(self, n: int) -> None:
        self._n, self._steps = n, 0
        self._return = np.zeros(n)
        self._rows: list[tuple[int, float, float]] = []

    def add(self, rewards: NDArray[np.floating], over: NDArray[np.integer], endings: NDArray[np.integer]) -> None:
        """A step of all N. rewards (N,); over (R,) rows whose session ended with it, and how (codes into ``ENDINGS``)."""
        self._steps += self._n
        self._return += rewards
        for row, ending in zip(over.tolist(), endings.tolist(), strict=True):
            self._rows.append((self._steps, float(self._return[row]), float(ending == _MET)))
        self._return[over] = 0.0

    def curve(self) -> Curve:
        """Means over windows of about equally many episodes, placed where each ends, those that end at one step in one."""
        rows = np.array(self._rows).reshape(-1, 3)
        ends = np.cumsum([len(p) for p in np.array_split(rows, min(POINTS, max(len(rows), 1)))])
        steps = rows[:, 0]
        parts = np.split(rows, np.unique(np.searchsorted(steps, steps[ends - 1], side="right"))) if len(rows) else []
        points = tuple((float(p[-1, 0]), float(p[:, 1].mean()), float(p[:, 2].mean())) for p in parts if len(p))
        return Curve(x="steps", measures=(RETURN, ALL_MET), points=points)


def draw_curve(curve: Curve, title: str) -> bytes:
    """A PNG with a panel for each measure (two at most); equal curves give equal bytes on one version of matplotlib."""
    panels = curve.measures[:2]
    figure = new_figure(WIDTH * len(panels) / 2, _HEIGHT)
    x = [point[0] for point in curve.points]
    for n, measure in enumerate(panels):
        axes = axes_at(figure, 0.5 + 4.75 * n, 0.5, *_PANEL)
        y = [point[1 + n] for point in curve.points]
        axes.plot(x, y, color=BLUE, linewidth=1.6, marker="." if len(x) < 15 else "")
        if measure in curve.reference:
            left, right = axes.get_xlim()
            axes.set_xlim(left, right + _BESIDE * (right - left))  # where no curve can be
            axes.axhline(curve.reference[measure], **REFERENCE)
            write(axes, axes.get_xlim()[1], curve.reference[measure], curve.reference_name, 7.0, align="right", ground="white")
        frame(axes)
        heading(axes, measure, title)
        axis_names(axes, curve.x)
    return png(figure)
