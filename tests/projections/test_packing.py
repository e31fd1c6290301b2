"""Who is packed and taken out again is who they were, and goes on in the same way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args
from unittest.mock import patch
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from projections import live as live_module
from projections import packing
from projections.abridged import needs_all
from projections.evidence import Declaration, Listing, Said, Withdrawal
from projections.live import live_of
from projections.packing import pack, unpack
from projections.postings import Subject
from tests.projections.ledger import entry_of
from tests.projections.residents import HERE, declared, found, listed, residents, status, withdrawn

if TYPE_CHECKING:
    from projections.evidence import Fact, Outcome

PERSON = UUID(int=1)


def known(subject: Subject) -> tuple[object, ...]:
    live = subject.live
    return (subject.timeline, subject.anomalies), [*live.declarations], {*live.withdrawn}


FEW = st.sampled_from([0, 3, 16])


@st.composite
def told(draw: st.DrawFn) -> list[Fact]:
    """What is said of somebody, as it may stand in a log: a withdrawal follows its target, and nothing comes twice."""
    said: list[Fact] = [fact for fact in draw(residents(most=6)) if not isinstance(fact, Withdrawal)]
    said += [listed("2018-11-01"), declared("2018-11-01", 1, {HERE: 2}), *draw(st.lists(repeated(), max_size=10))]
    there: list[Fact] = draw(st.permutations(said))
    for target in draw(st.lists(st.sampled_from(said), max_size=3)):
        after = next(at for at, fact in enumerate(there) if fact is target)
        there.insert(draw(st.integers(after + 1, len(there))), withdrawn(target))
    return there


def repeated() -> st.SearchStrategy[Fact]:
    """What is said again and again of people within a few days, and changes nothing most times."""
    days = st.integers(1, 7).map(lambda number: f"2018-11-{number:02}")
    words = st.sampled_from(["CARD_PRINTED", "CARD_ISSUED", "UNREGISTERED", "SEARCH_FAILURE_AT_CENTRAL"])
    outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["not_found", "refused", "moved_away", "deceased"])
    reported = st.builds(status, days, words)
    flagged = st.builds(replace, reported, flags=st.just(("sex_differs",)))
    return st.one_of(reported, reported, st.builds(found, days, outcomes), flagged)


@settings(max_examples=400)
@given(st.data())
def test_whoever_is_packed_again_and_again_changes_as_if_never(data: st.DataObject) -> None:
    facts = data.draw(told())
    noting = data.draw(st.booleans())
    with patch.object(live_module, "_FEW", data.draw(FEW)):
        subject, packed = Subject.of(noting=noting), Subject.of(noting=noting)
        for number, fact in enumerate(facts):
            if data.draw(st.booleans()):
                packed = unpack(pack(packed))
            assert known(packed) == known(subject)
            if needs_all(packed.without, fact):
                packed = Subject.of(facts[:number], noting=noting)
            expected = subject.add(1, entry_of(fact, PERSON), fact, noting=noting)
            assert packed.add(1, entry_of(fact, PERSON), fact, noting=noting) == expected


@settings(max_examples=150)
@given(st.data())
def test_where_nothing_is_left_out_everything_is_there_again(data: st.DataObject) -> None:
    subject = Subject.of(data.draw(told()))
    again = unpack(pack(subject))
    if again.without is None:
        assert again.live.facts == subject.live.facts
    for one in (subject.live, again.live):
        assert one.facts == live_of(one.facts).facts
    whole = live_of([*again.live.facts, *again.live.declarations])
    assert (again.live.kinds, {*again.live.flagged}) == (whole.kinds, {*whole.flagged})
    assert (again.live.particulars, again.live.married_from) == (subject.live.particulars, subject.live.married_from)
    assert {*again.live.flagged} == {*subject.live.flagged}
    assert [*again.live.deaths] == [*subject.live.deaths]


def test_every_kind_of_fact_can_be_packed() -> None:
    assert {*packing._KINDS} == {*get_args(Said), Declaration}


def test_what_was_withdrawn_before_it_came_stays_withdrawn() -> None:
    late = found("2018-11-05", "moved_away")
    again = unpack(pack(Subject.of([listed("2018-11-01"), withdrawn(late)])))
    assert again.add(1, entry_of(late, PERSON), late).postings == ()


def test_any_text_is_kept() -> None:
    odd = status("2018-11-05", '"\\ \n\u0000 \U0001f600')
    subject = Subject.of([listed("2018-11-01"), odd])
    again = unpack(pack(subject))
    assert (known(again), again.live.facts) == (known(subject), subject.live.facts)


def test_however_often_the_same_is_said_as_few_facts_are_kept() -> None:
    cards = [status(f"2018-11-{day:02}", "CARD_ISSUED") for day in range(2, 25)]
    visits = [found(f"2018-11-{day:02}", "not_found") for day in range(2, 25)]
    again = unpack(pack(Subject.of([listed("2018-11-01"), *cards, *visits])))
    assert again.live.facts == [listed_first(again), cards[0], cards[-1]]
    assert again.without == cards[-1].valid_on
    assert unpack(pack(again)).live.facts == again.live.facts


def listed_first(subject: Subject) -> Said:
    first = subject.live.facts[0]
    assert isinstance(first, Listing)
    return first


def test_what_is_left_out_is_needed_where_it_would_matter() -> None:
    cards = [status(f"2018-11-{day:02}", "CARD_ISSUED") for day in (2, 9, 20)]
    without = unpack(pack(Subject.of([listed("2018-11-01"), *cards]))).without
    assert needs_all(without, withdrawn(cards[0]))
    assert needs_all(without, status("2018-11-05", "SEARCH_FAILURE_AT_CENTRAL"))
    assert needs_all(without, found("2018-11-10", "moved_away"))
    assert not needs_all(without, found("2018-11-21", "moved_away"))
    assert not needs_all(without, status("2018-11-05", "CARD_ISSUED"))
