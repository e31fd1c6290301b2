"""kill -9 in the middle of a run: of intake, relay, each projector, and of the broker itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from services.processes import VIEWS
from services.wire import LOG_TOPIC, RECEIPTS_TOPIC
from tests.kafka.judge import judge
from tests.kafka.messages import capture, captures
from tests.kafka.world import World, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kafka.apache import ApacheKafka

COUNTED = "SELECT coalesce(sum(people), 0)::int FROM counts.posting WHERE from_account = 0"


def positions(world: World) -> list[int]:
    return [int(dict(record.headers)["position"]) for record in world.on_topic(LOG_TOPIC)]


def in_order_without_gap(found: list[int], size: int) -> bool:
    """Each position from 1 to `size`, first in order; a relay that died may have said some of them again."""
    reached = 0
    for position in found:
        assert position <= reached + 1, f"position {position} came after {reached}"
        reached = max(reached, position)
    return reached == size


def stands(world: World, view: str) -> tuple[int, bool]:
    """Where a view stands, and whether the log has the same digest there."""
    position, same = world.one(
        f"SELECT p.position, p.digest = coalesce((SELECT digest FROM log.entry WHERE notification_id = p.position), "
        f"decode(repeat('00', 32), 'hex')) FROM {view}.position p"
    )
    return position, same


def test_intake_is_killed_again_and_again_in_the_middle_of_a_run(world: World) -> None:
    intake = world.start("intake")
    for number in range(3):
        before = world.accounted()
        world.send(*captures(4000, f"round-{number}", 4000 * number + 1))
        eventually(lambda before=before: world.accounted() > before)  # type: ignore[misc]
        intake.kill()
        world.forget("rekam-intake")
        intake = world.start("intake")
    world.takes()

    assert judge(world) == {"appended": 12_000}


def test_a_killed_intake_is_followed_by_the_next_when_its_session_has_run_out(world: World) -> None:
    intake = world.start("intake")
    world.takes(*world.send(*captures(10)))
    intake.kill()
    world.send(*captures(10, "second", 100))

    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 20}


def test_the_relay_is_killed_and_the_log_is_whole_in_kafka(world: World) -> None:
    with world.running("intake"):
        relay = world.start("relay")
        for number in range(3):
            before = len(positions(world))
            world.send(*captures(3000, f"round-{number}", 3000 * number + 1))
            eventually(lambda before=before: len(positions(world)) > before)  # type: ignore[misc]
            relay.kill()
            relay = world.start("relay")
        world.takes()
        eventually(lambda: in_order_without_gap(positions(world), 9000))
        receipts = [json.loads(record.value) for record in world.on_topic(RECEIPTS_TOPIC)]

    assert judge(world) == {"appended": 9000}
    assert {receipt["position"] for receipt in receipts} == set(range(1, 9001))


@pytest.mark.parametrize("view", list(VIEWS))
def test_a_projector_is_killed_and_its_view_is_what_it_would_have_been(world: World, view: str) -> None:
    with world.running("intake", "relay"):
        projector = world.start(view)
        for number in range(2):
            before = stands(world, view)[0]
            world.send(*captures(3000, f"round-{number}", 3000 * number + 1))
            eventually(lambda before=before: stands(world, view)[0] > before)  # type: ignore[misc]
            projector.kill()
            world.forget(f"rekam-{view}")
            projector = world.start(view)
        world.takes()
        eventually(lambda: stands(world, view) == (6000, True))

    assert judge(world) == {"appended": 6000}
    assert projector.runs()
    if view == "counts":
        assert world.one(COUNTED) == 6000


def test_a_projector_started_twice_counts_nobody_twice(world: World) -> None:
    with world.running("intake", "relay", "counts", "counts"):
        world.takes(*world.send(*captures(3000)))
        world.takes(*world.send(*captures(3000, "second", 5000)))
        eventually(lambda: stands(world, "counts") == (6000, True))

    assert judge(world) == {"appended": 6000}
    assert world.one(COUNTED) == 6000


def test_a_second_relay_waits_until_the_first_is_gone_and_ends_when_told(world: World) -> None:
    first = world.start("relay")
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        eventually(lambda: positions(world) == list(range(1, 11)))
        second = world.start("relay")
        third = world.start("relay")
        for waiting in (second, third):
            eventually(lambda log=waiting.log: "Clash" in log.read_text())  # type: ignore[misc]
        world.takes(*world.send(*captures(10, "second", 100)))
        eventually(lambda: positions(world) == list(range(1, 21)))
        assert third.stop() == 0
        first.kill()
        world.takes(*world.send(*captures(10, "third", 200)))
        eventually(lambda: in_order_without_gap(positions(world), 30))

    assert second.runs()
    assert judge(world) == {"appended": 30}


def test_the_broker_is_killed_in_the_middle_of_a_run(world_to_break: tuple[World, ApacheKafka]) -> None:
    world, broker = world_to_break
    with world.running("intake", "relay", *VIEWS):
        world.send(*captures(4000))
        eventually(lambda: world.accounted() > 0)
        broker.kill()
        broker.start()
        world.takes(*world.send(capture("after", 9000)), within_s=60)
        world.takes()
        eventually(lambda: in_order_without_gap(positions(world), 4001), within_s=60)
        for view in VIEWS:
            eventually(lambda view=view: stands(world, view) == (4001, True))  # type: ignore[misc]

    assert judge(world) == {"appended": 4001}


@pytest.mark.parametrize("name", ["intake", "relay", "counts"])
def test_a_process_that_is_told_to_end_does_so_with_exit_0_in_the_middle_of_its_work(world: World, name: str) -> None:
    with world.running(*({"intake", "relay"} - {name})):
        program = world.start(name)
        world.send(*captures(4000))
        eventually(lambda: BEGUN[name](world) > 0)
        assert program.stop() == 0
        with world.running(name):
            world.takes()
            eventually(lambda: ENDED[name](world))

    assert judge(world) == {"appended": 4000}


BEGUN: dict[str, Callable[[World], int]] = {
    "intake": World.accounted,
    "relay": lambda world: len(positions(world)),
    "counts": lambda world: stands(world, "counts")[0],
}
ENDED: dict[str, Callable[[World], bool]] = {
    "intake": lambda world: world.size() == 4000,
    "relay": lambda world: in_order_without_gap(positions(world), 4000),
    "counts": lambda world: stands(world, "counts") == (4000, True),
}
