"""The screens of the audit: contradictions, a figure down to its facts, lateness, the log, who has read, the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from projections.punctuality import lateness_answer
from services import audit
from services.access import readings
from services.access.roles import Operation
from services.api.asked import Area, Asked, Day
from services.api.asked_people import AskedFigure
from services.api.by_name import begun, figure_page
from services.api.checker import Checker
from services.api.noting import AskedAnomalies, anomalies_begun, anomalies_page
from services.ask import day_of
from services.pages import proof
from services.pages.personal import KEPT_NOWHERE, Reading, Seen, desk_of, note, show
from services.pages.rendering import render
from services.pages.screen import AskedPage, Here, Screen, screen_for
from services.pages.words import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.ask import Question
    from services.pages.frame import Frame

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_CASES: Final = 25
_PEOPLE: Final = 10
_ENTRIES: Final = 50
_READINGS: Final = 50
_LARGEST: Final = 2**62
#: Which of these subjects are lists: of a list nothing is said before it is declared.
_LISTS: Final = """
    SELECT originator_id FROM log.entry
    WHERE originator_id = ANY(%s) AND originator_version = 1 AND topic LIKE 'rekam.listing.list_declared.%%'
"""

Contradictions = Annotated[Screen, Depends(screen_for(Operation.ANOMALIES))]
Trails = Annotated[Screen, Depends(screen_for(Operation.TRAIL))]
Log = Annotated[Screen, Depends(screen_for(Operation.LOG))]
ReadLog = Annotated[Screen, Depends(screen_for(Operation.READINGS))]
Punctuality = Annotated[Screen, Depends(screen_for(Operation.STATUS))]
Checks = Annotated[Screen, Depends(screen_for(Operation.CHECK))]


class AskedCases(AskedPage, AskedAnomalies):
    limit: Annotated[int, Field(ge=1, le=500)] = _CASES


class AskedFigureForm(AskedPage):
    """Nothing yet is asked for where there is no standing."""

    kelurahan: Area = None
    standing: Annotated[str | None, Field(max_length=40)] = None
    after: Annotated[str | None, Field(max_length=500)] = None


class AskedLateness(AskedPage):
    from_: Annotated[Day, Field(alias="from")] = None
    to: Day = None
    limit_days: Annotated[int, Field(ge=0, le=36_500)] = proof.LIMIT_DAYS
    clock: Literal["written", "accepted"] = "written"


class AskedEntries(AskedPage):
    from_: Annotated[int, Field(alias="from", ge=1, le=_LARGEST)] = 1


class AskedReadLog(AskedPage):
    before: Annotated[int | None, Field(ge=1, le=_LARGEST)] = None
    who: Annotated[str | None, Field(pattern=r"^[a-z0-9._-]{1,64}$")] = None


@router.get("/audit")
def contradictions(asked: Annotated[AskedCases, Query()], screen: Contradictions) -> Response:
    """What contradicts itself, by name and case by case, with what is done about it."""
    first, place = anomalies_begun(asked)

    def ask(question: Question, here: Here, frame: Frame) -> Seen:
        document, subjects = anomalies_page(desk_of(screen), question, here.at, first, place)
        return Seen(proof.contradicted(frame, document), subjects)

    return show(screen, "audit.html", first, Reading("anomalies"), ask)


@router.get("/audit/figure")
def figure(asked: Annotated[AskedFigureForm, Query()], screen: Trails) -> Response:
    """Who is behind a figure, and the facts by which they are."""
    areas = screen.caller.areas
    if asked.standing is None or asked.kelurahan is None:
        with screen.reach.question(screen.caller) as question:
            frame = screen.of(screen.here(question, asked))
        form = render("audit_figure.html", frame, **proof.explained(None, frame, areas))
        return HTMLResponse(form, headers=KEPT_NOWHERE)
    said = asked.model_dump(exclude={"wait"})
    first, behind = begun(AskedFigure(**said, limit=_PEOPLE))

    def ask(question: Question, here: Here, frame: Frame) -> Seen:
        document, subjects = figure_page(desk_of(screen), question, here.at, first, behind)
        return Seen(proof.explained(document, frame, areas), subjects)

    return show(screen, "audit_figure.html", first, Reading("explain"), ask)


@router.get("/audit/lateness")
def lateness(asked: Annotated[AskedLateness, Query()], screen: Punctuality) -> Response:
    """How many days after they happened facts are told. It names nobody."""
    with screen.reach.question(screen.caller) as question:
        here = screen.here(question, asked)
        first = None if asked.from_ is None else day_of("from", asked.from_)
        last = None if asked.to is None else day_of("to", asked.to)
        document = lateness_answer(question.cursor, first, last, here.at.known, asked.limit_days)
    page = render("audit_lateness.html", screen.of(here), **proof.late(document, asked.clock))
    return HTMLResponse(page, headers={"Cache-Control": "private, no-cache"})


@router.get("/audit/log")
def log(asked: Annotated[AskedEntries, Query()], screen: Log) -> Response:
    """The entries in order of position, each with its digest; sealed parts stay sealed, and are not shown."""

    def ask(question: Question) -> dict[str, Any]:
        end = question.head()
        last = min(end, asked.from_ + _ENTRIES - 1)
        rows = list(audit.replay(question.cursor.connection, asked.from_, last))
        subjects = [UUID(hex=row["entry"]["subject"]) for row in rows if row["entry"] is not None]
        lists = {subject.hex for (subject,) in question.cursor.execute(_LISTS, [subjects])}
        return proof.logged({"head": end, "rows": rows, "next": last + 1 if last < end else None, "lists": lists})

    return _show_as_it_is(screen, "audit_log.html", asked, Reading("log"), ask)


@router.get("/audit/readings")
def read(asked: Annotated[AskedReadLog, Query()], screen: ReadLog) -> Response:
    """Who has read what, when and what for; the newest first."""

    def ask(question: Question) -> dict[str, Any]:
        rows = readings.listed(question.cursor, asked.before, _READINGS + 1, asked.who)
        behind = rows[_READINGS - 1]["number"] if len(rows) > _READINGS else None
        return {"parts": proof.PARTS, "rows": rows[:_READINGS], "next": behind, "who": asked.who}

    return _show_as_it_is(screen, "audit_readings.html", asked, Reading("readings"), ask)


def _show_as_it_is(
    screen: Screen, template: str, asked: AskedPage, reading: Reading, ask: Callable[[Question], dict[str, Any]]
) -> Response:
    """Answer with a page that is about no day and no position, and says none. What was asked of them stays in links."""
    with screen.reach.question(screen.caller) as question:
        at = screen.here(question, Asked()).at
        document = ask(question)
    note(screen, reading, at, (), asked)
    return HTMLResponse(render(template, screen.frame, **document), headers=KEPT_NOWHERE)


@router.get("/audit/checks")
def checks(request: Request, screen: Checks) -> Response:
    """The register's invariants as the last check found them, and how far one is that is running."""
    checker: Checker = request.app.state.checker
    page = render("audit_checks.html", screen.frame, parts=proof.PARTS, known=CATALOGUE, state=checker.state())
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@router.post("/audit/checks")
def check(request: Request, screen: Checks) -> Response:
    """Begin a check, which goes on beside; and show how far it is."""
    checker: Checker = request.app.state.checker
    checker.start(screen.caller.name)
    return RedirectResponse("/audit/checks", 303, headers=KEPT_NOWHERE)
