"""That the Kafka the tests rely on is what they take it for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    from tests.kafka.conftest import MakeKafka


async def make_topic(address: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def send(address: str, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def read_all(address: str, topic: str) -> list[bytes | None]:
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        values = []
        while await consumer.position(partition) < end:
            values.append((await consumer.getone()).value)
        return values


def test_a_message_sent_is_a_message_read(kafka: str) -> None:
    topic = f"test-{uuid4()}"
    asyncio.run(make_topic(kafka, topic))

    asyncio.run(send(kafka, topic, b"one", b"two"))

    assert asyncio.run(read_all(kafka, topic)) == [b"one", b"two"]


def test_a_killed_broker_comes_back_with_its_messages_at_its_address(make_kafka: MakeKafka) -> None:
    broker = make_kafka()
    address = broker.address
    asyncio.run(make_topic(address, "kept"))
    asyncio.run(send(address, "kept", b"before"))

    broker.kill()
    broker.start()
    asyncio.run(send(address, "kept", b"after"))

    assert broker.address == address
    assert asyncio.run(read_all(address, "kept")) == [b"before", b"after"]


def test_a_topic_that_nobody_made_does_not_come_into_being(kafka: str) -> None:
    topic = f"test-{uuid4()}"

    async def ask_for_it_then_list_all() -> set[str]:
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            with pytest.raises((KafkaError, TimeoutError)):
                await asyncio.wait_for(producer.partitions_for(topic), 1)
        async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
            known: set[str] = await consumer.topics()
            return known

    assert topic not in asyncio.run(ask_for_it_then_list_all())
