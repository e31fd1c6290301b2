"""A register filled without Kafka: messages go through intake's own transaction, then every view follows the log."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from zlib import crc32

from events import database, offsets
from services.account import Accountant, Batch
from services.processes import VIEWS, prepare, unlock
from services.projector import Follower
from services.settings import from_environ

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import psycopg

    from events.vault import Keys
    from projections.views import View
    from services.settings import Settings

__all__ = ["ACCEPTED", "Record", "Sent", "fill", "follow", "settings_of"]

ACCEPTED = datetime(2026, 1, 1, tzinfo=UTC)
PARTITIONS = 2


class Sent(Protocol):
    """What a publisher hands to Kafka, such as the scenario's messages."""

    @property
    def topic(self) -> str: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def id(self) -> str: ...


class Record(NamedTuple):
    """A message as Kafka delivers it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None


def settings_of(address: str, folder: Path) -> Settings:
    """Of a database and a folder of keys; no Kafka answers there."""
    return from_environ({"REKAM_DATABASE": address, "REKAM_KAFKA": "127.0.0.1:1", "REKAM_KEYS": str(folder)})


def fill(
    address: str,
    folder: Path,
    messages: Iterable[Sent],
    *,
    views: Iterable[View] = VIEWS.values(),
    at_once: int = 500,
    empty: int = 2,
) -> Keys:
    """Take the messages in, in their order, and bring the views up to date; the register's keys.

    May be called again with more. In each partition the messages begin behind so many offsets that hold nothing.
    """
    prepare(address)
    settings = settings_of(address, folder)
    accountant = Accountant(settings, address, clock=lambda: ACCEPTED)
    try:
        now, left = ACCEPTED, iter(messages)
        with database.connect(address, "rekam_reader", autocommit=True) as connection, connection.cursor() as cursor:
            while some := list(islice(left, at_once)):
                now += timedelta(seconds=1)
                batches = list(_batches(cursor, some, empty))
                accountant.take(batches, accountant.check(batches, now), now)
    finally:
        accountant.close()
    keys = unlock(settings, address)
    follow(address, keys, views)
    return keys


def follow(address: str, keys: Keys, views: Iterable[View] = VIEWS.values()) -> None:
    """Bring the views to the head of the log."""
    for view in views:
        follower = Follower(view, address, keys)
        try:
            while follower.advance(()):
                pass
        finally:
            follower.close()


def _batches(cursor: psycopg.Cursor[Any], messages: Sequence[Sent], empty: int) -> Iterator[Batch]:
    """As Kafka would deliver them from where intake stands, by partition."""
    delivered: dict[tuple[str, int], list[Sent]] = defaultdict(list)
    for message in messages:
        delivered[message.topic, crc32(message.id.encode()) % PARTITIONS].append(message)
    stamp = int(ACCEPTED.timestamp() * 1000)
    for (topic, partition), sent in delivered.items():
        mark = offsets.mark(cursor, topic, partition)
        records: list[Any] = [
            Record(topic, partition, offset, stamp + offset, tuple(message.headers), message.value)
            for offset, message in enumerate(sent, mark.next or empty)
        ]
        yield Batch(mark, 0, records)
