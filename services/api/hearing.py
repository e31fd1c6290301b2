"""/v1: how late each source says things, and whether it still says anything. No person is named here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from projections.punctuality import lateness_answer, sources_answer
from services.access.roles import Operation
from services.api.answering import At, Desk
from services.api.asked import Asked, Day
from services.api.caller import desk_for
from services.api.described import answers
from services.api.documents_log import Lateness, Sources
from services.ask import day_of

if TYPE_CHECKING:
    from services.ask import Question

__all__ = ["AskedLateness", "lateness_of", "router"]

router = APIRouter(prefix="/v1", tags=["operations"])

AtDesk = Annotated[Desk, Depends(desk_for(Operation.STATUS))]


class AskedLateness(Asked):
    """Of facts true from one day to another; all, if left out."""

    from_: Annotated[Day, Field(alias="from")] = None
    to: Day = None
    limit_days: Annotated[int | None, Field(ge=0, le=100_000, description="More days than this are too late.")] = None


@router.get("/sources", responses=answers(Sources))
def sources(asked: Annotated[Asked, Query()], desk: AtDesk) -> Response:
    """Each source: what it says, when it was last heard, and through which day it seems to be complete."""
    return desk.answer(asked, lambda question, at: sources_answer(question.cursor, at.known))


@router.get("/lateness", responses=answers(Lateness))
def lateness(asked: Annotated[AskedLateness, Query()], desk: AtDesk) -> Response:
    """How many days after its day each fact was written down, and how many until the log had it, by source and type."""
    return desk.answer(asked, lambda question, at: lateness_of(question, at, asked))


def lateness_of(question: Question, at: At, asked: AskedLateness) -> dict[str, Any]:
    first = None if asked.from_ is None else day_of("from", asked.from_)
    last = None if asked.to is None else day_of("to", asked.to)
    return lateness_answer(question.cursor, first, last, at.known, asked.limit_days)
