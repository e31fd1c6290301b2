from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from events.entry import Calendar
from projections.people import Resident, Stated, age_on, place_of, row_of, signs_on
from projections.transfers import Account
from tests.projections.residents import HERE, captured, day, found, status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from projections.people import Sign

OUTSTANDING = Account(HERE, "outstanding")
TODAY = day("2018-11-23")


def resident(subject: str = "1", **personal: str) -> Resident:
    return Resident(subject, OUTSTANDING, (), (), personal)


def stated(on: str, seventeen_on: str, *, ever_married: bool = False) -> Stated:
    return Stated(f"{on}T02:00:00.000000Z", "s", "1", day(on), "F", Calendar(day(seventeen_on), ever_married))


def row(*signs: Sign, standing: str = "outstanding", known: Sequence[Stated] = ()) -> dict[str, Any]:
    return row_of(Resident("1", Account(HERE, standing), known, signs_on(signs, TODAY), {}), TODAY)


def in_order(residents: Iterable[Resident]) -> list[Resident]:
    return sorted(residents, key=lambda one: place_of(one.subject, one.personal))


def test_rt_and_rw_are_walked_by_number_then_family_card_then_name() -> None:
    walked = [
        {"rw": "1", "rt": "2", "family_card": "9", "name": "Z"},
        {"rw": "001", "rt": "10", "family_card": "1", "name": "A"},
        {"rw": "002", "rt": "1", "family_card": "1", "name": "ani"},
        {"rw": "002", "rt": "1", "family_card": "1", "name": "Budi"},
        {"rw": "002", "rt": "1", "family_card": "2", "name": "A"},
        {"rw": "002", "rt": "1", "name": "A"},
        {"rw": "010", "rt": "1", "name": "A"},
        {"rw": "Lama 3", "rt": "1", "name": "A"},
    ]
    ordered = in_order(resident(str(at), **one) for at, one in reversed(list(enumerate(walked))))
    assert [dict(one.personal) for one in ordered] == walked


def test_who_cannot_be_named_comes_last() -> None:
    ordered = in_order([resident("a"), resident("b", nik="5371010101909001"), resident("c", name="A", rt="1", rw="1")])
    assert [one.subject for one in ordered] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("on", "age"),
    [("2018-02-28", 17), ("2018-03-01", 18), ("2020-02-28", 19), ("2020-02-29", 20), ("1999-12-31", None)],
)
def test_a_year_is_full_on_the_birthday_and_on_1_march_for_a_leap_day(on: str, age: int | None) -> None:
    assert age_on(day(on), date(2000, 2, 29)) == age


def test_numbers_are_masked() -> None:
    masked = row_of(resident(nik="5371010101909001", family_card="5371010101180002"), TODAY)
    assert masked["nik"] == "537101******9001"
    assert masked["family_card"] == "537101******0002"


def test_a_family_card_that_is_no_number_of_16_digits_is_covered_whole() -> None:
    assert row_of(resident(family_card="KK 12"), TODAY)["family_card"] == "****************"


@pytest.mark.parametrize(
    ("signs", "reason"),
    [
        ((), "never"),
        ((status("2018-11-02", "UNREGISTERED"),), "never"),
        ((captured("2018-11-02"), status("2018-11-03", "ENROLL_FAILURE_AT_CENTRAL")), "again"),
        ((status("2018-11-03", "DUPLICATE_RECORD"), status("2018-11-04", "SOMETHING_NEW")), "duplicate"),
    ],
)
def test_the_reason_is_the_last_status_with_an_effect(signs: tuple[Sign, ...], reason: str) -> None:
    assert row(*signs)["reason"] == reason
    assert row(*signs, standing="explained_moved")["reason"] == reason
    assert row(*signs, standing="departed")["reason"] is None


def test_a_status_holds_since_the_first_of_its_unbroken_run() -> None:
    signs = [status(f"2018-11-{at:02}", "CARD_PRINTED") for at in (2, 8, 9)] + [status("2018-11-05", "PROCESSING")]
    assert (row(*signs)["status"], row(*signs)["status_since"]) == ("CARD_PRINTED", "2018-11-08")


def test_a_capture_counts_as_the_status_bio_captured() -> None:
    signs = captured("2018-11-02"), status("2018-11-04", "BIO_CAPTURED")
    assert (row(*signs)["status"], row(*signs)["status_since"]) == ("BIO_CAPTURED", "2018-11-02")


def test_a_status_nobody_knows_is_shown_as_it_was_reported() -> None:
    assert row(captured("2018-11-02"), status("2018-11-04", "SOMETHING_NEW"))["status"] == "SOMETHING_NEW"


def test_without_signs_there_is_no_status_and_no_visit() -> None:
    shown = row()
    assert (shown["status"], shown["status_since"], shown["last_visit"], shown["visits"]) == (None, None, None, 0)
    assert shown["home_visit_needed"] is False


def test_findings_are_visits_and_those_of_later_days_are_none_yet() -> None:
    shown = row(
        found("2018-11-10", "not_found"), found("2018-11-12", "needs_home_visit"), found("2018-11-24", "refused")
    )
    assert (shown["visits"], shown["last_visit"], shown["last_outcome"]) == (2, "2018-11-12", "needs_home_visit")


@pytest.mark.parametrize(
    ("later", "needed"),
    [
        (found("2018-11-12", "not_found"), True),
        (found("2018-11-12", "refused"), True),
        (found("2018-11-12", "still_here"), False),
        (found("2018-11-12", "moved_away"), False),
        (captured("2018-11-12"), False),
        (status("2018-11-12", "ENROLL_FAILURE_AT_CENTRAL"), True),
    ],
)
def test_a_home_visit_is_needed_until_somebody_is_seen(later: Sign, needed: bool) -> None:
    assert row(found("2018-11-10", "needs_home_visit"), later)["home_visit_needed"] is needed


def test_obliged_since_17_by_the_birth_date_written_last() -> None:
    known = stated("2018-11-01", "2010-01-01"), stated("2018-11-02", "2019-05-01")
    assert row(known=known)["obliged_since"] == "2019-05-01"


def test_obliged_since_a_marriage_once_stated() -> None:
    known = stated("2018-11-01", "2019-05-01", ever_married=True), stated("2018-11-02", "2019-05-01")
    assert row(known=known)["obliged_since"] == "2018-11-01"


def test_of_an_erased_person_the_day_of_becoming_obliged_is_not_known() -> None:
    assert row(known=[stated("2018-11-01", "2010-01-01")._replace(calendar=None)])["obliged_since"] is None
