"""People over HTTP: pages that are the list, numbers that stay masked, and no way to tell who is known."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest

from tests.services.api.office import ALAK, DAY, LIST, Office

QUESTION = f"/v1/outstanding?on={DAY}&list={LIST}"
UNKNOWN = "5371010101909999"


def pages(office: Office, who: str, question: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = office.json(who, question)
    rows += page["rows"]
    while page["next"] is not None:
        page = office.json(who, f"{question}&after={page['next']}")
        rows += page["rows"]
    return rows


def nik_of(office: Office, area: str) -> str:
    """Somebody's, who stands there."""
    rows = office.json("supervisor", f"{QUESTION}&kelurahan={area}&limit=1&purpose=supervision")["rows"]
    return str(rows[0]["nik"])


# ------------------------------------------------------------------ pages


def test_pages_laid_end_to_end_are_the_list_and_a_count_is_its_length(office: Office) -> None:
    rows = pages(office, "supervisor", f"{QUESTION}&limit=37")
    counted = office.json("supervisor", f"/v1/counts?on={DAY}&list={LIST}")

    assert len(rows) == len({row["subject"] for row in rows}) == counted["truly"] == 300
    assert [row["number"] for row in rows] == list(range(1, 301))


def test_a_page_goes_on_where_it_was_begun_whatever_is_asked_for_now(office: Office) -> None:
    first = office.json("supervisor", f"{QUESTION}&known=1700&limit=20")
    second = office.json("supervisor", f"{QUESTION}&limit=20&after={first['next']}")

    assert second["position"] == first["position"] == 1700
    assert second["rows"][0]["number"] == 21


@pytest.mark.parametrize("other", ["&standing=explained", "&kelurahan=53.71.01", "&age_from=23"])
def test_a_page_key_of_another_list_is_refused(office: Office, other: str) -> None:
    key = office.json("supervisor", f"{QUESTION}&limit=5")["next"]
    answer = office.ask("supervisor", f"{QUESTION}&limit=5&after={key}{other}")

    assert answer.status_code == 400
    assert "another list" in answer.json()["detail"]


def test_a_page_key_on_another_day_is_refused(office: Office) -> None:
    key = office.json("supervisor", f"{QUESTION}&limit=5")["next"]

    assert office.ask("supervisor", f"/v1/outstanding?on=2018-12-01&list={LIST}&after={key}").status_code == 400


@pytest.mark.parametrize("key", ["x", "bm90IGpzb24", "W10", "WzEsMl0", "%00", "A" * 499])
def test_what_is_no_page_key_is_refused(office: Office, key: str) -> None:
    assert office.ask("supervisor", f"{QUESTION}&after={key}").status_code == 400


def test_a_repeat_with_its_tag_is_not_sent_again(office: Office) -> None:
    answer = office.ask("supervisor", f"{QUESTION}&known=1700")
    again = office.ask("supervisor", f"{QUESTION}&known=1700", headers={"If-None-Match": answer.headers["etag"]})
    others = office.ask("officer", f"{QUESTION}&known=1700", headers={"If-None-Match": answer.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert others.status_code == 200  # what somebody else may see is another answer
    assert answer.headers["cache-control"] == "private, no-store"


# ------------------------------------------------------------------ who may see what


def test_without_a_purpose_numbers_are_masked(office: Office) -> None:
    page = office.json("supervisor", f"{QUESTION}&limit=50")

    assert page["masked"] is True
    assert all(row["nik"][6:12] == "******" for row in page["rows"])


def test_with_a_purpose_they_are_whole_but_never_for_an_auditor(office: Office) -> None:
    whole = office.json("officer", f"{QUESTION}&limit=5&purpose=home_visit")
    audited = office.json("auditor", f"{QUESTION}&limit=5&purpose=supervision")

    assert all(row["nik"].isdigit() for row in whole["rows"])
    assert audited["masked"] is True
    assert all("*" in row["nik"] for row in audited["rows"])


def test_a_purpose_of_ones_own_is_refused(office: Office) -> None:
    assert office.ask("officer", f"{QUESTION}&purpose=curiosity").status_code == 400


def test_an_officer_who_names_no_area_is_shown_their_own(office: Office) -> None:
    rows = pages(office, "officer", QUESTION)
    counted = office.json("officer", f"/v1/counts?on={DAY}&list={LIST}&kelurahan={ALAK}")

    assert {row["kelurahan"][:8] for row in rows} == {ALAK}
    assert len(rows) == counted["truly"]


def test_an_officer_is_told_that_another_area_is_not_theirs(office: Office) -> None:
    answer = office.ask("officer", f"{QUESTION}&kelurahan=53.71.02")

    assert answer.status_code == 403
    assert ALAK in answer.json()["detail"]


def test_a_resident_elsewhere_and_one_that_nobody_knows_have_the_same_answer(office: Office) -> None:
    elsewhere = office.json("supervisor", f"{QUESTION}&kelurahan=53.71.02&limit=1")["rows"][0]["subject"]
    nobody = "0" * 31 + "1"
    answers = [office.ask("officer", f"/v1/residents/{one}?on={DAY}") for one in (elsewhere, nobody)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace(elsewhere, "…") == answers[1].text.replace(nobody, "…")


def test_a_resident_is_shown_with_every_fact_and_the_row_of_the_list(office: Office) -> None:
    row = office.json("officer", f"{QUESTION}&limit=1")["rows"][0]
    shown = office.json("officer", f"/v1/residents/{row['subject']}?on={DAY}")

    assert {name: said for name, said in row.items() if name != "number"} == shown["resident"]
    assert shown["timeline"][0]["standing"] == "outstanding"
    assert len(shown["facts"]) >= 1


def test_of_somebody_who_has_moved_on_an_officer_sees_the_whole_way(office: Office) -> None:
    """Also where it leaves their area: half a chain would end in a place they left long ago."""
    for case in office.json("supervisor", f"/v1/outstanding?on={DAY}&standing=departed&kelurahan={ALAK}")["rows"]:
        theirs, whole = (office.json(who, f"/v1/residents/{case['subject']}") for who in ("officer", "supervisor"))
        assert theirs["timeline"] == whole["timeline"]
        assert theirs["resident"]["standing"] == whole["resident"]["standing"]


# ------------------------------------------------------------------ by NIK


def find(office: Office, who: str, nik: str) -> tuple[int, str]:
    answer = office.ask(who, "/v1/residents/find", "POST", json={"nik": nik})
    return answer.status_code, answer.text


def test_a_resident_is_found_by_nik_in_a_body(office: Office) -> None:
    nik = nik_of(office, ALAK)
    status, said = find(office, "officer", nik)

    assert status == 200
    assert nik not in said


def test_an_unknown_nik_and_one_outside_have_the_same_words(office: Office) -> None:
    assert find(office, "officer", nik_of(office, "53.71.02")) == find(office, "officer", UNKNOWN)


def test_an_unknown_nik_and_one_outside_take_the_same_time(office: Office) -> None:
    """Answers leave at even moments, so their medians lie within one of them."""
    outside = nik_of(office, "53.71.02")
    took: dict[str, list[float]] = {outside: [], UNKNOWN: []}
    for _ in range(9):
        for nik, times in took.items():
            began = time.perf_counter()
            find(office, "officer", nik)
            times.append(time.perf_counter() - began)

    assert abs(statistics.median(took[outside]) - statistics.median(took[UNKNOWN])) < 0.05


def test_who_has_looked_for_a_nik_is_written_down_without_it(office: Office) -> None:
    find(office, "officer", UNKNOWN)
    newest = office.json("auditor", "/v1/readings?limit=1&who=officer")["rows"][0]

    assert (newest["action"], newest["people"]) == ("find", 0)
    assert UNKNOWN not in str(newest)


@pytest.mark.parametrize("nik", ["537101010190900", "53710101019090011", "5371990101909001", "٥٣٧١٠١٠١٠١٩٠٩٠٠١"])
def test_what_is_no_nik_is_refused_and_not_said_again(office: Office, nik: str) -> None:
    status, said = find(office, "supervisor", nik)

    assert status in {400, 404}  # a district that nobody knows may still be somebody's
    assert nik not in said


# ------------------------------------------------------------------ behind a figure


def test_every_figure_opens_its_facts(office: Office) -> None:
    question = f"/v1/explain?on={DAY}&kelurahan={ALAK}&standing=explained"
    figure = office.json("auditor", f"/v1/counts?on={DAY}&kelurahan={ALAK}")["explained"]
    page = office.json("auditor", f"{question}&limit=4")
    seen = list(page["residents"])
    while page["next"] is not None:
        page = office.json("auditor", f"{question}&limit=4&after={page['next']}")
        seen += page["residents"]

    assert len({one["subject"] for one in seen}) == page["people"] == figure
    assert all(any(fact["effect"] for fact in one["facts"]) for one in seen)
