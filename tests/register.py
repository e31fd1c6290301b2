"""A register filled without Kafka: messages go through intake's own transaction, then every view follows the log."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from zlib import crc32

from services.account import Accountant, Batch
from services.processes import VIEWS, prepare, unlock
from services.projector import Follower
from services.settings import from_environ

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

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
    address: str, folder: Path, messages: Iterable[Sent], *, views: Iterable[View] = VIEWS.values(), at_once: int = 500
) -> Keys:
    """Take the messages in, in their order, and bring the views up to date; the register's keys.

    May be called again with more. In each partition the messages begin behind two offsets that hold nothing.
    """
    prepare(address)
    settings = settings_of(address, folder)
    accountant = Accountant(settings, address)
    try:
        now, left = ACCEPTED, iter(messages)
        while some := list(islice(left, at_once)):
            now += timedelta(seconds=1)
            _take(accountant, some, now)
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


def _take(accountant: Accountant, messages: Sequence[Sent], now: datetime) -> None:
    delivered: dict[tuple[str, int], list[Sent]] = defaultdict(list)
    for message in messages:
        delivered[message.topic, crc32(message.id.encode()) % PARTITIONS].append(message)
    batches = [_batch(accountant, *place, sent) for place, sent in delivered.items()]
    accountant.take(batches, accountant.check(batches, now), now)


def _batch(accountant: Accountant, topic: str, partition: int, sent: Sequence[Sent]) -> Batch:
    mark = accountant.mark(topic, partition)
    first = mark.next or 2
    stamp = int(ACCEPTED.timestamp() * 1000)
    records: list[Any] = [
        Record(topic, partition, offset, stamp + offset, tuple(message.headers), message.value)
        for offset, message in enumerate(sent, first)
    ]
    return Batch(mark, 0, records)
