"""Hostile messages through a real Apache Kafka: nothing stands still, and each is accounted for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator, producer
from aiokafka.record import default_records

from services import batches, intake
from services.batches import LARGEST_UNPACKED
from services.processes import VIEWS
from services.wire import QUARANTINE_TOPIC, RECEIPTS_TOPIC
from tests.events.examples import DEATH_REGISTERED, STRUCTURED
from tests.hostile.drafts import NotUtf8, named
from tests.hostile.fuzz import heard, leaks
from tests.hostile.mutations import messages
from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, Message, bad, capture, captures, message
from tests.kafka.test_restore import ALL, all_views_stand_at
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kafka.apache import ApacheKafka
    from tests.kafka.messages import Sent
    from tests.kafka.world import World

COUNT = 1_500
FLOOD = 20_000
BOMB = LARGEST_UNPACKED // 2 + 1  # of which two are more than a batch may come to


@pytest.fixture
def any_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a producer write what a careless program in another language may: the one in C insists on a true text."""
    for module in (producer, message_accumulator):
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", default_records._DefaultRecordBatchBuilderPy)


def odd(value: bytes | None = b"{}") -> Message:
    return Message(RECORDING, [*STRUCTURED, (NotUtf8("x"), b"1")], value, None, None)


def send_as_one_batch(world: World, many: Sequence[Message], codec: str | None, key: bytes = b"k") -> list[Sent]:
    """Send them in one batch, however large it is before it is packed."""

    async def send() -> list[int]:
        async with AIOKafkaProducer(
            bootstrap_servers=world.kafka, acks="all", linger_ms=1_000, compression_type=codec,
            max_batch_size=8 * LARGEST_UNPACKED, max_request_size=8 * LARGEST_UNPACKED,
        ) as sender:  # fmt: skip
            told = [await sender.send(m.topic, m.value, key=key, headers=list(m.headers), partition=0) for m in many]
            return [one.offset for one in await asyncio.gather(*told)]

    return world.remember(many, asyncio.run(send()))


def parked(world: World) -> dict[str, int]:
    return dict(world.rows("SELECT code, count(*)::int FROM intake.quarantine GROUP BY code"))


def test_mutated_messages_are_each_accounted_for_and_nothing_personal_is_told(world: World) -> None:
    drawn = [Message(one.topic, one.headers, one.value, *named(one)) for one in messages(21, COUNT)]  # type: ignore[arg-type]
    with heard() as said, world.running(*ALL):
        world.takes(*world.send(*drawn))
        eventually(lambda: all_views_stand_at(world, world.size()))
        eventually(lambda: len(world.on_topic(QUARANTINE_TOPIC)) >= sum(parked(world).values()))
        told = [one.value.decode() for name in (QUARANTINE_TOPIC, RECEIPTS_TOPIC) for one in world.on_topic(name)]

    assert judge(world).total() == COUNT
    assert leaks("\n".join([said.getvalue(), *told])) == []
    assert len(VIEWS) == 3


@pytest.mark.usefixtures("any_header")
def test_a_header_name_that_is_not_utf_8_holds_up_nothing(world: World) -> None:
    with world.running("intake", "relay"):
        world.takes(*world.send(capture("c-1"), odd(), capture("c-2", 2), odd(), odd(None), capture("c-3", 3)))
        world.takes(*world.send(odd()), *world.send(capture("c-4", 4)))

    assert judge(world) == {"appended": 4, "quarantined": 4}
    assert parked(world) == {"unreadable": 4}
    (said,) = {row[0] for row in world.rows("SELECT message FROM intake.quarantine")}
    assert said.startswith("the message cannot be read: it has a header whose name is not UTF-8")


@pytest.mark.usefixtures("any_header")
def test_after_a_restart_it_is_known_again_by_the_unreadable_one_read_last(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(capture("c-1"), odd()))
    with world.running("intake"):
        world.takes(*world.send(capture("c-2", 2)))

    assert judge(world) == {"appended": 2, "quarantined": 1}
    assert world.one("SELECT max(incarnation) FROM intake.incarnation") == 1


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
def test_a_bomb_is_parked_and_holds_up_nothing(world: World, codec: str) -> None:
    with world.running("intake"):
        bombs = send_as_one_batch(world, [bad(value=b"\0" * BOMB)] * 2, codec)
        world.takes(*bombs, *world.send(capture("c-1")))

    assert judge(world) == {"appended": 1, "quarantined": 2}
    assert parked(world) == {"unreadable": 2}
    assert world.one("SELECT max(length(sealed)) FROM intake.quarantine") < 2_000_000


def test_a_bomb_of_more_than_can_be_told_holds_up_its_partition_alone_and_says_the_way_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_ASIDE_S", 1.0)
    monkeypatch.setattr(batches, "MOST", 1)
    first = world.send(capture("c-1"))  # and not read yet: it comes with the bomb
    send_as_one_batch(world, [bad(value=b"\0" * BOMB)] * 2, "zstd")
    with heard() as said, world.running("intake"):
        world.takes(*first)
        behind = world.send(capture("c-2", 2))
        others = [one for number in range(3) for one in world.send(message(DEATH_REGISTERED, f"x-{number}"))]
        world.takes(*others)
        eventually(lambda: "rekam.recording[0] cannot be read from offset 1 on" in said.getvalue())

        asyncio.run(topics.expire(world.kafka, RECORDING, before=3))
        world.takes(*behind)

    assert "a consumer is in trouble" not in said.getvalue()
    assert judge(world, [*first, *behind, *others]) == {"appended": 5}
    assert world.outcomes(RECORDING) == {"appended": 2, "expired": 2}


def change_on_disk(broker: ApacheKafka, text: bytes) -> None:
    """Change one byte of what the broker keeps."""
    (segment,) = broker.data.glob(f"{RECORDING}-0/*.log")
    with segment.open("r+b") as file:
        place = file.read().index(text)
        file.seek(place)
        file.write(text[:1].upper())


def test_a_batch_that_the_broker_s_disk_has_changed_holds_up_its_partition_alone_and_says_so(
    world_to_break: tuple[World, ApacheKafka], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_ASIDE_S", 1.0)
    world, broker = world_to_break
    before = world.send(capture("c-1"))
    world.send(capture("c-changed", 2))
    change_on_disk(broker, b"c-changed")
    with heard() as said, world.running("intake"):
        world.takes(*before)
        behind = world.send(capture("c-2", 3))
        others = world.send(message(DEATH_REGISTERED, "x-1"))
        world.takes(*others)
        eventually(lambda: "rekam.recording[0] cannot be read from offset 1 on: its checksum" in said.getvalue())

        asyncio.run(topics.expire(world.kafka, RECORDING, before=2))
        world.takes(*behind)

    assert judge(world, [*before, *behind, *others]) == {"appended": 3}
    assert world.outcomes(RECORDING) == {"appended": 2, "expired": 1}


def test_where_the_message_read_last_cannot_be_read_any_more_that_is_said_with_the_way_out(
    world_to_break: tuple[World, ApacheKafka],
) -> None:
    world, broker = world_to_break
    with world.running("intake"):
        world.takes(*world.send(capture("c-changed")))
    change_on_disk(broker, b"c-changed")

    with heard() as said, world.running("intake"):
        eventually(lambda: "the message read last cannot be read any more" in said.getvalue())
        assert "rekam.recording[0] cannot be read from offset 0 on: its checksum" in said.getvalue()
        asyncio.run(topics.expire(world.kafka, RECORDING, before=1))
        world.takes(*world.send(capture("c-2", 2)))

    assert judge(world) == {"appended": 2}
    assert world.one("SELECT max(incarnation) FROM intake.incarnation") == 1


def test_a_megabyte_of_key_of_headers_or_of_many_headers_is_nothing_special(world: World) -> None:
    good = capture("c-1")
    large = [*STRUCTURED, ("x", b"y" * 900_000)]
    named_long = [*STRUCTURED, ("x" * 900_000, b"")]
    many = [*STRUCTURED, *((f"h{number}", b"1") for number in range(60_000))]
    with world.running("intake"):
        world.takes(*send_as_one_batch(world, [good], None, key=b"5371010101909001" * 55_000))
        for number, headers in enumerate((large, named_long, many), 2):
            again = capture(f"c-{number}", number)
            world.takes(*world.send(again._replace(headers=headers), bad()._replace(headers=headers)))

    assert judge(world) == {"appended": 4, "quarantined": 3}


def test_a_flood_on_one_topic_does_not_hold_up_the_others(world: World) -> None:
    """The flood is all there before; how many of it come first is where the other message stands in the log."""
    world.send(*captures(FLOOD, "flood"))
    world.send(message(DEATH_REGISTERED, "other"))

    with world.running("intake"):
        world.takes(within_s=60)

    where: Any = world.one("SELECT notification_id FROM log.entry WHERE topic = %s", DEATH_REGISTERED)
    assert where < FLOOD / 4
    assert judge(world) == {"appended": FLOOD + 1}
