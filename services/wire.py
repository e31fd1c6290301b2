"""How Rekam talks to Kafka: a broker object, batches of raw records, and topics that are made by us alone."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from events.errors import Unreachable
from events.facts import SOURCE_TOPICS
from services import batches
from services.incarnations import Probe
from services.security import client_options, faststream_security, why_not

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord
    from faststream.message import StreamMessage

    from services.embedded import Engines
    from services.settings import Settings

__all__ = [
    "LOG_TOPIC",
    "OUR_TOPICS",
    "QUARANTINE_TOPIC",
    "RECEIPTS_TOPIC",
    "Records",
    "Wire",
    "subscribe",
]

Records = tuple["ConsumerRecord[Any, Any]", ...]

LOG_TOPIC: Final = "rekam.log"
QUARANTINE_TOPIC: Final = "rekam.quarantine"
RECEIPTS_TOPIC: Final = "rekam.receipts"

SOURCE_PARTITIONS: Final = 4
"""For a topic that we make; one that is there keeps what it has."""

COPIES: Final = 3
"""Of a topic that we make, where there are as many brokers."""

IN_SYNC: Final = 2
"""Of three copies so many have a message before it is taken; by Kafka's own default one, with which it may be lost."""

STOP_S: Final = 5.0
_SESSION_MS: Final = 6_000
"""How long a member of a group may be silent, and how long a group waits for its members."""

_ANSWER_MS: Final = 8_000
"""How long a broker is waited for by what consumes: longer than a group may wait for its members.

A broker that hangs is asked, now and then, who leads what. As long as that question is waited for, nobody learns who
leads now what it led.
"""

_PATIENT_MS: Final = 40_000
"""The same of the embedded broker, which alone leads everything, and lets a second member in only after a while."""

_LARGEST_BATCH: Final = 2_000
_LONGEST_WAIT_MS: Final = 500
"""How long is waited for a batch, until it is looked whether we are told to end."""

OUR_TOPICS: Final = dict.fromkeys(SOURCE_TOPICS, SOURCE_PARTITIONS) | dict.fromkeys(
    (LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC), 1
)


_log = structlog.get_logger("kafka")


class _Troubles(logging.Handler):
    """Says by name what FastStream could not do and tries again; the rest of its talk may hold what a message holds."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0] is not None:
            _log.error("a consumer is in trouble", error=record.exc_info[0].__name__)


_FASTSTREAM: Final = logging.getLogger("rekam.faststream")
_FASTSTREAM.setLevel(logging.ERROR)
_FASTSTREAM.propagate = False
_FASTSTREAM.addHandler(_Troubles())


@dataclass(frozen=True, slots=True)
class Wire:
    """Everything that is needed to reach Kafka; makes clients that are not yet connected."""

    settings: Settings
    engines: Engines

    def broker(self) -> KafkaBroker:
        """Make FastStream's broker object. It only consumes, and does not look into messages."""
        return KafkaBroker(
            self.engines.kafka.split(","),  # FastStream would take several in one text for one host
            security=faststream_security(self.settings),
            request_timeout_ms=_PATIENT_MS if self.engines.embedded else _ANSWER_MS,
            metadata_max_age_ms=1000,  # or a topic made again is noticed after 5 minutes
            allow_auto_create_topics=False,
            consumer_only=True,
            apply_types=False,
            logger=_FASTSTREAM,
        )

    def producer(self, *, linger_ms: int = 2) -> AIOKafkaProducer:
        """Make a producer that waits for every replica; idempotent, which the embedded broker alone does not know."""
        return AIOKafkaProducer(
            bootstrap_servers=self.engines.kafka,
            acks="all",
            enable_idempotence=not self.engines.embedded,
            linger_ms=linger_ms,
            max_batch_size=128 * 1024,
            max_request_size=2 * 1024 * 1024,
            metadata_max_age_ms=1000,
            **client_options(self.settings),
        )

    @staticmethod
    async def stop(producer: AIOKafkaProducer) -> None:
        """End it. What is not acknowledged soon is given up: an idempotent one would wait for it for ever."""
        try:
            async with asyncio.timeout(STOP_S):
                await producer.stop()
        except TimeoutError:
            await producer.client.close()  # its tasks end with the loop

    def probe(self) -> Probe:
        return Probe(self.engines.kafka, client_options(self.settings))

    async def make_topics(self) -> None:
        """Make the topics that are missing. Unreachable where no broker answers, or where it refuses."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.engines.kafka, **client_options(self.settings))
        try:
            await admin.start()
            there = set(await admin.list_topics())
            missing = [name for name in OUR_TOPICS if name not in there]
            if missing:
                copies = min(COPIES, len((await admin.describe_cluster())["brokers"]))
                configs = {"min.insync.replicas": str(IN_SYNC)} if copies == COPIES else {}
                topics = [NewTopic(name, OUR_TOPICS[name], copies, topic_configs=configs) for name in missing]
                _check((await admin.create_topics(topics)).topic_errors)
        except KafkaError as error:
            raise await self.unreachable(error) from error
        finally:
            await admin.close()

    async def unreachable(self, error: KafkaError) -> Unreachable:
        """Say what stood in the way of a client that could not connect."""
        said = await why_not(self.settings, self.engines.kafka)
        return Unreachable(said or f"Kafka at {self.engines.kafka} does not answer: {error!r}. Check REKAM_KAFKA.")


def subscribe(
    broker: KafkaBroker,
    *topics: str,
    group: str,
    handler: Callable[[Records], Awaitable[None]],
    listener: ConsumerRebalanceListener | None = None,
    reset: Literal["latest", "none"],
    wait_ms: int,
) -> Any:
    """Subscribe `handler` to batches of records as they came, nothing decoded; the subscriber.

    Nothing is acknowledged but by the handler itself, after its own commit: the policy is MANUAL for every subscriber.
    Handlers are called one after the other. `wait_ms` is how long the broker may hold back an answer that is empty:
    what comes for a partition just delivered waits for the request under way, so it is short where there are several.
    """
    batches.install()
    subscriber: Any = broker.subscriber(
        *topics,
        group_id=group,
        batch=True,
        fetch_max_wait_ms=wait_ms,
        fetch_max_bytes=8 * 1024 * 1024,  # it is kept in memory, and the next answer beside it
        max_partition_fetch_bytes=1024 * 1024,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset=reset,
        isolation_level="read_committed",
        session_timeout_ms=_SESSION_MS,
        heartbeat_interval_ms=2_000,
        listener=listener,
        parser=_as_they_came,
        decoder=_undecoded,
    )
    subscriber(handler)
    subscriber.get_msg = _next_batch
    return subscriber


async def _next_batch(consumer: AIOKafkaConsumer) -> Records:
    """Stand in for FastStream's own fetch, which after an empty one sleeps as long as it has waited, deaf."""
    records = await consumer.getmany(timeout_ms=_LONGEST_WAIT_MS, max_records=_LARGEST_BATCH)
    return tuple(chain.from_iterable(records.values()))


async def _as_they_came(records: Records) -> StreamMessage[Any]:
    """Stand in for FastStream's parser, which decodes every header as UTF-8 and falls over one that is not."""
    return KafkaAckableMessage(body=b"", raw_message=records, consumer=None)


async def _undecoded(message: StreamMessage[Any]) -> Records:
    records: Records = message.raw_message
    return records


def _check(told: Sequence[tuple[Any, ...]]) -> None:
    for name, code, *said in told:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise Unreachable(f"Kafka refuses to make topic {name}: {error.__name__} {said[0] if said else ''}".strip())
