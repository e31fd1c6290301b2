"""What the database holds: the log, the ledger of offsets, what was parked, the receipts and the three views."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    import psycopg

__all__ = ["VIEWS", "Account", "Books", "Coordinates", "Effect", "Entry", "Posting", "View", "read"]

VIEWS: Final = ("counts", "trail", "outstanding")
Coordinates = tuple[str, int, int, int]
Account = tuple[str, str]

# Which rows of a view go with which entries of the log, a row an entry.
ROWS: Final = {
    "counts": ("listing", "declaration", "capture"),
    "trail": ("fact",),
    "outstanding": ("particulars", "sign", "declaration", "withdrawal"),
}
# The postings of a complete block, and what the view says that they sum up to; only what differs.
_CELLS: Final = """
    SELECT block, valid_on, from_account, to_account, p.people, c.people
    FROM (SELECT (position / 16384)::int AS block, valid_on, from_account, to_account, sum(people)::int AS people
          FROM counts.posting GROUP BY 1, 2, 3, 4 HAVING sum(people) <> 0) AS p
    FULL JOIN counts.cell AS c USING (block, valid_on, from_account, to_account)
    WHERE p.people IS DISTINCT FROM c.people
        AND (c.people IS NOT NULL OR (block + 1) * 16384 <= (SELECT position + 1 FROM counts.position))
"""


class Entry(NamedTuple):
    """One position of the log: its bytes, what they say, and what its columns say."""

    position: int
    state: bytes
    said: dict[str, Any]
    digest: bytes
    subject: UUID
    accepted: datetime

    @property
    def name(self) -> tuple[str, str]:
        return self.said["source"], self.said["id"]

    @property
    def kafka(self) -> Coordinates | None:
        at = self.said.get("kafka")
        return None if at is None else (at["topic"], at["incarnation"], at["partition"], at["offset"])


class Effect(NamedTuple):
    """A receipt, or a parked message with its code and how it ended."""

    outcome: str
    name: tuple[str | None, str | None]
    position: int | None
    code: str | None
    message: str | None = None
    ends: tuple[str, ...] = ()


class Posting(NamedTuple):
    position: int
    subject: UUID
    valid_on: date
    origin: Account
    to: Account
    people: int


@dataclass
class View:
    """A view: where it says it stands, its postings, and the positions of the rows of its other tables."""

    position: int
    digest: bytes
    postings: list[Posting]
    rows: dict[str, list[int]]


@dataclass
class Books:
    """All of it, as one transaction saw it; `looked` is when, by a clock that nobody sets back."""

    looked: datetime
    head: tuple[int, bytes]
    entries: list[Entry]
    claims: Counter[int]
    ranges: list[tuple[str, int, int, int, int, str]]
    next: dict[tuple[str, int, int], int]
    receipts: dict[Coordinates, list[Effect]] = field(default_factory=lambda: defaultdict(list))
    parked: dict[Coordinates, list[Effect]] = field(default_factory=lambda: defaultdict(list))
    views: dict[str, View] = field(default_factory=dict)
    cells: list[tuple[Any, ...]] = field(default_factory=list)


def read(connection: psycopg.Connection[Any]) -> Books:
    """Read everything. The transaction must see one snapshot, and nothing else may be at work, or a view is behind."""
    cursor = connection.cursor()
    books = Books(
        looked=datetime.now(UTC),
        head=_one(cursor, "SELECT size, digest FROM log.head"),
        entries=[
            Entry(position, state, json.loads(state), digest, subject, accepted)
            for position, state, digest, subject, accepted in cursor.execute(
                "SELECT notification_id, state, digest, originator_id, accepted FROM log.entry ORDER BY 1", binary=True
            )
        ],
        claims=Counter(position for (position,) in cursor.execute("SELECT position FROM log.claim")),
        ranges=cursor.execute(
            "SELECT topic, incarnation, partition, first, last, outcome FROM intake.accounted ORDER BY 1, 2, 3, 4"
        ).fetchall(),
        next={
            row[:3]: row[3] for row in cursor.execute('SELECT topic, incarnation, partition, "next" FROM intake.cursor')
        },
    )
    _read_effects(cursor, books)
    books.views = {name: _read_view(cursor, name) for name in VIEWS}
    books.cells = cursor.execute(_CELLS).fetchall()
    return books


def _read_effects(cursor: psycopg.Cursor[Any], books: Books) -> None:
    for *at, outcome, source, id_, position, reason in cursor.execute(
        'SELECT topic, incarnation, partition, "offset", outcome, source, id, position, reason FROM intake.receipt '
        "ORDER BY number"
    ):
        books.receipts[tuple(at)].append(Effect(outcome, (source, id_), position, reason))
    for *at, outcome, source, id_, position, code, message, ends in cursor.execute(
        'SELECT topic, incarnation, partition, "offset", outcome, source, id, position, code, message, '
        "ARRAY(SELECT outcome FROM intake.resolution AS r WHERE r.number = q.number ORDER BY step) "
        "FROM intake.quarantine AS q ORDER BY number"
    ):
        books.parked[tuple(at)].append(Effect(outcome, (source, id_), position, code, message, tuple(ends)))


def _read_view(cursor: psycopg.Cursor[Any], name: str) -> View:
    accounts = {
        number: (area, standing)
        for number, area, standing in cursor.execute(f"SELECT number, area, standing FROM {name}.account".encode())
    }
    postings = [
        Posting(position, subject, day, accounts.get(one, ("?", str(one))), accounts.get(to, ("?", str(to))), people)
        for position, subject, day, one, to, people in cursor.execute(
            f"SELECT position, subject, valid_on, from_account, to_account, people FROM {name}.posting".encode()
        )
    ]
    rows = {
        table: [place for (place,) in cursor.execute(f"SELECT position FROM {name}.{table}".encode())]
        for table in ROWS[name]
    }
    position, digest = _one(cursor, f"SELECT position, digest FROM {name}.position")
    return View(position, digest, postings, rows)


def _one(cursor: psycopg.Cursor[Any], query: str) -> Any:
    return cursor.execute(query.encode()).fetchone()
