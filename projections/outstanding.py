"""The view `outstanding`: what a by-name list is made of. The lists themselves are read in `by_name`.

Of personal fields it holds only the sealed parts of an entry as they are, with what their associated data needs.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from projections.ledger import LEDGER_ROWS, LEDGER_TABLES, POSTINGS, written
from projections.rights import OF_THE_AREA, bounded
from projections.views import Copy, Sorted, View, copy_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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


def _particulars(changes: Sequence[Change]) -> str:
    rows = []
    for position, entry, *_ in changes:
        if entry.calendar is not None and entry.person is not None:
            about = f"{written(entry.fact.get('list'))}\t{entry.fact['sex']}"
            sealed = f"\\\\x{entry.person.hex()}\t\\\\x{entry.calendar.hex()}"
            rows.append(f"{position}\t{entry.subject.hex}\t{_name(entry)}\t{_times(entry)}\t{about}\t{sealed}\n")
    return "".join(rows)


def _signs(changes: Sequence[Change]) -> str:
    rows = []
    for position, entry, *_ in changes:
        if entry.type in _SIGNS:
            word = _SIGNS[entry.type]
            said = written(entry.fact[word] if word else None)
            rows.append(f"{position}\t{entry.subject.hex}\t{_name(entry)}\t{_times(entry)}\t{said}\n")
    return "".join(rows)


def _declarations(changes: Sequence[Change]) -> str:
    rows = []
    for position, entry, *_ in changes:
        if entry.type == _DECLARED:
            name = f"{written(entry.source)}\t{written(entry.id)}\t{written(entry.fact['list'])}"
            rows.append(f"{position}\t{entry.subject.hex}\t{name}\t{entry.valid_on}\n")
    return "".join(rows)


def _withdrawals(changes: Sequence[Change]) -> str:
    rows = []
    for position, entry, *_ in changes:
        if entry.type == _WITHDRAWN:
            target = f"{written(entry.fact['withdraws_source'])}\t{written(entry.fact['withdraws_id'])}"
            rows.append(f"{position}\t{entry.subject.hex}\t{target}\n")
    return "".join(rows)


def _identities(changes: Sequence[Change]) -> str:
    return _identified(_strangers(changes))


_COPIES: Final = (
    POSTINGS,
    Copy(_PARTICULARS, _particulars),
    Copy(_SIGN, _signs),
    Copy(_DECLARATION, _declarations),
    Copy(_WITHDRAWAL, _withdrawals),
)


def _apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    strangers = _strangers(changes)
    if strangers:
        cursor.execute(_UNKNOWN, [list(strangers)], binary=True, prepare=False)
        strangers = {subject: strangers[subject] for (subject,) in cursor.fetchall()}
    for copy in _COPIES:
        copy_in(cursor, copy.statement, copy.data(changes))
    copy_in(cursor, _IDENTITY, _identified(strangers))


def _name(entry: Entry) -> str:
    return f"{entry.type}\t{written(entry.source)}\t{written(entry.id)}"


def _times(entry: Entry) -> str:
    return f"{entry.valid_on}\t{entry.recordedtime}"


def _strangers(changes: Sequence[Change]) -> dict[UUID, tuple[int, Entry]]:
    """The first facts without particulars about people of whom these changes say nothing else before."""
    first: dict[UUID, tuple[int, Entry]] = {}
    known: set[UUID] = set()
    for position, entry, *_ in changes:
        if entry.calendar is not None:
            known.add(entry.subject)
        elif entry.person is not None and entry.type != _WITHDRAWN and entry.subject not in known:
            first.setdefault(entry.subject, (position, entry))
    return first


def _identified(strangers: Mapping[UUID, tuple[int, Entry]]) -> str:
    return "".join(
        f"{position}\t{entry.subject.hex}\t{_name(entry)}\t\\\\x{(entry.person or b'').hex()}\n"
        for position, entry in strangers.values()
    )


_ITS_LIST: Final = "SELECT FROM declaration WHERE declaration.subject = withdrawal.subject"

OUTSTANDING: Final = View(
    name="outstanding",
    tables=LEDGER_TABLES + files("projections").joinpath("outstanding.sql").read_text(encoding="utf-8"),
    apply=_apply,
    copies=(*_COPIES, Copy(_IDENTITY, _identities)),
    rows=(
        *LEDGER_ROWS,
        *(Sorted(table, "position") for table in ("particulars", "sign", "identity", "declaration", "withdrawal")),
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
