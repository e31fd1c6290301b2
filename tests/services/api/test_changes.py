"""What is new: a stream for whoever follows, and an answer that waits for whoever has just written."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from services.api import operating
from services.scenario.messages import FOUND, Fact, structured
from tests.register import fill
from tests.services.api.office import Office, opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def growing(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office of its own, whose log a test may add to."""
    with opened(postgres, tmp_path_factory.mktemp("growing") / "keys") as office:
        yield office


def found(office: Office, number: int) -> None:
    """One more fact, appended and projected."""
    (somebody,) = office.json("supervisor", "/v1/outstanding?limit=1&purpose=supervision")["rows"]
    said = {"nik": somebody["nik"], "found_on": "2019-04-01", "outcome": "not_found"}
    times = ("2019-04-01T10:00:00+08:00", "2019-04-01T10:00:00+08:00")
    fact = Fact(FOUND, FOUND.source, f"more-{number}", *times, said)
    fill(office.database, office.settings.keys, [structured(fact)])


def test_whoever_follows_is_told_where_the_views_are_and_when_they_have_moved(growing: Office) -> None:
    told: list[int] = []
    writing = threading.Thread(target=found, args=(growing, 1))
    with httpx.stream("GET", f"{growing.url}/v1/changes", headers=bearer(growing), timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line.removeprefix("data: "))["position"])
                if len(told) == 1:
                    writing.start()
                if len(told) == 2:
                    break
    writing.join(30)

    assert told[1] == told[0] + 1


def test_an_answer_waits_for_what_has_just_been_written(growing: Office) -> None:
    before = growing.json("supervisor", "/v1/counts")["position"]
    found(growing, 2)

    assert growing.json("supervisor", f"/v1/counts?wait={before + 1}")["position"] == before + 1


def test_a_position_that_the_log_does_not_have_is_not_waited_for(growing: Office) -> None:
    began = time.monotonic()
    answer = growing.ask("supervisor", "/v1/counts?wait=99999999")

    assert answer.status_code == 404
    assert "ahead of the log" in answer.json()["detail"]
    assert time.monotonic() - began < 5


def test_a_stream_ends_so_that_whoever_follows_says_again_who_they_are(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operating, "_LONGEST_STREAM_S", 0.5)
    answer = office.ask("reporting", "/v1/changes")

    assert answer.status_code == 200
    assert answer.text.count("event: position") == 1


def bearer(office: Office) -> dict[str, str]:
    return {"Authorization": f"Bearer {office.tokens['reporting']}"}
