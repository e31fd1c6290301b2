"""A real browser: Debian's chromium. Where there is none the tests are skipped, and under CI=true they fail."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

from tests.services.api.office import PASSWORD, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["FLAGS", "chromium", "faults", "signed_in"]

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it; its flags are those that a container needs."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        said = "no chromium is here: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def signed_in(browser: Browser, office: Office, who: str, language: str = "id", **how: object) -> Iterator[Page]:
    """A page of somebody who has signed in; what the browser complains of meanwhile fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=office.url, **how)  # type: ignore[arg-type]
    context.add_cookies([{"name": "rekam-language", "value": language, "url": office.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    try:
        page.goto("/sign-in")
        page.fill("#name", who)
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_selector("nav")
        yield page
        assert complaints == []
    finally:
        context.close()


def faults(page: Page) -> list[str]:
    """What axe finds, by rule and element."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['html'][:120]}" for fault in found for node in fault["nodes"]]
