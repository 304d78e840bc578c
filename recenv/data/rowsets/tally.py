"""Counting rows while they stream by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from recenv.data.fieldmap import TABLES
from recenv.records import ScorerRow


class Tally:
    """Rows, labels and groups by dimension."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.labelled: Counter[str] = Counter()
        self.label_sum: Counter[str] = Counter()
        self._groups: dict[str, set[str]] = {}

    def watch(self, rows: Iterable[ScorerRow]) -> Iterator[ScorerRow]:
        """The rows, unchanged, counted one by one."""
        for row in rows:
            self.rows[row.dimension] += 1
            self._groups.setdefault(row.dimension, set()).add(row.group or row.id)
            values = () if row.label is None else row.label if isinstance(row.label, tuple) else (row.label,)
            self.labelled[row.dimension] += len(values)
            self.label_sum[row.dimension] += sum(values)  # type: ignore[assignment]  # a Counter adds any number
            yield row

    def figures(self) -> dict[str, dict[str, float | None]]:
        """Of each dimension: rows, groups, and the mean label (of items, for lists), None where there is none."""
        names = (*(d for d in TABLES if self.rows[d]), *(d for d in self.rows if d not in TABLES))
        return {d: {"rows": self.rows[d], "groups": len(self._groups[d]),
                    "mean_label": self.label_sum[d] / self.labelled[d] if self.labelled[d] else None} for d in names}

    def table(self) -> str:
        """One line a dimension."""
        lines = [f"{'dimension':24s} {'rows':>9s} {'groups':>9s} {'mean label':>11s}"]
        for name, own in self.figures().items():
            mean = "-" if own["mean_label"] is None else f"{own['mean_label']:.3f}"
            lines.append(f"{name:24s} {own['rows']:>9,d} {own['groups']:>9,d} {mean:>11s}")
        return "\n".join(lines)
