"""The client's files say what became of sending: what was confirmed, what nobody knows, and each line in the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from aiokafka.errors import KafkaConnectionError, RequestTimedOutError

from tests.faults import publishers
from tests.faults.judge import published
from tests.faults.load import messages
from tests.faults.publishers import LATE_S, Client

if TYPE_CHECKING:
    from pathlib import Path

LINES = messages(3, "pendataan", 90)
FAST = 10_000.0


class Told(NamedTuple):
    partition: int
    offset: int


class Producer:
    """Stands in for aiokafka's: every so often it does not start, takes nothing, or does not know."""

    starts = 0
    sends = 0

    def __init__(self, **_: Any) -> None:
        type(self).starts += 1

    async def start(self) -> None:
        if self.starts % 3 == 1:
            raise KafkaConnectionError

    async def stop(self) -> None:
        pass

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[Told]:
        type(self).sends += 1
        if self.sends % 31 == 0:
            raise KafkaConnectionError
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        if self.sends % 17 == 0:
            future.set_exception(RequestTimedOutError())
        else:
            future.set_result(Told(0, self.sends))
        return future


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(publishers, "AIOKafkaProducer", Producer)
    monkeypatch.setattr(Producer, "starts", 0)
    monkeypatch.setattr(Producer, "sends", 0)
    return Client("nowhere", tmp_path, LINES, FAST)


def finished(client: Client) -> None:
    client._thread.join(20)
    assert client.done


def test_every_line_is_confirmed_in_the_end_and_what_nobody_knows_is_noted(client: Client, tmp_path: Path) -> None:
    finished(client)
    said = published.read([tmp_path])

    assert len(said.lines) == len(LINES)
    assert Counter(sent.line.n for sent in said.sent) == Counter(message.n for message in LINES)
    assert sum(said.failed.values()) == Producer.sends // 17
    assert client.troubles > 2


def test_what_went_to_a_topic_is_published_once_more_and_nothing_else(client: Client, tmp_path: Path) -> None:
    finished(client)
    client.again("rekam.listing", time.time())
    finished(client)
    said = published.read([tmp_path])

    counted = Counter(sent.line.n for sent in said.sent)
    assert {message.n: 2 if message.topic == "rekam.listing" else 1 for message in LINES} == counted


def test_what_went_to_a_topic_after_it_was_made_again_stays(client: Client, tmp_path: Path) -> None:
    long_before = time.time() - 1 - LATE_S
    finished(client)
    client.again("rekam.listing", long_before)
    finished(client)

    assert len(published.read([tmp_path]).sent) == len(LINES)


def test_a_client_that_is_told_to_end_does(client: Client) -> None:
    client.end()

    assert not client._thread.is_alive()
