"""The screens of people, audit and operations over HTTP: they say what the API says, and note who has looked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from projections.accounts import ACCOUNTS
from services.pages import outstanding
from services.pages.rendering import render
from services.pages.words import Words
from tests.services.api.office import ALAK, DAY, LIST, PASSWORD, Office
from tests.services.pages.test_shown import frame

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = f"/list?on={DAY}&list={LIST}"
MASKED = re.compile(r"\b\d{6}\*{6}\d{4}\b")
WHOLE = re.compile(r"\b\d{16}\b")
NOBODY = "5371010101909999"


@pytest.fixture
def browser(office: Office) -> Iterator[httpx.Client]:
    """Somebody who has signed in as the supervisor."""
    with httpx.Client(base_url=office.url, timeout=60, cookies={"rekam-language": "en"}) as client:
        client.post("/sign-in", data={"name": "supervisor", "password": PASSWORD})
        yield client


def page(office: Office, who: str, path: str, status: int = 200, **more: Any) -> str:
    answer = office.ask(who, path, headers={"Cookie": "rekam-language=en"}, **more)
    assert answer.status_code == status, f"{path} as {who}: {answer.status_code} {said(answer.text)[:500]}"
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.text


def said(html: str) -> str:
    """Its text, of the main part alone."""
    main = re.findall(r"<main.*?</main>", html, re.DOTALL)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def last_reading(office: Office, who: str) -> dict[str, Any]:
    found: dict[str, Any] = office.json("auditor", f"/v1/readings?who={who}&limit=1")["rows"][0]
    return found


def somebody(office: Office, standing: str = "outstanding") -> dict[str, Any]:
    row: dict[str, Any] = office.json("supervisor", f"/v1/outstanding?on={DAY}&standing={standing}&limit=1")["rows"][0]
    return row


# ------------------------------------------------------------------ the list


def test_a_list_has_the_rows_of_the_api_and_its_figure(office: Office) -> None:
    api = office.json("supervisor", f"/v1/outstanding?on={DAY}&list={LIST}")
    html = page(office, "supervisor", PEOPLE)

    assert re.findall(r'href="/residents/([0-9a-f]{32})', html) == [row["subject"] for row in api["rows"]]
    assert f'<span class="count key truly">{api["people"]}</span>' in html
    assert f"Rows 1–50 of {api['people']}" in said(html)


def test_the_next_page_goes_on_where_this_one_ends(office: Office) -> None:
    html = page(office, "supervisor", PEOPLE)
    after = re.findall(r'href="(/list\?[^"]*after=[^"]*)" rel="next"', html)[0].replace("&amp;", "&")

    second = page(office, "supervisor", after)
    assert "Rows 51–100" in said(second)
    to_print = re.findall(r'href="(/list/print[^"]*)"', second)[0].replace("&amp;", "&")
    assert "Namosain" in page(office, "supervisor", to_print)
    masking = re.findall(r'<form method="get" action="/list" class="fields masking">.*?</form>', second, re.DOTALL)[0]
    assert 'name="after"' in masking


def test_who_was_shown_is_written_down(office: Office) -> None:
    page(office, "supervisor", f"{PEOPLE}&purpose=home_visit")
    reading = last_reading(office, "supervisor")

    assert (reading["action"], reading["purpose"], reading["people"]) == ("list", "home_visit", 50)
    assert reading["question"]["list"] == LIST


@pytest.mark.parametrize(("who", "whole"), [("supervisor", True), ("officer", True), ("auditor", False)])
def test_a_number_is_shown_whole_only_for_a_purpose_and_to_a_role_that_may(
    office: Office, who: str, *, whole: bool
) -> None:
    masked = said(page(office, who, f"/list?on={DAY}"))
    asked = said(page(office, who, f"/list?on={DAY}&purpose=home_visit"))

    assert MASKED.search(masked)
    assert not WHOLE.search(masked)
    assert bool(WHOLE.search(asked)) is whole


def test_an_empty_field_of_the_form_asks_for_nothing(office: Office) -> None:
    html = page(office, "supervisor", f"/list?on={DAY}&known=&rw=&rt=&age_from=&reason=&home_visit_needed=&after=")

    assert "Rows 1–50" in said(html)


def test_filters_that_cannot_be_meant_are_told(office: Office) -> None:
    assert "age_from" in said(page(office, "supervisor", f"/list?on={DAY}&age_from=old", 400))
    assert "change the two about" in said(page(office, "supervisor", f"/list?on={DAY}&age_from=30&age_to=20", 400))


@pytest.mark.parametrize("path", ["/list", "/v1/outstanding"])
def test_a_nik_in_an_address_is_refused_and_not_repeated(office: Office, path: str) -> None:
    answer = office.ask("supervisor", path, params={"on": DAY, "rw": NOBODY})

    assert answer.status_code == 400
    assert "may be a NIK" in answer.text
    assert NOBODY not in answer.text


# ------------------------------------------------------------------ on paper


def test_all_of_a_kelurahan_is_printed_and_noted(office: Office) -> None:
    area = somebody(office)["kelurahan"]
    rows = office.json("supervisor", f"/v1/outstanding?on={DAY}&kelurahan={area}&limit=500")["rows"]
    html = page(office, "supervisor", f"/list/print?on={DAY}&kelurahan={area}&purpose=recording_session")
    reading = last_reading(office, "supervisor")

    assert all(row["name"] in html for row in rows)
    assert "Printed by supervisor (supervisor)" in said(html)
    assert "recording session" in said(html)
    assert (reading["action"], reading["purpose"], reading["people"]) == ("print", "recording_session", len(rows))


def test_without_a_kelurahan_one_is_chosen(office: Office) -> None:
    mine = page(office, "officer", f"/list/print?on={DAY}")
    everywhere = page(office, "supervisor", f"/list/print?on={DAY}&kelurahan={ALAK}")

    assert set(re.findall(r"kelurahan=(53\.71\.\d\d)\.", mine)) == {ALAK}
    assert len(set(re.findall(r"kelurahan=(53[.\d]{11})", everywhere))) == 51


def test_an_auditor_prints_nothing(office: Office) -> None:
    page(office, "auditor", "/list/print?kelurahan=53.71.01.1001", 403)


# ------------------------------------------------------------------ a resident


def test_a_resident_has_every_fact_of_the_trail(office: Office) -> None:
    who = somebody(office)
    api = office.json("supervisor", f"/v1/residents/{who['subject']}?on={DAY}")
    html = page(office, "supervisor", f"/residents/{who['subject']}?on={DAY}")

    assert who["name"] in said(html)
    assert all(f"{fact['source']} · {fact['id']}" in said(html) for fact in api["facts"])
    assert html.count('class="picture timeline-') == 2
    assert len(re.findall(r'id="fact-\d+"', html)) == len(api["facts"])


@pytest.mark.parametrize(("who", "told"), [("supervisor", True), ("auditor", True), ("officer", False)])
def test_who_has_looked_is_told_to_some(office: Office, who: str, *, told: bool) -> None:
    subject = office.json("officer", f"/v1/outstanding?on={DAY}&limit=1")["rows"][0]["subject"]

    assert ("Who has looked" in page(office, who, f"/residents/{subject}?on={DAY}")) is told
    assert last_reading(office, who)["question"]["subject"] == subject


def test_nobody_known_and_nobody_of_theirs_have_one_page(office: Office) -> None:
    other = office.json("elsewhere", f"/v1/outstanding?on={DAY}&limit=1&purpose=correction")["rows"][0]["nik"]
    outside = page(office, "officer", "/residents/find", 404, method="POST", data={"nik": other})
    unknown = page(office, "officer", "/residents/find", 404, method="POST", data={"nik": NOBODY})

    assert outside == unknown
    assert other not in outside


def test_a_nik_leads_to_an_address_without_it(office: Office) -> None:
    row = office.json("officer", f"/v1/outstanding?on={DAY}&limit=1&purpose=correction")["rows"][0]
    answer = office.ask("officer", "/residents/find", "POST", data={"nik": f" {row['nik']} ", "on": DAY})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/residents/{row['subject']}?on={DAY}")


def test_what_is_no_nik_is_told_without_repeating_it(office: Office) -> None:
    html = page(office, "officer", "/residents/find", 400, method="POST", data={"nik": "12345"})

    assert "12345" not in html


# ------------------------------------------------------------------ contradictions


def test_a_follow_up_is_stated_by_a_form_of_the_session(office: Office, browser: httpx.Client) -> None:
    case = office.json("supervisor", f"/v1/anomalies?on={DAY}&limit=1")["cases"][0]
    to, back = f"/residents/{case['subject']}/follow-ups", f"/audit?on={DAY}"
    step = {"name": case["name"], "state": "explained", "note": "asked at the <door>", "back": back}

    assert browser.post(to, data=step).status_code == 403
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', browser.get(back).text)[0]
    answer = browser.post(to, data={**step, "csrf": csrf})
    assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert "asked at the &lt;door&gt;" in browser.get(f"/residents/{case['subject']}?on={DAY}").text


def test_no_follow_up_without_a_contradiction_and_none_that_leads_away(office: Office) -> None:
    case = office.json("supervisor", f"/v1/anomalies?on={DAY}&limit=1")["cases"][0]
    to, step = f"/residents/{case['subject']}/follow-ups", {"state": "in_work", "note": "seen"}

    nothing = office.ask("supervisor", to, "POST", data={**step, "name": "died_twice" + "x"})
    away = office.ask("supervisor", to, "POST", data={**step, "name": case["name"], "back": "//elsewhere.example/"})
    assert nothing.status_code == 404
    assert away.headers["Location"] == "/"


# ------------------------------------------------------------------ the audit


def test_a_figure_is_explained_by_as_many_people(office: Office) -> None:
    api = office.json("auditor", f"/v1/counts?on={DAY}&by=city")
    html = page(office, "auditor", f"/audit/figure?on={DAY}&standing=explained&kelurahan=53.71")

    assert f'<span class="count">{api["explained"]}</span>' in html
    assert html.count("<li>\n    <h2>") == 10
    assert last_reading(office, "auditor")["action"] == "explain"


def test_the_log_has_the_digests_of_the_api_and_nothing_sealed(office: Office) -> None:
    rows = office.json("auditor", "/v1/log?from=300&limit=50")["rows"]
    html = page(office, "auditor", "/audit/log?from=300")

    assert re.findall(r"<code>([0-9a-f]{64})</code>", html) == [row["digest"] for row in rows]
    assert all(row["entry"]["person"] not in html for row in rows if "person" in row["entry"])


@pytest.mark.parametrize("clock", ["written", "accepted"])
def test_lateness_is_told_of_every_source(office: Office, clock: str) -> None:
    answer = office.ask("supervisor", f"/audit/lateness?clock={clock}&limit_days=7&from=&to=")

    assert answer.status_code == 200
    assert set(re.findall(r"<small>(urn:[^<]+)</small>", answer.text))


def test_operations_are_told_to_whoever_may_see_them(office: Office) -> None:
    status = office.json("operator", "/v1/status")
    html = page(office, "operator", "/operations?number=1&outcome=nothing_that_there_is")

    assert Words("en").number(status["position"]) in said(html)
    assert page(office, "supervisor", "/operations")


def test_what_was_never_parked_is_not_dismissed(office: Office) -> None:
    page(office, "operator", "/operations/quarantine/999999/dismiss", 404, method="POST", data={"reason": "gone"})
    page(office, "operator", "/operations/quarantine/999999/redrive", 404, method="POST")


WHO_MAY = {
    "/list": "officer supervisor auditor",
    "/list/print": "officer supervisor",
    "/residents/find": "officer supervisor auditor",
    "/audit": "officer supervisor auditor",
    "/audit/figure": "officer supervisor auditor",
    "/audit/lateness": "supervisor auditor operator",
    "/audit/log": "auditor",
    "/audit/readings": "auditor",
    "/audit/checks": "auditor",
    "/operations": "supervisor auditor operator",
}


@pytest.mark.parametrize("path", WHO_MAY)
@pytest.mark.parametrize("who", ["reporting", "officer", "supervisor", "auditor", "operator"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_a_screen_is_for_the_roles_of_the_table(office: Office, who: str, path: str, language: str) -> None:
    answer = office.ask(who, path, headers={"Cookie": f"rekam-language={language}"})

    assert answer.status_code == (200 if who in WHO_MAY[path].split() else 403)


# ------------------------------------------------------------------ what people write is text


def test_a_name_is_text_whatever_is_in_it() -> None:
    area, standing = ACCOUNTS[-1]
    row = {
        "number": 1, "subject": "ab" * 16, "name": "<script>alert(1)</script>", "nik": None, "family_card": None,
        "sex": None, "birth_date": None, "age": None, "address": '" onmouseover="x', "rt": None, "rw": None,
        "kelurahan": area, "kelurahan_name": "", "standing": standing, "reason": None, "obliged_since": None,
        "status": "<b>", "status_since": "2018-01-01", "home_visit_needed": True, "last_visit": None,
        "last_outcome": None, "visits": 0,
    }  # fmt: skip
    document = {"list": "<i>", "standing": "official", "kelurahan": None, "areas": [], "people": 1, "rows": [row]}
    html = render("list.html", frame(), **outstanding.shown(frame(), {**document, "next": None}, []))

    assert not re.search(r"<script>alert|<b>since|<i>\.|\" onmouseover=", html)
    assert "&lt;script&gt;alert(1)" in html
