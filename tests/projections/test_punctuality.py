"""How late each source says things, and whether it still says anything."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.calendar import day_in_wita, format_instant
from events.errors import NoAnswer, WrongUse
from projections.punctuality import lateness_answer, sources_answer
from tests.projections.residents import day

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from tests.projections.register import Register

CAPTURED, WITHDRAWN = "rekam.recording.captured.v1", "rekam.correction.fact_withdrawn.v1"
INSERT = """
    INSERT INTO trail.fact (position, subject, type, source, id, valid_on, recordedtime, accepted)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


class Said(NamedTuple):
    """A fact, as far as punctuality sees it."""

    source: str
    type: str
    valid_on: date | None
    recorded: datetime
    accepted: datetime


def tell(cursor: psycopg.Cursor[Any], said: Sequence[Said]) -> None:
    for position, one in enumerate(said, 1):
        instants = format_instant(one.recorded), format_instant(one.accepted)
        cursor.execute(INSERT, [position, UUID(int=position), one.type, one.source, "1", one.valid_on, *instants])
    cursor.execute("UPDATE trail.position SET position = %s", [len(said)])


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def test_lateness_is_in_days_of_wita_and_a_withdrawal_has_none(register: Register) -> None:
    of_evening = Said("a", CAPTURED, day("2018-11-20"), at("2018-11-20T15:59:59"), at("2018-11-20T16:00:00"))
    late = Said("a", CAPTURED, day("2017-11-01"), at("2018-11-20T16:00:00"), at("2018-11-23T04:00:00"))
    gone = Said("a", WITHDRAWN, None, at("2018-11-21T02:00:00"), at("2018-11-23T04:00:00"))
    tell(register.cursor, [of_evening, late, gone])
    answer = lateness_answer(register.cursor, None, None, 3, 60)
    figures = {
        "facts": 2,
        "written": {
            "median": 0,
            "p90": 385,
            "max": 385,
            "buckets": {"0": 1, "1-7": 0, "8-30": 0, "31-365": 0, "366-": 1},
            "over": 1,
            "share": 0.5,
        },
        "accepted": {
            "median": 1,
            "p90": 387,
            "max": 387,
            "buckets": {"0": 0, "1-7": 1, "8-30": 0, "31-365": 0, "366-": 1},
            "over": 1,
            "share": 0.5,
        },
    }
    assert answer == {
        "from": None,
        "to": None,
        "limit_days": 60,
        "position": 3,
        "rows": [{"source": "a", "type": CAPTURED, **figures}],
        "total": figures,
    }
    in_2018 = lateness_answer(register.cursor, day("2018-01-01"), day("2018-12-31"), 3)
    assert (in_2018["total"]["facts"], in_2018["total"]["written"]["share"]) == (1, None)


def test_a_source_is_shown_with_what_it_says_and_when_it_was_last_heard(register: Register) -> None:
    said = [
        Said("a", CAPTURED, day("2018-11-20"), at("2018-11-20T02:00:00"), at("2018-11-20T03:00:00")),
        Said("b", CAPTURED, day("2018-11-20"), at("2018-11-21T16:00:00"), at("2018-11-22T15:00:00")),
        Said("a", WITHDRAWN, None, at("2018-11-19T02:00:00"), at("2018-11-24T16:00:00")),
    ]
    tell(register.cursor, said)
    answer = sources_answer(register.cursor, 3)
    assert answer == {
        "position": 3,
        "accepted": "2018-11-24T16:00:00.000000Z",
        "sources": [
            {
                "source": "a",
                "types": [{"type": WITHDRAWN, "facts": 1}, {"type": CAPTURED, "facts": 1}],
                "facts": 2,
                "first_position": 1,
                "last_position": 3,
                "accepted": "2018-11-24T16:00:00.000000Z",
                "recordedtime": "2018-11-20T02:00:00.000000Z",
                "complete_through": "2018-11-19",
                "silent_days": 0,
            },
            {
                "source": "b",
                "types": [{"type": CAPTURED, "facts": 1}],
                "facts": 1,
                "first_position": 2,
                "last_position": 2,
                "accepted": "2018-11-22T15:00:00.000000Z",
                "recordedtime": "2018-11-21T16:00:00.000000Z",
                "complete_through": "2018-11-21",
                "silent_days": 3,
            },
        ],
    }
    assert [one["source"] for one in sources_answer(register.cursor, 1)["sources"]] == ["a"]


def test_nothing_said_is_nothing_late(register: Register) -> None:
    assert sources_answer(register.cursor, 0) == {"position": 0, "accepted": None, "sources": []}
    total = lateness_answer(register.cursor, None, None, 0, 60)["total"]
    assert (total["facts"], total["written"]["median"], total["written"]["max"]) == (0, None, None)
    assert (total["accepted"]["over"], total["accepted"]["share"]) == (0, None)


def test_a_source_of_the_first_day_that_there_is_has_no_day_before(register: Register) -> None:
    tell(register.cursor, [Said("a", WITHDRAWN, None, at("0001-01-01T00:00:00"), at("2018-11-24T16:00:00"))])
    assert sources_answer(register.cursor, 1)["sources"][0]["complete_through"] is None


def test_sources_are_told_to_whoever_sees_neither_subjects_nor_ids(register: Register) -> None:
    tell(
        register.cursor, [Said("a", CAPTURED, day("2018-11-20"), at("2018-11-20T02:00:00"), at("2018-11-20T03:00:00"))]
    )
    register.cursor.execute("SET LOCAL ROLE rekam_as_operator")
    assert len(sources_answer(register.cursor, 1)["sources"]) == 1
    assert lateness_answer(register.cursor, None, None, 1)["total"]["facts"] == 1


# ------------------------------------------------------------------ always

_instants = st.datetimes(datetime(2017, 6, 1), datetime(2018, 11, 23), timezones=st.just(UTC))  # noqa: DTZ001
_days = st.dates(date(2017, 1, 1), date(2018, 11, 23))


@st.composite
def facts(draw: st.DrawFn) -> Said:
    recorded, source = draw(_instants), draw(st.sampled_from(["a", "b"]))
    if draw(st.integers(0, 5)) == 0:
        return Said(source, WITHDRAWN, None, recorded, draw(_instants))
    late = timedelta(draw(st.sampled_from([-1, 0, 1, 7, 8, 30, 31, 365, 366, 900])))
    type_ = draw(st.sampled_from([CAPTURED, "rekam.death.registered.v1"]))
    return Said(source, type_, day_in_wita(recorded) - late, recorded, draw(_instants))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(facts(), max_size=12),
    days=st.tuples(st.none() | _days, st.none() | _days),
    limit=st.none() | st.integers(0, 400),
    data=st.data(),
)
def test_lateness_and_sources_are_what_going_through_the_facts_gives(
    register: Register, said: list[Said], days: tuple[date | None, date | None], limit: int | None, data: st.DataObject
) -> None:
    from_day, to_day = (min(days), max(days)) if days[0] and days[1] else days  # type: ignore[type-var]
    with register.cursor.connection.transaction(force_rollback=True):
        tell(register.cursor, said)
        known = data.draw(st.integers(0, len(said)))
        heard = said[:known]
        answer = lateness_answer(register.cursor, from_day, to_day, known, limit)
        of_period = [
            one
            for one in heard
            if one.valid_on and (from_day or one.valid_on) <= one.valid_on <= (to_day or one.valid_on)
        ]
        names = sorted({(one.source, one.type) for one in of_period})
        assert [(row["source"], row["type"]) for row in answer["rows"]] == names
        for row in (*answer["rows"], answer["total"]):
            some = [one for one in of_period if row.get("source", one.source) == one.source]
            some = [one for one in some if row.get("type", one.type) == one.type]
            assert row["facts"] == len(some)
            assert_spread(row["written"], [days_late(one, one.recorded) for one in some], limit)
            assert_spread(row["accepted"], [days_late(one, one.accepted) for one in some], limit)
        sources = sources_answer(register.cursor, known)["sources"]
        assert {one["source"]: one["facts"] for one in sources} == {
            source: sum(one.source == source for one in heard) for source in sorted({one.source for one in heard})
        }
        for one in sources:
            assert one["recordedtime"] == format_instant(max(f.recorded for f in heard if f.source == one["source"]))
            assert one["facts"] == sum(type_["facts"] for type_ in one["types"])


def days_late(one: Said, instant: datetime) -> int:
    assert one.valid_on is not None
    return (day_in_wita(instant) - one.valid_on).days


def assert_spread(spread: dict[str, Any], late: list[int], limit: int | None) -> None:
    late = sorted(late)
    for name, part in (("median", 0.5), ("p90", 0.9)):
        assert spread[name] == (late[math.ceil(round(part * len(late), 6)) - 1] if late else None)
    assert spread["max"] == (late[-1] if late else None)
    reached = [sum(days <= most for days in late) for most in (0, 7, 30, 365)] + [len(late)]
    assert list(accumulate(spread["buckets"].values())) == reached
    over = None if limit is None else sum(days > limit for days in late)
    assert spread["over"] == over
    assert spread["share"] == (None if over is None or not late else over / len(late))


# ------------------------------------------------------------------ refused


def test_what_cannot_be_meant_is_wrong_use_and_what_is_ahead_has_no_answer(register: Register) -> None:
    with pytest.raises(WrongUse, match="ends after it begins"):
        lateness_answer(register.cursor, day("2018-11-02"), day("2018-11-01"), 0)
    with pytest.raises(WrongUse, match="from 0, not -1"):
        lateness_answer(register.cursor, None, None, 0, -1)
    with pytest.raises(NoAnswer, match="ahead of the view trail"):
        lateness_answer(register.cursor, None, None, 1)
    with pytest.raises(NoAnswer, match="ahead of the view trail"):
        sources_answer(register.cursor, 1)
