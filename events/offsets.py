"""The ledger of offsets: what became of every message of every source topic.

A topic that was deleted and made again under its name begins a new *incarnation*. In each (topic, incarnation,
partition) every offset below `next` has exactly one outcome; `next` is moved by compare-and-set under the log's lock,
in the transaction that writes the outcomes and their effects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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


def mark(cursor: psycopg.Cursor[Any], topic: str, partition: int) -> Mark:
    """Read where intake stands in the partition's newest incarnation; at 0 of incarnation 1 where it never was."""
    cursor.execute(
        "SELECT i.incarnation, c.next, c.last_offset, c.last_timestamp, c.last_digest "
        "FROM intake.incarnation i LEFT JOIN intake.cursor c "
        "ON c.topic = i.topic AND c.incarnation = i.incarnation AND c.partition = %s "
        "WHERE i.topic = %s ORDER BY i.incarnation DESC LIMIT 1",
        [partition, topic],
    )
    row = cursor.fetchone()
    if row is None:
        return Mark(topic, 1, partition, 0, None)
    incarnation, next_, offset, timestamp, digest = row
    last = None if offset is None else Last(offset, timestamp, bytes(digest))
    return Mark(topic, incarnation, partition, next_ or 0, last)


def advance(cursor: psycopg.Cursor[Any], steps: Mapping[Mark, tuple[int, Last | None]]) -> None:
    """Move each mark to its new `next` and last message. To be called under the log's lock.

    Clash where the ledger no longer stands at a mark: another intake was here, or the topic began anew.
    """
    for old, (next_, read) in steps.items():
        if mark(cursor, old.topic, old.partition) != old:
            raise Clash(f"another intake has accounted for {old.topic}[{old.partition}] from offset {old.next}")
        cursor.execute(
            "INSERT INTO intake.incarnation (topic, incarnation) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [old.topic, old.incarnation],
        )
        last = read or old.last or (None, None, None)
        cursor.execute(
            "INSERT INTO intake.cursor VALUES (%s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (topic, incarnation, partition) DO UPDATE SET next = excluded.next, "
            "last_offset = excluded.last_offset, last_timestamp = excluded.last_timestamp, "
            "last_digest = excluded.last_digest",
            [old.topic, old.incarnation, old.partition, next_, *last],
        )


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
