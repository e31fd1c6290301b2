"""What nobody types by mistake: each is a problem of whoever sent it, never a fault of ours."""

from __future__ import annotations

from contextlib import ExitStack
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import WrongUse
from services import upkeep
from services.api import sending
from services.api.asked_people import AskedFigure
from services.api.by_name import _question as figure_asked
from services.api.noting import AskedAnomalies
from services.api.noting import _question as anomalies_asked
from services.api.page_keys import PageKey, write_key
from tests.services.api.office import ALAK, DAY, LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.api.office import Office

NOBODY = "0" * 31 + "1"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/counts?list=%00",
        "/v1/reconciliations/a%00b",
        f"/v1/reconciliations/{LIST}?against=%00",
        "/v1/recordings/daily?list=%00",
        "/v1/pace?list=%00",
        "/v1/outstanding?list=%00",
        "/v1/outstanding?rw=%00",
        "/v1/outstanding/export?rt=1%00",
        "/v1/anomalies?name=%00",
        "/v1/counts?known=%00",
    ],
)
def test_a_text_that_no_database_keeps_is_refused(office: Office, path: str) -> None:
    answer = office.ask("supervisor", path)

    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].endswith("wrong_use")


def test_nor_does_one_in_a_body(office: Office) -> None:
    step = {"subject": NOBODY, "name": "a\0b", "state": "open", "note": "x"}

    assert office.ask("supervisor", "/v1/anomalies/follow-ups", "POST", json=step).status_code == 400
    assert office.ask(None, "/sign-in", "POST", data={"name": "a\0b", "password": "x"}).status_code == 400


@pytest.mark.parametrize("place", [["z" * 32], ["{" + "0" * 31], [NOBODY + "\n"], ["\0" * 32], [7], []])
def test_a_made_up_place_among_the_people_of_a_figure_is_refused(office: Office, place: list[Any]) -> None:
    question = figure_asked(AskedFigure(kelurahan=ALAK, standing="deceased"))
    key = write_key(question, PageKey(DAY, 1, place))

    assert office.ask("supervisor", f"/v1/explain?kelurahan={ALAK}&standing=deceased&after={key}").status_code == 400


@pytest.mark.parametrize(
    "place", [["a", NOBODY + "\n", "x"], ["a", "z" * 32, "x"], ["a\0", NOBODY, "x"], ["a", NOBODY, "\0"], ["a"]]
)
def test_a_made_up_place_among_anomalies_is_refused(office: Office, place: list[Any]) -> None:
    key = write_key(anomalies_asked(AskedAnomalies()), PageKey(DAY, 1, place))

    assert office.ask("supervisor", f"/v1/anomalies?after={key}").status_code == 400


def test_a_body_that_grows_is_too_large_and_not_unreadable(office: Office) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"nik":"'
        for _ in range(100):
            yield b"5" * 1_000

    headers = {"Content-Type": "application/json"}
    answer = office.ask("supervisor", "/v1/residents/find", "POST", content=parts(), headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:rekam:problem:too_large")


def test_a_page_that_is_not_there_links_to_no_other_site(office: Office) -> None:
    answer = office.ask(None, "//elsewhere.test/x")

    assert answer.status_code == 404
    assert 'href="//' not in answer.text


@pytest.mark.parametrize("reason", ["   ", "of 5371010101909001"])
def test_why_a_message_is_given_up_is_said_and_names_nobody(office: Office, reason: str) -> None:
    with pytest.raises(WrongUse, match="reason"):
        upkeep.dismissed(office.settings, [1], reason, "operator")


def test_who_uses_a_method_that_is_not_there_is_told_which_is(office: Office) -> None:
    answer = office.ask("supervisor", "/v1/counts", "DELETE")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_methods_that_anybody_makes_up_are_one_in_the_metrics(office: Office) -> None:
    for method in ("PROPFIND", "MKCALENDAR", "M-SEARCH"):
        office.ask(None, "/v1/health", method)
    text = office.ask("operator", "/v1/metrics").text

    assert 'method="other",route="/v1/health",status="405"' in text
    assert "PROPFIND" not in text


def test_there_are_connections_left_however_many_lists_are_being_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_AT_ONCE", BoundedSemaphore(1))
    lines: dict[str, Any] = {"headers": {"Accept": "application/x-ndjson"}}
    with ExitStack() as opened:
        sending.take_turn(opened)
        assert office.ask("auditor", "/v1/log", **lines).status_code == 503
        assert office.ask("officer", f"/v1/outstanding/export?on={DAY}").status_code == 503

    for _ in range(3):
        assert office.ask("auditor", "/v1/log", **lines).status_code == 200
        assert office.ask("officer", f"/v1/outstanding/export?on={DAY}").status_code == 200
        assert office.ask("auditor", "/v1/log?from=999999", **lines).status_code == 404
