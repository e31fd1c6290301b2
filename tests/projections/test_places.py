"""Where people were recorded: a split that sums to the recorded of each day, and the sessions it was done at."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.territory import area_of
from projections.evidence import Capture
from projections.pace import daily_answer
from projections.places import PLACES, places_answer
from projections.reading import OFFICIAL, READING_VERSION
from tests.projections import reference
from tests.projections.ledger import Ledger, told, where
from tests.projections.residents import FIRST_DAY, HERE, THERE, captured, day, declared, listed, status, withdrawn

if TYPE_CHECKING:
    from projections.reading import Fact

LIST = "PUSAT-2018-11"
ON = day("2018-11-03")
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))
AREAS = st.sampled_from([None, "53.71", area_of(HERE, "kecamatan"), THERE])


def opened(ledger: Ledger) -> Ledger:
    made = Ledger(ledger.cursor)
    made.tell("a list", declared(FIRST_DAY.isoformat(), 4, {HERE: 3, THERE: 1}))
    return made


def split(**people: int) -> dict[str, int]:
    return dict.fromkeys(PLACES, 0) | people


def test_the_answer_has_its_shape(ledger: Ledger) -> None:
    made = opened(ledger)
    capture = next(one for one in iter(lambda: captured("2018-11-03"), None) if where(one) == ("mobile", "session 1"))
    made.tell("Ani", listed("2018-11-01"), capture)
    made.tell("Budi", listed("2018-11-01"), status("2018-11-04", "CARD_ISSUED"))
    assert places_answer(made.cursor, ON, day("2018-11-04"), made.position) == {
        "from": "2018-11-03",
        "to": "2018-11-04",
        "list": None,
        "area": None,
        "position": 5,
        "reading_version": READING_VERSION,
        "recorded": 2,
        "places": split(mobile=1, status=1),
        "days": [
            {"day": "2018-11-03", "recorded": 1, "places": split(mobile=1)},
            {"day": "2018-11-04", "recorded": 1, "places": split(status=1)},
        ],
        "sessions": [
            {
                "session": "session 1",
                "place": "mobile",
                "first_day": "2018-11-03",
                "last_day": "2018-11-03",
                "people": 1,
            }
        ],
    }


def test_a_status_of_the_same_day_leaves_the_place_of_the_capture(ledger: Ledger) -> None:
    made = opened(ledger)
    capture = captured("2018-11-03")
    made.tell("Ani", listed("2018-11-01"), capture, status("2018-11-03", "PROCESSING"))
    answer = places_answer(made.cursor, ON, ON, made.position)
    assert answer["places"] == split(**{where(capture)[0]: 1})


def test_of_two_captures_on_a_day_the_one_written_last_says_where(ledger: Ledger) -> None:
    made = opened(ledger)
    later, earlier = captured("2018-11-03", written="2018-11-05"), captured("2018-11-03", written="2018-11-04")
    made.tell("Ani", listed("2018-11-01"), later, earlier, withdrawn(later))
    known_then, now = (places_answer(made.cursor, ON, ON, known)["places"] for known in (4, 5))
    assert known_then == split(**{where(later)[0]: 1})
    assert now == split(**{where(earlier)[0]: 1})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), days=st.tuples(DAYS, DAYS), area=AREAS, data=st.data())
def test_the_places_of_a_day_sum_to_its_recorded_and_are_those_of_the_captures(
    ledger: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], area: str | None, data: st.DataObject
) -> None:
    first, last = sorted(days)
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = opened(ledger)
        made.tell("Ani", listed("2018-11-02"))
        made.tell("L", replace(declared(FIRST_DAY.isoformat(), 4, {HERE: 4}), list="L"))
        made.tell_all(said)
        known = data.draw(st.integers(3, made.position))
        list_ = data.draw(st.sampled_from([None, LIST, "L"]))
        answer = places_answer(made.cursor, first, last, known, area, list_)
        daily = daily_answer(made.cursor, first, last, known, list_, area)
        assert [(one["day"], one["recorded"]) for one in answer["days"]] == [
            (one["day"], one["recorded"]) for one in daily["days"]
        ]
        subjects = made.history if list_ is None else made.members(list_, known)
        people = [[fact for at, fact in made.history[subject] if at <= known] for subject in subjects]
        sessions: Counter[tuple[Any, ...]] = Counter()
        for one in answer["days"]:
            found = Counter(recorded_at(people, day(one["day"]), area))
            assert one["places"] == split(**Counter(place for place, _ in found.elements()))
            sessions.update({(session, place): people_ for (place, session), people_ in found.items() if session})
        assert {(one["session"], one["place"]): one["people"] for one in answer["sessions"]} == sessions


def recorded_at(people: list[list[Fact]], on: date, area: str | None) -> list[tuple[str, str | None]]:
    """Place and session of whomever the reference has recorded on the day and officially outstanding on its eve."""
    found = []
    for facts in people:
        before, after = reference.stands(facts, on - timedelta(1)), reference.stands(facts, on)
        inside = area is None or after[0] == area or after[0].startswith(f"{area}.")
        if before[1] in OFFICIAL and after[1] == "recorded" and inside:
            captures = [fact for fact in reference.live(facts) if isinstance(fact, Capture) and fact.valid_on == on]
            found.append(where(max(captures, key=reference.by_k)) if captures else ("status", None))
    return found
