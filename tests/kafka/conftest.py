"""A real Apache Kafka for the whole run, and others of a test's own to be killed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.kafka import topics
from tests.kafka.apache import ApacheKafka, started
from tests.kafka.world import World, end_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class MakeKafka(Protocol):
    """Makes and starts a broker on a folder of its own: `kill`, then `start`, are up to the test."""

    def __call__(self, settings: Mapping[str, str] | None = None) -> ApacheKafka: ...


@pytest.fixture(scope="session")
def kafka(apache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of one real broker, shared: give topics and groups names of the test's own."""
    with started(ApacheKafka(tmp_path_factory.mktemp("kafka"))) as broker:
        yield broker.address


@pytest.fixture
def make_kafka(apache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeKafka]:
    made: list[ApacheKafka] = []

    def make(settings: Mapping[str, str] | None = None) -> ApacheKafka:
        made.append(ApacheKafka(tmp_path_factory.mktemp("kafka"), settings))
        made[-1].start()
        return made[-1]

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def world(kafka: str, empty_database: str, tmp_path: Path) -> Iterator[World]:
    """A register of the test's own on the shared broker: its topics are new, with one partition each."""
    asyncio.run(topics.make_again(kafka, topics.ALL))
    asyncio.run(topics.forget_members(kafka, topics.GROUPS))
    yield from _prepared(World(kafka, empty_database, tmp_path))


@pytest.fixture
def world_to_break(make_kafka: MakeKafka, empty_database: str, tmp_path: Path) -> Iterator[tuple[World, ApacheKafka]]:
    """The same on a broker of its own, which may be killed."""
    broker = make_kafka()
    asyncio.run(topics.make_again(broker.address, topics.ALL))
    for made in _prepared(World(broker.address, empty_database, tmp_path)):
        yield made, broker


def _prepared(world: World) -> Iterator[World]:
    world.prepare()
    try:
        yield world
    finally:
        end_programs()
