"""The screen of operations: as it is this moment, and what an operator does about what is parked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query
from pydantic import Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from projections.punctuality import sources_answer
from services import upkeep
from services.access.roles import Operation
from services.api.operating import AskedParked, found_parked, parked_page, see
from services.pages import operations
from services.pages.frame import address
from services.pages.personal import desk_of
from services.pages.rendering import render
from services.pages.screen import AskedPage, Screen, screen_for
from services.pages.words import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Status = Annotated[Screen, Depends(screen_for(Operation.STATUS))]
Mending = Annotated[Screen, Depends(screen_for(Operation.MEND))]
Number = Annotated[int, Path(ge=1, le=2**62)]
_FRESH = {"Cache-Control": "no-store"}


class AskedOperations(AskedPage, AskedParked):
    """`number` and `outcome` say what was just done about which message."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    number: Annotated[int | None, Field(ge=1, le=2**62)] = None
    outcome: Annotated[str | None, Field(pattern="^[a-z_]{1,40}$")] = None


@router.get("/operations")
def operated(asked: Annotated[AskedOperations, Query()], screen: Status) -> Response:
    """It follows from no position alone, so it has no tag and is kept nowhere."""
    with screen.reach.question(screen.caller) as question:
        here = screen.here(question, asked)
        status = upkeep.status_document(question)
        found = found_parked(question, asked) if screen.caller.may(Operation.QUARANTINE) else None
        heard = sources_answer(question.cursor, here.at.known)
    parked = None if found is None else parked_page(screen.reach, found, asked.limit)
    document = operations.shown(status, heard, parked, _done(asked))
    return HTMLResponse(render("operations.html", screen.of(here), all=asked.all, **document), headers=_FRESH)


def _done(asked: AskedOperations) -> Mapping[str, Any]:
    """What was just done, in a word that there is: the address may say anything."""
    words = [key for key in (f"came.{asked.outcome}", f"code.{asked.outcome}") if key in CATALOGUE]
    return {} if asked.number is None or not words else {"number": asked.number, "word": words[0]}


@router.post("/operations/quarantine/{number}/redrive")
def redrive(number: Number, screen: Mending) -> Response:
    """Put a parked message through intake once more, and say what came of it."""
    see(desk_of(screen), number)
    return _told(upkeep.redriven(screen.reach.settings, [number])[0])


@router.post("/operations/quarantine/{number}/dismiss")
def dismiss(number: Number, screen: Mending, reason: Annotated[str, Form(min_length=1, max_length=500)]) -> Response:
    """Give a parked message up, with a reason."""
    see(desk_of(screen), number)
    return _told(upkeep.dismissed(screen.reach.settings, [number], reason, screen.caller.name)[0])


def _told(row: Mapping[str, Any]) -> Response:
    to = address("/operations", {"number": row["number"], "outcome": row["outcome"]})
    return RedirectResponse(f"{to}#done", 303, headers=_FRESH)
