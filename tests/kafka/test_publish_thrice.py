"""Publishing waits until intake has accounted for every message, and may be done again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiokafka import TopicPartition

from events.entry import decode
from services import outcomes
from services.outcomes import Ledger, Place
from services.publish import Outgoing, Progress, publish, publish_in_portions
from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, Sent, bad, capture, captures
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from tests.kafka.messages import Message
    from tests.kafka.world import World


def going(messages: Sequence[Message]) -> list[Outgoing]:
    return [Outgoing(m.topic, m.headers, m.value, f"{m.source} {m.id}") for m in messages]


def published(world: World, messages: Sequence[Message]) -> Counter[str]:
    return asyncio.run(publish(world.wire(), going(messages), Progress(len(messages))))


async def published_to_a_partition_made_meanwhile(world: World) -> list[str | None]:
    wire = world.wire()
    async with wire.probe() as probe, Ledger(wire, probe) as ledger:
        before = await ledger.settled()
        await topics.grow(world.kafka, RECORDING, 2)
        offsets = await topics.send(world.kafka, captures(2), partition=1)
        places: list[Place | None] = [Place(TopicPartition(RECORDING, 1), offset) for offset in offsets]
        return await ledger.outcomes(outcomes.Sent(places, before), lambda _: None)


def everything_in(world: World) -> list[Sent]:
    """What the ledger has taken: whoever publishes learns no offsets."""
    entries = [decode(state) for (state,) in world.rows("SELECT state FROM log.entry")]
    appended = [Sent(*entry.kafka, entry.source, entry.id) for entry in entries if entry.kafka is not None]
    others = world.rows('SELECT topic, incarnation, partition, "offset", source, id FROM intake.receipt')
    return appended + [Sent(*row) for row in others]


def test_the_same_messages_published_three_times(world: World) -> None:
    messages = [*captures(200), bad(), capture("c-1", place="mobile")]
    with world.running("intake"):
        first = published(world, messages)
        again = [published(world, messages) for _ in range(2)]

    assert first == {"appended": 200, "quarantined": 1, "conflict": 1}
    assert again == 2 * [{"duplicate": 200, "quarantined": 1, "conflict": 1}]
    assert judge(world, everything_in(world)) == {"appended": 200, "duplicate": 400, "quarantined": 3, "conflict": 3}


def test_a_partition_that_is_younger_than_the_publisher_s_last_look(world: World) -> None:
    with world.running("intake"):
        assert asyncio.run(published_to_a_partition_made_meanwhile(world)) == ["appended", "appended"]


def test_a_topic_made_again_while_it_waits_is_published_to_once_more(world: World) -> None:
    messages = captures(300)
    with world.running("intake"):
        assert published(world, messages[:10]) == {"appended": 10}
        asyncio.run(topics.make_again(world.kafka, [RECORDING]))
        counted = published(world, messages)

    assert counted.total() == 300
    assert world.size() == 300
    judge(world, everything_in(world))


def test_portions_are_sent_while_those_before_are_accounted_for_and_none_is_forgotten(world: World) -> None:
    messages = captures(300)
    seen = []
    progress = Progress(300, report=lambda now: seen.append((now.sent, now.accounted)))
    with world.running("intake"):
        portions = map(going, (messages[:100], messages[:0], messages[100:250], messages[250:]))
        counted = asyncio.run(publish_in_portions(world.wire(), portions, progress))

    assert counted == {"appended": 300}
    assert seen == sorted(seen)
    assert seen[-1] == (300, 300)
    assert any(0 < accounted < sent for sent, accounted in seen)
    judge(world, everything_in(world))


def test_a_topic_made_again_between_two_portions_loses_none_of_either(world: World) -> None:
    messages = captures(300)

    def portions() -> Iterator[list[Outgoing]]:
        yield going(messages[:100])
        asyncio.run(topics.make_again(world.kafka, [RECORDING]))
        yield going(messages[100:200])
        yield going(messages[200:])

    with world.running("intake"):
        progress = Progress(300)
        counted = asyncio.run(publish_in_portions(world.wire(), portions(), progress))

    assert (counted.total(), progress.sent, world.size()) == (300, 300, 300)
    judge(world, everything_in(world))


def test_what_is_published_while_intake_is_killed_and_started_again_is_all_accounted_for(world: World) -> None:
    intake = world.start("intake")
    eventually(lambda: "reading" in intake.log.read_text())
    intake.kill()
    world.forget("rekam-intake")
    world.start("intake")

    assert published(world, captures(2000)) == {"appended": 2000}
    judge(world, everything_in(world))
