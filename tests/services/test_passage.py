"""What went through is said once a second at most, and all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from events.entry import Coordinates
from events.offsets import Mark
from services import passage
from services.passage import Passage, Place, places

if TYPE_CHECKING:
    from collections.abc import Iterator

DEATH = Place("rekam.death", 2, 1)


class Clock:
    """Stands where the test puts it."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(passage, "time", clock)
    return clock


@pytest.fixture
def said() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def test_a_line_has_positions_and_coordinates(said: list[Any], clock: Clock) -> None:
    passage = Passage("intake", "accounted", view="counts")
    passage.batch((1, 3), {DEATH: (0, 3)})
    passage.outcomes([(Coordinates("rekam.death", 1, 2, 3), "quarantined", "bad_nik")])
    passage.outcomes([(Coordinates("rekam.death", 1, 2, n), "appended", None) for n in range(3)])
    passage.say()

    assert said == [
        {
            "event": "accounted",
            "log_level": "info",
            "view": "counts",
            "batches": 1,
            "positions": [[1, 3]],
            "offsets": [{"topic": "rekam.death", "partition": 2, "incarnation": 1, "spans": [[0, 3]]}],
            "outcomes": {"quarantined": 1, "appended": 3},
            "parked": [{"topic": "rekam.death", "incarnation": 1, "partition": 2, "offset": 3, "code": "bad_nik"}],
        }
    ]


def test_within_a_second_nothing_is_said_and_nothing_is_lost(said: list[Any], clock: Clock) -> None:
    passage = Passage("intake", "accounted")
    for first in range(0, 50, 5):
        passage.batch((first + 1, first + 5), {DEATH: (first, first + 4)})
        passage.say()
        clock.now += 0.1001
    assert [line["positions"] for line in said] == [[[1, 5]]]
    passage.say()

    assert [line["positions"] for line in said] == [[[1, 5]], [[6, 50]]]
    assert said[1]["offsets"][0]["spans"] == [[5, 49]]
    assert said[1]["batches"] == 9


def test_at_the_end_it_is_said_at_once(said: list[Any], clock: Clock) -> None:
    passage = Passage("intake", "accounted")
    passage.batch((1, 1), {})
    passage.say()
    passage.batch((2, 2), {})
    passage.say(at_once=True)

    assert [line["positions"] for line in said] == [[[1, 1]], [[2, 2]]]


def test_where_nothing_went_through_nothing_is_said(said: list[Any], clock: Clock) -> None:
    Passage("intake", "accounted").say(at_once=True)

    assert said == []


def test_what_does_not_follow_on_is_a_stretch_of_its_own(said: list[Any], clock: Clock) -> None:
    passage = Passage("relay", "relayed")
    passage.batch((1, 3), {})
    passage.batch((1, 0), {})  # no position at all
    passage.batch((6, 7), {})
    passage.batch((7, 9), {})
    passage.numbers({"rekam.receipts": (1, 4)})
    passage.numbers({"rekam.receipts": (5, 5)})
    passage.say()

    assert said[0]["positions"] == [[1, 3], [6, 9]]
    assert said[0]["numbers"] == {"rekam.receipts": [[1, 5]]}


def test_of_a_flood_the_first_are_named_and_all_are_counted(said: list[Any], clock: Clock) -> None:
    passage = Passage("intake", "accounted")
    passage.batch((1, 0), {DEATH: (0, 99)})
    passage.outcomes((Coordinates("rekam.death", 1, 2, n), "quarantined", "bad_nik") for n in range(100))
    passage.say()

    assert said[0]["outcomes"] == {"quarantined": 100}
    assert [one["offset"] for one in said[0]["parked"]] == list(range(20))


def test_any_other_line_names_the_place_in_the_same_words() -> None:
    assert places([Mark("rekam.death", 3, 1, 17, None)]) == [
        {"topic": "rekam.death", "incarnation": 3, "partition": 1, "offset": 17}
    ]
