"""Keys of pages: what was written is read, and a key of another list is refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import WrongUse
from services.api.page_keys import PageKey, read_key, write_key

QUESTION = {"standing": "outstanding", "list": "PUSAT-2018-11"}

places = st.lists(st.one_of(st.integers(0, 2**40), st.text(max_size=20)), max_size=3)


@given(known=st.integers(0, 2**61), place=places)
def test_a_key_is_read_as_it_was_written(known: int, place: list[object]) -> None:
    text = write_key(QUESTION, PageKey("2018-11-23", known, place))

    assert read_key(QUESTION, text) == PageKey("2018-11-23", known, place)
    assert text.isascii()
    assert not set(text) & set("+/=&? ")


def test_a_key_of_another_list_is_refused() -> None:
    text = write_key(QUESTION, PageKey("2018-11-23", 7, ["53.71.01.1001", 3]))

    with pytest.raises(WrongUse, match="another list"):
        read_key({**QUESTION, "list": "PUSAT-2019-03"}, text)


@given(st.text(max_size=600))
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="no page key"):
        read_key(QUESTION, text)


@given(place=places, at=st.integers(0, 200), instead=st.characters(codec="ascii"))
def test_a_damaged_key_is_refused_or_read_as_another_place(place: list[object], at: int, instead: str) -> None:
    text = write_key(QUESTION, PageKey("2018-11-23", 7, place))
    damaged = text[:at] + instead + text[at + 1 :]

    try:
        found = read_key(QUESTION, damaged)
    except WrongUse:
        return
    assert 0 <= found.known < 2**62
    assert isinstance(found.place, list)
