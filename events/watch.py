"""What is watched: a few rows beside the accounts, so that who looks every few seconds need not read the accounts.

Everything here follows from the log and from intake's tables, and is written in the transactions that write those,
under the log's lock; two things are not. `partition` is what Kafka last said of its end, for nothing else in the
database knows it, and when intake last asked: that it is alive is seen by this alone. `trace` carries the trace context
of entries as far as the relay, which takes it away: an entry's bytes are the fact, and have no room for how it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import psycopg

__all__ = ["End", "count", "forget_traces", "hear", "keep_traces", "look", "park", "settle", "traces"]


class End(NamedTuple):
    """Where Kafka's log of a partition ends: the offset of the message that comes next."""

    topic: str
    partition: int
    incarnation: int
    end: int


_COUNT: Final = """
    INSERT INTO watch.offsets (topic, outcome, offsets)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])
    ON CONFLICT (topic, outcome) DO UPDATE SET offsets = watch.offsets.offsets + excluded.offsets
"""
_PARK: Final = "INSERT INTO watch.parked (number, code, parked) SELECT *, %s FROM unnest(%s::bigint[], %s::text[])"
_END: Final = "DELETE FROM watch.parked WHERE number = ANY(%s)"
_RENAME: Final = """
    UPDATE watch.parked SET code = step.code FROM unnest(%s::bigint[], %s::text[]) AS step (number, code)
    WHERE watch.parked.number = step.number
"""
_HEAR: Final = """
    INSERT INTO watch.source (source, first, last, accepted)
    SELECT *, %s FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
    ON CONFLICT (source) DO UPDATE SET last = excluded.last, accepted = excluded.accepted
"""
_LOOK: Final = """
    INSERT INTO watch.partition (topic, partition, incarnation, "end", looked)
    SELECT *, clock_timestamp() FROM unnest(%s::text[], %s::int[], %s::int[], %s::bigint[])
    ON CONFLICT (topic, partition) DO UPDATE
    SET incarnation = excluded.incarnation, "end" = excluded."end", looked = excluded.looked
"""
_KEEP: Final = "INSERT INTO watch.trace (position, parent) SELECT * FROM unnest(%s::bigint[], %s::text[])"
_TRACES: Final = "SELECT position, parent FROM watch.trace WHERE position > %s AND position <= %s"
_FORGET: Final = "DELETE FROM watch.trace WHERE position <= %s"


def count(cursor: psycopg.Cursor[Any], offsets: Mapping[tuple[str, str], int]) -> None:
    """Add so many offsets to each (topic, outcome)."""
    if offsets:
        topics, outcomes = map(list, zip(*offsets, strict=True))
        cursor.execute(_COUNT, [topics, outcomes, list(offsets.values())])


def park(cursor: psycopg.Cursor[Any], at: datetime, parked: Mapping[int, str]) -> None:
    """Take note of open messages in quarantine: code by number."""
    cursor.execute(_PARK, [at, list(parked), list(parked.values())])


def settle(cursor: psycopg.Cursor[Any], ended: Sequence[int], renamed: Mapping[int, str]) -> None:
    """Take away those that came to their end; the others stay open, under the code they have now."""
    if ended:
        cursor.execute(_END, [list(ended)])
    if renamed:
        cursor.execute(_RENAME, [list(renamed), list(renamed.values())])


def hear(cursor: psycopg.Cursor[Any], accepted: datetime, heard: Sequence[tuple[str, int]]) -> None:
    """Take note of the sources of what is appended, by position, ascending."""
    last = dict(heard)
    first = dict(reversed(heard))
    cursor.execute(_HEAR, [accepted, list(last), [first[source] for source in last], list(last.values())])


def look(cursor: psycopg.Cursor[Any], ends: Iterable[End]) -> None:
    """Take note of where partitions end in Kafka, and that it was asked now; in one order, as two may do so at once."""
    rows = sorted(ends)
    if rows:
        cursor.execute(_LOOK, [list(column) for column in zip(*rows, strict=True)])


def keep_traces(cursor: psycopg.Cursor[Any], parents: Mapping[int, str]) -> None:
    """Keep the `traceparent` under which what is done about an entry belongs, by position."""
    if parents:
        cursor.execute(_KEEP, [list(parents), list(parents.values())])


def traces(cursor: psycopg.Cursor[Any], after: int, upto: int) -> dict[int, str]:
    """Read the `traceparent` of entries behind `after`, up to `upto`, of those that have one."""
    return dict(cursor.execute(_TRACES, [after, upto]).fetchall())


def forget_traces(cursor: psycopg.Cursor[Any], upto: int) -> None:
    """Drop what was kept of entries up to `upto`."""
    cursor.execute(_FORGET, [upto])
