from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import NoAnswer, WrongUse
from projections.by_name import Wanted, list_answer
from projections.evidence import Particulars
from tests.projections.register import PERSONAL
from tests.projections.residents import (
    HERE,
    THERE,
    arrived,
    captured,
    day,
    declared,
    died,
    found,
    listed,
    moved,
    status,
    withdrawn,
)

if TYPE_CHECKING:
    from tests.projections.register import Register

ANI, BUDI, CITRA, DEWI = (f"537101010190900{n}" for n in range(1, 5))
LIST = "PUSAT-2018-11"
OTHER = "PUSAT-2019-03"
TODAY = day("2018-11-23")
MARRIED = Particulars("F", date(2030, 1, 1), ever_married=True)


@pytest.fixture(autouse=True)
def declaration(register: Register) -> None:
    """Each of these registers begins with its list, at position 1."""
    register.tell(LIST, declared("2018-11-01", 3, {HERE: 3}))


def rows(register: Register, standing: str = "outstanding", *, known: int = -1, **more: Any) -> list[dict[str, Any]]:
    known = register.position if known < 0 else known
    wanted = Wanted(standing, TODAY, known, **more)
    answer = list_answer(register.cursor, register.keys, wanted)
    assert (answer["position"], answer["on"]) == (known, "2018-11-23")
    assert [row["number"] for row in answer["rows"]] == list(range(1, len(answer["rows"]) + 1))
    found: list[dict[str, Any]] = answer["rows"]
    return found


def niks(rows: list[dict[str, Any]]) -> list[str | None]:
    return [row["nik"] and "537101010190" + row["nik"][-4:] for row in rows]


def test_a_row_shows_all_that_a_visit_needs(register: Register) -> None:
    subject = register.tell(
        ANI,
        listed("2018-11-01"),
        status("2018-11-02", "ENROLL_FAILURE_AT_CENTRAL"),
        found("2018-11-10", "needs_home_visit"),
        found("2018-11-12", "not_found"),
    )
    assert rows(register) == [
        {
            "number": 1,
            "subject": subject.hex,
            "name": "Contoh Warga",
            "nik": "537101******9001",
            "family_card": "537101******0001",
            "sex": "F",
            "birth_date": "1973-05-01",
            "age": 45,
            "address": "Jalan Contoh 1",
            "rt": "001",
            "rw": "002",
            "kelurahan": HERE,
            "kelurahan_name": "Namosain",
            "standing": "outstanding",
            "reason": "again",
            "obliged_since": "1990-05-01",
            "status": "ENROLL_FAILURE_AT_CENTRAL",
            "status_since": "2018-11-02",
            "home_visit_needed": True,
            "last_visit": "2018-11-12",
            "last_outcome": "not_found",
            "visits": 2,
        }
    ]


def test_as_known_before_a_fact_the_list_is_as_it_was(register: Register) -> None:
    visit = found("2018-11-10", "not_found")
    register.tell(ANI, listed("2018-11-01"), visit, withdrawn(visit), captured("2018-11-20"))
    visits = {known: [row["visits"] for row in rows(register, known=known)] for known in range(1, 6)}
    assert visits == {1: [], 2: [0], 3: [1], 4: [0], 5: []}
    assert [row["status"] for row in rows(register, "recorded")] == ["BIO_CAPTURED"]


def test_kelurahan_by_kelurahan_and_within_one_as_somebody_walks(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01", THERE), rw="001")
    register.tell(BUDI, listed("2018-11-01", HERE), rw="010")
    register.tell(CITRA, listed("2018-11-01", HERE), rw="002", rt="10")
    register.tell(DEWI, listed("2018-11-01", HERE), rw="002", rt="009")
    assert niks(rows(register)) == [DEWI, CITRA, BUDI, ANI]


def test_people_are_listed_where_they_stand(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01", HERE), moved("2018-11-05", HERE, THERE))
    assert niks(rows(register, area=HERE)) == []
    assert niks(rows(register, area=THERE)) == niks(rows(register, area="53.71.02")) == [ANI]
    assert niks(rows(register, area="53.71")) == [ANI]


def test_the_words_for_several_standings(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"), name="Ani")
    register.tell(BUDI, listed("2018-11-01"), found("2018-11-10", "moved_away"), name="Budi")
    register.tell(CITRA, listed("2018-11-01"), captured("2018-11-10"), name="Citra")
    register.tell(DEWI, captured("2018-11-10"))
    assert niks(rows(register, "official")) == [ANI, BUDI]
    assert niks(rows(register, "explained")) == niks(rows(register, "explained_moved")) == [BUDI]
    assert niks(rows(register, "cleared")) == [BUDI, CITRA, DEWI]
    assert niks(rows(register, "settled")) == [CITRA, DEWI]
    assert niks(rows(register, "cleared", list=LIST)) == [BUDI, CITRA]
    assert niks(rows(register, "settled", list=LIST)) == [CITRA]


def test_a_member_who_stands_nowhere_yet_is_cleared_of_that_list(register: Register) -> None:
    register.tell(ANI, replace(listed("2018-11-24", written="2018-11-23"), list=OTHER))
    assert niks(rows(register, "cleared")) == []
    assert niks(rows(register, "cleared", list=OTHER)) == niks(rows(register, "nowhere", list=OTHER)) == [ANI]
    assert niks(rows(register, "cleared", list=OTHER, area=HERE)) == []
    assert niks(rows(register, "settled", list=OTHER, area="-")) == [ANI]
    with pytest.raises(WrongUse, match="nowhere is in no count"):
        rows(register, "nowhere")


def test_members_are_those_with_a_live_listing_in_the_list(register: Register) -> None:
    first = listed("2018-11-01")
    register.tell(ANI, first, replace(listed("2018-11-02"), list=OTHER), withdrawn(first))
    register.tell(BUDI, listed("2018-11-01"), listed("2018-11-02"))
    assert niks(rows(register, list=LIST, known=3)) == [ANI]
    assert niks(rows(register, list=LIST)) == [BUDI]
    assert niks(rows(register, list=OTHER)) == [ANI]


def test_a_list_may_have_a_long_name(register: Register) -> None:
    long = "L" * 1999
    register.tell(ANI, replace(listed("2018-11-01"), list=long + "1"))
    register.tell(BUDI, replace(listed("2018-11-01"), list=long + "2"))
    assert niks(rows(register, list=long + "2")) == [BUDI]


def test_the_particulars_written_last_are_shown(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01", written="2018-11-20"), address="the newer")
    register.tell(ANI, listed("2018-11-05", written="2018-11-10"), address="the older")
    assert [row["address"] for row in rows(register)] == ["the newer"]
    assert [row["address"] for row in rows(register, known=2)] == ["the newer"]


def test_a_newcomer_is_listed_by_what_the_arrival_says(register: Register) -> None:
    register.tell(ANI, arrived("2018-11-05", THERE, MARRIED), name="Warga Baru")
    (row,) = rows(register)
    assert (row["name"], row["kelurahan"], row["obliged_since"]) == ("Warga Baru", THERE, "2018-11-05")


@pytest.mark.parametrize(("seventeen_on", "since"), [("2030-01-01", "2018-11-05"), ("2018-11-04", "2018-11-04")])
def test_obliged_by_the_17th_birthday_that_was_stated_last_or_an_earlier_marriage(
    register: Register, seventeen_on: str, since: str
) -> None:
    register.tell(ANI, arrived("2018-11-05", HERE, MARRIED))
    register.tell(ANI, arrived("2018-11-10", HERE, Particulars("F", day(seventeen_on), ever_married=False)))
    (row,) = rows(register)
    assert row["obliged_since"] == since


def test_of_the_unlisted_only_the_nik_is_known(register: Register) -> None:
    listing = listed("2018-11-01")
    register.tell(ANI, captured("2018-11-10"), status("2018-11-12", "CARD_PRINTED"))
    register.tell(BUDI, listing, withdrawn(listing), captured("2018-11-10"))
    found = rows(register, "unlisted")
    assert sorted(niks(found), key=str) == [ANI, BUDI]
    assert {(row["name"], row["address"], row["kelurahan"], row["age"]) for row in found} == {(None, None, "-", None)}


def test_an_erased_person_stays_a_row_without_what_was_sealed(register: Register) -> None:
    ani = register.tell(ANI, listed("2018-11-01"), found("2018-11-10", "not_found"))
    register.tell(BUDI, listed("2018-11-01"))
    register.cursor.execute("DELETE FROM vault.person WHERE subject = %s", [ani])
    _, row = rows(register)
    assert row["subject"] == ani.hex
    sealed = {*PERSONAL, "nik", "age", "obliged_since"}
    assert {name for name, value in row.items() if value is None} == sealed | {"status", "status_since"}
    assert (row["sex"], row["visits"], row["reason"]) == ("F", 1, "never")


def test_the_dead_and_what_is_written_of_them(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"), died("2018-11-10"))
    (row,) = rows(register, "deceased")
    assert (row["standing"], row["reason"]) == ("deceased", None)


def test_a_day_before_the_first_has_no_list(register: Register) -> None:
    with pytest.raises(NoAnswer, match="2018-10-31 is before the register's first day, 2018-11-01 at position 1"):
        list_answer(register.cursor, register.keys, Wanted("outstanding", day("2018-10-31"), 1))
    with pytest.raises(NoAnswer, match="no list is declared at position 0"):
        list_answer(register.cursor, register.keys, Wanted("outstanding", TODAY, 0))


def test_a_position_ahead_of_the_view_is_refused(register: Register) -> None:
    with pytest.raises(NoAnswer, match="position 2 is ahead of the view outstanding, which is at 1"):
        rows(register, known=2)


def test_a_list_never_heard_of_is_refused_and_one_that_was_withdrawn_is_not(register: Register) -> None:
    listing = replace(listed("2018-11-01"), list=OTHER)
    with pytest.raises(NoAnswer, match="no list 'PUSAT-2019-03' is known at position 1"):
        rows(register, list=OTHER)
    register.tell(ANI, listing, withdrawn(listing))
    assert rows(register, list=OTHER) == []


@pytest.mark.parametrize(("standing", "area"), [("lost", HERE), ("outstanding", "53.72")])
def test_a_word_that_is_none_is_wrong_use(register: Register, standing: str, area: str) -> None:
    with pytest.raises(WrongUse, match="no such"):
        rows(register, standing, area=area)


def test_a_reader_may_read_and_not_write(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"))
    register.cursor.execute("SET LOCAL ROLE rekam_reader")
    assert niks(rows(register)) == [ANI]


def test_texts_with_tabs_newlines_and_backslashes_are_kept_as_they_are(register: Register) -> None:
    odd = "A\tB\\N\nC\r\\."
    register.tell(ANI, replace(listed("2018-11-01"), list=odd), replace(status("2018-11-02", odd), id="\\N"))
    (row,) = rows(register, list=odd)
    assert row["status"] == odd
