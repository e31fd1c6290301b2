"""The day and position that a page is about: its links lead to the very same, and both can be changed on every page."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.services.api.office import DAY, LIST, Office

if TYPE_CHECKING:
    from collections.abc import Iterable

EARLIER = "1700"
#: First pages of more than one, each with who reads it and how its next page is found.
PAGED = {
    "/list": ("supervisor", f"/list?on={DAY}&known={EARLIER}"),
    "/audit/figure": ("auditor", f"/audit/figure?on={DAY}&known={EARLIER}&standing=official&kelurahan=53.71"),
    "/audit": ("auditor", f"/audit?on={DAY}&known={EARLIER}&limit=5"),
}


def page(office: Office, who: str, path: str, status: int = 200, **more: Any) -> str:
    answer = office.ask(who, path, headers={"Cookie": "rekam-language=en"}, **more)
    assert answer.status_code == status, f"{path} as {who}: {answer.status_code}"
    return answer.text


def hrefs(html: str, path: str) -> list[str]:
    """The links that lead there, below it too."""
    return [unescape(href) for href in re.findall(r'href="([^"]+)"', html) if urlsplit(href).path.startswith(path)]


def asked_by(href: str) -> dict[str, str]:
    return {name: said[0] for name, said in parse_qs(urlsplit(href).query).items()}


def pinned(some: Iterable[str]) -> set[tuple[str | None, str | None]]:
    return {(said.get("on"), said.get("known")) for said in map(asked_by, some)}


def next_of(html: str) -> str:
    return unescape(re.findall(r'href="([^"#]+)[^"]*" rel="next"', html)[0])


# ------------------------------------------------------------------ where links lead


def test_every_link_of_a_list_at_now_leads_to_the_day_and_position_that_it_shows(office: Office) -> None:
    api = office.json("supervisor", "/v1/outstanding?limit=1")
    html = page(office, "supervisor", "/list")
    here = {(api["on"], str(api["position"]))}

    for path in ("/audit/figure", "/list/print", "/v1/outstanding/export", "/residents/"):
        assert pinned(hrefs(html, path)) == here, path
    second = page(office, "supervisor", next_of(html))
    for path in ("/audit/figure", "/list/print", "/v1/outstanding/export", "/residents/"):
        assert pinned(hrefs(second, path)) == here, path


@pytest.mark.parametrize("standing", ["unlisted", "official", "deceased"])
def test_as_many_are_behind_a_list_as_are_on_it(office: Office, standing: str) -> None:
    html = page(office, "supervisor", f"/list?on={DAY}&known=1000&standing={standing}")
    (people,) = re.findall(r'<span class="count key \w+">([\d,]+)</span>', html)
    (explain,) = hrefs(html.partition("<main")[2], "/audit/figure")

    assert people != "0"
    assert f'<span class="count">{people}</span>' in page(office, "supervisor", explain)


@pytest.mark.parametrize("standing", ["settled", "cleared"])
def test_of_people_within_the_city_and_without_there_is_no_one_figure_to_explain(office: Office, standing: str) -> None:
    html = page(office, "supervisor", f"/list?on={DAY}&standing={standing}")

    assert hrefs(html.partition("<main")[2], "/audit/figure") == []


def test_somebody_is_looked_for_as_known_where_the_form_stood(office: Office) -> None:
    said = {"nik": "12345", "on": DAY, "known": EARLIER}
    html = page(office, "officer", "/residents/find", 400, method="POST", data=said)

    assert re.findall(r'name="(on|known)" value="([^"]+)"', html) == [("on", DAY), ("known", EARLIER)]


# ------------------------------------------------------------------ changed on any page


@pytest.mark.parametrize("path", PAGED)
def test_on_a_later_page_the_day_and_the_position_are_changed_by_beginning_anew(office: Office, path: str) -> None:
    who, first = PAGED[path]
    after = next_of(page(office, who, first))
    second = page(office, who, after)
    (banner,) = re.findall(r'<section class="asof".*?</section>', second, re.DOTALL)
    (now,) = re.findall(r'class="now" href="([^"]+)"', banner)
    form = dict(re.findall(r'<input type="[^"]+"[^>]* name="(\w+)" value="([^"]*)"', banner))

    assert asked_by(after)["known"] == EARLIER
    assert asked_by(after).keys() - asked_by(unescape(now)).keys() == {"on", "known", "after"}
    assert "after" not in form
    assert page(office, who, unescape(now)) != second
    shown = page(office, who, path, params={**form, "known": "1600", "on": "2018-11-20"})
    assert "as known at position <strong>1,600</strong>" in shown


@pytest.mark.parametrize("path", PAGED)
@pytest.mark.parametrize(("name", "other", "said"), [("known", "1600", "1600"), ("on", "2018-11-20", "2018-11-20")])
def test_a_later_page_of_another_day_or_position_is_refused(
    office: Office, path: str, name: str, other: str, said: str
) -> None:
    who, first = PAGED[path]
    href = next_of(page(office, who, first))
    asked = asked_by(href)

    refused = page(office, who, path, 400, params={**asked, name: other})
    assert f"`{name}` is {said}: begin that one at its first page" in unescape(refused)
    assert page(office, who, path, params={**asked, "known": f"0{EARLIER}"})  # the same one, written otherwise


def test_programs_are_refused_another_day_or_position_too(office: Office) -> None:
    for path in (f"/v1/anomalies?on={DAY}&limit=5", f"/v1/outstanding?on={DAY}&list={LIST}&limit=5"):
        after = office.json("auditor", path)["next"]

        assert office.ask("auditor", f"{path}&after={after}").status_code == 200
        assert office.ask("auditor", f"{path}&after={after}&known=5").status_code == 400
        assert office.ask("auditor", f"{path}&after={after}".replace(DAY, "2018-12-01")).status_code == 400


# ------------------------------------------------------------------ pages about none


@pytest.mark.parametrize("path", ["/audit/log", "/audit/readings"])
def test_a_page_that_is_of_no_position_says_none(office: Office, path: str) -> None:
    html = page(office, "auditor", f"{path}?known=5&on={DAY}")

    assert 'class="asof"' not in html
    assert "at position" not in html
    assert (DAY, "5") in pinned(hrefs(html, "/audit/figure"))


def test_a_form_with_the_sessions_token_is_kept_nowhere(office: Office) -> None:
    assert "no-store" in office.ask("auditor", "/audit/figure").headers["Cache-Control"]


# ------------------------------------------------------------------ of one area


def test_the_tally_of_an_officer_is_of_the_cases_they_open(office: Office) -> None:
    answer = office.json("officer", f"/v1/anomalies?on={DAY}&limit=500&known=1000")
    everybody = office.json("supervisor", f"/v1/anomalies?on={DAY}&limit=500&known=1000")

    assert answer["next"] is None
    counted = [(one["name"], one["cases"], one["lists"]) for one in answer["tally"]]
    names = [case["name"] for case in answer["cases"]]
    assert counted == [(name, names.count(name), 0) for name in sorted(set(names))]
    assert "list_rows_missing" in {one["name"] for one in everybody["tally"]}
    assert len(everybody["cases"]) > len(names) > 0
