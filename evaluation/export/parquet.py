"""Rows as Parquet: the columns of ``transitions``, typed, a row group for every few thousand rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from recenv.errors import MissingExtra
from recenv.evaluation.export.named import Named
from recenv.evaluation.export.transitions import Transition
from recenv.rewards.dimensions import DIMENSIONS

GROUP = 4096


def write_parquet(stream: BinaryIO, rows: Iterable[Transition]) -> int:
    """Write rows to an open file; returns how many there were. Raises MissingExtra without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtra("pyarrow", "parquet") from None
    schema, count, rest = _schema(pa), 0, iter(rows)
    with pq.ParquetWriter(stream, schema) as writer:
        while part := list(islice(rest, GROUP)):
            writer.write_table(pa.Table.from_pylist([msgspec.structs.asdict(row) for row in part], schema))
            count += len(part)
    return count


def _schema(pa: Any) -> Any:
    types = {
        str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), tuple[str, ...]: pa.list_(pa.string()),
        tuple[int, ...]: pa.list_(pa.int64()), tuple[float, ...]: pa.list_(pa.float32()),  # observations are float32
        Named: pa.struct([(name, pa.float64()) for name in DIMENSIONS]),
        dict[str, str]: pa.struct([(name, pa.string()) for name in DIMENSIONS]),
    }
    return pa.schema([(f.name, types[f.type]) for f in msgspec.structs.fields(Transition)])
