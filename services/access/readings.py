"""The log of readings: who has looked at whom, when and why. It is written and committed before anything is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from events.nik import may_hold_nik
from events.together import array_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    import psycopg

    from services.access.roles import Caller

__all__ = ["ACTIONS", "Reading", "add", "begin", "listed", "note", "of_person"]

ACTIONS: Final = (
    "list", "resident", "find", "trail", "explain", "export", "print", "log", "readings", "history", "anomalies",
)  # fmt: skip

_SUBJECT: Final = re.compile(r"[0-9a-f]{32}")

_BEGIN: Final = """
    INSERT INTO access.reading (who, role, action, purpose, question, people, position)
    VALUES (%(who)s, %(role)s, %(action)s, %(purpose)s, %(question)s, %(people)s, %(position)s)
    RETURNING number
"""
_ADD: Final = """
    INSERT INTO access.seen (subject, reading)
    SELECT DISTINCT subject, %(number)s::bigint FROM unnest(%(subjects)s::uuid[]) AS subject
"""
_NOTE: Final = f"""
    WITH noted AS ({_BEGIN}), named AS (
        INSERT INTO access.seen (subject, reading)
        SELECT DISTINCT subject, number FROM noted, unnest(%(subjects)s::uuid[]) AS subject
    )
    SELECT number FROM noted
"""
_COLUMNS: Final = "number, at, who, role, action, purpose, question, people, position"
_LISTED: Final = f"""
    SELECT {_COLUMNS} FROM access.reading
    WHERE (%(before)s::bigint IS NULL OR number < %(before)s) AND (%(who)s::text IS NULL OR who = %(who)s)
    ORDER BY number DESC LIMIT %(limit)s
"""
_OF_PERSON: Final = f"""
    SELECT {_COLUMNS} FROM access.seen JOIN access.reading ON number = reading
    WHERE subject = %(subject)s AND (%(before)s::bigint IS NULL OR reading < %(before)s)
    ORDER BY reading DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was asked, and how many people were shown, as known at `position`.

    Nothing personal is in `question`: a person stands among the subjects, by their random one.
    """

    action: str
    purpose: str | None
    question: Mapping[str, Any]
    people: int
    position: int

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"{self.action!r} is no action of the log of readings")
        if any(may_hold_nik(text) for text in _texts(self.question)):
            raise ValueError("a question holds 16 digits in a row, which may be a NIK: it is not written down")


def _texts(value: Any) -> Iterator[str]:
    """Every name and value within, as text, but for a `subject`, which is random and may be of digits alone."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            if not (name == "subject" and isinstance(one, str) and _SUBJECT.fullmatch(one)):
                yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    else:
        yield str(value)


def note(cursor: psycopg.Cursor[Any], caller: Caller, reading: Reading, subjects: Iterable[UUID]) -> None:
    """Write down that the caller is about to be shown these subjects. As `rekam_access`.

    The reading's number is the row that the cursor has then; it is not waited for.
    """
    cursor.execute(_NOTE.encode(), _asked(caller, reading) | {"subjects": array_of(subjects)})


def begin(cursor: psycopg.Cursor[Any], caller: Caller, reading: Reading) -> int:
    """Write down that so many people are about to be shown; who they are comes by `add`, before each is shown."""
    return _number(cursor.execute(_BEGIN, _asked(caller, reading)))


def add(cursor: psycopg.Cursor[Any], number: int, subjects: Iterable[UUID]) -> None:
    """Write down that the reading of that number is about to show these subjects, none of whom it has shown before."""
    cursor.execute(_ADD, {"number": number, "subjects": list(subjects)})


def _number(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _asked(caller: Caller, reading: Reading) -> dict[str, Any]:
    return {
        "who": caller.name,
        "role": caller.role,
        "action": reading.action,
        "purpose": reading.purpose,
        "question": Jsonb(dict(reading.question)),
        "people": reading.people,
        "position": reading.position,
    }


def listed(cursor: psycopg.Cursor[Any], before: int | None, limit: int, who: str | None = None) -> list[dict[str, Any]]:
    """The readings with a number below `before`, the newest first; all, or those of one user."""
    return _rows(cursor, _LISTED, {"before": before, "limit": limit, "who": who})


def of_person(cursor: psycopg.Cursor[Any], subject: UUID, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The readings that have shown this person, in the same order."""
    return _rows(cursor, _OF_PERSON, {"subject": subject, "before": before, "limit": limit})


def _rows(cursor: psycopg.Cursor[Any], query: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = _COLUMNS.split(", ")
    rows = cursor.execute(query.encode(), asked).fetchall()
    return [{**dict(zip(names, row, strict=True)), "at": row[1].isoformat()} for row in rows]
