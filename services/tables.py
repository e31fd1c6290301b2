"""What each table of a view must hold of a subject, said once more and from the entries alone.

A row is compared by what comes after its subject; first in it is always a position.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from uuid import UUID

    from events.entry import Entry

__all__ = ["POSTED", "TABLES", "Table", "Told"]

Row = tuple[Any, ...]

_DECLARED: Final = "rekam.listing.list_declared.v1"
_LISTED: Final = "rekam.listing.resident_listed.v1"
_CAPTURED: Final = "rekam.recording.captured.v1"
_WITHDRAWN: Final = "rekam.correction.fact_withdrawn.v1"
_SIGNS: Final = {
    _CAPTURED: "",
    "rekam.recording.status_reported.v1": "status",
    "rekam.finding.reported.v1": "outcome",
}


@dataclass(slots=True)
class Told:
    """A subject's entries by position, ascending, and what reading them afresh gave.

    `postings` are (position, day, from, to, people), `anomalies` (position, name, refs, people).
    """

    subject: UUID
    entries: list[tuple[int, Entry]]
    postings: list[Row] = field(default_factory=list)
    anomalies: list[Row] = field(default_factory=list)
    _withdrawals: dict[tuple[str, str], list[int]] | None = None

    def withdrawn(self, position: int, entry: Entry) -> int | None:
        """The position of the first withdrawal of the entry at `position`."""
        if self._withdrawals is None:  # looked for once: of one person very much may be said
            self._withdrawals = defaultdict(list)
            for at, other in self.entries:
                if other.type == _WITHDRAWN:
                    name = (other.fact["withdraws_source"], other.fact["withdraws_id"])
                    self._withdrawals[name].append(at)
        return next((at for at in self._withdrawals.get((entry.source, entry.id), ()) if at > position), None)


class Table(NamedTuple):
    """`query` gives the subject and then what is compared, ordered by subject and position, up to %(position)s."""

    verdict: str
    name: str
    query: str
    expected: Callable[[Told], Iterable[Row]]
    kept: Callable[[Row], Row] = lambda row: row


def _postings(told: Told) -> Iterator[Row]:
    for position, day, from_, to, people in told.postings:
        yield position, day, *from_, *to, people


def _anomalies(told: Told) -> Iterator[Row]:
    return iter(told.anomalies)


def _read_refs(row: Row) -> Row:
    position, name, refs, people = row
    return position, name, tuple(tuple(ref) for ref in json.loads(refs)), people


def _facts(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        withdraws = (e.fact.get("withdraws_source"), e.fact.get("withdraws_id"))
        yield at, e.type, e.source, e.id, e.valid_on, e.recordedtime, e.accepted, *withdraws


def _listings(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.type == _LISTED:
            yield at, e.fact["list"], e.source, e.id, told.withdrawn(at, e)


def _captures(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.type == _CAPTURED:
            where = (e.fact["place"], e.fact.get("session"))
            yield at, e.valid_on, *where, e.recordedtime, e.source, e.id, told.withdrawn(at, e)


def _declarations(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.type == _DECLARED:
            totals = tuple(sorted(e.fact["rows_by_kelurahan"].items()))
            said = (e.fact["list"], e.fact["kind"] == "register", e.valid_on, e.fact["rows"], totals)
            yield at, *said, e.recordedtime, e.source, e.id, told.withdrawn(at, e)


def _read_totals(row: Row) -> Row:
    return (*row[:5], tuple(sorted(row[5].items())), *row[6:])


def _declared(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.type == _DECLARED:
            yield at, e.source, e.id, e.fact["list"], e.valid_on


def _withdrawals(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.type == _WITHDRAWN:
            yield at, e.fact["withdraws_source"], e.fact["withdraws_id"]


def _particulars(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.calendar is not None:
            named = (e.type, e.source, e.id, e.valid_on, e.recordedtime)
            yield at, *named, e.fact.get("list"), e.fact["sex"], e.person, e.calendar


def _signs(told: Told) -> Iterator[Row]:
    for at, e in told.entries:
        if e.type in _SIGNS:
            yield at, e.type, e.source, e.id, e.valid_on, e.recordedtime, e.fact.get(_SIGNS[e.type])


def _identity(told: Told) -> Iterator[Row]:
    """The first fact with anything sealed, where it came without particulars."""
    for at, e in told.entries:
        if e.person is not None and e.type != _WITHDRAWN:
            if e.calendar is None:
                yield at, e.type, e.source, e.id, e.person
            return


_POSTING: Final = """
    SELECT subject, position, valid_on, f.area, f.standing, t.area, t.standing, people::int
    FROM counts.posting
    LEFT JOIN counts.account f ON f.number = from_account LEFT JOIN counts.account t ON t.number = to_account
    WHERE position <= %(position)s ORDER BY subject, position
"""
_LISTING: Final = """
    SELECT l.subject, l.position, list.name, source, id, CASE WHEN withdrawn <= %(position)s THEN withdrawn END
    FROM counts.listing l LEFT JOIN counts.list ON list.number = l.list
    WHERE l.position <= %(position)s ORDER BY l.subject, l.position
"""
_DECLARATION: Final = """
    SELECT d.subject, d.position, list.name, register, as_of, rows, rows_by_kelurahan, recordedtime, source, id,
        CASE WHEN withdrawn <= %(position)s THEN withdrawn END
    FROM counts.declaration d LEFT JOIN counts.list ON list.number = d.list
    WHERE d.position <= %(position)s ORDER BY d.subject, d.position
"""
_CAPTURE: Final = """
    SELECT subject, position, captured_on, place, session, recordedtime, source, id,
        CASE WHEN withdrawn <= %(position)s THEN withdrawn END
    FROM counts.capture WHERE position <= %(position)s ORDER BY subject, position
"""


def _columns(table: str, columns: str) -> str:
    return f"SELECT subject, position, {columns} FROM {table} WHERE position <= %(position)s ORDER BY subject, position"


POSTED: Final = "timelines_equal_postings"
_TRAIL, _LISTS, _BY_NAME = "trail_equals_log", "lists_equal_log", "outstanding_equals_log"

TABLES: Final = (
    Table(POSTED, "counts.posting", _POSTING, _postings),
    Table(_LISTS, "counts.listing", _LISTING, _listings),
    Table(_LISTS, "counts.declaration", _DECLARATION, _declarations, _read_totals),
    Table(_LISTS, "counts.capture", _CAPTURE, _captures),
    Table(_LISTS, "outstanding.declaration", _columns("outstanding.declaration", "source, id, list, as_of"), _declared),
    Table(
        _TRAIL,
        "trail.fact",
        _columns("trail.fact", "type, source, id, valid_on, recordedtime, accepted, withdraws_source, withdraws_id"),
        _facts,
    ),
    Table(_TRAIL, "trail.anomaly", _columns("trail.anomaly", "name, refs, people::int"), _anomalies, _read_refs),
    Table(
        _BY_NAME,
        "outstanding.particulars",
        _columns("outstanding.particulars", "type, source, id, valid_on, recordedtime, list, sex, person, calendar"),
        _particulars,
    ),
    Table(
        _BY_NAME,
        "outstanding.sign",
        _columns("outstanding.sign", "type, source, id, valid_on, recordedtime, word"),
        _signs,
    ),
    Table(_BY_NAME, "outstanding.identity", _columns("outstanding.identity", "type, source, id, person"), _identity),
    Table(_BY_NAME, "outstanding.withdrawal", _columns("outstanding.withdrawal", "source, id"), _withdrawals),
)
