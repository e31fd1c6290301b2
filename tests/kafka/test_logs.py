"""The logs: JSON, with positions and coordinates of all that went through, and nothing out of any message."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from services.processes import VIEWS
from services.wire import LOG_TOPIC, RECEIPTS_TOPIC
from tests.events.examples import CAPTURED, STRUCTURED, good_data, structured
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, Message, bad, captures
from tests.kafka.test_secrets import NIK, assert_clean, canaries
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kafka.world import World

Line = dict[str, Any]
NIK_LIKE = re.compile(rb"[0-9]{16}")


def tempting() -> list[Message]:
    """What names itself by a number that looks like a NIK, in every place that a message has."""
    source = f"urn:{NIK}"
    headers = [*STRUCTURED, (NIK, NIK.encode()), ("traceparent", NIK.encode())]
    good = structured(CAPTURED, {**good_data(CAPTURED), "nik": NIK}, id=NIK, source=source)
    other = structured(CAPTURED, {**good_data(CAPTURED), "nik": NIK, "place": "mobile"}, id=NIK, source=source)
    wrong = structured(CAPTURED, {**good_data(CAPTURED), "nik": NIK[1:]}, id=NIK + "x", source=source)
    return [
        Message(RECORDING, headers, value, *named)
        for value, named in ((good, (source, NIK)), (good, (source, NIK)), (other, (source, NIK)),
                             (wrong, (source, NIK + "x")), (NIK.encode(), (None, None)))
    ]  # fmt: skip


@pytest.fixture
def logs(world: World) -> dict[str, list[bytes]]:
    """The lines of each process, each a program of its own, after they have had all that tempts one to show it."""
    world.send(*canaries())
    world.send(*tempting(), bad(), *captures(500))
    programs = [world.start(name) for name in ("intake", "relay", *VIEWS)]
    world.takes()
    eventually(lambda: len(world.on_topic(RECEIPTS_TOPIC)) >= len(world.sent))
    for view in VIEWS:
        eventually(lambda view=view: world.one(f"SELECT position FROM {view}.position") == world.size())  # type: ignore[misc]
    for program in programs:
        assert program.stop() == 0
    judge(world)
    return {program.name: program.log.read_bytes().splitlines() for program in programs}


def said(lines: list[bytes], event: str) -> list[Line]:
    return [line for line in map(json.loads, lines) if line["event"] == event]


def each(spans: list[list[int]]) -> Iterator[int]:
    for first, last in spans:
        yield from range(first, last + 1)


def positions(lines: list[Line]) -> list[int]:
    return [position for line in lines for position in each(line["positions"])]


def offsets(lines: list[Line]) -> dict[tuple[str, Any, int], list[int]]:
    found: dict[tuple[str, Any, int], list[int]] = defaultdict(list)
    for line in lines:
        for one in line.get("offsets", ()):
            found[one["topic"], one.get("incarnation"), one["partition"]] += each(one["spans"])
    return found


def test_every_line_is_json_with_a_time_and_shows_nothing_out_of_a_message(logs: dict[str, list[bytes]]) -> None:
    for name, lines in logs.items():
        assert lines, name
        for line in lines:
            assert {"event", "level", "timestamp"} <= json.loads(line).keys()
            assert not NIK_LIKE.search(line), line
            assert_clean(name, line)


def test_what_went_through_is_named_by_position_and_coordinates(world: World, logs: dict[str, list[bytes]]) -> None:
    size = world.size()
    taken = said(logs["intake"], "accounted")
    places: dict[tuple[str, Any, int], list[int]] = defaultdict(list)
    for one in world.sent:
        places[one.topic, one.incarnation, one.partition].append(one.offset)

    assert positions(taken) == list(range(1, size + 1))
    assert offsets(taken) == places
    outcomes: dict[str, int] = defaultdict(int)
    for line in taken:
        for outcome, count in line["outcomes"].items():
            outcomes[outcome] += count
    assert outcomes == world.outcomes()
    parked = [tuple(one.values()) for line in taken for one in line["parked"]]
    assert parked == world.rows(
        'SELECT topic, incarnation, partition, "offset", code FROM intake.quarantine ORDER BY number LIMIT %s',
        len(parked),
    )

    relayed = said(logs["relay"], "relayed")
    assert positions(relayed) == list(range(1, size + 1))
    numbers = [number for line in relayed for number in each(line.get("numbers", {}).get(RECEIPTS_TOPIC, []))]
    assert numbers == list(range(1, world.one("SELECT count(*)::int FROM intake.receipt") + 1))

    for view in VIEWS:
        applied = said(logs[view], "applied")
        assert positions(applied) == list(range(1, size + 1))
        assert {line["view"] for line in applied} == {view}
        assert set(offsets(applied)) <= {(LOG_TOPIC, None, 0)}


def test_any_other_line_about_a_partition_has_its_coordinates(logs: dict[str, list[bytes]]) -> None:
    lines = said(logs["intake"], "reading")

    assert lines
    assert {frozenset(place) for line in lines for place in line["at"]} == {
        frozenset({"topic", "incarnation", "partition", "offset"})
    }
