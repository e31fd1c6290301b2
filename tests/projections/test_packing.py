"""Who is packed and taken out again is who they were, and goes on in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.packing import pack, unpack
from projections.postings import Subject
from tests.projections.ledger import entry_of
from tests.projections.residents import HERE, declared, found, listed, residents, status, withdrawn

if TYPE_CHECKING:
    from projections.evidence import Fact

PERSON = UUID(int=1)


def known(subject: Subject) -> tuple[object, ...]:
    live = subject.live
    return (
        (subject.timeline, subject.anomalies),
        (live.facts, [*live.declarations], {*live.withdrawn}),
        (live.kinds, {*live.flagged}, live.particulars, live.married_from, [*live.deaths]),
    )


@settings(max_examples=150)
@given(st.data())
def test_they_are_who_they_were_and_the_next_facts_change_the_same(data: st.DataObject) -> None:
    facts: list[Fact] = [*data.draw(residents(most=16)), declared("2018-11-01", 1, {HERE: 2})]
    facts = data.draw(st.permutations(facts))
    so_far = data.draw(st.integers(0, len(facts)))
    noting = data.draw(st.booleans())
    subject = Subject.of(facts[:so_far], noting=noting)
    again = unpack(pack(subject))
    assert known(again) == known(subject)
    for fact in facts[so_far:]:
        expected = subject.add(1, entry_of(fact, PERSON), fact, noting=noting)
        assert again.add(1, entry_of(fact, PERSON), fact, noting=noting) == expected
    assert known(again) == known(subject)


def test_what_was_withdrawn_before_it_came_stays_withdrawn() -> None:
    late = found("2018-11-05", "moved_away")
    again = unpack(pack(Subject.of([listed("2018-11-01"), withdrawn(late)])))
    assert again.add(1, entry_of(late, PERSON), late).postings == ()


def test_any_text_is_kept() -> None:
    odd = status("2018-11-05", '"\\ \n\u0000 \U0001f600')
    subject = Subject.of([listed("2018-11-01"), odd])
    assert known(unpack(pack(subject))) == known(subject)


def test_many_facts_take_few_bytes() -> None:
    subject = Subject.of([listed("2018-11-01"), *(found(f"2018-11-{day:02}", "not_found") for day in range(2, 25))])
    assert len(pack(subject)) < 40 * subject.known
