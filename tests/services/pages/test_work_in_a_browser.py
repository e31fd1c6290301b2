"""What people do with the screens, in a real browser: look for somebody, filter, print, state, prove."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.services.api.office import DAY, LIST, Office
from tests.services.pages.browser import chromium, faults, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.alone

TELEPHONE = {"width": 375, "height": 700}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def screens(office: Office) -> dict[str, tuple[str, ...]]:
    """The screens of whoever sees them, somebody who contradicts themselves among them."""
    subject = office.json("supervisor", f"/v1/anomalies?on={DAY}&limit=1")["cases"][0]["subject"]
    return {
        "supervisor": (
            f"/list?on={DAY}&list={LIST}",
            f"/list?on={DAY}&age_from=23&purpose=home_visit",
            f"/list/print?on={DAY}",
            "/residents/find",
            f"/residents/{subject}?on={DAY}",
            f"/audit?on={DAY}",
            f"/audit/figure?on={DAY}&standing=explained&kelurahan=53.71",
            "/audit/lateness",
        ),
        "auditor": ("/audit/log", "/audit/readings", "/audit/checks"),
        "operator": ("/operations?all=true",),
    }


@pytest.mark.parametrize(("size", "language"), [(TELEPHONE, "id"), (DESK, "en")], ids=["telephone", "desk"])
def test_a_screen_has_no_faults_and_fits(
    browser: Browser, office: Office, screens: dict[str, tuple[str, ...]], size: dict[str, int], language: str
) -> None:
    for who, paths in screens.items():
        with signed_in(browser, office, who, language, viewport=size) as page:
            for path in paths:
                page.goto(path)
                assert (path, faults(page)) == (path, [])
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_in_the_dark_too(browser: Browser, office: Office, screens: dict[str, tuple[str, ...]]) -> None:
    for who, paths in screens.items():
        with signed_in(browser, office, who, viewport=DESK, color_scheme="dark") as page:
            for path in paths:
                page.goto(path)
                assert (path, faults(page)) == (path, [])


def test_without_javascript_a_list_is_filtered_and_a_resident_found(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "officer", "en", java_script_enabled=False) as page:
        page.goto(f"/list?on={DAY}")
        page.get_by_text("Choose the list and filters").click()
        page.fill("#age_from", "23")
        page.locator("details.panel button").click()
        expect(page.locator("#rows")).to_contain_text("after filtering")
        page.select_option("#purpose", "home_visit")
        page.locator(".masking button").click()
        nik = page.locator("td.digits").first.inner_text().split()[0]
        name = page.locator("tbody th[scope=row] a").first.inner_text()
        page.goto("/residents/find")
        page.fill("#nik", nik)
        page.locator("form.find button").click()
        expect(page.locator("h1")).to_have_text(name)
        assert nik not in page.url


def test_a_mark_of_the_timeline_leads_to_its_fact(
    browser: Browser, office: Office, screens: dict[str, tuple[str, ...]]
) -> None:
    with signed_in(browser, office, "supervisor", "en", viewport=DESK) as page:
        page.goto(screens["supervisor"][4])
        page.locator(".timeline-wide a.part").first.click()
        expect(page).to_have_url(f"{office.url}{screens['supervisor'][4]}#fact-1")
        expect(page.locator("tr:target")).to_have_count(1)


def test_a_list_is_printed_on_a4_across(browser: Browser, office: Office) -> None:
    area = office.json("supervisor", f"/v1/outstanding?on={DAY}&standing=official&limit=1")["rows"][0]["kelurahan"]
    with signed_in(browser, office, "supervisor", "id", viewport=DESK) as page:
        page.goto(f"/list/print?on={DAY}&standing=official&kelurahan={area}")
        expect(page.locator("#print")).to_be_visible()
        paper = page.pdf(prefer_css_page_size=True)
        sizes = [tuple(map(float, found)) for found in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)]

        assert {(round(wide), round(high)) for wide, high in sizes} == {(842, 595)}
        page.emulate_media(media="print")
        expect(page.locator(".tools")).to_be_hidden()


def test_a_list_is_not_read_again_by_itself(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "supervisor", "en") as page:
        page.goto("/list")
        expect(page.locator("#live")).to_have_count(0)
        page.goto("/audit/lateness")
        expect(page.locator("#live")).to_have_count(1)


def test_operations_follow_by_the_clock_too(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "operator", "en", viewport=DESK) as page:
        page.clock.install()
        page.goto("/operations")
        page.locator("#far").evaluate("head => head.dataset.seen = 'before'")
        page.clock.fast_forward(16_000)
        expect(page.locator("#far[data-seen]")).to_have_count(0)


def test_the_register_proves_itself_while_one_looks(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "auditor", "en", viewport=DESK) as page:
        page.goto("/audit/checks")
        page.get_by_role("button", name="Run it now").click()
        expect(page.locator(".verdict")).to_contain_text("hold", timeout=60_000)
        expect(page.locator("table.checks tbody tr")).to_have_count(26)
        assert faults(page) == []
