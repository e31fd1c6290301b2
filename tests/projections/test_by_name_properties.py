"""A count is the length of its list, in every view, on every day, as known at every position."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from events.errors import NoAnswer
from projections import by_name
from projections.by_name import Cut, Wanted, list_answer, page
from projections.evidence import Listing
from projections.live import live_of
from projections.reading import OFFICIAL, STANDINGS, read, state_on
from projections.trails import explain_answer, trail_answer
from projections.walks import Walks
from tests.projections.register import PERSONAL, Register
from tests.projections.residents import FIRST_DAY, HERE, declared, residents

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from projections.reading import Fact
    from tests.projections.register import Told

LIST = "PUSAT-2018-11"
NIKS = [f"537101010190{n}" for n in range(9001, 9005)]
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))

on_a_register = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def populations(draw: st.DrawFn) -> list[Told]:
    """A list and what is said of four people, mixed."""
    told: list[tuple[str, Fact]] = [(LIST, declared(FIRST_DAY.isoformat(), 4, {HERE: 4}))]
    of_people = [(nik, fact) for nik in NIKS for fact in draw(residents(most=6))]
    return [(who, fact, {}) for who, fact in told + draw(st.permutations(of_people))]


def subjects(register: Register) -> list[UUID]:
    return [subject for nik in NIKS if (subject := register.person(nik).subject) in register.history]


@on_a_register
@given(told=populations(), day=DAYS, data=st.data())
def test_each_list_is_everyone_who_reads_so_and_has_the_length_of_its_balance(
    register: Register, told: list[Told], day: date, data: st.DataObject
) -> None:
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        known = data.draw(st.integers(1, made.position))
        read_as = {one.hex: state_on(made.facts(one, known), day) for one in subjects(made)}
        listed: dict[str, dict[str, Any]] = {}
        for word in ("outstanding", "cleared"):
            answer = list_answer(made.cursor, made.keys, Wanted(word, day, known))
            explained = [explain_answer(made.cursor, area, word, day, known)["people"] for area in ("53.71", "-")]
            assert sum(explained) == len(answer["rows"])
            assert {row["standing"] == "outstanding" for row in answer["rows"]} <= {word == "outstanding"}
            listed |= {row["subject"]: row for row in answer["rows"]}
        assert {one: (row["kelurahan"], row["standing"]) for one, row in listed.items()} == {
            one: (state.area, state.standing) for one, state in read_as.items() if state.standing != "nowhere"
        }
        for one, row in listed.items():
            if row["standing"] == "outstanding":
                assert row["reason"] == read_as[one].reason
            elif row["standing"] not in OFFICIAL:
                assert row["reason"] is None


@on_a_register
@given(told=populations(), day=DAYS)
def test_the_members_of_a_list_are_truly_outstanding_or_cleared(
    register: Register, told: list[Told], day: date
) -> None:
    assume(any(isinstance(fact, Listing) for _, fact, _ in told))
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        members = {
            one.hex: state_on(made.facts(one), day).standing
            for one in subjects(made)
            if any(isinstance(fact, Listing) for fact in live_of(made.facts(one)).facts)
        }
        for word, standings in {
            "outstanding": {"outstanding"},
            "cleared": {*STANDINGS, "nowhere"} - {"outstanding"},
            "settled": {*STANDINGS, "nowhere"} - {*OFFICIAL},
            "nowhere": {"nowhere"},
        }.items():
            rows = list_answer(made.cursor, made.keys, Wanted(word, day, made.position, list="L"))["rows"]
            found = {row["subject"]: row["standing"] for row in rows}
            assert found == {one: standing for one, standing in members.items() if standing in standings}


@on_a_register
@given(told=populations(), data=st.data())
def test_a_trail_is_folded_into_what_its_facts_read_as(
    register: Register, told: list[Told], data: st.DataObject
) -> None:
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        known = data.draw(st.integers(1, made.position))
        for subject in subjects(made):
            facts = [(at, fact) for at, fact in made.history[subject] if at <= known]
            if not facts:
                continue
            answer = trail_answer(made.cursor, subject, known)
            timeline, anomalies = read([fact for _, fact in facts])
            places = {(fact.source, fact.id): at for at, fact in facts}
            assert [fact["position"] for fact in answer["facts"]] == [at for at, _ in facts]
            assert answer["timeline"] == [
                {"from": step.from_day.isoformat(), "area": step.area, "standing": step.standing} for step in timeline
            ]
            assert answer["anomalies"] == sorted(
                ({"name": name, "facts": sorted({places[ref] for ref in refs})} for name, refs in anomalies),
                key=lambda one: (one["name"], one["facts"]),
            )


@on_a_register
@given(told=populations(), at_once=st.integers(1, 7))
def test_the_views_do_not_depend_on_how_the_log_is_cut_into_batches(
    register: Register, told: list[Told], at_once: int
) -> None:
    contents = []
    entries = register.entries(told)
    for size in (1000, at_once):
        with register.cursor.connection.transaction(force_rollback=True):
            made = Register(register.cursor, register.keys)
            made.take(entries, size)
            contents.append(made.contents())
    assert contents[0] == contents[1]


@on_a_register
@given(told=populations())
def test_nothing_personal_stands_in_clear_in_the_tables(register: Register, told: list[Told]) -> None:
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        written = "\n".join(made.contents())
        for value in (*NIKS, PERSONAL["name"], PERSONAL["address"], PERSONAL["family_card"], PERSONAL["birth_date"]):
            assert value not in written


@on_a_register
@given(told=populations(), day=DAYS, data=st.data())
def test_at_every_position_in_any_order_a_page_is_as_if_nothing_were_remembered(
    register: Register, told: list[Told], day: date, data: st.DataObject
) -> None:
    walks = Walks()
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        for known in data.draw(st.lists(st.integers(1, made.position), min_size=2, max_size=4)):
            for standing, list_ in (("outstanding", None), ("cleared", None), ("official", "L")):
                asked = Wanted(standing, day, known, list=list_)
                with suppress(NoAnswer):
                    remembered = page(made.cursor, made.keys, asked, Cut(100), walks)
                    assert remembered == page(made.cursor, made.keys, asked, Cut(100))
                    rows = list(by_name.rows(made.cursor, made.keys, asked, walks))
                    assert rows == list(by_name.rows(made.cursor, made.keys, asked))
                    assert by_name.total(made.cursor, asked, walks) == len(rows)
