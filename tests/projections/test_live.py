"""Facts taken in one at a time, in whatever order, with withdrawals among them; and which of them tell."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from projections import live as module
from projections.evidence import Death, Fact
from projections.live import Live, live_of, order_of_change, order_of_correction
from projections.reading import read, reading_of
from tests.projections import reference
from tests.projections.residents import captured, found, listed, residents, status, withdrawn


def content(live: Live) -> tuple[object, ...]:
    return live.facts, live.kinds, sorted(live.flagged, key=order_of_change), live.particulars, live.deaths


@settings(max_examples=200)
@given(st.data())
def test_taken_in_one_by_one_it_is_after_each_what_it_is_of_all_together(data: st.DataObject) -> None:
    facts = data.draw(residents(most=24))
    few = data.draw(st.sampled_from([0, 0, 3, 16]))
    with patch.object(module, "_FEW", few):
        live = Live()
        for number, fact in enumerate(facts, 1):
            live.take(fact)
            there = reference.live(facts[:number])
            assert content(live) == content(live_of(there))
            assert few or live.telling == live_of(there).telling
            assert reading_of(live) == read(there)
            assert live.facts == sorted(there, key=order_of_change)
            assert live.deaths == sorted((one for one in there if isinstance(one, Death)), key=order_of_correction)


@settings(max_examples=300)
@given(residents(most=24))
def test_where_those_alone_that_tell_are_looked_at_it_reads_the_same(facts: list[Fact]) -> None:
    with patch.object(module, "_FEW", 1_000):
        expected = read(facts)
    with patch.object(module, "_FEW", 0):
        assert read(facts) == expected


def test_of_many_facts_of_a_day_one_of_each_kind_tells() -> None:
    listing = listed("2018-11-01")
    visits = [found("2018-11-05", "not_found") for _ in range(100)]
    reports = [status("2018-11-05", "CARD_ISSUED") for _ in range(100)]
    assert live_of([listing, *visits, *reports]).telling == [listing, reports[-1], visits[-1]]


def test_the_fact_before_tells_again_when_the_last_is_withdrawn() -> None:
    captures = [captured("2018-11-05") for _ in range(40)]
    live = live_of(captures)
    assert live.telling == captures[-1:]
    live.take(withdrawn(captures[-1]))
    assert live.telling == captures[-2:-1]
