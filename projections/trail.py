"""The view `trail`: each fact with what it changed and why. Its answers are in `trails`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import orjson

from projections.ledger import LEDGER_ROWS, LEDGER_TABLES, post
from projections.views import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from projections.postings import Change

__all__ = ["TRAIL"]

_COPY_FACTS: Final = """
    COPY fact (position, subject, type, source, id, valid_on, recordedtime, accepted, withdraws_source, withdraws_id)
    FROM STDIN (FORMAT binary)
"""
_FACT_TYPES: Final = ("int8", "uuid", "text", "text", "text", "date", "text", "text", "text", "text")

_COPY_ANOMALIES: Final = "COPY anomaly (position, subject, name, refs, people) FROM STDIN (FORMAT binary)"
_ANOMALY_TYPES: Final = ("int8", "uuid", "text", "text", "int2")


def _apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    with cursor.copy(_COPY_FACTS) as copy:
        copy.set_types(_FACT_TYPES)
        for position, entry, *_ in changes:
            clear = entry.fact
            copy.write_row(
                (
                    position,
                    entry.subject,
                    entry.type,
                    entry.source,
                    entry.id,
                    entry.valid_on,
                    entry.recordedtime,
                    entry.accepted,
                    clear.get("withdraws_source"),
                    clear.get("withdraws_id"),
                )
            )
    post(cursor, changes)
    with cursor.copy(_COPY_ANOMALIES) as copy:
        copy.set_types(_ANOMALY_TYPES)
        for change in changes:
            for anomalies, people in ((change.gone, -1), (change.appeared, 1)):
                for name, refs in anomalies:
                    written = orjson.dumps(refs).decode()
                    copy.write_row((change.position, change.entry.subject, name, written, people))


TRAIL: Final = View(
    name="trail",
    tables=LEDGER_TABLES + files("projections").joinpath("trail.sql").read_text(encoding="utf-8"),
    apply=_apply,
    sorted_rows=(
        *LEDGER_ROWS,
        "SELECT * FROM fact ORDER BY position",
        "SELECT * FROM anomaly ORDER BY position, people, name, refs",
    ),
)
