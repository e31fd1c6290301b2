"""/v1: the log for auditors, and who has read what. What is sealed in an entry stays sealed."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from events.errors import NoAnswer
from services import audit
from services.access import readings
from services.access.roles import Operation
from services.api.answering import At, Desk, Showing, Shown
from services.api.asked import Asked, Closed
from services.api.caller import desk_for
from services.api.described import answers
from services.api.documents_log import Logged, Readings
from services.api.naming import Subject, subject_of
from services.api.sending import Pieces, Sending, take_turn

if TYPE_CHECKING:
    from collections.abc import Generator

    from services.ask import Question

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["audit"])

LINES: Final = "application/x-ndjson"
_LARGEST: Final = 2**62

AtLog = Annotated[Desk, Depends(desk_for(Operation.LOG))]


class AskedLog(Closed):
    """A stretch of the log, both ends included. As JSON a page of it, with `next`; as JSON lines all of it."""

    from_: Annotated[int, Field(alias="from", ge=1, le=_LARGEST, description="The first position.")] = 1
    to: Annotated[int | None, Field(ge=0, le=_LARGEST, description="The last position; the log's end.")] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="Entries of a page, as JSON.")] = 100


class AskedReadings(Asked):
    """`before` is the number of the last one seen: the newest come first."""

    before: Annotated[int | None, Field(ge=1, le=_LARGEST)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class AskedAllReadings(AskedReadings):
    who: Annotated[str | None, Field(pattern=r"^[a-z0-9._-]{1,64}$", description="Of this user alone.")] = None


@router.get("/log", responses=answers(Logged) | {200: {"model": Logged, "content": {LINES: {}}}})
def log(request: Request, asked: Annotated[AskedLog, Query()], desk: AtLog) -> Response:
    """The entries in order of position, each with its digest; JSON lines where `Accept` asks for them."""
    if LINES in request.headers.get("accept", ""):
        return _lines(desk, asked)

    def ask(question: Question, _: At) -> Shown:  # the log's end may be ahead of the views' position: it has no tag
        end = question.reaching(asked.from_, asked.to)
        last = min(end, asked.from_ + asked.limit - 1)
        rows = list(audit.replay(question.cursor.connection, asked.from_, last))
        return Shown({"head": question.head(), "rows": rows, "next": last + 1 if last < end else None}, ())

    return desk.show(Asked(), Showing("log", None, ask, lasting=False), **asked.model_dump())


def _lines(desk: Desk, asked: AskedLog) -> Response:
    """The reading is written down first; then one line an entry, as it is read."""
    with ExitStack() as opened:
        take_turn(opened)
        with desk.reach.question(desk.caller) as question:
            end = question.reaching(asked.from_, asked.to)
            at = desk.at(question, None, None)
        desk.note(Showing("log", None, _nothing), at, (), {"from": asked.from_, "to": end})
        lines = _read(desk, asked.from_, end)
        opened.callback(lines.close)
        whole = chain(list(islice(lines, 1)), lines)  # what is refused, is refused before the answer begins
        sent = Pieces(whole, opened.pop_all())
    return Sending(sent, {"Cache-Control": "private, no-store"}, LINES)


def _read(desk: Desk, first: int, last: int) -> Generator[bytes, None, None]:
    with desk.reach.question(desk.caller) as question:
        for document in audit.replay(question.cursor.connection, first, last):
            yield orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def _nothing(_: Question, __: At) -> Shown:
    return Shown({}, ())


@router.get("/readings", responses=answers(Readings))
def read(
    asked: Annotated[AskedAllReadings, Query()], desk: Annotated[Desk, Depends(desk_for(Operation.READINGS))]
) -> Response:
    """Who has read what, when and what for; the newest first."""

    def ask(question: Question, _: At) -> Shown:
        rows = readings.listed(question.cursor, asked.before, asked.limit + 1, asked.who)
        return Shown(_page(rows, asked.limit), ())

    return desk.show(asked, Showing("readings", None, ask, lasting=False))


@router.get("/residents/{subject}/readings", responses=answers(Readings))
def read_about(
    subject: Annotated[str, Path(pattern=Subject)],
    asked: Annotated[AskedReadings, Query()],
    desk: Annotated[Desk, Depends(desk_for(Operation.HISTORY))],
) -> Response:
    """Who has read about one person: what that person may ask to be told (UU 27/2022, 32)."""
    about = subject_of(subject)

    def ask(question: Question, _: At) -> Shown:
        rows = readings.of_person(question.cursor, about, asked.before, asked.limit + 1)
        if not rows and asked.before is None:
            raise NoAnswer(f"nobody has read about {subject}, or there is no such person")
        return Shown(_page(rows, asked.limit), (about,))

    return desk.show(asked, Showing("history", None, ask, lasting=False), subject=subject)


def _page(rows: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    return {"rows": rows[:limit], "next": rows[limit - 1]["number"] if len(rows) > limit else None}
