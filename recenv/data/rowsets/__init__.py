"""Published sets as canonical rows: one converter a file, of one shape (the mapping, a record, ``convert``, ``ENTRY``)."""

from __future__ import annotations

from recenv.data.rowsets import (
    begin,
    ci_tod,
    coupon,
    crosswoz,
    crsarena_eval,
    dstc9_fc,
    ifeval_responses,
    llmbar,
    prose,
    recipe_mpr,
    recrm,
    told,
    vitabench,
    written,
)
from recenv.data.rowsets.entry import RowSet
from recenv.registry import Registry

__all__ = ["ROWSETS", "RowSet"]

ROWSETS: Registry[RowSet] = Registry("row set")
"""Converters by name."""

for _name, _module in {
    "recrm": recrm, "crosswoz": crosswoz, "dstc9_fc": dstc9_fc, "ci_tod": ci_tod, "begin": begin,
    "ifeval_responses": ifeval_responses, "llmbar": llmbar, "crsarena_eval": crsarena_eval, "recipe_mpr": recipe_mpr,
    "coupon": coupon, "vitabench": vitabench, "prose": prose,
    "written": written,
}.items():
    ROWSETS.add(_name, _module.ENTRY)
ROWSETS.add("told", told.TRAINED)
ROWSETS.add("told_held", told.HELD)
