"""Takes the pictures of the screens that the documents show, from a demo that is up:

python -m tests.services.pages.shots http://127.0.0.1:8800 PASSWORD [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.documents import ROOT
from tests.services.pages.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["main"]

ON: Final = "list=PUSAT-2018-11&on=2018-11-23"
#: Name, who looks, path, and how tall the picture is.
SHOTS: Final = (
    ("reconciliation", "supervisor", f"/?{ON}", 1010),
    ("city", "supervisor", f"/city?{ON}", 1400),
    ("pace", "supervisor", "/pace?list=PUSAT-2018-11&on=2018-12-18&target=2018-12-31", 1400),
    ("list", "supervisor", f"/list?{ON}&standing=outstanding&kelurahan=53.71.04.1001", 1400),
    ("checks", "auditor", "/audit/checks", 1400),
    ("operations", "operator", "/operations", 1400),
)


def main(address: str, password: str, folder: str = str(ROOT / "docs" / "screens")) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        pages: dict[str, Page] = {}
        for name, who, path, height in SHOTS:
            page = pages.setdefault(who, _signed_in(browser, address, who, password))
            page.goto(f"{address}{path}", wait_until="load")
            page.set_viewport_size({"width": 1280, "height": height})
            page.screenshot(path=f"{folder}/{name}.png")
        page = pages["supervisor"]
        page.goto(f"{address}/list?{ON}&standing=deceased")
        page.click("table a")
        page.set_viewport_size({"width": 1280, "height": 1400})
        page.screenshot(path=f"{folder}/resident.png")


def _signed_in(browser: Browser, address: str, who: str, password: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "rekam-language", "value": "en", "url": address}])
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("#name", who)
    page.fill("#password", password)
    page.click("main button")
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
