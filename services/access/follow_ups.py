"""What is done about an anomaly, step by step: nothing is overwritten, the last step holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.errors import WrongUse
from events.nik import may_hold_nik

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    import psycopg

    from services.access.roles import Caller

__all__ = ["STATES", "Step", "note", "of"]

STATES: Final = ("open", "in_work", "explained", "corrected")
LONGEST: Final = 500


_NOTE: Final = """
    INSERT INTO access.follow_up (subject, name, state, note, who)
    VALUES (%(subject)s, %(name)s, %(state)s, %(note)s, %(who)s)
    RETURNING number
"""
_OF: Final = """
    SELECT DISTINCT ON (subject, name) subject, name, state, note, who, at FROM access.follow_up
    WHERE subject = ANY(%s) ORDER BY subject, name, number DESC
"""


class Step(NamedTuple):
    """What is stated about the anomaly of that name of that subject."""

    subject: UUID
    name: str
    state: str
    note: str


def note(cursor: psycopg.Cursor[Any], caller: Caller, step: Step) -> int:
    """State it, as `rekam_access`; the step's number. WrongUse: no such state, or a note that cannot be kept.

    Whether there is such an anomaly, and the caller may see it, is for whoever calls.
    """
    if step.state not in STATES:
        raise WrongUse(f"{step.state!r} is no state of a follow-up; there are {', '.join(STATES)}")
    text = step.note.strip()
    if not 1 <= len(text) <= LONGEST or "\0" in text:
        raise WrongUse(f"a note has 1 to {LONGEST} characters: say in short what is done or found")
    if may_hold_nik(text):
        raise WrongUse("a note holds 16 digits in a row, which may be a NIK: write it without")
    asked = {**step._asdict(), "note": text, "who": caller.name}
    row = cursor.execute(_NOTE, asked).fetchone()
    assert row is not None
    return int(row[0])


def of(cursor: psycopg.Cursor[Any], subjects: Iterable[UUID]) -> dict[tuple[UUID, str], dict[str, Any]]:
    """The last step of each anomaly of these subjects about which anything was ever stated."""
    rows = cursor.execute(_OF, [list(subjects)]).fetchall()
    return {
        (subject, name): {"state": state, "note": text, "who": who, "at": at.isoformat()}
        for subject, name, state, text, who, at in rows
    }
