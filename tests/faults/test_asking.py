"""Whoever asks the API finds what may not be, and nothing else."""

from __future__ import annotations

import time
from contextlib import suppress

import httpx
import pytest

from tests.faults.asking import Asker, NotNow

PROBLEM = {"content-type": "application/problem+json"}
AHEAD = "position 7 is ahead of the view counts, which is at 6: wait for it, or ask about 6"
NO_LIST = "no list is declared at position 7, so the register has no first day: declare a list"


def answered(position: int = 7, outstanding: int = 2, total: int = 2) -> httpx.Response:
    rows = [{"area": "53.71.01.1001", "standings": {"outstanding": outstanding}}]
    document = {"on": "2018-03-01", "position": position, "rows": rows, "total": {"standings": {"outstanding": total}}}
    return httpx.Response(200, json=document)


def problem(status: int, detail: str) -> httpx.Response:
    return httpx.Response(status, headers=PROBLEM, json={"detail": detail})


class Api:
    """Says what it is told to, whatever it is asked."""

    def __init__(self) -> None:
        self.says: httpx.Response | Exception = answered()
        self.asker = Asker("http://127.0.0.1", "token", httpx.MockTransport(self._answer))

    def _answer(self, _: httpx.Request) -> httpx.Response:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def hear(self, says: httpx.Response | Exception) -> list[str]:
        """What the asker finds wrong when some questions, of now and again, are answered so."""
        self.says = says
        with httpx.Client(base_url="http://127.0.0.1", transport=httpx.MockTransport(self._answer)) as client:
            for _ in range(20):
                with suppress(NotNow):
                    self.asker.ask_one(client)
        return self.asker.failures


@pytest.fixture
def api() -> Api:
    made = Api()
    assert made.hear(answered()) == []
    return made


@pytest.mark.parametrize("says", [answered(), problem(503, "ask again"), httpx.ConnectError("refused")])
def test_an_answer_or_that_there_is_none_now_may_be(api: Api, says: httpx.Response | Exception) -> None:
    assert api.hear(says) == []


@pytest.mark.parametrize(
    "says",
    [
        answered(outstanding=3, total=3),
        answered(position=8, outstanding=1, total=2),
        answered(position=8, outstanding=-1, total=-1),
        problem(500, "a fault of ours"),
        problem(401, "show a token"),
        problem(404, "there is no such page"),
        httpx.Response(503, text="<html>"),
    ],
)
def test_what_may_not_be_is_found(api: Api, says: httpx.Response) -> None:
    assert api.hear(says) != []


def test_before_a_list_is_declared_there_is_no_answer() -> None:
    api = Api()
    assert api.hear(problem(404, NO_LIST)) == []
    assert api.asker.at_rest()
    assert api.asker.stands is None


def test_at_rest_everything_is_answered_as_before(api: Api) -> None:
    assert api.asker.at_rest()
    assert api.asker.stands == {"outstanding": 2}
    assert api.asker.failures == []
    for says in (problem(404, AHEAD), problem(503, "ask again")):
        api.says = says
        assert not api.asker.at_rest()
    api.says = answered(outstanding=3, total=3)
    assert api.asker.at_rest()
    assert api.asker.failures != []


def test_whatever_goes_wrong_in_asking_is_told() -> None:
    api = Api()
    api.says = httpx.Response(200, json={"position": 7})
    deadline = time.monotonic() + 30
    with api.asker:
        while not api.asker.failures:
            assert time.monotonic() < deadline
    assert "KeyError" in api.asker.failures[0]
