"""Lists as facts: what was declared of one, who is on it, and which questions the register can answer at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from events.errors import NoAnswer
from projections.counts import COUNTS
from projections.position import refuse_shape
from projections.recent import Summed, sums
from projections.selection import refuse_ahead, refuse_before

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import psycopg

    from projections.recent import Recent

__all__ = [
    "DECLARATION",
    "FIRST_DAY",
    "HEARD_OF",
    "MEMBERS",
    "Declaration",
    "Membership",
    "check",
    "declaration",
    "first_day",
    "heard_of",
    "lists_answer",
    "members",
    "named_lists",
]

_VIEW: Final = "SELECT position, reading_version, shape FROM counts.position"

FIRST_DAY: Final = """
SELECT min(as_of) FROM counts.declaration
WHERE position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s)
"""

HEARD_OF: Final = "SELECT number FROM counts.list WHERE name = %(list)s AND position <= %(known)s"

# S, the order of corrections: recordedtime, source, id; by code point, which in UTF-8 is the order of "C".
DECLARATION: Final = """
SELECT register, as_of, rows, rows_by_kelurahan FROM counts.declaration
WHERE list = %(number)s AND position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s)
ORDER BY recordedtime COLLATE "C" DESC, source COLLATE "C" DESC, id COLLATE "C" DESC LIMIT 1
"""

MEMBERS: Final = """
SELECT count(DISTINCT subject) FROM counts.listing
WHERE list = (SELECT number FROM counts.list WHERE name = %(list)s)
    AND position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s)
"""

# All of them in one statement: what holds of each; and in one, how many are on each.
_LISTS: Final = f"""
SELECT heard.number, heard.name, declared.register, declared.as_of, declared.rows
FROM counts.list AS heard
LEFT JOIN LATERAL ({DECLARATION.replace("%(number)s", "heard.number")}) AS declared ON true
WHERE heard.position <= %(known)s
ORDER BY heard.number
"""
_MEMBERS_OF_EACH: Final = """
SELECT list, count(DISTINCT subject) FROM counts.listing
WHERE position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s) {those}
GROUP BY list
"""
_THOSE: Final = " AND subject = ANY(%(those)s)"
_ON_EACH: Final = Summed(_MEMBERS_OF_EACH.format(those=""), _MEMBERS_OF_EACH.format(those=_THOSE))
_ON_LIST: Final = Summed(MEMBERS, MEMBERS + _THOSE)
_NAMED: Final = f"""
SELECT heard.name, declared.register, declared.as_of
FROM counts.list AS heard
LEFT JOIN LATERAL ({DECLARATION.replace("%(number)s", "heard.number")}) AS declared ON true
WHERE heard.position <= %(known)s
ORDER BY heard.number
"""


class Declaration(NamedTuple):
    """What the centre says of its list. `register`: the whole population; otherwise only those not recorded."""

    register: bool
    as_of: date
    rows: int
    rows_by_kelurahan: Mapping[str, int]

    @property
    def sums(self) -> bool:
        return sum(self.rows_by_kelurahan.values()) == self.rows


class Membership(NamedTuple):
    """A list as known at a position: its declaration in force, if any is live, and its number of members."""

    declaration: Declaration | None
    members: int

    @property
    def declared(self) -> int | None:
        return None if self.declaration is None else self.declaration.rows

    @property
    def residual(self) -> int | None:
        """Declared rows less members: positive where rows are missing, negative where there are too many."""
        return None if self.declaration is None else self.declaration.rows - self.members

    def anomalies(self) -> list[dict[str, Any]]:
        """What the list and its declaration contradict each other in, by the contract's names."""
        if self.declaration is None or self.residual is None:
            return []
        found: list[dict[str, Any]] = []
        if not self.declaration.sums:
            summed = sum(self.declaration.rows_by_kelurahan.values())
            found.append({"name": "list_does_not_sum", "rows": self.declaration.rows, "rows_by_kelurahan": summed})
        if self.residual > 0:
            found.append({"name": "list_rows_missing", "people": self.residual})
        if self.residual < 0:
            found.append({"name": "list_rows_too_many", "people": -self.residual})
        return found


def check(cursor: psycopg.Cursor[Any], day: date, known: int) -> int:
    """Refuse what has no answer: a position the view has not reached, a day before the register's first.

    Refusal where the view has another shape than these questions.

    The first day is the least `as_of` of all live declarations known at the position; without one no day has an answer.
    Returns the reading version that made the view, which is shown beside every figure.
    """
    cursor.execute(_VIEW)
    row = cursor.fetchone()
    position, reading_version, shape = row or (0, 0, COUNTS.shape)
    refuse_shape(COUNTS, shape)
    refuse_ahead("counts", position, known)
    cursor.execute(FIRST_DAY, {"known": known})
    (first,) = cursor.fetchone() or (None,)
    refuse_before(first, day, known)
    return int(reading_version)


def heard_of(cursor: psycopg.Cursor[Any], list_: str, known: int) -> int:
    """The number of the list; NoAnswer where no declaration and no listing of it, withdrawn or not, was known."""
    cursor.execute(HEARD_OF, {"list": list_, "known": known})
    row = cursor.fetchone()
    if row is None:
        raise NoAnswer(f"list {list_!r} was never heard of, as known at position {known}")
    return int(row[0])


def declaration(cursor: psycopg.Cursor[Any], list_: str, known: int) -> Declaration | None:
    """The live declaration of the list that holds, the greatest by S; None where all of them are withdrawn.

    NoAnswer for a list of which no declaration and no listing, withdrawn or not, was known.
    """
    cursor.execute(DECLARATION, {"number": heard_of(cursor, list_, known), "known": known})
    declared = cursor.fetchone()
    return None if declared is None else Declaration(*declared)


def first_day(cursor: psycopg.Cursor[Any], known: int) -> date | None:
    """The register's first day; None where no list is declared."""
    cursor.execute(FIRST_DAY, {"known": known})
    (first,) = cursor.fetchone() or (None,)
    return None if first is None else cast("date", first)


def named_lists(cursor: psycopg.Cursor[Any], known: int) -> list[dict[str, Any]]:
    """Every list heard of as `lists` has it, without its members, who take longer to count."""
    cursor.execute(_NAMED, {"known": known})
    return [
        {"list": name, "kind": _kind(register), "as_of": as_of and as_of.isoformat()}
        for name, register, as_of in cursor
    ]


def _kind(register: bool | None) -> str | None:
    return None if register is None else "register" if register else "unrecorded"


def lists_answer(cursor: psycopg.Cursor[Any], known: int, recent: Recent | None = None) -> dict[str, Any]:
    """Every list heard of, in the order in which they were first; with the register's first day, null without any."""
    first = first_day(cursor, known)
    on_each = sums(cursor, _ON_EACH, {"known": known}, recent)
    cursor.execute(_LISTS, {"known": known})
    return {
        "first_day": first and first.isoformat(),
        "lists": [
            {
                "list": name,
                "kind": _kind(register),
                "as_of": as_of and as_of.isoformat(),
                "declared": rows,
                "members": on_each.get((number,), 0),
                "residual": None if rows is None else rows - on_each.get((number,), 0),
            }
            for number, name, register, as_of, rows in cursor
        ],
    }


def members(cursor: psycopg.Cursor[Any], list_: str, known: int, recent: Recent | None = None) -> int:
    """How many residents have a live listing in the list, whatever its day."""
    return sums(cursor, _ON_LIST, {"list": list_, "known": known}, recent).get((), 0)
