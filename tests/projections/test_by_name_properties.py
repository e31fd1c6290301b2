"""A count is the length of its list, in every view, on every day, as known at every position."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.by_name import Wanted, list_answer
from projections.reading import OFFICIAL, STANDINGS, read, state_on
from projections.trails import explain_answer, trail_answer
from tests.projections.register import PERSONAL, Register
from tests.projections.residents import FIRST_DAY, HERE, declared, residents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from projections.reading import Fact

NIKS = [f"537101010190{n}" for n in range(9001, 9005)]
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))

on_a_register = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def populations(draw: st.DrawFn) -> list[tuple[str, Fact, Mapping[str, str]]]:
    """A list and what is said of four people, mixed."""
    told: list[tuple[str, Fact]] = [("PUSAT-2018-11", declared(FIRST_DAY.isoformat(), 4, {HERE: 4}))]
    of_people = [(nik, fact) for nik in NIKS for fact in draw(residents(most=6))]
    return [(who, fact, {}) for who, fact in told + draw(st.permutations(of_people))]


def subjects(register: Register) -> list[UUID]:
    return [subject for nik in NIKS if (subject := register.person(nik).subject) in register.history]


@on_a_register
@given(told=populations(), day=DAYS, data=st.data())
def test_each_list_is_everyone_who_reads_so_and_has_the_length_of_its_balance(
    register: Register, told: list[tuple[str, Fact, Mapping[str, str]]], day: date, data: st.DataObject
) -> None:
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        known = data.draw(st.integers(1, made.position))
        read_as = {one.hex: state_on(made.facts(one, known), day) for one in subjects(made)}
        listed = {}
        for standing in STANDINGS:
            answer = list_answer(made.cursor, made.keys, Wanted(standing, day, known))
            explained = [explain_answer(made.cursor, area, standing, day, known)["people"] for area in ("53.71", "-")]
            assert sum(explained) == len(answer["rows"])
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
@given(told=populations(), day=DAYS, data=st.data())
def test_the_members_of_a_list_are_truly_outstanding_or_cleared(
    register: Register, told: list[tuple[str, Fact, Mapping[str, str]]], day: date, data: st.DataObject
) -> None:
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all([*told, *[(NIKS[0], fact, {}) for fact in data.draw(residents(most=3))]][: len(told)])
        known = made.position
        counted: Counter[str] = Counter()
        members = [
            one for one in subjects(made) if any(getattr(fact, "list", None) == "L" for fact in _live(made, one))
        ]
        if not any(getattr(fact, "list", None) == "L" for _, fact, _ in told):
            return
        for word in ("outstanding", "cleared", "explained", "settled", "nowhere"):
            rows = list_answer(made.cursor, made.keys, Wanted(word, day, known, list="L"))["rows"]
            counted[word] = len(rows)
        assert counted["outstanding"] + counted["cleared"] == len(members)
        assert counted["cleared"] == counted["explained"] + counted["settled"]
        assert counted["nowhere"] == sum(state_on(made.facts(one), day).standing == "nowhere" for one in members)


@on_a_register
@given(told=populations(), data=st.data())
def test_a_trail_is_folded_into_what_its_facts_read_as(
    register: Register, told: list[tuple[str, Fact, Mapping[str, str]]], data: st.DataObject
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
    register: Register, told: list[tuple[str, Fact, Mapping[str, str]]], at_once: int
) -> None:
    contents = []
    for size in (1000, at_once):
        with register.cursor.connection.transaction(force_rollback=True):
            made = Register(register.cursor, register.keys)
            # The people are the same in both, and so are their keys; what is sealed anew has another nonce.
            made.tell_all(told, size)
            contents.append([row.split("b'")[0] for row in made.contents()])
    assert contents[0] == contents[1]


@on_a_register
@given(told=populations())
def test_nothing_personal_stands_in_clear_in_the_tables(
    register: Register, told: list[tuple[str, Fact, Mapping[str, str]]]
) -> None:
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        written = "\n".join(made.contents())
        for value in (*NIKS, PERSONAL["name"], PERSONAL["address"], PERSONAL["family_card"], PERSONAL["birth_date"]):
            assert value not in written
