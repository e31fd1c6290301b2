"""Intake, on a real Kafka and a real PostgreSQL: every message ends in exactly one outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiokafka import codec as codecs

from events.facts import SOURCE_TOPICS, TYPES
from tests.events.examples import DEPARTED
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, Message, bad, capture, captures, message, withdrawal

if TYPE_CHECKING:
    from tests.kafka.world import World


def test_messages_of_every_topic_become_facts(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(message(DEPARTED, "d-1")))  # which the example of a withdrawal withdraws
        world.takes(*world.send(*(message(type_, f"id-{type_}") for type_ in TYPES)))

    counted = judge(world)
    assert counted == {"appended": len(TYPES) + 1}
    assert {topic for (topic,) in world.rows("SELECT topic FROM intake.cursor")} == set(SOURCE_TOPICS)


def test_what_comes_while_it_runs_is_taken_too(world: World) -> None:
    with world.running("intake"):
        for number in range(5):
            world.takes(*world.send(*captures(20, f"round-{number}")))

    assert judge(world) == {"appended": 100}


def test_a_good_one_a_repeat_a_conflict_and_a_bad_one_each_have_their_outcome(world: World) -> None:
    world.send(capture("c-1"), capture("c-1"), capture("c-1", place="mobile"), bad(), bad(value=None))

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 1, "duplicate": 1, "conflict": 1, "quarantined": 2}


def test_a_withdrawal_before_its_target_is_quarantined_and_then_appended_with_it(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(withdrawal("w-1", of="c-1")))
        assert world.size() == 0
        world.takes(*world.send(capture("c-1")))

    assert judge(world) == {"quarantined": 1, "appended": 1}
    assert world.size() == 2


def test_a_bad_message_holds_up_nothing_behind_it(world: World) -> None:
    nonsense = [bad(value=bytes([number])) for number in range(200)]
    world.send(*nonsense[:100], capture("c-1"), *nonsense[100:], capture("c-2", 2))

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"quarantined": 200, "appended": 2}


@pytest.mark.parametrize("name", ["not-utf-8", "empty", "twice"])
def test_headers_that_no_program_of_ours_would_write_are_parked(world: World, name: str) -> None:
    headers: dict[str, list[tuple[str, bytes]]] = {
        "not-utf-8": [("ce_id", b"\xff\xfe"), ("ce_type", b"\xff")],
        "empty": [("", b""), ("ce_", b"")],
        "twice": [("ce_id", b"1"), ("CE_ID", b"2")],
    }
    world.send(Message(RECORDING, headers[name], b"{}", None, None), capture("c-1"))

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"quarantined": 1, "appended": 1}


@pytest.mark.parametrize("how", ["gzip", "lz4", "snappy", "zstd"])
def test_a_registry_may_compress(world: World, how: str) -> None:
    if not getattr(codecs, f"has_{how}")():
        pytest.skip("needs cramjam, and so does intake")
    world.send(*captures(50), compressed=how)

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 50}


def test_a_message_as_large_as_kafka_takes_is_parked_and_not_more(world: World) -> None:
    world.send(bad(value=b'"' + b"x" * 1_000_000 + b'"'), capture("c-1"))

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"quarantined": 1, "appended": 1}


def test_it_ends_in_order_when_it_is_told_to_and_goes_on_where_it_was(world: World) -> None:
    world.send(*captures(10))
    with world.running("intake"):
        world.takes()
    world.send(*captures(10, "second"))
    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 20}
