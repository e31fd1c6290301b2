"""Offsets that bring no message: gaps, aborted transactions, markers, what expired, a topic that is not there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.events.examples import DEATH_REGISTERED
from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, capture, captures, message
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from tests.kafka.world import World

TOLD = "SELECT first, last, outcome FROM intake.accounted WHERE topic = %s ORDER BY incarnation, first"


def expire(world: World, before: int) -> None:
    asyncio.run(topics.expire(world.kafka, RECORDING, before))


def test_a_committed_transaction_counts_and_its_marker_at_the_end_is_absent(world: World) -> None:
    world.send_in_transaction(*captures(3), commit=True)

    with world.running("intake"):
        eventually(lambda: world.accounted() == 4)

    assert judge(world) == {"appended": 3}
    assert world.rows(TOLD, RECORDING) == [(0, 2, "appended"), (3, 3, "absent")]


def test_an_aborted_transaction_leaves_a_gap_that_is_absent(world: World) -> None:
    world.send(*captures(2))
    world.send_in_transaction(*captures(3, "aborted", 10), commit=False)
    world.send(*captures(2, "after", 20))

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 4}
    assert world.rows(TOLD, RECORDING) == [(0, 1, "appended"), (2, 5, "absent"), (6, 7, "appended")]


def test_an_aborted_transaction_at_the_very_end_is_accounted_for_and_what_follows_is_read(world: World) -> None:
    with world.running("intake"):
        world.send_in_transaction(*captures(3, "aborted"), commit=False)
        eventually(lambda: world.accounted() == 4)
        world.takes(*world.send(capture("c-1")))
        world.send_in_transaction(*captures(3, "again aborted"), commit=False)
        eventually(lambda: world.accounted() == 9)

    assert judge(world) == {"appended": 1}
    assert world.outcomes() == {"appended": 1, "absent": 8}


def test_an_intake_that_starts_behind_a_marker_goes_on_behind_it(world: World) -> None:
    world.send_in_transaction(*captures(3), commit=True)
    with world.running("intake"):
        eventually(lambda: world.accounted() == 4)

    world.send(*captures(3, "later", 10))
    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 6}
    assert world.outcomes() == {"appended": 6, "absent": 1}


def test_what_retention_took_before_it_was_read_is_expired_and_the_rest_is_read(world: World) -> None:
    lost = world.send(*captures(5))
    world.send(*captures(3, "kept", 10))
    expire(world, before=5)

    with world.running("intake"):
        world.takes()

    assert judge(world, world.sent[len(lost) :]) == {"appended": 3}
    assert world.rows(TOLD, RECORDING) == [(0, 4, "expired"), (5, 7, "appended")]


def test_what_expired_while_intake_was_down_is_expired_and_said_so_once(world: World) -> None:
    read = world.send(*captures(4))
    with world.running("intake"):
        world.takes()
    world.send(*captures(4, "lost", 10))
    kept = world.send(*captures(4, "kept", 20))
    expire(world, before=8)

    for _ in range(2):
        with world.running("intake"):
            world.takes(*kept)

    assert judge(world, [*read, *kept]) == {"appended": 8}
    assert world.rows(TOLD, RECORDING) == [(0, 3, "appended"), (4, 7, "expired"), (8, 11, "appended")]


def test_where_all_expired_the_end_is_reached_and_what_comes_then_is_read(world: World) -> None:
    world.send(*captures(4))
    expire(world, before=4)

    with world.running("intake"):
        eventually(lambda: world.accounted() == 4)
        kept = world.send(capture("c-5"))
        world.takes(*kept)

    assert judge(world, kept) == {"appended": 1}
    assert world.outcomes() == {"expired": 4, "appended": 1}


def test_what_was_read_and_expired_then_changes_nothing(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(4)))
        expire(world, before=4)
        world.takes(*world.send(*captures(2, "more", 10)))

    assert judge(world) == {"appended": 6}


def test_an_expired_and_an_aborted_stretch_side_by_side_are_told_apart(world: World) -> None:
    world.send(*captures(3))
    world.send_in_transaction(*captures(3, "aborted"), commit=False)
    kept = world.send(*captures(2, "kept", 10))
    expire(world, before=5)

    with world.running("intake"):
        world.takes(*kept)

    assert judge(world, kept) == {"appended": 2}
    assert world.outcomes() == {"expired": 5, "absent": 2, "appended": 2}


def test_a_topic_that_is_deleted_and_stays_away_holds_up_no_other(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(capture("c-1"), message(DEATH_REGISTERED, "x-1")))
        asyncio.run(topics.delete(world.kafka, RECORDING))
        for number in range(2, 6):
            world.takes(*world.send(message(DEATH_REGISTERED, f"x-{number}")), within_s=15)

    assert judge(world) == {"appended": 6}
