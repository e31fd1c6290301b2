"""Parked messages over HTTP: a conflict is told with both its versions, and no page of them takes two connections."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.api.office import Office


class Opened:
    """What was opened, in order, and the most that one thread had open at once."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.most = 0
        self._here = threading.local()

    @contextmanager
    def one(self, kind: str) -> Iterator[None]:
        now = self._here.now = getattr(self._here, "now", 0) + 1
        self.kinds.append(kind)
        self.most = max(self.most, now)
        try:
            yield
        finally:
            self._here.now -= 1


@pytest.fixture
def opened(office: Office, monkeypatch: pytest.MonkeyPatch) -> Opened:
    found, reach = Opened(), office.app.state.reach

    def counted(kind: str) -> Any:
        real = getattr(reach, kind)

        @contextmanager
        def opening(*args: Any, **more: Any) -> Iterator[Any]:
            with found.one(kind), real(*args, **more) as question:
                yield question

        return opening

    for kind in ("question", "reader"):
        monkeypatch.setattr(reach, kind, counted(kind))
    return found


def test_a_page_with_a_conflict_asks_one_question_after_the_other(office: Office, opened: Opened) -> None:
    page = office.json("operator", "/v1/quarantine?all=true&limit=500")

    found = [row for row in page["rows"] if row["code"] == "conflict"]
    assert found
    assert all({"stands", "parked_version", "differs"} <= set(row) for row in found if row["resolution"] is None)
    assert page["position"] == office.json("operator", "/v1/status")["position"]
    assert (opened.most, opened.kinds.count("reader")) == (1, 1)


def test_the_screen_of_operations_does_so_too(office: Office, opened: Opened) -> None:
    screen = office.ask("operator", "/operations?all=true&limit=500")

    assert screen.status_code == 200
    assert (opened.most, opened.kinds.count("reader")) == (1, 1)


@pytest.mark.parametrize("path", ["/v1/quarantine", "/operations"])
def test_where_nothing_is_a_conflict_no_second_question_is_asked(office: Office, opened: Opened, path: str) -> None:
    rows = office.json("operator", "/v1/quarantine?all=true&limit=500")["rows"]
    number = next(row["number"] for row in rows if row["code"] != "conflict")
    opened.kinds.clear()
    answer = office.ask("operator", f"{path}?all=true&after={number - 1}&limit=1")

    assert answer.status_code == 200
    assert opened.kinds.count("reader") == 0


def test_a_page_ends_where_it_is_asked_to_and_says_where_to_go_on(office: Office) -> None:
    whole = office.json("operator", "/v1/quarantine?all=true&limit=500")
    some = office.json("operator", "/v1/quarantine?all=true&limit=2")
    others = office.json("operator", f"/v1/quarantine?all=true&limit=500&after={some['next']}")

    assert [*some["rows"], *others["rows"]] == whole["rows"]
    assert (len(some["rows"]), whole["next"]) == (2, None)
