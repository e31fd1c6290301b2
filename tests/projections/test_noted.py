"""The contradictions that stand, page by page, and as many of each name as the reports say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.errors import NoAnswer, WrongUse
from events.territory import area_of
from projections import reporting
from projections.counts import COUNTS
from projections.noted import NAMES, Case, Noted, anomalies_answer
from projections.reading import READING_VERSION, read, state_on
from projections.trail import TRAIL
from tests.projections.register import Register
from tests.projections.residents import FIRST_DAY, HERE, THERE, day, declared, died, listed, moved, withdrawn
from tests.projections.test_by_name_properties import DAYS, NIKS, populations
from tests.reports import asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from tests.projections.register import Told

ANI, BUDI = NIKS[:2]
LIST = "PUSAT-2018-11"
ON = day("2018-11-23")

on_a_register = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def noting(register: Register) -> Register:
    """A register whose views are those that anomalies are read from, and the reports over them."""
    made = Register(register.cursor, register.keys, views=(COUNTS, TRAIL))
    made.make()
    reporting.make(register.cursor)
    return made


def pages(made: Register, noted: Noted) -> Iterator[dict[str, Any]]:
    while True:
        answer = anomalies_answer(made.cursor, noted)
        yield answer
        if answer["next"] is None:
            return
        key = answer["next"]
        noted = replace(noted, after=Case(key["name"], UUID(key["subject"]), key["digest"]))


def test_a_case_is_shown_with_its_facts_and_where_the_person_stands(noting: Register) -> None:
    noting.tell(LIST, declared("2018-11-01", 2, {HERE: 2}))
    subject = noting.tell(ANI, listed("2018-11-01"), died("2018-11-10"), moved("2018-11-12", HERE, THERE))
    answer = anomalies_answer(noting.cursor, Noted(ON, 4))
    (digest,) = [case.pop("digest") for case in answer["cases"]]
    assert len(digest) == 64
    declaration = noting.person(LIST).subject.hex
    assert answer == {
        "on": "2018-11-23",
        "position": 4,
        "reading_version": READING_VERSION,
        "name": None,
        "area": None,
        "cases": [
            {
                "name": "event_after_death",
                "subject": subject.hex,
                "facts": [3, 4],
                "since": 4,
                "area": THERE,
                "standing": "deceased",
            }
        ],
        "next": None,
        "lists": [{"name": "list_rows_missing", "list": LIST, "subject": declaration, "facts": [1], "people": 1}],
        "tally": [
            {"name": "event_after_death", "people": 1, "lists": 0, "cases": 1},
            {"name": "list_rows_missing", "people": 1, "lists": 1, "cases": 1},
        ],
    }


def test_a_list_that_does_not_sum_is_shown_by_its_name_and_not_among_the_residents(noting: Register) -> None:
    noting.tell(LIST, declared("2018-11-01", 1, {HERE: 2}))
    noting.tell(ANI, listed("2018-11-01"))
    answer = anomalies_answer(noting.cursor, Noted(ON, 2, "list_does_not_sum"))
    assert (answer["cases"], answer["next"]) == ([], None)
    assert answer["lists"] == [
        {
            "name": "list_does_not_sum",
            "list": LIST,
            "subject": noting.person(LIST).subject.hex,
            "facts": [1],
            "rows": 1,
            "rows_by_kelurahan": 2,
        }
    ]
    assert answer["tally"] == [{"name": "list_does_not_sum", "people": 0, "lists": 1, "cases": 1}]


def test_a_case_that_went_and_came_back_stands_since_it_came_back(noting: Register) -> None:
    first, second = died("2018-11-10"), died("2018-11-11", written="2018-11-12")
    listing = listed("2018-11-20")
    noting.tell(ANI, first, listing)
    noting.tell(ANI, second, withdrawn(second))
    rows = [anomalies_answer(noting.cursor, Noted(ON, known, "listed_after_death"))["cases"] for known in (2, 3, 4)]
    assert [[(case["facts"], case["since"]) for case in cases] for cases in rows] == [
        [([1, 2], 2)],
        [([2, 3], 3)],
        [([1, 2], 4)],
    ]


@on_a_register
@given(told=populations(), asked_day=DAYS, data=st.data())
def test_the_pages_are_every_case_that_stands_and_the_tally_is_the_reports(
    noting: Register, told: list[Told], asked_day: date, data: st.DataObject
) -> None:
    with noting.cursor.connection.transaction(force_rollback=True):
        made = Register(noting.cursor, noting.keys, views=noting.views)
        made.tell_all([told[0], ("M", replace(declared(FIRST_DAY.isoformat(), 1, {HERE: 2}), list="L"), {}), *told[1:]])
        known = data.draw(st.integers(0, made.position))
        area = data.draw(st.sampled_from([None, "53.71", area_of(HERE, "kecamatan"), "-"]))
        name = data.draw(st.sampled_from([None, "never_listed", "particulars_differ", "nik_sex_differs"]))
        limit = data.draw(st.integers(1, 4))
        answers = list(pages(made, Noted(asked_day, known, name, area, limit=limit)))
        cases = [case for answer in answers for case in answer["cases"]]
        expected = standing(made, asked_day, known)
        wanted = [case for case in expected if name in {None, case[0]} and within(case[4], area)]
        shown = [(c["name"], c["subject"], tuple(c["facts"]), c["since"], c["area"], c["standing"]) for c in cases]
        assert sorted(shown) == sorted(wanted)
        keys = [(case["name"], case["subject"], case["digest"]) for case in cases]
        assert keys == sorted(set(keys))
        assert all(len(answer["cases"]) == limit for answer in answers[:-1])
        assert all(answer["tally"] is answer["lists"] is None for answer in answers[1:])
        reported = asked(made.cursor, "SELECT name, people, lists, cases FROM reporting.anomalies_at(%s)", [known])
        counted = [row for row in reported if row["lists"]] if area is None else []
        assert answers[0]["tally"] == sorted([*counted, *tallied(expected, area)], key=lambda row: str(row["name"]))
        assert area is not None or answers[0]["tally"] == reported


def tallied(expected: list[tuple[Any, ...]], area: str | None) -> list[dict[str, Any]]:
    """By name: of residents, the cases of those who stand in the area."""
    found: dict[str, list[str]] = {}
    for name, subject, _, _, stands_in, _ in expected:
        if within(stands_in, area):
            found.setdefault(name, []).append(subject)
    return [
        {"name": name, "people": len(set(some)), "lists": 0, "cases": len(some)} for name, some in sorted(found.items())
    ]


def standing(made: Register, on: date, known: int) -> list[tuple[Any, ...]]:
    """By reading everybody afresh: each case, and the first of the positions from which on it has stood until now."""
    found = []
    for nik in NIKS:
        subject = made.person(nik).subject
        facts = [(at, fact) for at, fact in made.history.get(subject, ()) if at <= known]
        places = {(fact.source, fact.id): at for at, fact in facts}
        since: dict[tuple[str, Any], int] = {}
        for number, (at, _) in enumerate(facts, 1):
            there = set(read([fact for _, fact in facts[:number]]).anomalies)
            since = {anomaly: since.get(anomaly, at) for anomaly in there}
        state = state_on([fact for _, fact in facts], on)
        for (name, refs), at in since.items():
            stands = (state.area, state.standing)
            found.append((name, subject.hex, tuple(sorted({places[ref] for ref in refs})), at, *stands))
    return found


def within(area: str, asked_area: str | None) -> bool:
    return asked_area is None or area == asked_area or area.startswith(f"{asked_area}.")


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("noted", "why"),
    [
        (Noted(ON, 0, "lost"), "no such anomaly: 'lost'; there are event_after_death, "),
        (Noted(ON, 0, area="53.72"), "no such area"),
        (Noted(ON, 0, limit=0), "from 1 to 1000 cases, not 0"),
        (Noted(ON, 0, limit=1001), "from 1 to 1000 cases, not 1001"),
        (Noted(ON, 0, "died_twice", after=Case("never_listed", UUID(int=1), "x")), "one of 'never_listed', not of"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(noting: Register, noted: Noted, why: str) -> None:
    with pytest.raises(WrongUse, match=why):
        anomalies_answer(noting.cursor, noted)


def test_a_position_that_either_view_has_not_reached_has_no_answer(noting: Register) -> None:
    noting.tell(ANI, listed("2018-11-01"))
    noting.cursor.execute("UPDATE counts.position SET position = 0")
    with pytest.raises(NoAnswer, match="ahead of the view counts"):
        anomalies_answer(noting.cursor, Noted(ON, 1))
    with pytest.raises(NoAnswer, match="ahead of the view trail"):
        anomalies_answer(noting.cursor, Noted(ON, 2))


def test_the_names_are_those_that_the_auditors_page_explains() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "auditors.md").read_text(encoding="utf-8")
    table = page.partition("| anomaly | is |")[2].partition("\n\n")[0]
    assert {line.split("`")[1] for line in table.splitlines()[2:]} == set(NAMES)
