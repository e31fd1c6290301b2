from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from events.errors import NoAnswer, WrongUse
from projections.by_name import Cut, Key, Wanted, learn, page, rows, total
from projections.evidence import Particulars
from projections.filters import Filters
from projections.resident import As, find_by_nik, resident_answer
from projections.trails import Figure, explain_answer, explain_page
from projections.walks import Order, Walk, Walks
from tests.projections.residents import HERE, THERE, captured, day, declared, departed, listed, moved, withdrawn

if TYPE_CHECKING:
    from tests.projections.register import Register

LIST = "PUSAT-2018-11"
TODAY = day("2018-11-23")
ANI, BUDI, CITRA = (f"537101010190900{n}" for n in range(1, 4))
MANY = [f"5371010101{n:06}" for n in range(900001, 900061)]


@pytest.fixture(autouse=True)
def declaration(register: Register) -> None:
    """Each of these registers begins with its list, at position 1."""
    register.tell(LIST, declared("2018-11-01", 3, {HERE: 3}))


def wanted(register: Register, standing: str = "outstanding", **more: Any) -> Wanted:
    return Wanted(standing, TODAY, register.position, **more)


def walked(register: Register, walks: Walks | None = None, **more: Any) -> list[str]:
    asked = wanted(register, **more)
    return [row["nik"][-4:] for row in page(register.cursor, register.keys, asked, Cut(1000), walks).rows]


def test_a_page_ends_where_the_next_begins_also_in_another_kelurahan(register: Register) -> None:
    for at, nik in enumerate((ANI, BUDI, CITRA)):
        register.tell(nik, listed("2018-11-01", THERE if nik == CITRA else HERE), rw=f"{at}")
    asked = wanted(register)
    pages: list[Any] = []
    after: Key | None = None
    while not pages or after is not None:
        some, after, _ = page(register.cursor, register.keys, asked, Cut(1, after))
        pages.append(([(row["number"], row["nik"][-4:]) for row in some], after))
    assert pages == [
        ([(1, "9001")], Key(HERE, 1, 1)),
        ([(2, "9002")], Key(THERE, 0, 2)),
        ([(3, "9003")], None),
    ]


def test_a_list_without_anybody_is_one_empty_page(register: Register) -> None:
    assert page(register.cursor, register.keys, wanted(register), Cut(50))[:2] == ([], None)


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_has_a_limit(register: Register, limit: int) -> None:
    with pytest.raises(WrongUse, match=f"limit {limit}: a page has from 1 to 1000 rows"):
        page(register.cursor, register.keys, wanted(register), Cut(limit))


@pytest.mark.parametrize("key", [Key(THERE, 0, 0), Key("53.71", 0, 0), Key(HERE, -1, 0), Key(HERE, 0, -1)])
def test_a_place_in_another_list_is_wrong_use(register: Register, key: Key) -> None:
    with pytest.raises(WrongUse, match="is no place in this list: begin at its first page"):
        page(register.cursor, register.keys, wanted(register, area=HERE), Cut(50, key))


def test_a_place_behind_everybody_has_nobody_after_it(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"))
    asked = wanted(register, area=HERE, filters=Filters(rw="2"))
    assert page(register.cursor, register.keys, asked, Cut(50, Key(HERE, 9, 9)))[:2] == ([], None)


def test_in_full_nothing_is_masked(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"))
    (masked,) = rows(register.cursor, register.keys, wanted(register))
    (shown,) = rows(register.cursor, register.keys, wanted(register), full=True)
    assert (masked["nik"], shown["nik"], shown["family_card"]) == ("537101******9001", ANI, "5371010101180001")
    assert page(register.cursor, register.keys, wanted(register), Cut(1), full=True).rows == [shown]


def test_who_turns_17_before_a_date_leaves_the_underage(register: Register) -> None:
    for nik, seventeen in ((ANI, "2018-12-01"), (BUDI, "2018-12-02")):
        register.tell(nik, listed("2018-11-01", HERE, Particulars("F", day(seventeen), ever_married=False)), name=nik)
    asked = Filters(leaves_before=date(2018, 12, 2))
    assert walked(register, standing="underage", filters=asked) == ["9001"]
    assert walked(register, standing="outstanding", filters=asked) == []
    assert walked(register, standing="underage", filters=Filters(leaves_before=date(2018, 12, 3))) == ["9001", "9002"]


def test_whose_letter_lapses_before_a_date_leaves_the_departed(register: Register) -> None:
    letter = departed("2018-11-10", "2018-12-10")
    register.tell(ANI, listed("2018-11-01"), letter)
    register.tell(BUDI, listed("2018-11-01"), departed("2018-11-10", "2018-12-11"))
    register.tell(CITRA, listed("2018-11-01"), departed("2018-11-10", "2018-12-01"), departed("2018-11-11"))
    assert walked(register, standing="departed", filters=Filters(leaves_before=date(2018, 12, 11))) == ["9001"]
    register.tell(ANI, withdrawn(letter), departed("2018-11-10"))
    assert walked(register, standing="departed", filters=Filters(leaves_before=date(2018, 12, 11))) == []


def test_a_move_to_another_kelurahan_leaves_no_standing(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"), moved("2018-12-01", HERE, THERE))
    asked = Filters(leaves_before=date(2018, 12, 31))
    assert walked(register, filters=asked) == []
    register.tell(ANI, captured("2018-12-05"))
    assert walked(register, filters=asked) == ["9001"]


# ------------------------------------------------------------------ what is remembered


def tell_many(register: Register, niks: list[str]) -> None:
    register.tell_all([(nik, listed("2018-11-01"), {"rw": f"{int(nik) * 7 % 5}", "name": nik[::-1]}) for nik in niks])


def test_more_people_find_their_place_among_those_who_are_remembered(register: Register) -> None:
    walks = Walks()
    tell_many(register, MANY[5:])
    assert walked(register, walks) == walked(register)
    tell_many(register, MANY[:5])
    register.tell(MANY[30], listed("2018-11-02", written="2018-11-03"), rw="0", name="!")
    register.tell(MANY[31], listed("2018-11-02", written="2018-11-03"), rw="9", name="Zzz")
    found = walked(register, walks)
    assert found == walked(register)
    assert (found[0], found[-1]) == (MANY[30][-4:], MANY[31][-4:])


def test_with_a_key_destroyed_nobody_is_put_beside_what_they_said(register: Register) -> None:
    walks = Walks()
    tell_many(register, MANY[5:])
    learn(register.cursor, register.keys, wanted(register), walks)
    gone = [register.person(nik).subject for nik in MANY[5:40:3]]
    register.cursor.execute("DELETE FROM vault.person WHERE subject = ANY(%s)", [gone])
    tell_many(register, MANY[:5])
    asked = wanted(register)
    some = page(register.cursor, register.keys, asked, Cut(1000), walks).rows
    assert some == list(rows(register.cursor, register.keys, asked))
    assert [row["subject"] for row in some[-len(gone) :]] == sorted(one.hex for one in gone)
    asked = replace(asked, filters=Filters(rw="3", age_from=23))
    some = page(register.cursor, register.keys, asked, Cut(1000), walks).rows
    assert some == list(rows(register.cursor, register.keys, asked))
    assert {row["rw"] for row in some} == {"3"}


def test_what_one_may_see_is_not_remembered_for_another(register: Register) -> None:
    walks = Walks()
    register.tell(ANI, listed("2018-11-01"))
    register.cursor.execute("SET LOCAL rekam.accounts = '{1}'")
    walked(register, walks)
    kept = len(walks)
    walked(register, walks)
    assert len(walks) == kept
    register.cursor.execute("SET LOCAL rekam.accounts = '{2}'")
    walked(register, walks)
    assert len(walks) == 2 * kept


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    walks = Walks(most=30)
    for name in "abc":
        walks.keep_order(name, Order([b"1"] * 9, [1] * 9, 9))
    assert walks.order("a") is not None
    walks.keep_order("d", Order([b"1"] * 9, [1] * 9, 9))
    assert [walks.order(name) is not None for name in "abcd"] == [True, False, True, True]
    walks.keep_walk("w", Walk([b"1"] * 9, {}))
    assert (walks.walk("w"), len(walks)) == (None, 0)


# ------------------------------------------------------------------ who is in it


def test_how_many_are_in_a_list_is_told_without_opening_anybody(register: Register) -> None:
    for nik in (ANI, BUDI, CITRA):
        register.tell(nik, listed("2018-11-01", THERE if nik == ANI else HERE))
    assert total(register.cursor, wanted(register)) == 3
    assert total(register.cursor, wanted(register, area=HERE)) == 2
    assert total(register.cursor, wanted(register, standing="nowhere", list=LIST)) == 0


def test_a_list_is_refused_before_anybody_is_counted(register: Register) -> None:
    with pytest.raises(NoAnswer, match="no list 'ANOTHER' is known"):
        total(register.cursor, wanted(register, list="ANOTHER"))
    with pytest.raises(WrongUse, match="no such area"):
        total(register.cursor, wanted(register, area="53.72"))


# ------------------------------------------------------------------ one resident


def test_a_resident_is_shown_as_in_the_list(register: Register) -> None:
    subject = register.tell(ANI, listed("2018-11-01"), captured("2018-11-25"))
    answer = resident_answer(register.cursor, register.keys, subject, As(TODAY, register.position))
    (row,) = rows(register.cursor, register.keys, wanted(register))
    assert answer == {
        "position": register.position,
        "on": "2018-11-23",
        "resident": {name: value for name, value in row.items() if name != "number"},
    }
    full = resident_answer(register.cursor, register.keys, subject, As(TODAY, register.position, full=True))
    assert full["resident"]["nik"] == ANI


def test_a_resident_stands_nowhere_before_the_first_day_and_after_a_withdrawal(register: Register) -> None:
    listing = listed("2018-11-24")
    subject = register.tell(ANI, listing, withdrawn(listing))
    for known, name in ((2, "Contoh Warga"), (3, None)):
        row = resident_answer(register.cursor, register.keys, subject, As(TODAY, known))["resident"]
        assert (row["standing"], row["kelurahan"], row["name"]) == ("nowhere", "-", name)


def test_of_whom_nothing_is_known_there_is_no_answer(register: Register) -> None:
    subject = register.tell(ANI, listed("2018-11-01"))
    the_list = register.person(LIST).subject
    for who, known in ((subject, 1), (the_list, 2)):
        with pytest.raises(NoAnswer, match=f"nothing is known of subject {who.hex} at position {known}"):
            resident_answer(register.cursor, register.keys, who, As(TODAY, known))


def test_a_resident_is_found_by_nik_once_something_is_known(register: Register) -> None:
    subject = register.tell(ANI, listed("2018-11-01"))
    register.person(BUDI)
    found = [find_by_nik(register.cursor, register.keys, nik, known) for nik in (ANI, BUDI, CITRA) for known in (2, 1)]
    assert found == [subject, None, None, None, None, None]


# ------------------------------------------------------------------ explained by pages


def test_trails_laid_end_to_end_explain_the_figure(register: Register) -> None:
    for nik in (ANI, BUDI, CITRA):
        register.tell(nik, listed("2018-11-01"))
    asked = Figure("53.71", "outstanding", TODAY, register.position)
    whole = explain_answer(register.cursor, *asked)
    first = explain_page(register.cursor, asked, None, 2)
    second = explain_page(register.cursor, asked, UUID(hex=first["next"]), 2)
    assert {**first, "residents": first["residents"] + second["residents"]} == {**whole, "next": first["next"]}
    assert (len(first["residents"]), first["next"]) == (2, first["residents"][-1]["subject"])
    assert (second["people"], second["next"]) == (3, None)


def test_a_figure_of_nobody_is_explained_by_nobody(register: Register) -> None:
    nobody = explain_page(register.cursor, Figure(HERE, "deceased", TODAY, 1), None, 9)
    assert (nobody["people"], nobody["residents"], nobody["next"]) == (0, [], None)
    with pytest.raises(WrongUse, match="limit 0"):
        explain_page(register.cursor, Figure(HERE, "deceased", TODAY, 1), None, 0)
