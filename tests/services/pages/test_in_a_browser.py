"""The screens in a real browser: on a telephone, without JavaScript, for a screen reader, in either language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.services.api.office import DAY, LIST, Office
from tests.services.pages.browser import chromium, faults, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = pytest.mark.alone

SCREENS = (f"/?list={LIST}&on={DAY}&known=1200", "/", f"/?on={DAY}&by=kelurahan", f"/city?on={DAY}", f"/pace?on={DAY}")
TELEPHONE = {"width": 375, "height": 700}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("size", [TELEPHONE, DESK], ids=["telephone", "desk"])
def test_a_screen_has_no_faults_and_fits(browser: Browser, office: Office, size: dict[str, int], language: str) -> None:
    with signed_in(browser, office, "supervisor", language, viewport=size) as page:
        for path in SCREENS:
            page.goto(path)
            assert (path, faults(page)) == (path, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_in_the_dark_too(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "supervisor", viewport=DESK, color_scheme="dark") as page:
        for path in SCREENS:
            page.goto(path)
            assert (path, faults(page)) == (path, [])


def test_the_door_has_no_faults(browser: Browser, office: Office) -> None:
    page = browser.new_page(base_url=office.url)
    page.goto("/sign-in")

    assert faults(page) == []
    page.close()


def test_without_javascript_everything_can_be_read_and_asked(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "reporting", "en", java_script_enabled=False) as page:
        page.goto(f"/city?on={DAY}")
        page.get_by_role("link", name="−1 day", exact=True).click()
        expect(page.locator("#asof")).to_contain_text("22\N{NO-BREAK SPACE}November 2018")
        page.fill("#times-on", "2018-11-20")
        page.get_by_role("button", name="Show").last.click()
        expect(page.locator("#asof")).to_contain_text("20\N{NO-BREAK SPACE}November 2018")
        page.get_by_role("link", name="share", exact=True).click()
        expect(page.locator("th[aria-sort]")).to_have_text("share")


def test_a_slider_changes_the_figures_where_they_stand(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "reporting", "en") as page:
        page.goto(f"/city?on={DAY}")
        page.locator("#times-day").fill("9")
        expect(page.locator("#asof")).to_contain_text("10\N{NO-BREAK SPACE}November 2018")
        expect(page).to_have_url(f"{office.url}/city?on=2018-11-10")
        page.locator("#times-known").fill("900")
        expect(page.locator("#asof")).to_contain_text("900")


def test_a_table_is_sorted_where_it_stands(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "reporting", "en") as page:
        page.goto(f"/city?on={DAY}")
        page.locator("table[data-sorted] thead a").nth(3).click()
        figures = [int(said) for said in page.locator("table[data-sorted] tbody td:nth-child(4)").all_inner_texts()]

        assert figures == sorted(figures, reverse=True)


def test_the_keyboard_reaches_what_the_mouse_does(browser: Browser, office: Office) -> None:
    with signed_in(browser, office, "supervisor", "en", viewport=DESK) as page:
        page.goto(f"/?list={LIST}&on={DAY}")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Skip to the content")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        while page.locator("svg a.part:focus").count() == 0:
            page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_contain_text("truly outstanding")
        page.close()
