"""RecRM-Bench folders (arXiv 2605.11874, and the synthetic generator's) as a store.

The rows are single-turn, so sessions are made from them: an item-ranking row is a session of one goal with its user, query, list
and behaviour labels. Behaviour and relevance rows add users and items. Where the ranking file is absent, behaviour rows
of one user (and session, where rows name one) that lie near each other become a list. Such sessions are ``constructed``;
rows with a ``gold`` part are ``synthetic``, and only they have a need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

import msgspec

from recenv.data import recrm_beside
from recenv.data.coerce import NUMBERED, READ, UNPARSED
from recenv.data.fieldmap import TABLES, load_field_map
from recenv.data.foreign import foreign_text
from recenv.data.ingest import IngestReport, Progress, Quarantine, hashing, uncollected
from recenv.data.made import Made
from recenv.data.recrm_rows import LISTS, TAKEN, Builder, Tally, read
from recenv.data.rows import FILES, RowFile, open_rows
from recenv.data.store import StoreWriter
from recenv.errors import InputError


def ingest_recrm(
    folder: str | Path, out: str | Path, *, field_map: str | Path | None = None, max_bad: float = 0.01, overwrite: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Build a store from a RecRM-Bench folder, streaming; peak memory does not grow with the files.

    field_map: TOML of ``fieldmap``, needed where keys cannot be told apart. max_bad: the share of unusable rows, in [0, 1],
    above which nothing is written. Raises InputError for files or keys that cannot be used, StoreError for an
    unusable target, too many bad rows, or rows from which no session can be made.
    """
    try:
        return _ingest(Path(folder), Path(out), field_map, max_bad, overwrite, progress, beside=True)
    except recrm_beside.Torn:  # what another process has read cannot be added as it is
        return _ingest(Path(folder), Path(out), field_map, max_bad, overwrite, progress, beside=False)


def _ingest(
    folder: Path, out: Path, field_map: str | Path | None, max_bad: float, overwrite: bool, progress: Progress | None, *,
    beside: bool,
) -> IngestReport:
    mapped = None if field_map is None else load_field_map(field_map)
    made = Made()
    files = {d: file for d in TABLES if (file := open_rows(folder, d, mapped, made)) is not None}
    if not {LISTS, TAKEN} & files.keys():
        raise InputError(f"{folder} has neither {FILES[LISTS]} nor {FILES[TAKEN]} (below data/ or the folder itself); sessions "
                         "are made from one of them")
    first, *rest = (d for d in reversed(TABLES) if d in files)  # sessions first, so that their users and items come first
    tally, total = Tally(), sum(file.path.stat().st_size for file in files.values())
    paths = {FILES[d]: file.path for d, file in files.items()}
    with (Quarantine() as quarantine, StoreWriter(out, kind="recrm", overwrite=overwrite) as writer, hashing(paths) as source,
          recrm_beside.reading(folder, [files[d] for d in rest] if beside else [], field_map) as other, uncollected()):
        builder = Builder(writer, quarantine.add, tally, group=first == TAKEN)
        told = _told(progress, [files[d].path.stat().st_size for d in (first, *rest)], beside=other is not None)
        read(files[first], builder.take, quarantine.add, tally, next(told))
        builder.close()
        if other is None or not other.add_to(writer, quarantine.add, tally, files):
            for dimension in rest:
                read(files[dimension], builder.take, quarantine.add, tally, next(told))
        if progress is not None:
            progress(total, total)
        quarantine.judge(sum(tally.rows.values()), max_bad)
        quarantine.write(writer.attach("quarantine.jsonl"))
        report = _report(writer, files, quarantine, tally)
        writer.finish(source=source(), notes={"report": msgspec.to_builtins(report)})
    return report


def _told(progress: Progress | None, sizes: Sequence[int], *, beside: bool) -> Iterator[Callable[[int], None] | None]:
    """For each file what its reader tells, as bytes of all. beside: the others are read meanwhile, so that the first stands for
    nearly all of them."""
    total, ends = sum(sizes), list(accumulate(sizes))
    if beside:
        ends = [max(ends[0], int(0.9 * total)), *(max(end, int(0.9 * total)) for end in ends[1:])]
    for start, end, size in zip([0, *ends], ends, sizes, strict=False):
        yield None if progress is None else partial(_tell, progress, start, (end - start) / max(size, 1), total)


def _tell(progress: Progress, start: int, pace: float, total: int, read_: int) -> None:
    progress(start + int(pace * read_), total)


# -- report ----------------------------------------------------------------------------------------------------------


def _report(writer: StoreWriter, files: dict[str, RowFile], quarantine: Quarantine, tally: Tally) -> IngestReport:
    notes = [f"{FILES[d]} is missing: {_LACK[d]}" for d in TABLES if d not in files]
    foreign = {d: file for d, file in files.items() if any(str(source) != field for field, source in file.sources.items())}
    notes += [f"{d}: every field has a key of its own name" for d in files if d not in foreign]
    notes += [f"{d}: keys that feed nothing: {', '.join(file.unused)}" for d, file in foreign.items() if file.unused]
    assumed: Counter[str] = Counter()
    for file in files.values():
        assumed.update(file.assumed)
    for dimension, file in files.items():
        notes += [f"{dimension}: {READ}, such as {one}" for one in file.preview]
    unparsed, _ = assumed.pop(UNPARSED, 0), assumed.pop(READ, 0)
    notes += [f"WARNING: {UNPARSED}: {unparsed:,} rows"] if unparsed else []
    notes += [told] if (told := foreign_text(writer.items_by_category)) else []
    numbered = assumed.pop(NUMBERED, 0)
    notes += [f"{NUMBERED}: {numbered:,} rows"] if numbered else []
    if tally.counts["sessions_without_instruction"]:
        assumed["instruction of the session (a fixed sentence)"] = tally.counts["sessions_without_instruction"]
    tables: dict[str, dict[str, float | int | str]] = {
        "rows by file": {d: tally.rows[d] for d in files},
        "mean label": {d: s / n for d, (s, n) in tally.labels.items() if n},
        "field <- raw key": {f"{d}.{field}": str(s) for d, file in foreign.items() for field, s in file.sources.items()},
        "assumed, rows": dict(sorted(assumed.most_common(30))),
        "candidates of a session -> sessions": {str(k): v for k, v in sorted(tally.lists.items())[:30]},
    }
    return IngestReport(
        kind="recrm", out=str(writer.out), rows=sum(tally.rows.values()), quarantined=quarantine.count,
        counts={**writer.counts, **dict(sorted(tally.counts.items()))}, tables={k: v for k, v in tables.items() if v},
        notes=tuple(notes), examples=tuple(quarantine.examples),
    )


_LACK = {
    "instruction_following": "no labelled rows for this dimension",
    "factual_consistency": "no labelled rows for this dimension",
    "query_item_relevance": "no labelled rows for this dimension, no further items from it",
    "behavior_prediction": "no labelled rows for this dimension, no further users and items from it",
    "item_ranking": "no labelled rows for this dimension; sessions are made from behaviour rows of one user near each other",
}
