"""One resident: found by NIK, and shown in one row as in a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from events.errors import NoAnswer
from projections.opening import residents, stand_in
from projections.people import row_of
from projections.wanted import check

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    import psycopg

    from events.vault import Keys

__all__ = ["As", "find_by_nik", "resident_answer"]

# Where nobody has the NIK, or nobody who may be seen, a subject is asked for that nobody is: the way is the same.
_FIND: Final = """
    SELECT CASE WHEN EXISTS (SELECT FROM outstanding.posting AS p
                             WHERE p.subject = coalesce(found, '00000000-0000-0000-0000-000000000000')
                               AND p.position <= %(known)b OFFSET 0) THEN found END
    FROM (SELECT (SELECT subject FROM vault.person WHERE mac = %(mac)b) AS found OFFSET 0) AS asked
"""


@dataclass(frozen=True, slots=True)
class As:
    """On which day somebody is shown, as known at which position, and whether with NIK and family card in full."""

    day: date
    known: int
    full: bool = False


def resident_answer(cursor: psycopg.Cursor[Any], keys: Keys, subject: UUID, shown: As) -> dict[str, Any]:
    """The row that a list would have of them, whatever their standing, `nowhere` before their first day too.

    NoAnswer: nothing is known of the subject, or may be seen; otherwise as for a list.
    """
    check(cursor, shown.day, shown.known)
    standing = stand_in(cursor, [subject], shown.day, shown.known)
    for resident in residents(cursor, keys, standing, shown.day, shown.known):
        return {
            "position": shown.known,
            "on": shown.day.isoformat(),
            "resident": row_of(resident, shown.day, full=shown.full),
        }
    raise NoAnswer(f"nothing is known of subject {subject.hex} at position {shown.known}: find the resident by NIK")


def find_by_nik(cursor: psycopg.Cursor[Any], keys: Keys, nik: str, known: int) -> UUID | None:
    """Whose NIK it is, where anything is known of them at the position; None as well for who may not be seen.

    One statement, that asks the same indexes whichever it is.
    """
    row = cursor.execute(_FIND, {"mac": keys.nik_mac(nik), "known": known}, binary=True, prepare=False).fetchone()
    subject: UUID | None = None if row is None else row[0]
    return subject
