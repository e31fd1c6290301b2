"""The whole register of the made-up Kota Kupang: it has coverage, and the story of the two lists stays the same."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pytest

from projections.figures import covered
from projections.reading import read
from services.scenario import (
    FIRST_LIST,
    QUICK,
    REGISTER,
    REGISTERED_ON,
    SECOND_LIST,
    WHOLE,
    Message,
    phase_one,
    phase_two,
)
from services.scenario import Register as WholeRegister
from tests.services.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterable

THE_EVE, THE_DAY = REGISTERED_ON, date(2018, 11, 23)
AFTER_THE_SECOND = date(2019, 3, 31)


class City(NamedTuple):
    """The register alone, then with the first phase and with both; and both phases without it."""

    seed: int
    messages: list[Message]
    alone: Register
    then: Register
    now: Register
    without: Register


@pytest.fixture(scope="module", params=[2018, 3])
def city(request: pytest.FixtureRequest) -> City:
    first, second = list(phase_one(request.param, QUICK)), list(phase_two(request.param, QUICK))
    messages = [message for portion in WholeRegister(request.param, QUICK).portions() for message in portion]
    return City(
        request.param,
        messages,
        taken(messages),
        taken(messages, first),
        taken(messages, first, second),
        taken(first, second),
    )


def taken(*parts: Iterable[Message]) -> Register:
    register = Register()
    for part in parts:
        register.take(part)
    return register


def count(register: Register, on: date, name: str = REGISTER) -> Counter[str]:
    return Counter(standing for _, standing in register.standings(name, on).values())


def rows_of(messages: Iterable[Message], name: str) -> dict[str, dict[str, Any]]:
    """The particulars in each row of a list, by NIK."""
    found = {}
    for message in messages:
        if message.id.startswith(f"row-{name}-"):
            event = orjson.loads(message.value or b"")
            data = event.get("data", event)  # now and then one is said again in binary mode
            found[data["nik"]] = {field: value for field, value in data.items() if field not in {"list", "listed_on"}}
    return found


# ------------------------------------------------------------------ the figures


def test_on_its_own_day_3258_are_obliged_and_2628_of_them_recorded(city: City) -> None:
    standings = count(city.alone, THE_EVE)
    official = covered(standings)["official"]

    assert standings == {"recorded": 2_628, "outstanding": 630, "underage": 75}
    assert official == (2_628, 3_258)
    assert f"{official.recorded / official.obliged:.1%}" == "80.7%"


def test_coverage_is_above_90_percent_when_the_cleared_are_counted_rightly(city: City) -> None:
    for register in (city.then, city.now):
        official, true = covered(count(register, THE_DAY)).values()
        assert 0.82 < official.recorded / official.obliged < 0.83
        assert 0.90 < true.recorded / true.obliged < 0.91


def test_at_full_scale_the_figures_are_those_of_the_city() -> None:
    register = WholeRegister(2018, WHOLE)

    assert (register.obliged, register.recorded, register.underage) == (325_826, 262_826, 7_500)


def test_it_is_declared_with_control_totals_that_are_its_rows(city: City) -> None:
    declared, members = city.alone.declared[REGISTER], city.alone.members[REGISTER]

    assert (declared["kind"], declared["as_of"]) == ("register", "2018-10-31")
    assert declared["rows"] == len(members) == 3_333
    assert Counter(members.values()) == {area: rows for area, rows in declared["rows_by_kelurahan"].items() if rows}


def test_nothing_in_it_is_refused_or_said_twice_and_its_length_is_known_beforehand(city: City) -> None:
    assert len(city.messages) == len(WholeRegister(city.seed, QUICK)) == len({(m.source, m.id) for m in city.messages})
    assert not city.alone.refused


# ------------------------------------------------------------------ its people


def test_those_not_recorded_are_the_very_members_of_the_first_list(city: City) -> None:
    standings = city.alone.standings(REGISTER, THE_EVE)
    here, first = rows_of(city.messages, REGISTER), rows_of(phase_one(city.seed, QUICK), FIRST_LIST)

    assert {nik for nik, (_, standing) in standings.items() if standing == "outstanding"} == first.keys()
    assert {nik: here[nik] for nik in first} == first


def test_who_turns_17_between_december_and_the_election_comes_back_on_the_second_list_and_nobody_else(
    city: City,
) -> None:
    here, second = rows_of(city.messages, REGISTER), rows_of(phase_two(city.seed, QUICK), SECOND_LIST)
    young = {nik for nik, row in here.items() if "2001-12-01" <= row["birth_date"] <= "2002-04-17"}
    first = city.now.members[FIRST_LIST].keys()

    assert len(young) == 40
    assert {nik: here[nik] for nik in young} == {nik: second[nik] for nik in young}
    assert (here.keys() & second.keys()) - first == young


def test_who_is_16_turns_17_within_the_year_without_any_event(city: City) -> None:
    before, after, in_the_end = (
        city.alone.standings(REGISTER, day) for day in (THE_EVE, date(2018, 11, 30), date(2019, 10, 31))
    )
    young = [nik for nik, (_, standing) in before.items() if standing == "underage"]

    assert Counter(after[nik][1] for nik in young) == {"recorded": 5, "underage": 70}  # recorded at 16
    assert Counter(in_the_end[nik][1] for nik in young) == {"recorded": 5, "outstanding": 70}


def test_no_nik_of_it_belongs_to_somebody_else(city: City) -> None:
    others = {nik for nik in city.alone.facts if int(nik[12:]) >= 9_500}

    assert len(others) == 2_628 + 5 + 30
    assert not others & city.without.facts.keys()
    assert all(9_000 <= int(nik[12:]) < 9_500 for nik in city.without.facts)


def test_at_full_scale_too_nobody_shares_a_nik() -> None:
    niks = Counter[str]()
    said = 0
    for portion in WholeRegister(2018, WHOLE).portions():
        assert len(portion) <= 10_001
        said += len(portion)
        rows = (message.value or b"" for message in portion if message.id.startswith("row-"))
        niks.update(orjson.loads(row)["data"]["nik"] for row in rows)

    assert said == len(WholeRegister(2018, WHOLE))
    assert len(niks) == niks.total() == 333_326
    assert sum(nik[12:] < "9500" for nik in niks) == 67_000


# ------------------------------------------------------------------ the story beside it


@pytest.mark.parametrize(("name", "on"), [(FIRST_LIST, THE_DAY), (SECOND_LIST, AFTER_THE_SECOND)])
def test_the_members_of_both_lists_stand_where_they_stand_without_it(city: City, name: str, on: date) -> None:
    assert city.now.standings(name, on) == city.without.standings(name, on)


def test_it_contradicts_only_departures_and_deaths_that_the_centre_had_not_learnt_of(city: City) -> None:
    seen = Counter[str]()
    for nik, facts in city.now.facts.items():
        before = read(city.without.facts.get(nik, [])).anomalies
        for anomaly in set(read(facts).anomalies) - set(before):
            seen[anomaly.name] += nik in city.without.facts
            if not anomaly.name.startswith("nik_"):
                assert any(id_.startswith(f"row-{REGISTER}") for _, id_ in anomaly.refs)

    assert {name for name, people in seen.items() if people and not name.startswith("nik_")} == {
        "listed_after_death",
        "listed_while_departed",
    }


# ------------------------------------------------------------------ made again


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_people(city: City) -> None:
    again = [message for portion in WholeRegister(city.seed, QUICK).portions() for message in portion]
    other = [message for portion in WholeRegister(city.seed + 1, QUICK).portions() for message in portion]

    assert again == city.messages
    assert not {m.value for m in other} & {m.value for m in again}


def test_rows_and_recordings_come_in_any_order(city: City) -> None:
    place = {message.id: at for at, message in enumerate(city.messages)}
    pairs = [
        (place[f"row-{REGISTER}-{id_[-6:]}"], at)
        for id_, at in place.items()
        if id_.startswith(("status-", "capture-"))
    ]

    assert any(row < recording for row, recording in pairs)
    assert any(row > recording for row, recording in pairs)
