"""A database put back to an earlier state while Kafka goes on, and connections cut after COMMIT was sent."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from services.processes import VIEWS
from services.wire import LOG_TOPIC
from tests.kafka.judge import judge
from tests.kafka.messages import bad, capture, captures
from tests.kafka.proxy import cut_off
from tests.kafka.world import World, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = ("intake", "relay", *VIEWS)


class Backup:
    """A copy of the whole database, as `pg_basebackup` or a snapshot of its disk would be."""

    def __init__(self, world: World, postgres: str) -> None:
        self._postgres = postgres
        self._name = str(conninfo_to_dict(world.database)["dbname"])
        self._copy = f"copy_{uuid4().hex}"
        self._make(self._copy, of=self._name)

    def restore(self) -> None:
        self.drop(self._name)
        self._make(self._name, of=self._copy)

    def drop(self, name: str = "") -> None:
        with psycopg.connect(self._postgres, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name or self._copy)))

    def _make(self, name: str, of: str) -> None:
        with psycopg.connect(self._postgres, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, of))))


@contextmanager
def backup(world: World, postgres: str) -> Iterator[Backup]:
    made = Backup(world, postgres)
    try:
        yield made
    finally:
        made.drop()


def all_views_stand_at(world: World, position: int) -> None:
    for view in VIEWS:
        found = world.rows(
            f"SELECT p.position, p.digest = l.digest FROM {view}.position p "
            "JOIN log.entry l ON l.notification_id = p.position"
        )
        assert found == [(position, True)], f"{view} stands at {found}"


def test_restored_while_all_was_down_kafka_is_read_again_and_the_views_follow(world: World, postgres: str) -> None:
    with world.running(*ALL):
        world.takes(*world.send(*captures(50), bad()))
        eventually(lambda: all_views_stand_at(world, 50))
    with backup(world, postgres) as earlier:
        with world.running(*ALL):
            world.takes(*world.send(*captures(70, "second", 100), bad()))
            eventually(lambda: all_views_stand_at(world, 120))
        ahead = len(world.on_topic(LOG_TOPIC))
        earlier.restore()
        with world.running(*ALL):
            world.takes(*world.send(*captures(5, "third", 500)))
            eventually(lambda: all_views_stand_at(world, 125))
            eventually(lambda: len(world.on_topic(LOG_TOPIC)) == ahead + 75)

    assert judge(world) == {"appended": 125, "quarantined": 2}
    assert world.one("SELECT sum(people)::int FROM counts.posting WHERE from_account = 0") == 125


def test_restored_under_running_processes_that_have_nothing_else_to_do(world: World, postgres: str) -> None:
    with world.running(*ALL):
        world.takes(*world.send(*captures(50)))
        eventually(lambda: all_views_stand_at(world, 50))
    with backup(world, postgres) as earlier, world.running(*ALL):
        world.takes(*world.send(*captures(70, "second", 100)))
        eventually(lambda: all_views_stand_at(world, 120))
        earlier.restore()
        eventually(lambda: world.size() == 120)
        eventually(lambda: all_views_stand_at(world, 120))

    assert judge(world) == {"appended": 120}


def test_restored_to_before_a_topic_was_made_again_what_kafka_has_is_read(world: World, postgres: str) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(50)))
    with backup(world, postgres) as earlier:
        world.make_again("rekam.recording")
        with world.running("intake"):
            world.takes(*world.send(*captures(70, "second", 100)))
        earlier.restore()
        with world.running("intake"):
            world.takes()

    assert judge(world) == {"appended": 120}


@pytest.mark.parametrize("times", [1, 3])
def test_a_connection_cut_after_commit_was_sent_neither_loses_nor_doubles(world: World, times: int) -> None:
    with cut_off(world.database) as proxy, replace(world, database=proxy.address).running("intake", "relay"):
        world.takes(*world.send(capture("first", 9000)))
        proxy.swallow(times)
        for number in range(times + 2):
            world.takes(*world.send(*captures(20, f"round-{number}", 100 * number + 1)))
        eventually(lambda: len(world.on_topic(LOG_TOPIC)) >= 1 + 20 * (times + 2))

    assert proxy.swallowed == times
    assert judge(world) == {"appended": 1 + 20 * (times + 2)}


def test_a_view_whose_commit_was_not_answered_counts_nobody_twice(world: World) -> None:
    with (
        world.running("intake", "relay"),
        cut_off(world.database) as proxy,
        replace(world, database=proxy.address).running(*VIEWS),
    ):
        world.takes(*world.send(capture("first", 9000)))
        eventually(lambda: all_views_stand_at(world, 1))
        for number in range(4):
            proxy.swallow(len(VIEWS))
            world.takes(*world.send(*captures(20, f"round-{number}", 100 * number + 1)))
            eventually(lambda number=number: all_views_stand_at(world, 20 * number + 21))  # type: ignore[misc]

    assert proxy.swallowed >= len(VIEWS)
    assert judge(world) == {"appended": 81}
    assert world.one("SELECT sum(people)::int FROM counts.posting WHERE from_account = 0") == 81
