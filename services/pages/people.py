"""The screens of people: a list by name, on paper too, a resident, and the way to one by NIK."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Query
from pydantic import Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from events.errors import NoAnswer, WrongUse
from projections import by_name
from projections.lists import lists_answer
from services.access import follow_ups, readings
from services.access.roles import Operation
from services.api.asked import AskedOfPeople
from services.api.asked_people import AskedList, AskedPeople
from services.api.by_name import begun, full, list_page, resident_shown, wanted_of
from services.api.naming import Subject, subject_of
from services.api.noting import stated
from services.api.people import find
from services.pages import outstanding, resident
from services.pages.entrance import safe
from services.pages.frame import address
from services.pages.personal import KEPT_NOWHERE, Reading, Seen, desk_of, note, show
from services.pages.rendering import render
from services.pages.screen import AskedPage, Here, Screen, screen_for

if TYPE_CHECKING:
    from services.ask import Question
    from services.pages.frame import Frame

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_READINGS = 50

Persons = Annotated[Screen, Depends(screen_for(Operation.PERSONS))]
Printing = Annotated[Screen, Depends(screen_for(Operation.EXPORT))]
Trails = Annotated[Screen, Depends(screen_for(Operation.TRAIL))]
Finding = Annotated[Screen, Depends(screen_for(Operation.FIND))]
Following = Annotated[Screen, Depends(screen_for(Operation.FOLLOW_UP))]


class AskedByName(AskedPage, AskedList):
    """A list, asked for by a form."""


class AskedOnPaper(AskedPage, AskedPeople):
    """All of a list, asked for by a form."""


class AskedResident(AskedPage, AskedOfPeople):
    """`before` is the number of the last reading seen."""

    before: Annotated[int | None, Field(ge=1, le=2**62)] = None


@router.get("/list")
def listed(asked: Annotated[AskedByName, Query()], screen: Persons) -> Response:
    first, place = begun(asked)

    def ask(question: Question, here: Here, frame: Frame) -> Seen:
        document, subjects = list_page(desk_of(screen), question, here.at, first, place)
        lists = lists_answer(question.cursor, here.at.known, screen.reach.recent)["lists"]
        return Seen(outstanding.shown(frame, document, lists), subjects)

    return show(screen, "list.html", first, Reading("list", asked.purpose), ask)


@router.get("/list/print")
def printed(asked: Annotated[AskedOnPaper, Query()], screen: Printing) -> Response:
    """A kelurahan's list on paper; where none is chosen, which there are."""
    caller = screen.caller
    if asked.kelurahan is None or not outstanding.is_kelurahan(asked.kelurahan):
        page = render("paper_areas.html", screen.frame, **outstanding.to_print(screen.frame, caller.areas))
        return HTMLResponse(page, headers=KEPT_NOWHERE)

    def ask(question: Question, here: Here, frame: Frame) -> Seen:
        wanted = wanted_of(caller, asked, here.at)
        whole = full(caller, asked.purpose)
        rows = list(by_name.rows(question.cursor, question.keys, wanted, screen.reach.walks, full=whole))
        now = datetime.now(UTC)
        return Seen(outstanding.printed(frame, asked, rows, now), [UUID(hex=row["subject"]) for row in rows])

    return show(screen, "paper.html", asked, Reading("print", asked.purpose), ask)


@router.get("/residents/find")
def find_form(screen: Finding) -> Response:
    return _find_page(screen.frame, "", 200)


@router.post("/residents/find")
async def found(
    screen: Finding,
    nik: Annotated[str, Form(max_length=100)] = "",
    on: Annotated[str, Form(max_length=10)] = "",
    known: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Go to whoever has that NIK. One that is not known, and one outside of the reader's area, have the same page."""
    when = {name: said for name, said in (("on", on), ("known", known)) if said}
    try:
        document = await find(desk_of(screen), "".join(nik.split()), None)
    except NoAnswer:
        return _find_page(screen.frame.asking(**when), "nobody", 404)
    except WrongUse:
        return _find_page(screen.frame.asking(**when), "no_nik", 400)
    to = address(f"/residents/{document['subject']}", when)
    return RedirectResponse(to, 303, headers=KEPT_NOWHERE)


def _find_page(frame: Frame, said: str, status: int) -> Response:
    return HTMLResponse(render("find.html", frame, said=said), status, KEPT_NOWHERE)


@router.get("/residents/{subject}")
def one(
    subject: Annotated[str, Path(pattern=Subject)], asked: Annotated[AskedResident, Query()], screen: Trails
) -> Response:
    """Who has read about them is read after this very reading is written down, which so is among them."""
    who = subject_of(subject)
    with screen.reach.question(screen.caller) as question:
        here = screen.here(question, asked)
        document, subjects = resident_shown(desk_of(screen), question, here.at, who, asked.purpose)
        steps = follow_ups.of(question.cursor, [who])
    note(screen, Reading("resident", asked.purpose, {"subject": subject}), here.at, subjects, asked)
    found = {
        "follow_ups": {name: step for (_, name), step in steps.items()},
        "readings": _readings(screen, who, asked.before),
    }
    frame = screen.of(here)
    return HTMLResponse(render("resident.html", frame, **resident.shown(frame, document, found)), headers=KEPT_NOWHERE)


def _readings(screen: Screen, who: UUID, before: int | None) -> dict[str, Any] | None:
    """Who has looked, the newest first; None for whoever may not see it."""
    if not screen.caller.may(Operation.HISTORY):
        return None
    with screen.reach.access() as cursor:
        rows = readings.of_person(cursor, who, before, _READINGS + 1)
    return {"rows": rows[:_READINGS], "next": rows[_READINGS - 1]["number"] if len(rows) > _READINGS else None}


@router.post("/residents/{subject}/follow-ups")
def follow_up(
    subject: Annotated[str, Path(pattern=Subject)],
    screen: Following,
    name: Annotated[str, Form(max_length=100)],
    state: Annotated[str, Form(max_length=40)],
    text: Annotated[str, Form(alias="note", max_length=2000)],
    back: Annotated[str, Form(max_length=8000)] = "/audit",
) -> Response:
    """State what is done about a contradiction that stands, and go back to where it was stated."""
    stated(desk_of(screen), follow_ups.Step(subject_of(subject), name, state, text))
    return RedirectResponse(safe(back), 303, headers=KEPT_NOWHERE)
