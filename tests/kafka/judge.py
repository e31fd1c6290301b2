"""The judge: given what was sent, is each message explained exactly once? 0 lost, 0 twice, 0 unexplained.

It reads the ledger of offsets, the log, quarantine and receipts as they stand in the database, and trusts none of them:
each must say the same of each message.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from events.entry import decode
from events.quarantine import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.kafka.messages import Sent
    from tests.kafka.world import World

__all__ = ["judge"]

Place = tuple[str, int, int, int]
EFFECTIVE = ("appended", "duplicate", "conflict", "quarantined")


@dataclass
class _Books:
    """What the database says, by place."""

    outcomes: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[Place, list[tuple[str, str, bool]]] = field(default_factory=lambda: defaultdict(list))
    names: Counter[tuple[str, str]] = field(default_factory=Counter)
    receipts: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    parked: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    resolved: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))


def judge(world: World, sent: Iterable[Sent] | None = None) -> Counter[str]:
    """Assert that each message sent has one explanation, and nothing else has any; how many came to which outcome.

    `sent` leaves out what Kafka itself lost before it was read; without it, all that the world has sent.
    """
    books = _read(world)
    messages = list(world.sent if sent is None else sent)
    assert len({one[:4] for one in messages}) == len(messages), "the test itself sent two messages to one place"
    counted = Counter(_explain(books, one) for one in messages)
    _nothing_else(books, {one[:4] for one in messages})
    _ledger_is_whole(world)
    _log_is_whole(world)
    _watch_is_true(world)
    return counted


def _explain(books: _Books, one: Sent) -> str:
    place = one[:4]
    outcomes = books.outcomes[place]
    assert len(outcomes) == 1, f"{one} has {len(outcomes)} outcomes: {outcomes}"
    (outcome,) = outcomes
    assert outcome in EFFECTIVE, f"{one} was sent, and is said to be {outcome}"
    entries, receipts, parked = books.entries[place], books.receipts[place], books.parked[place]
    resolutions = books.resolved[place]
    if outcome == "appended":
        assert entries == [(one.source, one.id, False)], f"{one} is appended; the log has {entries}"
        assert (receipts, parked) == ([], []), f"{one} is appended, and also {receipts} {parked}"
    else:
        assert receipts[:1] == [outcome], f"{one} is {outcome}; its receipts say {receipts}"
        assert parked == ([] if outcome == "duplicate" else [outcome]), f"{one} is {outcome}; parked: {parked}"
        appended = resolutions.count("appended")
        assert entries == appended * [(one.source, one.id, True)], f"{one} resolved {appended} times; log: {entries}"
        assert appended <= 1, f"{one} was appended {appended} times"
    if entries or outcome == "duplicate":
        assert one.source is not None
        assert one.id is not None
        assert books.names[one.source, one.id] == 1, f"{one} stands in the log {books.names[one.source, one.id]} times"
    return outcome


def _nothing_else(books: _Books, sent: set[Place]) -> None:
    told = {place for place, outcomes in books.outcomes.items() if set(outcomes) & set(EFFECTIVE)}
    everywhere = chain(told, books.entries, books.receipts, books.parked)
    ghosts = set(everywhere) - sent
    assert not ghosts, f"explained, but never sent: {sorted(ghosts)[:5]}"


def _ledger_is_whole(world: World) -> None:
    """Every offset from 0 up to `next` has one range, in each life of each partition."""
    ends = {row[:3]: row[3] for row in world.rows("SELECT topic, incarnation, partition, next FROM intake.cursor")}
    reached: dict[tuple[str, int, int], int] = defaultdict(int)
    query = "SELECT topic, incarnation, partition, first, last FROM intake.accounted ORDER BY 1, 2, 3, 4"
    for topic, incarnation, partition, first, last in world.rows(query):
        life = (topic, incarnation, partition)
        assert first == reached[life], f"{life}: a range begins at {first}, the last one ended before {reached[life]}"
        reached[life] = last + 1
    assert dict(reached) == {life: end for life, end in ends.items() if end}


def _log_is_whole(world: World) -> None:
    size, gapless, claims = world.one(
        "SELECT (SELECT size FROM log.head), "
        "(SELECT count(*) = coalesce(max(notification_id), 0) AND count(*) = (SELECT size FROM log.head) "
        "FROM log.entry), (SELECT count(*) FROM log.claim)"
    )
    assert gapless, f"positions have gaps, or do not end at {size}"
    assert claims == size, f"{claims} claims for {size} entries"


def _watch_is_true(world: World) -> None:
    """What is counted in passing is what is there."""
    counted = world.rows("SELECT topic, outcome, offsets FROM watch.offsets ORDER BY 1, 2")
    query = "SELECT topic, outcome, sum(last - first + 1)::bigint FROM intake.accounted GROUP BY 1, 2 ORDER BY 1, 2"
    assert counted == world.rows(query)
    is_open = f"SELECT q.number FROM intake.quarantine q WHERE {OPEN} ORDER BY 1"
    assert world.rows("SELECT number FROM watch.parked ORDER BY 1") == world.rows(is_open)
    heard: dict[str, list[int]] = defaultdict(list)
    for position, state in world.rows("SELECT notification_id, state FROM log.entry ORDER BY 1"):
        heard[decode(state).source].append(position)
    sources = world.rows("SELECT source, first, last FROM watch.source")
    assert {source: tuple(span) for source, *span in sources} == {
        source: (positions[0], positions[-1]) for source, positions in heard.items()
    }


def _read(world: World) -> _Books:
    books = _Books()
    for topic, incarnation, partition, first, last, outcome in world.rows(
        "SELECT topic, incarnation, partition, first, last, outcome FROM intake.accounted"
    ):
        for offset in range(first, last + 1):
            books.outcomes[topic, incarnation, partition, offset].append(outcome)
    for (state,) in world.rows("SELECT state FROM log.entry"):
        entry = decode(state)
        books.names[entry.source, entry.id] += 1
        if entry.kafka is not None:
            books.entries[entry.kafka].append((entry.source, entry.id, entry.resolved))
    for *place, outcome in world.rows(
        'SELECT topic, incarnation, partition, "offset", outcome FROM intake.receipt ORDER BY number'
    ):
        books.receipts[_place(place)].append(outcome)
    for *place, outcome, resolution in world.rows(
        'SELECT topic, incarnation, partition, "offset", q.outcome, r.outcome FROM intake.quarantine q '
        "LEFT JOIN intake.resolution r USING (number) ORDER BY number, step"
    ):
        found = books.parked[_place(place)]
        found[:] = [outcome]
        if resolution is not None:
            books.resolved[_place(place)].append(resolution)
    return books


def _place(values: list[object]) -> Place:
    topic, incarnation, partition, offset = values
    assert isinstance(topic, str)
    assert isinstance(incarnation, int)
    assert isinstance(partition, int)
    assert isinstance(offset, int)
    return topic, incarnation, partition, offset
