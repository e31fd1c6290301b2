"""Publishing where Kafka refuses, is silent, or does not say where a message stands: with a Kafka that says so."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    MessageSizeTooLargeError,
    NotLeaderForPartitionError,
    OutOfOrderSequenceNumber,
    PolicyViolationError,
    ProducerFenced,
    TopicAuthorizationFailedError,
    UnknownError,
)

from events.errors import Refusal, Unreachable
from services import publish
from services.publish import Outgoing, Progress, _producing, _Publisher
from services.wire import Wire

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from services.outcomes import Place, Sent

TOPIC = "rekam.death"
SAFE = "what it has not acknowledged may be there or not, and the same command again is safe"


def messages(count: int) -> list[Outgoing]:
    return [Outgoing(TOPIC, (), b"{}", f"source\0{number}") for number in range(count)]


class Producer:
    """Says of each message that is sent what it is told to: the offset where it stands, an error, or nothing at all."""

    def __init__(self, say: Callable[[int], Any]) -> None:
        self.sent = 0
        self._say = say

    async def send(self, topic: str, _: object, **__: object) -> asyncio.Future[Any]:
        said = asyncio.get_running_loop().create_future()
        answer = self._say(self.sent)
        if isinstance(answer, KafkaError):
            said.set_exception(answer)
        elif answer is not None:
            said.set_result(SimpleNamespace(topic=topic, partition=0, offset=answer))
        self.sent += 1
        return said


class Ledger:
    """Has appended whatever stands anywhere, save what `lost` says."""

    def __init__(self, *, lost: bool = False) -> None:
        self.asked: list[list[Place | None]] = []
        self._lost = lost

    async def incarnations(self) -> dict[str, int]:
        return {TOPIC: 1}

    async def outcomes(self, sent: Sent, _: object) -> list[str | None]:
        self.asked.append(sent.places)
        return [None if place is None or self._lost else "appended" for place in sent.places]


def published(producer: Producer, ledger: Ledger, sending: Sequence[Outgoing]) -> Counter[str]:
    async def do() -> Counter[str]:
        publisher = _Publisher(cast("Any", producer), cast("Any", ledger), Progress(len(sending)))
        await publisher.account(sending, await publisher.send(sending))
        return publisher.done

    return asyncio.run(do())


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute and a half is a fifth of a second here."""
    for name, seconds in (("PATIENCE_S", 0.2), ("_LOOK_S", 0.02), ("_AGAIN_S", 0.01)):
        monkeypatch.setattr(publish, name, seconds)
    monkeypatch.setattr("services.wire.STOP_S", 0.1)


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (TopicAuthorizationFailedError(TOPIC), "allow REKAM_KAFKA_USER to write there"),
        (ClusterAuthorizationFailedError(), "allow REKAM_KAFKA_USER to write there"),
        (MessageSizeTooLargeError(), r"set the topic's max\.message\.bytes"),
        (PolicyViolationError(), "see to the policy"),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, KafkaError) else "",
)
def test_what_no_retry_mends_is_sent_once_and_said_with_the_way_out(error: KafkaError, way_out: str) -> None:
    producer = Producer(lambda _: error)

    with pytest.raises(Refusal, match=rf"for {TOPIC}, however often.*{type(error).__name__}: {way_out}.*{SAFE}"):
        published(producer, Ledger(), messages(3))

    assert producer.sent == 3


@pytest.mark.parametrize(
    "error",
    [OutOfOrderSequenceNumber(), ProducerFenced(), UnknownError(), KafkaError("unexpected")],
    ids=lambda error: type(error).__name__,
)
def test_what_only_another_producer_mends_is_left_to_the_next_try(error: KafkaError) -> None:
    producer = Producer(lambda number: error if number == 1 else number)

    with pytest.raises(Unreachable, match=rf"for {TOPIC}: .*{type(error).__name__}.*; {SAFE}"):
        published(producer, Ledger(), messages(3))

    assert producer.sent == 3


def test_what_a_retry_mends_is_sent_once_more() -> None:
    producer = Producer(lambda number: NotLeaderForPartitionError() if number == 1 else number)

    assert published(producer, Ledger(), messages(3)) == {"appended": 3}
    assert producer.sent == 4


def test_what_kafka_never_keeps_is_not_sent_for_ever() -> None:
    producer = Producer(lambda number: number)

    with pytest.raises(Unreachable, match=rf"does not keep, 3 messages, however often they are sent; {SAFE}"):
        published(producer, Ledger(lost=True), messages(3))

    assert producer.sent < 100


def test_what_is_never_acknowledged_is_not_waited_for_for_ever() -> None:
    producer = Producer(lambda number: number if number < 5 else None)

    with pytest.raises(Unreachable, match=rf"acknowledged nothing for .* s, and 3 messages not yet; {SAFE}"):
        published(producer, Ledger(), messages(8))


def test_as_long_as_some_are_acknowledged_the_others_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "PATIENCE_S", 1.0)

    async def do() -> list[int]:
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(5)]
        for number, future in enumerate(futures, 1):
            loop.call_later(0.4 * number, future.set_result, number)
        return await publish._acknowledged(futures)

    assert asyncio.run(do()) == [1, 2, 3, 4, 5]


def test_no_message_of_a_batch_whose_place_kafka_has_forgotten_is_taken_for_another_one() -> None:
    """The client counts the places of such a batch from -1 on: -1, 0, 1."""
    ledger = Ledger()
    producer = Producer([*(7, 8), *(-1, 0, 1), *(9, 10), *(11, 12, 13)].__getitem__)

    assert published(producer, ledger, messages(7)) == {"appended": 7}

    assert [place and place.offset for place in ledger.asked[0]] == [7, 8, None, None, None, 9, 10]
    assert [place and place.offset for place in ledger.asked[1]] == [11, 12, 13]


def test_forgotten_batches_of_two_partitions_are_told_apart() -> None:
    partitions = [TopicPartition(TOPIC, number) for number in (0, 1)]
    said = [(0, -1), (1, 0), (0, 0), (1, 1), (0, 1), (1, -1), (1, 0), (0, 7)]
    answers = [SimpleNamespace(topic=TOPIC, partition=number, offset=offset) for number, offset in said]

    assert publish._places(answers) == [
        None, (partitions[1], 0), None, (partitions[1], 1), None, None, None, (partitions[0], 7),
    ]  # fmt: skip


# ------------------------------------------------------------------ a producer that neither begins nor ends


class Stuck:
    """Never begins, or never ends, as one whose broker is gone for good."""

    def __init__(self, *, begins: bool) -> None:
        self.client = SimpleNamespace(close=self._close)
        self.closed = False
        self._begins = begins

    async def start(self) -> None:
        if not self._begins:
            await asyncio.get_running_loop().create_future()

    async def stop(self) -> None:
        if self._begins:
            await asyncio.get_running_loop().create_future()

    async def _close(self) -> None:
        self.closed = True


def wire(producer: Stuck) -> Wire:
    return cast(
        "Wire", SimpleNamespace(producer=lambda: producer, stop=Wire.stop, engines=SimpleNamespace(kafka="k:9092"))
    )


def test_a_producer_that_does_not_end_is_cut_off() -> None:
    producer = Stuck(begins=True)

    async def do() -> None:
        async with _producing(wire(producer)):
            raise Unreachable("nothing is acknowledged")

    with pytest.raises(Unreachable, match="nothing is acknowledged"):
        asyncio.run(do())
    assert producer.closed


def test_a_producer_that_does_not_begin_is_not_waited_for_for_ever() -> None:
    async def do() -> None:
        async with _producing(wire(Stuck(begins=False))):
            pytest.fail("it has begun")

    with pytest.raises(Unreachable, match=r"k:9092 lets no producer begin within .*; nothing was sent"):
        asyncio.run(do())
