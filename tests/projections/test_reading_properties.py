"""What holds for every set of facts, tried on random ones against the design written down a second time."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.evidence import Declaration, Fact, Withdrawal
from projections.reading import STANDINGS, Step, read, state_on
from tests.projections import reference
from tests.projections.residents import FIRST_DAY, residents

# Every day from before the first possible fact to after the last possible lapse and birthday.
EVERY_DAY = [FIRST_DAY + timedelta(n) for n in range(-4, 20)]


def standing_by(timeline: tuple[Step, ...], day: date) -> tuple[str, str]:
    at = bisect_right([step.from_day for step in timeline], day)
    return (timeline[at - 1].area, timeline[at - 1].standing) if at else ("-", "nowhere")


@settings(max_examples=400)
@given(residents())
def test_no_break_is_missed(facts: list[Fact]) -> None:
    timeline = read(facts).timeline
    for day in EVERY_DAY:
        assert standing_by(timeline, day) == reference.stands(facts, day)[:2], day


@settings(max_examples=200)
@given(residents())
def test_the_state_on_a_day_is_the_table_with_its_reason(facts: list[Fact]) -> None:
    for day in EVERY_DAY:
        assert state_on(facts, day) == reference.stands(facts, day), day


@settings(max_examples=400)
@given(residents())
def test_an_anomaly_is_named_exactly_where_its_definition_holds(facts: list[Fact]) -> None:
    anomalies = read(facts).anomalies
    assert {anomaly.name for anomaly in anomalies} == reference.anomaly_names(facts)


@settings(max_examples=200)
@given(residents())
def test_every_set_reads_as_a_well_formed_timeline(facts: list[Fact]) -> None:
    live = reference.live(facts)
    timeline = read(facts).timeline
    assert bool(timeline) == bool(live)
    assert not live or timeline[0].from_day == min(fact.valid_on for fact in live)
    for earlier, later in pairwise(timeline):
        assert earlier.from_day < later.from_day
        assert earlier[1:] != later[1:]
    for step in timeline:
        assert step.standing in STANDINGS
        assert (step.area == "-") == (step.standing == "unlisted")


@settings(max_examples=200)
@given(st.data())
def test_neither_order_nor_repeats_change_a_reading(data: st.DataObject) -> None:
    facts = data.draw(residents())
    repeats = data.draw(st.lists(st.sampled_from(facts), max_size=3)) if facts else []
    again = data.draw(st.permutations(facts + repeats))
    assert read(again) == read(facts)


@settings(max_examples=200)
@given(residents())
def test_what_is_withdrawn_reads_as_if_it_had_never_been_said(facts: list[Fact]) -> None:
    assert read(facts) == read(reference.live(facts))


@settings(max_examples=200)
@given(residents())
def test_an_anomaly_names_live_facts_only_and_each_is_there_once(facts: list[Fact]) -> None:
    live = {(fact.source, fact.id) for fact in reference.live(facts)}
    anomalies = read(facts).anomalies
    assert len(set(anomalies)) == len(anomalies)
    for anomaly in anomalies:
        assert anomaly.refs
        assert set(anomaly.refs) <= live


@settings(max_examples=50)
@given(residents())
def test_only_withdrawals_or_a_list_read_as_nobody(facts: list[Fact]) -> None:
    only = [fact for fact in facts if isinstance(fact, Withdrawal)]
    declaration = Declaration("c", "0", "2018-11-02T02:00:00.000000Z", FIRST_DAY, "L", "register", 0, ())
    assert read([*only, declaration]).timeline == ()
    assert read([*facts, declaration]) == read(facts)
