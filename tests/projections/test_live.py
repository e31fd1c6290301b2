"""Facts taken in one at a time, in whatever order, with withdrawals among them; and which of them tell."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from projections import live as module
from projections import reading
from projections.evidence import Death, Fact
from projections.live import Live, live_of
from projections.orders import order_of_change, order_of_correction
from projections.reading import read, reading_of, state_on
from tests.projections import reference
from tests.projections.residents import FIRST_DAY, HERE, captured, declared, found, listed, residents, status, withdrawn


def content(live: Live) -> tuple[object, ...]:
    flagged = sorted(live.flagged, key=order_of_change)
    lists = live.facts, live.particulars, [*live.deaths], [*live.declarations]
    return lists, live.kinds, flagged, live.married_from, {*live.withdrawn}


def drawn(data: st.DataObject) -> list[Fact]:
    """Facts of a resident, a declaration among them, and some said twice."""
    facts = [*data.draw(residents(most=24)), declared("2018-11-01", 1, {HERE: 1})]
    return data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=3))))


@settings(max_examples=60)
@given(st.data())
def test_taken_in_one_by_one_it_is_after_each_what_it_is_of_all_together(data: st.DataObject) -> None:
    facts = drawn(data)
    few = data.draw(st.sampled_from([0, 0, 3, 16]))
    with patch.object(module, "_FEW", few):
        live = Live()
        for number, fact in enumerate(facts, 1):
            live.take(fact)
            there = reference.live(facts[:number])
            again = live_of(facts[:number])
            assert content(live) == content(again)
            assert (live.telling, live.placing) == (again.telling, again.placing)
            assert reading_of(live) == read(facts[:number])
            assert live.facts == sorted(there, key=order_of_change)
            assert [*live.deaths] == sorted((one for one in there if isinstance(one, Death)), key=order_of_correction)


@settings(max_examples=200)
@given(st.data())
def test_where_those_alone_that_tell_are_looked_at_it_reads_the_same(data: st.DataObject) -> None:
    facts = drawn(data)
    with patch.object(module, "_FEW", 1_000), patch.object(reading, "_READ", {}):
        expected = read(facts)
    with patch.object(module, "_FEW", 0), patch.object(reading, "_READ", {}):
        assert read(facts) == expected
    with patch.object(module, "_FEW", 0), patch.object(reading, "_SHARED", -1), patch.object(reading, "_VERY_MANY", -1):
        live = Live()
        for fact in facts:
            live.take(fact)
            last = reading_of(live)
        assert last == expected


@settings(max_examples=60)
@given(st.data())
def test_made_of_several_at_once_it_goes_on_as_one_by_one(data: st.DataObject) -> None:
    facts = drawn(data)
    so_far = data.draw(st.integers(0, len(facts)))
    live = live_of(facts[:so_far])
    for fact in facts[so_far:]:
        live.take(fact)
    assert content(live) == content(live_of(facts))


@settings(max_examples=60)
@given(residents(most=24))
def test_where_those_alone_that_tell_are_looked_at_every_day_is_the_table_with_its_reason(facts: list[Fact]) -> None:
    with patch.object(module, "_FEW", 0):
        for number in range(-4, 20):
            day = FIRST_DAY + timedelta(number)
            assert state_on(facts, day) == reference.stands(facts, day), day


def test_of_many_facts_of_a_day_one_of_each_kind_tells() -> None:
    listing = listed("2018-11-01")
    visits = [found("2018-11-05", "not_found") for _ in range(100)]
    reports = [status("2018-11-05", "CARD_ISSUED") for _ in range(100)]
    assert live_of([listing, *visits, *reports]).telling == [listing, reports[-1], visits[-1]]


def test_the_fact_before_tells_again_when_the_last_is_withdrawn() -> None:
    captures = [captured("2018-11-05") for _ in range(40)]
    live = live_of(captures)
    assert live.telling == captures[-1:]
    live.take(withdrawn(captures[0]))
    live.take(withdrawn(captures[-1]))
    assert live.telling == captures[-2:-1]
