"""The ledger of offsets: each has one outcome, ranges join without a gap, and who comes second finds out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import offsets
from events.database import connect
from events.errors import Clash
from events.offsets import OUTCOMES, Last, Mark, Range, missing, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

TOPIC = "rekam.death"
NEW = Mark(TOPIC, 1, 0, 0, None)
READ = Last(9, 1_542_000_000_000, b"digest")


@pytest.fixture
def cursor(database: str) -> Iterator[psycopg.Cursor[Any]]:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        yield cursor


delivered = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(("appended", "duplicate", "quarantined"))),
    unique_by=lambda one: one[0],
    min_size=1,
).map(sorted)


@given(told=delivered, begin=st.integers(0, 80), below=st.integers(0, 60))
def test_ranges_cover_every_offset_once_and_say_of_each_what_was_told(
    told: list[tuple[int, str]], begin: int, below: int
) -> None:
    next_ = min(below, told[0][0])

    made = ranges(next_, begin, told)

    each = {offset: one.outcome for one in made for offset in range(one.first, one.last + 1)}
    assert list(each) == list(range(next_, told[-1][0] + 1))
    silent = {offset: "expired" if offset < begin else "absent" for offset in each}
    assert each == silent | dict(told)
    assert {one.outcome for one in made} <= set(OUTCOMES)
    assert all(a.outcome != b.outcome for a, b in pairwise(made))


@given(first=st.integers(0, 50), length=st.integers(0, 50), begin=st.integers(0, 120))
def test_what_is_missing_is_expired_below_the_beginning_and_absent_from_there_on(
    first: int, length: int, begin: int
) -> None:
    made = missing(first, first + length, begin)

    each = {offset: one.outcome for one in made for offset in range(one.first, one.last + 1)}
    assert each == {o: "expired" if o < begin else "absent" for o in range(first, first + length)}


def test_an_offset_below_the_mark_is_a_clash() -> None:
    with pytest.raises(Clash, match="offset 4 was delivered"):
        ranges(5, 0, [(4, "appended")])


def test_where_intake_never_was_it_stands_at_the_beginning_of_the_first_incarnation(
    cursor: psycopg.Cursor[Any],
) -> None:
    assert offsets.mark(cursor, TOPIC, 0) == NEW


def test_it_stands_where_it_was_moved_to_with_the_message_it_read_last(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ)})

    assert offsets.mark(cursor, TOPIC, 0) == Mark(TOPIC, 1, 0, 10, READ)
    assert offsets.mark(cursor, TOPIC, 1) == Mark(TOPIC, 1, 1, 0, None)


def test_moving_over_what_brought_no_message_keeps_the_message_read_last(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ)})
    offsets.advance(cursor, {offsets.mark(cursor, TOPIC, 0): (12, None)})

    assert offsets.mark(cursor, TOPIC, 0) == Mark(TOPIC, 1, 0, 12, READ)


def test_whoever_moves_a_mark_that_was_moved_meanwhile_clashes(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ)})

    with pytest.raises(Clash, match=r"rekam\.death\[0\] from offset 0"):
        offsets.advance(cursor, {NEW: (10, READ)})


def test_a_new_incarnation_begins_at_0_in_every_partition(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ), Mark(TOPIC, 1, 1, 0, None): (4, READ)})

    renewed = offsets.renew(cursor, offsets.mark(cursor, TOPIC, 0))

    assert renewed == Mark(TOPIC, 2, 0, 0, None)
    assert [offsets.mark(cursor, TOPIC, number) for number in (0, 1)] == [renewed, Mark(TOPIC, 2, 1, 0, None)]


def test_whoever_finds_a_topic_made_again_second_follows_and_begins_no_third(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ)})
    old = offsets.mark(cursor, TOPIC, 0)

    first = offsets.renew(cursor, old)
    offsets.advance(cursor, {first: (3, READ)})

    assert offsets.renew(cursor, old) == Mark(TOPIC, 2, 0, 3, READ)
    assert offsets.renew(cursor, Mark(TOPIC, 1, 1, 0, None)) == Mark(TOPIC, 2, 1, 0, None)


def test_a_mark_of_the_old_incarnation_clashes(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ)})
    old = offsets.mark(cursor, TOPIC, 0)
    offsets.renew(cursor, old)

    with pytest.raises(Clash):
        offsets.advance(cursor, {old: (12, READ)})


def test_outcomes_are_counted_over_all_topics_and_incarnations(cursor: psycopg.Cursor[Any]) -> None:
    offsets.advance(cursor, {NEW: (10, READ)})
    offsets.account(cursor, [(NEW, [Range(0, 6, "appended"), Range(7, 9, "absent")])])
    second = offsets.renew(cursor, offsets.mark(cursor, TOPIC, 0))
    offsets.advance(cursor, {second: (1, READ)})
    offsets.account(cursor, [(second, [Range(0, 0, "appended")])])

    assert offsets.tally(cursor) == dict.fromkeys(OUTCOMES, 0) | {"appended": 8, "absent": 3}
    assert offsets.told(cursor, TOPIC, 1, 0, 7) == [Range(7, 9, "absent")]
