"""The view `outstanding`: what a by-name list is made of. The lists themselves are read in `by_name`.

Of personal fields it holds only the sealed parts of an entry as they are, with what their associated data needs.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from projections.ledger import LEDGER_ROWS, LEDGER_TABLES, copy_in, post, written
from projections.rights import OF_THE_AREA, bounded
from projections.views import View

if TYPE_CHECKING:
    from collections.abc import Sequence
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

_PARTICULARS: Final = """
    COPY particulars (position, subject, type, source, id, valid_on, recordedtime, list, sex, person, calendar)
    FROM STDIN
"""
_SIGN: Final = "COPY sign (position, subject, type, source, id, valid_on, recordedtime, word) FROM STDIN"
_DECLARATION: Final = "COPY declaration (position, subject, source, id, list, as_of) FROM STDIN"
_WITHDRAWAL: Final = "COPY withdrawal (position, subject, source, id) FROM STDIN"
_IDENTITY: Final = "COPY identity (position, subject, type, source, id, person) FROM STDIN"

# Asked before the batch is written.
_UNKNOWN: Final = """
    SELECT asked.subject FROM unnest(%b::uuid[]) AS asked (subject)
    WHERE NOT EXISTS (SELECT FROM particulars AS known WHERE known.subject = asked.subject OFFSET 0)
      AND NOT EXISTS (SELECT FROM identity AS known WHERE known.subject = asked.subject OFFSET 0)
"""


def _apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    post(cursor, changes)
    identities = _identities(cursor, changes)
    particulars, signs, declarations, withdrawals = [], [], [], []
    for position, entry, *_ in changes:
        clear, type_ = entry.fact, entry.type
        begin = f"{position}\t{entry.subject.hex}"
        if entry.calendar is not None and entry.person is not None:
            list_ = written(clear.get("list"))
            sealed = f"\\\\x{entry.person.hex()}\t\\\\x{entry.calendar.hex()}"
            particulars.append(f"{begin}\t{_name(entry)}\t{_times(entry)}\t{list_}\t{clear['sex']}\t{sealed}\n")
        elif type_ in _SIGNS:
            word = _SIGNS[type_]
            signs.append(f"{begin}\t{_name(entry)}\t{_times(entry)}\t{written(clear[word] if word else None)}\n")
        elif type_ == _DECLARED:
            name = f"{written(entry.source)}\t{written(entry.id)}\t{written(clear['list'])}"
            declarations.append(f"{begin}\t{name}\t{entry.valid_on}\n")
        elif type_ == _WITHDRAWN:
            target = f"{written(clear['withdraws_source'])}\t{written(clear['withdraws_id'])}"
            withdrawals.append(f"{begin}\t{target}\n")
    copy_in(cursor, _PARTICULARS, particulars)
    copy_in(cursor, _SIGN, signs)
    copy_in(cursor, _DECLARATION, declarations)
    copy_in(cursor, _WITHDRAWAL, withdrawals)
    copy_in(cursor, _IDENTITY, identities)


def _name(entry: Entry) -> str:
    return f"{entry.type}\t{written(entry.source)}\t{written(entry.id)}"


def _times(entry: Entry) -> str:
    return f"{entry.valid_on}\t{entry.recordedtime}"


def _identities(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> list[str]:
    """The first facts without particulars about people of whom, at that position, nothing else is kept."""
    first: dict[UUID, tuple[int, Entry]] = {}
    known: set[UUID] = set()
    for position, entry, *_ in changes:
        if entry.calendar is not None:
            known.add(entry.subject)
        elif entry.person is not None and entry.type != _WITHDRAWN and entry.subject not in known:
            first.setdefault(entry.subject, (position, entry))
    if not first:
        return []
    cursor.execute(_UNKNOWN, [list(first)], binary=True, prepare=False)
    return [
        f"{position}\t{entry.subject.hex}\t{_name(entry)}\t\\\\x{(entry.person or b'').hex()}\n"
        for position, entry in (first[subject] for (subject,) in cursor.fetchall())
    ]


_ITS_LIST: Final = "SELECT FROM declaration WHERE declaration.subject = withdrawal.subject"

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
    readers=("rekam_as_officer", "rekam_as_supervisor", "rekam_as_auditor"),
    rights=bounded(
        {
            "particulars": OF_THE_AREA,
            "sign": OF_THE_AREA,
            "identity": OF_THE_AREA,
            "withdrawal": f"{OF_THE_AREA} OR EXISTS ({_ITS_LIST})",
        }
    ),
)
