"""Publishing to a real Kafka that refuses what is sent, or goes away before it has acknowledged it."""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from typing import TYPE_CHECKING, Final

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import CreateAclsRequest

from events.errors import Refusal, Unreachable
from services import publish
from services.publish import Outgoing, Progress, publish_in_portions
from tests.kafka import topics
from tests.kafka.leftovers import LEFT_BY_AIOKAFKA
from tests.kafka.messages import RECORDING, captures
from tests.kafka.test_publish_thrice import going, published
from tests.kafka.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kafka.apache import ApacheKafka
    from tests.kafka.conftest import MakeKafka

pytestmark = [*LEFT_BY_AIOKAFKA]

SAFE: Final = "what it has not acknowledged may be there or not, and the same command again is safe"
OF_A_TOPIC, LITERALLY, ALLOW = 2, 3, 3  # as Kafka's protocol numbers them
READ, DESCRIBE = 3, 8


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


async def take_only(kafka: str, most_bytes: int) -> None:
    async with topics.administrator(kafka) as admin:
        limit = ConfigResource(ConfigResourceType.TOPIC, RECORDING, {"max.message.bytes": str(most_bytes)})
        (answer,) = await admin.alter_configs([limit])
    assert answer.resources[0][0] == 0


async def let_only_read(kafka: str) -> None:
    """Whoever comes may read there, and ask what there is; and nothing else."""
    async with topics.administrator(kafka) as admin:
        for operation in (READ, DESCRIBE):
            allowed = (OF_A_TOPIC, RECORDING, LITERALLY, "User:ANONYMOUS", "*", operation, ALLOW)
            answer = await admin._send_request(CreateAclsRequest(*allowed))
            assert answer.creation_responses[0][0] == 0


def test_messages_that_are_too_large_for_the_topic_are_said_to_be_so(world: World) -> None:
    asyncio.run(take_only(world.kafka, 100))

    with (
        world.running("intake"),
        pytest.raises(Refusal, match=rf"{RECORDING}, however often.*MessageSizeTooLarge.*max\.message\.bytes.*{SAFE}"),
    ):
        published(world, captures(3))

    assert world.size() == 0


def test_who_may_not_write_is_told_so_at_once(make_kafka: MakeKafka, empty_database: str, tmp_path: Path) -> None:
    broker = make_kafka({
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    })  # fmt: skip
    asyncio.run(topics.make_again(broker.address, topics.ALL))
    asyncio.run(let_only_read(broker.address))
    world = World(broker.address, empty_database, tmp_path)
    world.prepare()

    with (
        world.running("intake"),
        pytest.raises(Refusal, match=rf"{RECORDING}, however often.*TopicAuthorizationFailed.*allow REKAM_KAFKA_USER"),
    ):
        published(world, captures(3))


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_broker_that_goes_away_before_it_has_acknowledged_is_not_waited_for_for_ever(
    world_to_break: tuple[World, ApacheKafka], how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, broker = world_to_break
    assert broker.child is not None
    monkeypatch.setattr(publish, "PATIENCE_S", 4.0)
    lost = [0.0]

    def portions() -> Iterator[list[Outgoing]]:
        yield going(captures(3))
        assert broker.child is not None
        broker.child.send_signal(how)
        lost[0] = time.monotonic()
        yield going(captures(3, "later", 100))

    world.start("intake")
    try:
        with pytest.raises(Unreachable, match=f"acknowledged nothing for 4 s, and 3 messages not yet; {SAFE}"):
            asyncio.run(publish_in_portions(world.wire(), portions(), Progress(6)))
        assert time.monotonic() - lost[0] < 30
    finally:
        broker.child.send_signal(signal.SIGCONT)
