"""What goes wrong, told as a page: to an open page that follows, in the other language, where a form was sent to."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.services.api.office import DAY, PASSWORD, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLLOWING = {"HX-Request": "true", "HX-Trigger": "live"}


@pytest.fixture
def browser(office: Office) -> Iterator[httpx.Client]:
    """Somebody who has signed in as the supervisor."""
    with httpx.Client(base_url=office.url, timeout=60) as client:
        client.post("/sign-in", data={"name": "supervisor", "password": PASSWORD})
        yield client


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/sign-in"),
        (f"/?on={DAY}", f"/sign-in?to=%2F%3Fon%3D{DAY}"),
        (f"/city?on={DAY}", f"/sign-in?to=%2Fcity%3Fon%3D{DAY}"),
    ],
)
def test_an_open_page_goes_to_the_sign_in_when_the_session_has_ended(office: Office, path: str, to: str) -> None:
    answer = office.ask(None, path, headers=FOLLOWING)

    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (401, to, "")
    assert "no-store" in answer.headers["Cache-Control"]
    assert office.ask(None, path).headers["Location"] == to


@pytest.mark.parametrize(
    "path", ["/nowhere", "/nowhere?on=yesterday", "/sign-out", "/city?on=yesterday", "/city?known=0"]
)
def test_the_other_language_is_spoken_where_something_is_wrong_too(browser: httpx.Client, path: str) -> None:
    shown = browser.get(path)
    (other,) = re.findall(r'class="language" href="([^"]+)"', shown.text)

    switched = browser.get(unescape(other))
    assert (switched.status_code, shown.text.count('<html lang="id">')) == (303, 1)
    assert "lang" not in switched.headers["Location"]
    assert '<html lang="en">' in browser.get(switched.headers["Location"]).text


def test_the_other_language_leads_to_no_other_site(office: Office) -> None:
    answer = office.ask("supervisor", "//elsewhere.example/x?lang=en")

    assert not answer.headers.get("Location", "/").startswith("//")


def test_where_a_form_was_sent_to_links_lead_to_what_can_be_read(office: Office) -> None:
    answer = office.ask("operator", "/operations/quarantine/999999/redrive", "POST")

    assert answer.status_code == 404
    assert 'class="language" href="/?lang=en"' in answer.text
    assert '<p><a href="/">' in answer.text
