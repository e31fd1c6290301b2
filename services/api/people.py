"""/v1: lists by name, a resident with their trail, and who is behind a figure. Each reading is written down.

What is asked of people is resolved here once, for programs and for the screens.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Body, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.responses import Response

from events.errors import NoAnswer, WrongUse
from events.nik import check_nik
from projections import resident
from services.access.roles import Operation, Purpose
from services.api.answering import At, Desk, Showing, Shown, document_of
from services.api.asked import AskedOfPeople, Closed
from services.api.asked_people import AskedFigure, AskedList
from services.api.by_name import begun, figure_page, list_page, resident_shown
from services.api.caller import desk_for
from services.api.described import answers
from services.api.documents_people import Explained, Found, Outstanding, Resident
from services.api.naming import Subject, subject_of

if TYPE_CHECKING:
    from services.ask import Question

__all__ = ["find", "router"]

router = APIRouter(prefix="/v1", tags=["people"])

_TICK_S: Final = 0.05
"""An answer to a NIK leaves at the next such moment, whether it is known or not, or lies outside of the area."""

AtPersons = Annotated[Desk, Depends(desk_for(Operation.PERSONS))]
AtTrail = Annotated[Desk, Depends(desk_for(Operation.TRAIL))]


class Sought(Closed):
    """A NIK stands in a body alone, so that it is in no address and no log of addresses."""

    nik: Annotated[str, Field(min_length=16, max_length=16)]
    purpose: Purpose | None = None


@router.get("/outstanding", responses=answers(Outstanding))
def outstanding(asked: Annotated[AskedList, Query()], desk: AtPersons) -> Response:
    """Everyone behind a figure, by name: in the order somebody walks; numbers masked without a purpose."""
    first, place = begun(asked)

    def ask(question: Question, at: At) -> Shown:
        return list_page(desk, question, at, first, place)

    return desk.show(first, Showing("list", asked.purpose, ask))


@router.post("/residents/find", responses=answers(Found))
async def find_resident(
    sought: Annotated[Sought, Body()], desk: Annotated[Desk, Depends(desk_for(Operation.FIND))]
) -> Response:
    """Find a resident by NIK. One that is not known, and one outside of your area, have the same answer."""
    document = await find(desk, sought.nik, sought.purpose)
    return Response(
        orjson.dumps(document), headers={"Cache-Control": "private, no-store"}, media_type="application/json"
    )


@router.get("/residents/{subject}", responses=answers(Resident))
def shown(
    subject: Annotated[str, Path(pattern=Subject)], asked: Annotated[AskedOfPeople, Query()], desk: AtTrail
) -> Response:
    """One resident: the row that a list would have, every fact with what it changed, and the timeline."""

    def ask(question: Question, at: At) -> Shown:
        return resident_shown(desk, question, at, subject_of(subject), asked.purpose)

    return desk.show(asked, Showing("resident", asked.purpose, ask), subject=subject)


@router.get("/explain", responses=answers(Explained))
def explain(asked: Annotated[AskedFigure, Query()], desk: AtTrail) -> Response:
    """The trail of each person behind a figure, page by page, in order of subject."""
    first, place = begun(asked)

    def ask(question: Question, at: At) -> Shown:
        return figure_page(desk, question, at, first, place)

    return desk.show(first, Showing("explain", asked.purpose, ask))


async def find(desk: Desk, nik: str, purpose: str | None) -> dict[str, Any]:
    """Find by NIK, and write down who has looked, also where nobody was found. NoAnswer, at an even moment."""
    began = time.monotonic()
    try:
        return await run_in_threadpool(_found, desk, nik, purpose)
    finally:
        taken = time.monotonic() - began
        await asyncio.sleep(_TICK_S - taken % _TICK_S)


def _found(desk: Desk, nik: str, purpose: str | None) -> dict[str, Any]:
    try:
        check_nik(nik)
    except ValueError as error:
        raise WrongUse(f"that is no NIK: it {error}") from None
    with desk.reach.question(desk.caller) as question:
        at = desk.at(question, None, None)
        subject = resident.find_by_nik(question.cursor, question.keys, nik, at.known)
    desk.note(Showing("find", purpose, _nobody), at, [] if subject is None else [subject], {})
    if subject is None:
        raise NoAnswer("no resident of that NIK is known, or none whom you may see")
    return document_of({"subject": subject.hex}, at)


def _nobody(_: Question, __: At) -> Shown:
    return Shown({}, ())
