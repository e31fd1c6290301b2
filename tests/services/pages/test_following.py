"""An open page follows the register, in a real browser: what was told last is not lost, and nothing goes blank."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from services.scenario.messages import DECLARED, FOUND, WITHDRAWN, Fact, structured
from tests.register import fill
from tests.services.api.office import LIST, PASSWORD, Office, opened
from tests.services.pages.browser import chromium, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from services.scenario.messages import Form

pytestmark = pytest.mark.alone

NUMBERS: Final = count(1)
SOON_MS: Final = 15_000
PUT_OFF: Final = """document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.defaultPrevented) document.body.dataset.putOff = "";
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def growing(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office of its own, whose log a test may add to."""
    with opened(postgres, tmp_path_factory.mktemp("following") / "keys") as office:
        yield office


def tell(office: Office, form: Form, source: str, said: dict[str, object]) -> str:
    """One more fact, appended and projected; its id."""
    id_ = f"more-{next(NUMBERS)}"
    fact = Fact(form, source, id_, "2019-04-01T10:00:00+08:00", "2019-04-01T10:00:00+08:00", said)
    fill(office.database, office.settings.keys, [structured(fact)])
    return id_


def find(office: Office) -> int:
    """A fact of somebody; the position that it has."""
    (somebody,) = office.json("supervisor", "/v1/outstanding?limit=1&purpose=supervision")["rows"]
    tell(office, FOUND, FOUND.source, {"nik": somebody["nik"], "found_on": "2019-04-01", "outcome": "not_found"})
    return position(office)


def position(office: Office) -> int:
    return int(office.json("reporting", "/v1/counts")["position"])


def sign_in(page: Page) -> None:
    page.fill("#name", "supervisor")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_selector("#live", state="attached")


def shows(page: Page, at: int) -> None:
    """The page comes to a position by itself."""
    expect(page.locator("#asof")).to_have_attribute("data-position", str(at), timeout=SOON_MS)


def test_the_last_change_of_several_is_shown(browser: Browser, growing: Office) -> None:
    with signed_in(browser, growing, "supervisor", "en") as page:
        page.goto("/")
        shows(page, find(growing))
        shows(page, find(growing))  # within the pause after the first, and nothing comes after it
        shows(page, find(growing))


def test_what_came_while_somebody_looked_at_something_is_shown_afterwards(browser: Browser, growing: Office) -> None:
    with signed_in(browser, growing, "supervisor", "en") as page:
        page.goto("/")
        before = position(growing)
        page.locator("#asof summary").click()
        page.evaluate(PUT_OFF)
        after = find(growing)
        expect(page.locator("body[data-put-off]")).to_have_count(1, timeout=SOON_MS)
        shows(page, before)
        page.locator("#asof summary").click()
        page.locator("#asof summary").blur()
        shows(page, after)


def test_what_was_not_renewed_says_of_which_position_it_is(browser: Browser, growing: Office) -> None:
    with signed_in(browser, growing, "supervisor", "en") as page:
        page.goto("/")
        before = position(growing)
        older = page.locator(".older")
        expect(older).to_be_hidden()
        after = find(growing)
        shows(page, after)
        expect(page.locator(".foot")).to_contain_text(f"at position {after:,}")
        expect(older).to_have_text(f"What stands below is still as known at position {before:,}. Load again")
        older.get_by_role("link").click()
        expect(older).to_be_hidden()
        shows(page, after)


def test_the_sliders_of_the_city_work_after_a_change_too(browser: Browser, growing: Office) -> None:
    with signed_in(browser, growing, "supervisor", "en") as page:
        page.goto("/city")
        after = find(growing)
        shows(page, after)
        expect(page.locator(".foot")).to_contain_text(f"at position {after:,}")
        slider = page.locator("#times-day")
        expect(slider).to_be_visible()
        slider.fill("9")
        expect(page.locator("#asof")).to_contain_text("10\N{NO-BREAK SPACE}November 2018")
        expect(page).to_have_url(f"{growing.url}/city?on=2018-11-10")  # the day alone: the position is not pinned


def test_when_the_session_ends_the_page_goes_to_the_sign_in_and_back(browser: Browser, growing: Office) -> None:
    page = browser.new_context(base_url=growing.url).new_page()
    page.goto(f"/sign-in?to=%2F%3Flist%3D{LIST}")
    sign_in(page)
    page.context.clear_cookies(name=growing.app.state.reach.cookie)
    find(growing)
    page.wait_for_url(f"**/sign-in?to=%2F%3Flist%3D{LIST}", timeout=SOON_MS)
    sign_in(page)
    shows(page, position(growing))
    assert page.url == f"{growing.url}/?list={LIST}"
    page.context.close()


def test_a_list_that_was_withdrawn_is_no_resident_in_the_log(growing: Office) -> None:
    declared = {"list": "LAIN", "kind": "unrecorded", "as_of": "2019-03-01", "rows": 0, "rows_by_kelurahan": {}}
    id_ = tell(growing, DECLARED, DECLARED.source, dict(declared))
    at = position(growing)
    tell(growing, WITHDRAWN, DECLARED.source, {"withdraws_source": DECLARED.source, "withdraws_id": id_, "reason": "x"})
    find(growing)
    html = growing.ask("auditor", f"/audit/log?from={at}").text

    assert html.count("<tr>") == 4
    assert html.count('href="/residents/') == 1
