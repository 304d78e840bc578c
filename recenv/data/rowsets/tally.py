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

    def table(self) -> str:
        """One line a dimension: rows, groups, and the mean label (of items, for lists)."""
        lines = [f"{'dimension':24s} {'rows':>9s} {'groups':>9s} {'mean label':>11s}"]
        for d in (*(d for d in TABLES if self.rows[d]), *(d for d in self.rows if d not in TABLES)):
            mean = f"{self.label_sum[d] / self.labelled[d]:.3f}" if self.labelled[d] else "-"
            lines.append(f"{d:24s} {self.rows[d]:>9,d} {len(self._groups[d]):>9,d} {mean:>11s}")
        return "\n".join(lines)
