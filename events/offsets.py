"""The ledger of offsets: what became of every message of every source topic.

A topic that was deleted and made again under its name begins a new *incarnation*. In each (topic, incarnation,
partition) every offset below `next` has exactly one outcome; `next` is moved by compare-and-set under the log's lock,
in the transaction that writes the outcomes and their effects.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events import watch
from events.errors import Clash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

__all__ = [
    "OUTCOMES",
    "Last",
    "Mark",
    "Range",
    "account",
    "advance",
    "mark",
    "marks",
    "missing",
    "ranges",
    "renew",
    "tally",
    "told",
]

OUTCOMES: Final = ("appended", "duplicate", "conflict", "quarantined", "absent", "expired")


class Last(NamedTuple):
    """The message read last: by its timestamp and digest a topic is known to be the same one still."""

    offset: int
    timestamp: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """Where intake stands in a partition: `next` is the first offset without an outcome."""

    topic: str
    incarnation: int
    partition: int
    next: int
    last: Last | None


class Range(NamedTuple):
    """Offsets `first` to `last`, both included, with one outcome."""

    first: int
    last: int
    outcome: str


_MARKS: Final = """
    SELECT wanted.topic, coalesce(newest.incarnation, 1), wanted.partition, coalesce(c.next, 0),
           c.last_offset, c.last_timestamp, c.last_digest
    FROM unnest(%s::text[], %s::int[]) AS wanted (topic, partition)
    LEFT JOIN LATERAL (SELECT max(i.incarnation) AS incarnation FROM intake.incarnation i
                       WHERE i.topic = wanted.topic) AS newest ON true
    LEFT JOIN intake.cursor c ON c.topic = wanted.topic AND c.incarnation = newest.incarnation
        AND c.partition = wanted.partition
"""
_BEGIN: Final = """
    INSERT INTO intake.incarnation (topic, incarnation)
    SELECT DISTINCT * FROM unnest(%s::text[], %s::int[]) ON CONFLICT DO NOTHING
"""
_ADVANCE: Final = """
    INSERT INTO intake.cursor (topic, incarnation, partition, next, last_offset, last_timestamp, last_digest)
    SELECT * FROM unnest(%s::text[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[])
    ON CONFLICT (topic, incarnation, partition) DO UPDATE SET next = excluded.next,
        last_offset = excluded.last_offset, last_timestamp = excluded.last_timestamp,
        last_digest = excluded.last_digest
"""


def marks(cursor: psycopg.Cursor[Any], places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Mark]:
    """Read where intake stands in each (topic, partition), in the topic's newest incarnation; 0 where it never was."""
    wanted = list(places)
    cursor.execute(_MARKS, [[topic for topic, _ in wanted], [partition for _, partition in wanted]])
    found = {}
    for topic, incarnation, partition, next_, offset, timestamp, digest in cursor:
        last = None if offset is None else Last(offset, timestamp, bytes(digest))
        found[topic, partition] = Mark(topic, incarnation, partition, next_, last)
    return found


def mark(cursor: psycopg.Cursor[Any], topic: str, partition: int) -> Mark:
    """Read where intake stands in one partition."""
    return marks(cursor, [(topic, partition)])[topic, partition]


def advance(cursor: psycopg.Cursor[Any], steps: Mapping[Mark, tuple[int, Last | None]]) -> None:
    """Move each mark to its new `next` and last message. To be called under the log's lock.

    Clash where the ledger no longer stands at a mark: another intake was here, or the topic began anew.
    """
    now = marks(cursor, [(old.topic, old.partition) for old in steps])
    for old in steps:
        if now[old.topic, old.partition] != old:
            raise Clash(f"another intake has accounted for {old.topic}[{old.partition}] from offset {old.next}")
    rows = [
        (old.topic, old.incarnation, old.partition, next_, *(read or old.last or (None, None, None)))
        for old, (next_, read) in steps.items()
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_BEGIN, columns[:2])
        cursor.execute(_ADVANCE, columns)


def account(cursor: psycopg.Cursor[Any], told: Iterable[tuple[Mark, Sequence[Range]]]) -> None:
    """Write the outcomes of the offsets that `advance` has moved over."""
    rows = [(m.topic, m.incarnation, m.partition, *r) for m, ranges_ in told for r in ranges_]
    if rows:
        topics, incarnations, partitions, firsts, lasts, outcomes = map(list, zip(*rows, strict=True))
        cursor.execute(
            "INSERT INTO intake.accounted (topic, incarnation, partition, first, last, outcome) "
            "SELECT * FROM unnest(%s::text[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::text[])",
            [topics, incarnations, partitions, firsts, lasts, outcomes],
        )
        counted: Counter[tuple[str, str]] = Counter()
        for topic, _, _, first, last, outcome in rows:
            counted[topic, outcome] += last - first + 1
        watch.count(cursor, counted)


def renew(cursor: psycopg.Cursor[Any], old: Mark) -> Mark:
    """Begin a new incarnation of the topic, to be read from its start. To be called under the log's lock.

    Where another intake has already begun one, the mark in that one is given.
    """
    now = mark(cursor, old.topic, old.partition)
    if now.incarnation != old.incarnation:
        return now
    cursor.execute(
        "INSERT INTO intake.incarnation (topic, incarnation) VALUES (%s, %s), (%s, %s) ON CONFLICT DO NOTHING",
        [old.topic, old.incarnation, old.topic, old.incarnation + 1],
    )
    return replace(old, incarnation=old.incarnation + 1, next=0, last=None)


def ranges(next_: int, begin: int, outcomes: Sequence[tuple[int, str]]) -> list[Range]:
    """Join the outcomes of delivered offsets, ascending from `next_`, into ranges without a gap.

    What was not delivered is `expired` below the broker's beginning `begin`, else `absent`: a marker of a transaction,
    or a message that was aborted. Clash where an offset below `next_` was delivered.
    """
    told: list[Range] = []
    for offset, outcome in outcomes:
        if offset < next_:
            raise Clash(f"offset {offset} was delivered, but everything below {next_} is accounted for")
        if offset > next_:
            told += missing(next_, offset, begin)
        if told and told[-1].outcome == outcome and told[-1].last == offset - 1:
            told[-1] = Range(told[-1].first, offset, outcome)
        else:
            told.append(Range(offset, offset, outcome))
        next_ = offset + 1
    return told


def missing(first: int, end: int, begin: int) -> list[Range]:
    """Give the outcome of offsets `first` to `end` - 1, of which none was delivered."""
    lost = min(max(begin, first), end)
    below = [Range(first, lost - 1, "expired")] if lost > first else []
    return below + ([Range(lost, end - 1, "absent")] if end > lost else [])


def told(cursor: psycopg.Cursor[Any], topic: str, incarnation: int, partition: int, offset: int) -> list[Range]:
    """Read the ranges from the one that holds `offset` on, ascending."""
    cursor.execute(
        "SELECT first, last, outcome FROM intake.accounted "
        "WHERE topic = %s AND incarnation = %s AND partition = %s AND last >= %s ORDER BY first",
        [topic, incarnation, partition, offset],
    )
    return [Range(*row) for row in cursor]


def tally(cursor: psycopg.Cursor[Any]) -> dict[str, int]:
    """Count the offsets by outcome, over all topics and incarnations."""
    cursor.execute("SELECT outcome, sum(last - first + 1)::bigint FROM intake.accounted GROUP BY outcome")
    found = dict(cursor.fetchall())
    return {outcome: found.get(outcome, 0) for outcome in OUTCOMES}
