"""Coming back from the office's own sign-on: somebody known is signed in, everybody else is told, and begins again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import orjson
import pytest

from events import database
from events.errors import NoAnswer
from services.access import users
from services.access.sign_on import Begun
from services.api.signing_on import FAILED
from tests.services.command_line import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import httpx

    from tests.services.api.office import Office


class SignOn:
    """Stands for the provider: the code is whom it vouches for, and a code can be used once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def begin(self) -> tuple[str, Begun]:
        return "http://127.0.0.1:1/in", Begun(*("x" for _ in Begun._fields))

    def finish(self, _: Begun, __: str, code: str, ___: datetime) -> str:
        if not code or code in self._used:
            raise NoAnswer("no such code")
        self._used.add(code)
        return code


@pytest.fixture
def office_with_sign_on(office: Office) -> Iterator[Office]:
    office.app.state.sign_on = SignOn()
    yield office
    office.app.state.sign_on = None


def came_back(office: Office, query: str) -> httpx.Response:
    begun = office.ask(None, "/sign-on")
    assert begun.headers["location"] == "http://127.0.0.1:1/in"
    kept = begun.headers["set-cookie"].partition(";")[0]
    return office.ask(None, f"/sign-on/back?{query}", headers={"Cookie": kept})


@pytest.mark.parametrize("query", ["error=access_denied&state=x", "state=x&code=nobody-here"])
def test_who_is_not_signed_in_is_told_and_never_sent_there_again(office_with_sign_on: Office, query: str) -> None:
    answer = came_back(office_with_sign_on, query)

    assert (answer.status_code, answer.headers["location"]) == (303, FAILED)
    assert "rekam-sign-on=" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    page = office_with_sign_on.ask(None, FAILED)
    assert page.status_code == 200
    assert "akun itu belum dikenal di sini" in page.text
    assert 'name="to" value="/"' in page.text


def test_without_the_cookie_nobody_comes_in(office_with_sign_on: Office) -> None:
    answer = office_with_sign_on.ask(None, "/sign-on/back?state=x&code=somebody")

    assert (answer.status_code, answer.headers["location"]) == (303, FAILED)


def test_somebody_known_is_signed_in(office_with_sign_on: Office) -> None:
    with database.connect(office_with_sign_on.database, "rekam_access") as connection:
        users.add(connection.cursor(), users.check("signed-on", "auditor", []), None, "known-there")

    answer = came_back(office_with_sign_on, "state=x&code=known-there")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookies = "\n".join(answer.headers.get_list("set-cookie"))
    assert "Max-Age=0" in cookies
    assert cookies.count("\n") == 1


def test_an_unknown_word_in_the_address_says_nothing(office: Office) -> None:
    assert 'role="alert"' not in office.ask(None, "/sign-in?failed=%3Cscript%3E").text


class Slow(SignOn):
    """One that takes its time, until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()

    def begin(self) -> tuple[str, Begun]:
        assert self.goes_on.wait(60)
        return super().begin()

    def finish(self, begun: Begun, state: str, code: str, now: datetime) -> str:
        assert self.goes_on.wait(60)
        return super().finish(begun, state, code, now)


@pytest.fixture
def slow(office_with_sign_on: Office) -> Iterator[Slow]:
    found = office_with_sign_on.app.state.sign_on = Slow()
    yield found
    found.goes_on.set()


@pytest.mark.parametrize("path", ["/sign-on", "/sign-on/back?state=x&code=nobody"])
def test_a_slow_provider_keeps_nobody_waiting_but_some_who_sign_on(office: Office, slow: Slow, path: str) -> None:
    begun = orjson.dumps(["x", "x", "x"]).hex()
    kept = {"Cookie": f"rekam-sign-on={begun}"}
    done: list[httpx.Response] = []
    with ThreadPoolExecutor(20) as many:
        try:
            asked = [many.submit(lambda: done.append(office.ask(None, path, headers=kept))) for _ in range(20)]
            eventually(lambda: len(done) == 10, within_s=20)  # two are asked for, eight wait

            assert {(answer.status_code, answer.headers["retry-after"]) for answer in done} == {(503, "5")}
            assert "<h1>" in done[0].text
            assert "set-cookie" not in done[0].headers
            assert office.ask("supervisor", "/v1/counts").status_code == 200
        finally:
            slow.goes_on.set()
    assert [one.result() for one in asked] == [None] * 20
    assert [answer.status_code for answer in done[10:]] == [303] * 10
