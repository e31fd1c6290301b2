"""What each fact posts: in any order of arrival, and however it is cut into batches, the same ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from events.entry import Entry
from projections import postings
from projections.anomalies import Anomaly
from projections.postings import Change, Posting
from projections.reading import read, reading_of
from projections.transfers import NOWHERE, Account, Transfer, transfers
from tests.projections.changing import changes
from tests.projections.residents import (
    HERE,
    captured,
    day,
    declared,
    died,
    found,
    listed,
    refs,
    residents,
    withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

    from projections.evidence import Fact
    from projections.live import Live
    from projections.reading import Reading

PERSON, OTHER = UUID(int=1), UUID(int=2)
OUTSTANDING, RECORDED, DECEASED = (Account(HERE, it) for it in ("outstanding", "recorded", "deceased"))


def entry(subject: UUID) -> Entry:
    """Of an entry `changes` looks at the subject only."""
    never = "2018-11-23T02:00:00.000000Z"
    return Entry(
        subject=subject,
        type="",
        source="",
        id="",
        time=never,
        recordedtime=never,
        accepted=never,
        kafka=None,
        resolved=False,
        valid_on=None,
        lapses_on=None,
        flags=(),
        fact={},
        person=None,
        calendar=None,
    )


def batch(*facts: Fact, after: int = 0, subject: UUID = PERSON) -> list[tuple[int, Entry, Fact]]:
    return [(after + n, entry(subject), fact) for n, fact in enumerate(facts, 1)]


def before(*facts: Fact) -> dict[UUID, list[tuple[int, Fact]]]:
    return {PERSON: list(enumerate(facts, 1))}


def ledger(changed: Iterable[Change]) -> Counter[Transfer]:
    """People per transfer, without the transfers that nobody makes any more."""
    total: Counter[Transfer] = Counter()
    for change in changed:
        for valid_on, from_, to, people in change.postings:
            total[Transfer(valid_on, from_, to)] += people
    return Counter({transfer: people for transfer, people in total.items() if people})


def test_each_fact_posts_what_it_changed_at_its_own_position() -> None:
    first, second = changes({}, batch(listed("2018-11-01"), captured("2018-11-05"), after=40))
    assert (first.position, first.postings) == (41, (Posting(day("2018-11-01"), NOWHERE, OUTSTANDING, 1),))
    assert (second.position, second.postings) == (42, (Posting(day("2018-11-05"), OUTSTANDING, RECORDED, 1),))


def test_a_late_death_takes_the_recording_back_on_its_own_accounts() -> None:
    history = before(listed("2018-11-01"), captured("2018-11-05"))
    (change,) = changes(history, batch(died("2018-11-03"), after=2))
    assert change.postings == (
        Posting(day("2018-11-03"), OUTSTANDING, DECEASED, 1),
        Posting(day("2018-11-05"), OUTSTANDING, RECORDED, -1),
    )


def test_a_fact_without_effect_is_a_change_with_nothing_in_it() -> None:
    history = before(listed("2018-11-01"))
    (change,) = changes(history, batch(found("2018-11-05", "not_found"), after=1))
    assert change[2:] == ((), (), ())


def test_an_anomaly_appears_with_one_fact_and_goes_with_its_withdrawal() -> None:
    listing, death, capture = listed("2018-11-01"), died("2018-11-03"), captured("2018-11-05")
    late = Anomaly("event_after_death", refs(death, capture))
    last_two = changes({}, batch(listing, death, capture, withdrawn(capture)))[2:]
    assert [(change.appeared, change.gone) for change in last_two] == [((late,), ()), ((), (late,))]


def test_people_are_kept_apart_and_changes_come_in_the_order_of_the_log() -> None:
    listing, death, capture = listed("2018-11-01"), died("2018-11-02"), captured("2018-11-05")
    changed = changes({}, [(1, entry(PERSON), listing), (2, entry(OTHER), death), (3, entry(PERSON), capture)])
    assert [(change.position, change.entry.subject) for change in changed] == [(1, PERSON), (2, OTHER), (3, PERSON)]
    assert changed[1].postings == (Posting(day("2018-11-02"), NOWHERE, Account("-", "unlisted"), 1),)


def test_a_list_posts_nobody_and_keeps_its_anomaly() -> None:
    wrong = declared("2018-11-01", 3, {HERE: 2})
    first, second = changes({}, batch(wrong, withdrawn(wrong)))
    assert first.postings == second.postings == ()
    assert first.appeared == second.gone == (Anomaly("list_does_not_sum", refs(wrong)),)


def test_history_that_has_run_ahead_of_the_batch_is_passed_over() -> None:
    listing, capture = listed("2018-11-01"), captured("2018-11-05")
    expected = changes(before(listing), batch(capture, after=1))
    assert changes(before(listing, capture), batch(capture, after=1)) == expected


def test_each_new_fact_is_read_once_and_each_history_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def counted(live: Live, *, noting: bool) -> Reading:
        sizes.append(len(live.facts))
        return reading_of(live, noting=noting)

    monkeypatch.setattr(postings, "reading_of", counted)
    new = batch(died("2018-11-03"), died("2018-11-04"), after=2)
    new += batch(died("2018-11-03"), after=4, subject=OTHER)
    changes(before(listed("2018-11-01"), captured("2018-11-05")), new)
    assert sizes == [2, 3, 4, 1]


def test_an_empty_batch_changes_nothing() -> None:
    assert changes({}, []) == []


@settings(max_examples=200)
@given(st.data())
def test_in_any_order_of_arrival_the_postings_sum_to_the_same_ledger(data: st.DataObject) -> None:
    facts = data.draw(residents())
    again = data.draw(st.permutations(facts))
    expected = Counter(transfers(read(facts).timeline))
    assert ledger(changes({}, batch(*facts))) == expected
    assert ledger(changes({}, batch(*again))) == expected


@settings(max_examples=100)
@given(st.lists(residents(most=4), min_size=1, max_size=3), st.data())
def test_however_the_log_is_cut_into_batches_the_changes_are_the_same(
    people: list[list[Fact]], data: st.DataObject
) -> None:
    said = [(UUID(int=n), fact) for n, facts in enumerate(people, 1) for fact in facts]
    log = [(at, entry(who), fact) for at, (who, fact) in enumerate(data.draw(st.permutations(said)), 1)]
    cut = data.draw(st.integers(0, len(log)))
    history = defaultdict(list)
    for position, kept, fact in log[:cut]:
        history[kept.subject].append((position, fact))
    assert changes({}, log[:cut]) + changes(history, log[cut:]) == changes({}, log)


@settings(max_examples=200)
@given(residents())
def test_a_transfer_is_taken_back_only_where_it_stood_and_never_made_twice(facts: list[Fact]) -> None:
    held: Counter[Transfer] = Counter()
    for change in changes({}, batch(*facts)):
        for valid_on, from_, to, people in change.postings:
            assert people in (1, -1)
            held[Transfer(valid_on, from_, to)] += people
            assert held[Transfer(valid_on, from_, to)] in (0, 1)


@settings(max_examples=100)
@given(st.lists(residents(most=5), min_size=1, max_size=4))
def test_after_every_position_the_balances_are_people_and_sum_to_zero_with_nowhere(people: list[list[Fact]]) -> None:
    changed: list[Change] = []
    for n, facts in enumerate(people, 1):
        changed += changes({}, batch(*facts, after=100 * n, subject=UUID(int=n)))
        everyone = balances(changed)
        assert sum(everyone.values()) == 0
        assert all(people >= 0 for account, people in everyone.items() if account != NOWHERE)
        assert -everyone[NOWHERE] == sum(1 for facts in people[:n] if read(facts).timeline)


@settings(max_examples=100)
@given(residents())
def test_the_anomalies_that_came_less_those_that_went_are_those_of_the_reading(facts: list[Fact]) -> None:
    open_: set[Anomaly] = set()
    for change in changes({}, batch(*facts)):
        assert open_.isdisjoint(change.appeared)
        assert open_.issuperset(change.gone)
        open_ = open_ - set(change.gone) | set(change.appeared)
    assert open_ == set(read(facts).anomalies)


def balances(changed: Sequence[Change]) -> Counter[Account]:
    total: Counter[Account] = Counter()
    for change in changed:
        for posting in change.postings:
            total[posting.to] += posting.people
            total[posting.from_] -= posting.people
    return total
