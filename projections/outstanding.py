"""The view `outstanding`: what a by-name list is made of. The lists themselves are read in `by_name`.

Of personal fields it holds only the sealed parts of an entry as they are, with what their associated data needs.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from projections.ledger import LEDGER_ROWS, LEDGER_TABLES, post
from projections.views import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    import psycopg

    from events.entry import Entry
    from projections.postings import Change

__all__ = ["OUTSTANDING"]

_DECLARED: Final = "rekam.listing.list_declared.v1"
_WITHDRAWN: Final = "rekam.correction.fact_withdrawn.v1"
#: The field in clear that holds the word of a sign; a capture has none.
_SIGNS: Final = {
    "rekam.recording.captured.v1": None,
    "rekam.recording.status_reported.v1": "status",
    "rekam.finding.reported.v1": "outcome",
}

_PARTICULARS: Final = (
    """COPY particulars (position, subject, type, source, id, valid_on, recordedtime, list, sex, person, calendar)
    FROM STDIN (FORMAT binary)""",
    ("int8", "uuid", "text", "text", "text", "date", "text", "text", "text", "bytea", "bytea"),
)
_SIGN: Final = (
    "COPY sign (position, subject, type, source, id, valid_on, recordedtime, word) FROM STDIN (FORMAT binary)",
    ("int8", "uuid", "text", "text", "text", "date", "text", "text"),
)
_DECLARATION: Final = (
    "COPY declaration (position, subject, source, id, list, as_of) FROM STDIN (FORMAT binary)",
    ("int8", "uuid", "text", "text", "text", "date"),
)
_WITHDRAWAL: Final = (
    "COPY withdrawal (position, subject, source, id) FROM STDIN (FORMAT binary)",
    ("int8", "uuid", "text", "text"),
)

_IDENTIFY: Final = """
    INSERT INTO identity (subject, position, type, source, id, person)
    SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::bytea[])
    ON CONFLICT DO NOTHING
"""


def _apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    post(cursor, changes)
    particulars, signs, declarations, withdrawals = [], [], [], []
    first: dict[UUID, tuple[int, Entry]] = {}
    for position, entry, *_ in changes:
        clear, name = entry.fact, (entry.subject, entry.type, entry.source, entry.id)
        if entry.calendar is not None:
            known = (clear.get("list"), clear["sex"], entry.person, entry.calendar)
            particulars.append((position, *name, entry.valid_on, entry.recordedtime, *known))
            continue
        if entry.person is not None and entry.type != _WITHDRAWN:
            first.setdefault(entry.subject, (position, entry))
        if entry.type in _SIGNS:
            word = _SIGNS[entry.type]
            signs.append((position, *name, entry.valid_on, entry.recordedtime, clear[word] if word else None))
        elif entry.type == _DECLARED:
            declarations.append((position, entry.subject, *name[2:], clear["list"], entry.valid_on))
        elif entry.type == _WITHDRAWN:
            withdrawals.append((position, entry.subject, clear["withdraws_source"], clear["withdraws_id"]))
    for (statement, types), rows in (
        (_PARTICULARS, particulars),
        (_SIGN, signs),
        (_DECLARATION, declarations),
        (_WITHDRAWAL, withdrawals),
    ):
        _copy(cursor, statement, types, rows)
    _identify(cursor, first)


def _copy(cursor: psycopg.Cursor[Any], statement: str, types: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    if not rows:
        return
    with cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _identify(cursor: psycopg.Cursor[Any], first: dict[UUID, tuple[int, Entry]]) -> None:
    """Keep the first sealed part of each person who has none yet; whose is known already stays as it is."""
    if not first:
        return
    rows = [(entry.subject, at, entry.type, entry.source, entry.id, entry.person) for at, entry in first.values()]
    cursor.execute(_IDENTIFY, [list(column) for column in zip(*rows, strict=True)], prepare=False)


OUTSTANDING: Final = View(
    name="outstanding",
    tables=LEDGER_TABLES + files("projections").joinpath("outstanding.sql").read_text(encoding="utf-8"),
    apply=_apply,
    sorted_rows=(
        *LEDGER_ROWS,
        "SELECT * FROM particulars ORDER BY position",
        "SELECT * FROM sign ORDER BY position",
        "SELECT * FROM identity ORDER BY subject",
        "SELECT * FROM declaration ORDER BY position",
        "SELECT * FROM withdrawal ORDER BY position",
    ),
)
