"""The screens that name nobody, over HTTP: what they say is what the API says, whoever reads, in either language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from services.pages.words import Words
from tests.services.api.office import ALAK, DAY, LIST, PASSWORD, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

SCREENS = ("/", "/city", "/pace")
COUNTING = ("reporting", "officer", "supervisor", "auditor")


@pytest.fixture
def browser(office: Office) -> Iterator[httpx.Client]:
    """Somebody who has signed in as the supervisor."""
    with httpx.Client(base_url=office.url, timeout=60) as client:
        sign_in(client, "supervisor")
        yield client


def sign_in(client: httpx.Client, name: str, password: str = PASSWORD, **also: Any) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, **also})


def page(office: Office, who: str, path: str, **asked: str) -> httpx.Response:
    return office.ask(who, path, params=asked, headers={"Cookie": "rekam-language=en"})


# ------------------------------------------------------------------ what they say


def test_the_sentence_has_the_figures_of_the_api(office: Office) -> None:
    api = office.json("reporting", f"/v1/reconciliations/{LIST}?on={DAY}")
    shown = page(office, "reporting", "/", list=LIST, on=DAY).text

    heading = re.sub(r"<[^>]+>", "", re.findall(r"<h1.*?</h1>", shown, re.DOTALL)[0])
    number = Words("en").number
    assert heading == Words("en").of("reconciliation.sentence", members=api["members"], truly=api["truly"])
    assert all(number(api[name]) in shown for name in ("official", "explained", "settled", "cleared", "declared"))


def test_every_kelurahan_has_a_tile_and_a_row_with_one_figure(office: Office) -> None:
    api = office.json("supervisor", f"/v1/counts?on={DAY}")
    shown = page(office, "supervisor", "/city", on=DAY).text
    rows = {row["name"]: row["truly"] for row in api["rows"] if row["area"] != "-"}

    tiles = dict(re.findall(r'class="tile t\d" href="[^"]+">([^<]+) <b>([\d,]+)</b>', shown))
    cells = dict(re.findall(r'<th scope="row">([^<]+)</th>.*?class="n truly" data-value="(\d+)"', shown, re.DOTALL))
    assert {name: int(said.replace(",", "")) for name, said in tiles.items()} == rows
    assert {name: int(said) for name, said in cells.items() if name in rows} == rows


def test_the_pace_is_that_of_the_api(office: Office) -> None:
    api = office.json("auditor", f"/v1/pace?on={DAY}&target=2018-12-31")
    shown = page(office, "auditor", "/pace", on=DAY, target="2018-12-31").text

    assert Words("en").of("pace.left", truly=api["truly"], days=38, working=26) in re.sub(r"<[^>]+>", "", shown)


def test_what_became_known_later_is_shown_between_two_positions(office: Office) -> None:
    now = office.json("supervisor", f"/v1/reconciliations/{LIST}?on={DAY}")
    then = office.json("supervisor", f"/v1/reconciliations/{LIST}?on={DAY}&known=1000")
    shown = page(office, "supervisor", "/", list=LIST, on=DAY, known="1000").text

    change = Words("en").change(now["explained"] - then["explained"])
    assert f'<td class="n change">{change}</td>' in shown


def test_a_table_is_sorted_by_a_link_too(office: Office) -> None:
    shown = page(office, "supervisor", "/city", on=DAY, sort="truly").text
    figures = [int(said) for said in re.findall(r'class="n truly" data-value="(\d+)"', shown)]

    assert figures == sorted(figures, reverse=True)
    assert 'aria-sort="descending"' in shown


# ------------------------------------------------------------------ who reads


@pytest.mark.parametrize("who", COUNTING)
@pytest.mark.parametrize("path", SCREENS)
def test_whoever_may_see_counts_sees_the_screens(office: Office, who: str, path: str) -> None:
    assert page(office, who, path, on=DAY).status_code == 200


def test_whoever_may_not_is_told_so_or_shown_what_they_may_see(office: Office) -> None:
    assert page(office, "operator", "/city").status_code == 403
    assert page(office, "operator", "/").headers["location"] == "/operations"


def test_a_number_is_a_link_only_for_whoever_may_see_that_list(office: Office) -> None:
    def lists(who: str) -> set[str]:
        shown = page(office, who, "/", on=DAY, by="kelurahan").text
        return set(re.findall(r'href="/list\?(standing=[^"]*)"', shown))

    assert lists("reporting") == set()
    assert lists("officer")
    assert all(f"kelurahan={ALAK}" in said for said in lists("officer"))
    assert lists("officer") < lists("supervisor")


@pytest.mark.parametrize("path", SCREENS)
def test_a_number_leads_to_the_list_of_the_very_position_shown(office: Office, path: str) -> None:
    position = office.json("supervisor", "/v1/counts")["position"]
    links = re.findall(r'href="(/list\?standing=[^"]*)"', page(office, "supervisor", path, on=DAY).text)

    assert links
    assert all(f"known={position}" in link and f"on={DAY}" in link for link in links)


def test_the_pace_of_an_area_leads_to_lists_of_that_area(office: Office) -> None:
    shown = page(office, "officer", "/pace", on=DAY, kelurahan=ALAK).text
    links = re.findall(r'href="/list\?(standing=[^"]*)"', shown)

    assert links
    assert all(f"kelurahan={ALAK}" in link for link in links)
    assert f'<option value="{ALAK}" selected>' in shown


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(office: Office) -> None:
    asked = office.ask(None, f"/city?on={DAY}")

    assert (asked.status_code, asked.headers["location"]) == (303, f"/sign-in?to=%2Fcity%3Fon%3D{DAY}")
    with httpx.Client(base_url=office.url) as client:
        answer = sign_in(client, "auditor", to=f"/city?on={DAY}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/city?on={DAY}")


@pytest.mark.parametrize("to", ["//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)", "elsewhere"])
def test_nobody_is_sent_to_another_site(office: Office, to: str) -> None:
    with httpx.Client(base_url=office.url) as client:
        assert sign_in(client, "auditor", to=to).headers["location"] == "/"


def test_a_wrong_password_and_a_name_that_nobody_has_look_the_same(office: Office) -> None:
    with httpx.Client(base_url=office.url) as client:
        wrong = [sign_in(client, name, "not that") for name in ("auditor", "nobody-at-all")]

    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].text == wrong[1].text


def test_signing_out_needs_the_sessions_own_form(browser: httpx.Client) -> None:
    assert browser.post("/sign-out").status_code == 403
    csrf = re.findall(r'name="csrf" value="(\w+)"', browser.get("/", params={"on": DAY}).text)[0]

    assert browser.post("/sign-out", data={"csrf": csrf}).headers["location"] == "/sign-in"
    assert browser.get("/").status_code == 303


# ------------------------------------------------------------------ how they answer


def test_a_language_is_remembered(browser: httpx.Client) -> None:
    assert '<html lang="id">' in browser.get("/", params={"on": DAY}).text

    switched = browser.get("/", params={"on": DAY, "lang": "en"})

    assert (switched.status_code, switched.headers["location"]) == (303, f"/?on={DAY}")
    assert '<html lang="en">' in browser.get("/", params={"on": DAY}).text


@pytest.mark.parametrize("path", SCREENS)
def test_the_same_page_again_costs_nothing(browser: httpx.Client, path: str) -> None:
    first = browser.get(path, params={"on": DAY})
    again = browser.get(path, params={"on": DAY}, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.text) == (304, "")


def test_the_same_page_in_another_language_is_another(browser: httpx.Client) -> None:
    first = browser.get("/", params={"on": DAY})
    browser.cookies.set("rekam-language", "en")

    assert browser.get("/", params={"on": DAY}, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


@pytest.mark.parametrize("path", SCREENS)
def test_no_page_has_a_script_or_a_style_of_its_own(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path, params={"on": DAY})

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answer.text) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []
    assert "'unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/city?on=2017-01-01", 404),  # before the register
        ("/pace?on=2017-01-01", 404),
        ("/?known=999999999", 404),  # ahead of the log
        ("/?list=%3Cscript%3Ealert(1)%3C/script%3E", 404),
        ("/city?known=never", 400),
        ("/city?on=yesterday", 400),
        ("/pace?kelurahan=99.99", 400),
        ("/pace?target=2018-01-01&on=2018-11-23", 400),
        ("/nowhere", 404),
        ("/city?sort=<b>", 400),
    ],
)
def test_a_question_without_an_answer_is_told_as_a_page(browser: httpx.Client, path: str, status: int) -> None:
    answer = browser.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "<script>" not in answer.text
    assert "<h1>" in answer.text


@pytest.mark.parametrize("path", SCREENS)
def test_where_no_list_is_known_yet_that_is_said_and_the_menu_leads_on(browser: httpx.Client, path: str) -> None:
    browser.cookies.set("rekam-language", "en")
    answer = browser.get(path, params={"known": "0", "on": DAY})

    assert (answer.status_code, "There is no list yet" in answer.text) == (404, True)
    assert 'href="/operations"' in answer.text
    assert "known=0" not in re.findall(r"<nav.*?</nav>", answer.text, re.DOTALL)[0]


def test_programs_are_told_as_before(office: Office) -> None:
    assert office.ask(None, "/v1/counts").headers["content-type"] == "application/problem+json"


def test_fields_that_were_left_empty_ask_for_nothing(browser: httpx.Client) -> None:
    assert browser.get("/", params={"on": DAY, "known": "", "list": ""}).status_code == 200


def test_files_are_kept_by_their_digest(browser: httpx.Client) -> None:
    address = re.findall(r'href="(/static/rekam.css\?\w+)"', browser.get("/sign-in").text)[0]

    assert "immutable" in browser.get(address).headers["cache-control"]
    assert browser.get("/static/../app.py").status_code == 404
