"""/v1: health, status, quarantine, metrics and the stream of changes. No person is named here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from starlette.responses import Response

from events import quarantine
from events.errors import NoAnswer, RekamError
from services import upkeep
from services.access.roles import Caller, Operation
from services.api.answering import At, Desk, document_of, moment
from services.api.asked import Asked, Closed
from services.api.caller import desk_for, whoever
from services.api.described import answers
from services.api.documents_log import Health, Mended, Parked, Status
from services.conflicts import with_versions

if TYPE_CHECKING:
    from services.api.reach import Reach
    from services.api.watch import Watch
    from services.ask import Question

__all__ = ["AskedParked", "found_parked", "parked_page", "router", "see"]

router = APIRouter(prefix="/v1", tags=["operations"])

_CHANGES_EVERY_S: Final = 1.0
_LONGEST_STREAM_S: Final = 300.0
_THERE: Final = "SELECT message FROM intake.quarantine WHERE number = %s"

Number = Annotated[int, Path(ge=1, le=2**62)]


class AskedParked(Asked):
    """`all`: also those that have come to their end. `after` is the number of the last one seen."""

    all: bool = False
    after: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Dismissal(Closed):
    """Why the message is given up; it is kept."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/health", responses={200: {"model": Health}, 503: {"model": Health}})
def health(request: Request) -> Response:
    """Whether questions are answered; without a sign-in, and without a word about people."""
    reach: Reach = request.app.state.reach
    try:
        reach.look()
        said = "ok" if request.app.state.ready else "answers, and is being prepared"
    except RekamError as error:
        said = str(error)
    ok = said == "ok"
    document = {"status": "ok" if ok else "starting", "database": said}
    return Response(
        orjson.dumps(document), 200 if ok else 503, {"Cache-Control": "no-store"}, media_type="application/json"
    )


@router.get("/status", responses=answers(Status))
def status(asked: Annotated[Asked, Query()], desk: Annotated[Desk, Depends(desk_for(Operation.STATUS))]) -> Response:
    """How far the log, the views and the relay are; what became of every offset; what is open in quarantine."""

    def ask(question: Question, _: At) -> dict[str, Any]:
        document = upkeep.status_document(question)
        document.pop("kafka")
        return document | {"accepted": moment(question.accepted(document["position"]))}

    return desk.fresh(asked, ask)


@router.get("/quarantine", responses=answers(Parked))
def parked(
    asked: Annotated[AskedParked, Query()], desk: Annotated[Desk, Depends(desk_for(Operation.QUARANTINE))]
) -> Response:
    """Parked messages with their reasons, by number; a conflict with both its versions, as far as they are in clear."""
    with desk.reach.question(desk.caller) as question:
        at = desk.at(question, asked.on, asked.known)
        found = found_parked(question, asked)
    document = document_of(parked_page(desk.reach, found, asked.limit), at)
    return Response(orjson.dumps(document), headers={"Cache-Control": "no-store"}, media_type="application/json")


@router.post("/quarantine/{number}/redrive", responses=answers(Mended))
def redrive(number: Number, desk: Annotated[Desk, Depends(desk_for(Operation.MEND))]) -> Response:
    """Put a parked message through intake's own transaction once more; what came of it."""
    see(desk, number)
    return _mended(upkeep.redriven(desk.reach.settings, [number]))


@router.post("/quarantine/{number}/dismiss", responses=answers(Mended))
def dismiss(
    number: Number,
    dismissal: Annotated[Dismissal, Body()],
    desk: Annotated[Desk, Depends(desk_for(Operation.MEND))],
) -> Response:
    """Give a parked message up, with a reason."""
    see(desk, number)
    return _mended(upkeep.dismissed(desk.reach.settings, [number], dismissal.reason, desk.caller.name))


@router.get("/changes", response_class=EventSourceResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def changes(request: Request, _: Annotated[Caller, Depends(whoever)]) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events `position`: that the views have come further, once a second at most.

    It ends after some minutes: who is not signed in any more by then is told no more.
    """
    watch: Watch = request.app.state.watch
    async for now in watch.moments(_LONGEST_STREAM_S):
        said = {"position": now.position, "accepted": moment(now.accepted)}
        yield ServerSentEvent(event="position", id=str(now.position), data=said)
        await asyncio.sleep(_CHANGES_EVERY_S)


def found_parked(question: Question, asked: AskedParked) -> list[dict[str, Any]]:
    """Some of the parked messages, and one more where there are more, for `parked_page`."""
    return quarantine.listed(question.cursor, everything=asked.all, after=asked.after, limit=asked.limit + 1)


def parked_page(reach: Reach, found: Sequence[dict[str, Any]], limit: int) -> dict[str, Any]:
    """What was found, conflicts with both versions; `next` is the number to go on after, or None.

    To be called when the question that found them is closed: it may open another, and whoever waits for a second
    connection must not keep the first.
    """
    rows = list(found[:limit])
    if any(row["code"] == "conflict" for row in rows):
        with reach.reader() as reader:  # which fields differ is told, not what is in them
            rows = with_versions(reader, rows)
    return {"rows": rows, "next": rows[-1]["number"] if len(found) > limit else None}


def see(desk: Desk, number: int) -> None:
    """NoAnswer where there is no such message; the database says who may see it."""
    with desk.reach.question(desk.caller) as question:
        if question.cursor.execute(_THERE, [number]).fetchone() is None:
            raise NoAnswer(f"no message {number} was ever parked: `rekam quarantine list --all` has them all")


def _mended(rows: list[dict[str, Any]]) -> Response:
    return Response(orjson.dumps(rows[0]), headers={"Cache-Control": "no-store"}, media_type="application/json")
