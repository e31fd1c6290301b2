"""A list as a file over HTTP: whole, harmless, and written down before it leaves."""

from __future__ import annotations

import csv
import io

import httpx
import openpyxl

from tests.services.api.office import ALAK, DAY, LIST, Office
from tests.services.command_line import eventually

QUESTION = f"/v1/outstanding/export?on={DAY}&list={LIST}"


def rows_of(answer: httpx.Response, separator: str = ",") -> list[dict[str, str]]:
    assert answer.content.startswith("\ufeff".encode())
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=separator))


def test_a_csv_has_everybody_on_the_list_once(office: Office) -> None:
    answer = office.ask("supervisor", f"{QUESTION}&language=en")

    rows = rows_of(answer)
    assert len(rows) == office.json("supervisor", f"/v1/outstanding?on={DAY}&list={LIST}")["people"] == 300
    assert [int(row["No"]) for row in rows] == list(range(1, 301))
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "private, no-store"


def test_without_a_list_it_is_everybody_of_the_standing_as_the_counts_have_it(office: Office) -> None:
    counts = office.json("supervisor", f"/v1/counts?on={DAY}")["total"]["standings"]
    for standing in ("outstanding", "recorded"):
        rows = rows_of(office.ask("supervisor", f"/v1/outstanding/export?on={DAY}&standing={standing}"))
        assert len(rows) == counts[standing] > 0
        entry = office.json("auditor", "/v1/readings?limit=1")["rows"][0]
        assert (entry["action"], entry["people"]) == ("export", len(rows))


def test_a_purpose_shows_niks_whole_and_stands_in_the_log_of_readings(office: Office) -> None:
    before = office.json("auditor", "/v1/readings?limit=1")["rows"][0]["number"]
    rows = rows_of(office.ask("officer", f"{QUESTION}&separator=semicolon&purpose=home_visit"), ";")
    read = office.json("auditor", "/v1/readings?limit=5")["rows"]

    assert all(row["NIK"].removeprefix("'").isdigit() for row in rows)
    (entry,) = [one for one in read if one["number"] > before and one["action"] == "export"]
    assert (entry["who"], entry["purpose"], entry["people"]) == ("officer", "home_visit", len(rows))


def test_an_officer_exports_their_own_area_alone(office: Office) -> None:
    rows = rows_of(office.ask("officer", QUESTION))
    whole = office.json("supervisor", f"/v1/outstanding?on={DAY}&list={LIST}&kelurahan={ALAK}")

    assert len(rows) == whole["people"] > 0
    assert office.ask("officer", f"{QUESTION}&kelurahan=53.71.02").status_code == 403


def test_a_workbook_opens_and_keeps_every_digit(office: Office) -> None:
    answer = office.ask("supervisor", f"{QUESTION}&format=xlsx&purpose=data_request&language=en")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["List"]
    head, *rows = sheet.iter_rows(values_only=True)

    niks = [row[list(head).index("NIK")] for row in rows]
    assert len(niks) == 300
    assert all(isinstance(nik, str) and len(nik) == 16 for nik in niks)


def test_filters_leave_out_and_nobody_else_is_written_down(office: Office) -> None:
    rows = rows_of(office.ask("supervisor", f"{QUESTION}&reason=again"))
    entry = next(
        one
        for one in office.json("auditor", "/v1/readings?limit=3")["rows"]
        if one["question"].get("reason") == "again"
    )

    assert entry["people"] == len(rows)


def test_what_is_refused_is_refused_before_the_file_begins(office: Office) -> None:
    assert office.ask("supervisor", "/v1/outstanding/export?list=NIX").status_code == 404
    assert office.ask("supervisor", f"{QUESTION}&columns=nik,shoe_size").status_code == 400
    assert office.ask("auditor", QUESTION).status_code == 403
    assert office.ask("reporting", QUESTION).status_code == 403


def test_whoever_is_in_it_is_in_the_log_of_readings_by_name(office: Office) -> None:
    page = office.json("supervisor", f"/v1/outstanding?on={DAY}&list={LIST}&limit=300")
    subjects = [row["subject"] for row in page["rows"]]
    office.ask("supervisor", QUESTION)
    number = office.json("auditor", "/v1/readings?limit=1")["rows"][0]["number"]

    histories = [office.json("auditor", f"/v1/residents/{one}/readings?limit=1")["rows"] for one in subjects]
    assert len(subjects) == 300
    assert {history[0]["number"] for history in histories} == {number}


def test_files_that_nobody_finishes_reading_leave_nothing_open(office: Office) -> None:
    headers = {"Authorization": f"Bearer {office.tokens['supervisor']}"}
    for _ in range(8):
        with httpx.stream("GET", office.url + QUESTION, headers=headers, timeout=60) as answer:
            assert answer.status_code in {200, 503}

    eventually(lambda: office.ask("supervisor", QUESTION).status_code == 200, within_s=10)
