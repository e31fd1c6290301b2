"""The first page is sent in parts, behind which a question stays open: only so many at once, and never for nobody."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from services.access.roles import Caller, Role
from services.api.sending import Sending, take_turn
from services.pages import counting
from services.pages.counting import AskedReconciliation, reconciled
from services.pages.frame import Frame
from services.pages.screen import Screen
from services.pages.words import Words
from tests.services.api.office import DAY, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from services.ask import Question

SUPERVISOR = Caller("maria", Role.SUPERVISOR)
AT_ONCE = 4


@pytest.fixture
def still_open(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[Question]:
    """The questions of the supervisor that are open at this moment."""
    found: list[Question] = []
    real = office.app.state.reach.question

    @contextmanager
    def question(caller: Caller, **more: Any) -> Iterator[Question]:
        with real(caller, **more) as one:
            ours = [one] if caller is SUPERVISOR else []  # others look how far the views are
            found.extend(ours)
            try:
                yield one
            finally:
                if ours:
                    found.remove(one)

    monkeypatch.setattr(office.app.state.reach, "question", question)
    return found


@pytest.fixture
def uncollected() -> Iterator[None]:
    """As long as Python does not look for what lies about in circles."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def asked(office: Office) -> Response:
    screen = Screen(office.app.state.reach, SUPERVISOR, Frame(Words("en"), "/", SUPERVISOR))
    return reconciled(AskedReconciliation(on=DAY), screen)


async def taken(answer: Response, until: int | None = None) -> str:
    """What whoever asked gets of it; they go away after so many pieces."""
    pieces: list[bytes] = []
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if body := message.get("body"):
            pieces.append(body)
        if len(pieces) == until:
            gone.set()
            await asyncio.Event().wait()  # it is never taken

    await answer({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    return b"".join(pieces).decode()


def sent(*answers: Response) -> list[str]:
    async def each() -> list[str]:
        return [await taken(answer) for answer in answers]

    return asyncio.run(each())


def test_beyond_some_at_once_it_is_answered_whole(office: Office, still_open: list[Question]) -> None:
    answers = [asked(office) for _ in range(AT_ONCE + 3)]

    assert [isinstance(answer, Sending) for answer in answers] == [True] * AT_ONCE + [False] * 3
    assert len(still_open) == AT_ONCE
    pages = sent(*answers)
    assert set(pages) == {pages[0]}
    assert pages[0].rstrip().endswith("</html>")
    assert {answer.headers["etag"] for answer in answers} == {answers[0].headers["etag"]}
    assert {answer.headers["content-type"] for answer in answers} == {"text/html; charset=utf-8"}
    assert still_open == []


def test_beside_all_that_may_be_sent_at_once_others_find_a_connection(office: Office) -> None:
    reach = office.app.state.reach
    with ExitStack() as opened:
        for _ in range(AT_ONCE):
            take_turn(opened)
            opened.enter_context(reach.question(SUPERVISOR))
        pages = [asked(office) for _ in range(AT_ONCE + 3)]
        with reach.question(SUPERVISOR), reach.question(SUPERVISOR) as second:
            assert second.head() > 0
        sent(*pages)


def test_whose_page_is_sent_makes_room_for_the_next(office: Office) -> None:
    for _ in range(AT_ONCE + 1):
        answer = asked(office)
        assert isinstance(answer, Sending)
        sent(answer)


@pytest.mark.usefixtures("uncollected")
def test_a_page_that_is_left_keeps_nothing_open(office: Office, still_open: list[Question]) -> None:
    async def left() -> tuple[str, int]:
        begun = await taken(asked(office), until=1)
        return begun, len(still_open)  # the loop's own end would close it

    for _ in range(AT_ONCE + 1):
        begun, number = asyncio.run(left())
        assert begun.startswith("<!doctype html>")
        assert "</html>" not in begun
        assert number == 0


def test_one_that_fails_behind_its_first_part_keeps_nothing_open(
    office: Office, still_open: list[Question], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(counting, "_coverage", failing)
    answer = asked(office)

    with pytest.raises(ZeroDivisionError):
        sent(answer)
    assert still_open == []


def test_many_that_come_at_once_find_a_connection_each(office: Office) -> None:
    with ThreadPoolExecutor(40) as many:
        answers = list(many.map(lambda _: office.ask("supervisor", "/", params={"on": DAY}), range(40)))

    assert [answer.status_code for answer in answers] == [200] * 40
