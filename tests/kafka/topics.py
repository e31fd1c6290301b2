"""What a test does to Kafka itself: topics made again, messages in transactions, retention, members that are gone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.protocol.group import LeaveGroupRequest

from events.facts import SOURCE_TOPICS
from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from tests.kafka.messages import Message

ALL: Final = (*SOURCE_TOPICS, LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC)
GROUPS: Final = ("rekam-intake", "rekam-counts", "rekam-trail", "rekam-outstanding")


@asynccontextmanager
async def administrator(kafka: str) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, metadata_max_age_ms=500)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make_again(kafka: str, names: Iterable[str], partitions: int = 1) -> None:
    """Delete the topics, where they are there, and make them; when it returns they can be written to."""
    wanted = list(names)
    async with administrator(kafka) as admin, asyncio.timeout(30):
        await _delete(admin, wanted)
        left = wanted
        while left:
            answer = await admin.create_topics([NewTopic(name, partitions, 1) for name in left])
            left = [name for name, code, *_ in answer.topic_errors if for_code(code) is TopicAlreadyExistsError]
        while not await _all_lead(admin, wanted, partitions):  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.02)


async def grow(kafka: str, topic: str, partitions: int) -> None:
    """Give it so many partitions in all; when it returns they can be written to."""
    async with administrator(kafka) as admin, asyncio.timeout(30):
        await admin.create_partitions({topic: NewPartitions(total_count=partitions)})
        while not await _all_lead(admin, [topic], partitions):  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.02)


async def delete(kafka: str, *names: str) -> None:
    async with administrator(kafka) as admin, asyncio.timeout(30):
        await _delete(admin, list(names))


async def _delete(admin: Any, names: list[str]) -> None:
    there = [name for name in await admin.list_topics() if name in names]
    if there:
        await admin.delete_topics(there)
        while set(await admin.list_topics()) & set(there):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _all_lead(admin: Any, names: list[str], partitions: int) -> bool:
    found = await admin.describe_topics(names)
    return all(
        topic["error_code"] == 0
        and len(topic["partitions"]) == partitions
        and all(one["error_code"] == 0 and one["leader"] >= 0 for one in topic["partitions"])
        for topic in found
    )


async def described(kafka: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """What the broker says of topics: `partitions`, each with `partition`, `leader`, `replicas` and `isr`."""
    async with administrator(kafka) as admin:
        found: list[dict[str, Any]] = await admin.describe_topics(list(names))
        return found


async def settings_of(kafka: str, topic: str) -> dict[str, str]:
    """Every setting of a topic, its own and the broker's."""
    async with administrator(kafka) as admin:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        ((_, _, _, _, entries),) = answer.resources
        return {entry[0]: entry[1] for entry in entries}


async def send(kafka: str, messages: Sequence[Message], partition: int = 0, compressed: str | None = None) -> list[int]:
    """Send in this order to that partition; the offset of each."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", linger_ms=5, compression_type=compressed
    ) as producer:
        futures = [
            await producer.send(m.topic, m.value, key=b"k", headers=list(m.headers), partition=partition)
            for m in messages
        ]
        return [told.offset for told in await asyncio.gather(*futures)]


async def send_in_transaction(kafka: str, messages: Sequence[Message], *, commit: bool) -> list[int]:
    """Send in one transaction, which ends with a marker and takes one more offset of every partition."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id="a-registry") as producer:
        await producer.begin_transaction()
        futures = [await producer.send(m.topic, m.value, headers=list(m.headers), partition=0) for m in messages]
        offsets = [told.offset for told in await asyncio.gather(*futures)]
        await (producer.commit_transaction() if commit else producer.abort_transaction())
        return offsets


async def expire(kafka: str, topic: str, before: int, partition: int = 0) -> None:
    """Do what retention does: the partition begins at `before` from now on."""
    async with administrator(kafka) as admin:
        await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before)})


async def read_all(kafka: str, topic: str) -> list[Any]:
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        records = []
        while await consumer.position(partition) < end:
            records.append(await consumer.getone())
        return records


async def members(kafka: str, group: str) -> list[str]:
    async with administrator(kafka) as admin:
        return await _members(admin, group)


async def _members(admin: Any, group: str) -> list[str]:
    (described,) = (await admin.describe_consumer_groups([group]))[0].groups
    return [member[0] for member in described[5]]


async def forget_members(kafka: str, groups: Iterable[str]) -> None:
    async with administrator(kafka) as admin:
        for group in groups:
            try:
                coordinator = await admin.find_coordinator(group)
            except KafkaError:
                continue
            for member in await _members(admin, group):
                await admin._send_request(LeaveGroupRequest(group, member), coordinator)


__all__ = [
    "ALL",
    "GROUPS",
    "delete",
    "described",
    "expire",
    "forget_members",
    "make_again",
    "members",
    "read_all",
    "send",
    "send_in_transaction",
    "settings_of",
]
