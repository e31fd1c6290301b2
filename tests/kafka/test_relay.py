"""What the relay passes on: the log in order, a receipt for each message, a notice for each parked one."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC
from tests.events.examples import SOURCE
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, bad, capture, captures, withdrawal
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from tests.kafka.world import World

PLACE = ("topic", "incarnation", "partition", "offset")


def documents(world: World, topic: str) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in world.on_topic(topic)]


def test_the_log_is_passed_on_in_order_byte_for_byte_with_its_position(world: World) -> None:
    with world.running("intake", "relay"):
        world.takes(*world.send(*captures(500)))
        eventually(lambda: len(world.on_topic(LOG_TOPIC)) == 500)

    records = world.on_topic(LOG_TOPIC)
    assert [record.headers for record in records] == [(("position", b"%d" % number),) for number in range(1, 501)]
    stored = world.rows("SELECT state FROM log.entry ORDER BY notification_id")
    assert [record.value for record in records] == [state for (state,) in stored]
    assert {record.key for record in records} == {None}


def test_each_message_has_one_receipt_that_says_what_became_of_it(world: World) -> None:
    world.send(capture("c-1"), capture("c-1"), capture("c-1", place="mobile"), bad(), *captures(20, "d", 10))
    with world.running("intake", "relay"):
        world.takes()
        eventually(lambda: len(documents(world, RECEIPTS_TOPIC)) == 24)

    receipts = sorted(documents(world, RECEIPTS_TOPIC), key=lambda receipt: receipt["offset"])
    at = {"topic": RECORDING, "incarnation": 1, "partition": 0}
    named = {"source": SOURCE, "id": "c-1"}
    assert receipts[:4] == [
        {**at, "offset": 0, **named, "outcome": "appended", "position": 1, "reason": None},
        {**at, "offset": 1, **named, "outcome": "duplicate", "position": 1, "reason": None},
        {**at, "offset": 2, **named, "outcome": "conflict", "position": None, "reason": "conflict"},
        {**at, "offset": 3, "source": None, "id": None, "outcome": "quarantined", "position": None,
         "reason": "not_json"},
    ]  # fmt: skip
    assert Counter(receipt["outcome"] for receipt in receipts) == judge(world)


def test_a_withdrawal_that_waited_has_a_second_receipt_with_its_position(world: World) -> None:
    with world.running("intake", "relay"):
        world.takes(*world.send(withdrawal("w-1", of="c-1")))
        world.takes(*world.send(capture("c-1")))
        eventually(lambda: len(documents(world, RECEIPTS_TOPIC)) == 3)

    told = [(one["id"], one["outcome"], one["position"], one["reason"]) for one in documents(world, RECEIPTS_TOPIC)]
    assert told == [
        ("w-1", "quarantined", None, "waits_for_target"),
        ("c-1", "appended", 1, None),
        ("w-1", "resolved", 2, None),
    ]


def test_a_parked_message_is_told_of_with_its_coordinates_and_reason_and_without_its_body(world: World) -> None:
    with world.running("intake", "relay"):
        world.takes(*world.send(bad(value=b'{"secret": 1}'), withdrawal("w-1", of="nothing")))
        eventually(lambda: len(documents(world, QUARANTINE_TOPIC)) == 2)

    found = {one["topic"]: one for one in documents(world, QUARANTINE_TOPIC)}
    assert set(found[RECORDING]) == {*PLACE, "source", "id", "code", "message"}
    assert found[RECORDING]["code"] == "not_cloudevents"
    waiting = found["rekam.correction"]
    assert (waiting["source"], waiting["id"], waiting["code"]) == (SOURCE, "w-1", "waits_for_target")
    assert not any(b"secret" in record.value for record in world.on_topic(QUARANTINE_TOPIC))


def test_the_log_topic_made_again_under_a_running_relay_delays_a_view_and_nothing_more(world: World) -> None:
    with world.running("intake", "relay", "counts"):
        world.takes(*world.send(*captures(50)))
        eventually(lambda: world.one("SELECT position FROM counts.position") == 50)
        world.make_again(LOG_TOPIC, RECEIPTS_TOPIC)
        world.takes(*world.send(*captures(50, "second", 100)))
        eventually(lambda: world.one("SELECT position FROM counts.position") == 100)
        eventually(lambda: [int(r.headers[0][1]) for r in world.on_topic(LOG_TOPIC)][-50:] == list(range(51, 101)))

    assert judge(world) == {"appended": 100}


def test_what_others_write_to_the_log_topic_changes_no_view(world: World) -> None:
    with world.running("intake", "relay", "counts"):
        world.takes(*world.send(*captures(10)))
        eventually(lambda: world.one("SELECT position FROM counts.position") == 10)
        lies = [capture("lie")._replace(topic=LOG_TOPIC, headers=headers) for headers in (
            [], [("position", b"x")], [("position", b"11")], [("position", b"\xff")], [("position", b"5")],
        )]  # fmt: skip
        nothing = lies[2]._replace(value=None)
        world.send(*lies, nothing)
        world.sent = [one for one in world.sent if one.topic != LOG_TOPIC]
        world.takes(*world.send(*captures(10, "second", 100)))
        eventually(lambda: world.one("SELECT position FROM counts.position") == 20)

    assert judge(world) == {"appended": 20}
    assert world.one("SELECT sum(people)::int FROM counts.posting WHERE from_account = 0") == 20
