"""The screens that name nobody: the reconciliation of a list, the city, the pace."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import RedirectResponse, Response

from events.errors import NoAnswer
from projections.figures import Asked, counted
from projections.leaving import foreseen, leaving_answer
from projections.lists import first_day, named_lists
from projections.places import places_answer
from projections.reconciliation import reconcile_answer
from projections.target import WINDOW
from services.access.roles import Operation
from services.api.answering import At
from services.api.asked import Area, By, Day, ListName
from services.api.pacing import AskedPace, pace_of
from services.ask import VIEW_NAMES
from services.pages import city, pace, reconciliation
from services.pages.reconciliation import restated_between
from services.pages.screen import AskedPage, Here, Screen, screen_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.ask import Question
    from services.pages.frame import Frame

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Counting = Annotated[Screen, Depends(screen_for(Operation.COUNTS))]
Anyone = Annotated[Screen, Depends(screen_for(None))]


class AskedReconciliation(AskedPage):
    list: ListName = None
    by: By = "kecamatan"


class AskedCity(AskedPage):
    list: ListName = None
    colour: Literal["number", "share"] = "number"
    sort: Literal["area", "name", "official", "explained", "truly", "share"] = "name"


class AskedPaces(AskedPage):
    list: ListName = None
    kelurahan: Area = None
    target: Day = None


@router.get("/")
def reconciled(asked: Annotated[AskedReconciliation, Query()], screen: Anyone) -> Response:
    """The first page; whoever may not see counts is shown the first that they may see."""
    if not screen.frame.may(Operation.COUNTS):
        return RedirectResponse(screen.frame.menu()[0][1], 303)

    def ask(question: Question, here: Here, frame: Frame) -> dict[str, Any]:
        at, cursor = here.at, question.cursor
        lists = named_lists(cursor, at.known)
        chosen = asked.list or reconciliation.newest(lists)

        def reconciled(known: int) -> dict[str, Any]:
            return reconcile_answer(cursor, chosen, at.day, known, None, screen.reach.recent)

        document = reconciled(at.known)

        def restated() -> dict[str, Any] | None:
            return restated_between(*_then_and_now(question, here, document, reconciled))

        page = frame if asked.list else frame.asking(list=chosen)
        return reconciliation.shown(page, document, lists, every=asked.by == "kelurahan") | {
            "page": page,
            "covered": lambda: reconciliation.covered(_coverage(screen, question, at, lists), frame),
            "restated_later": restated,
            "two_lists": lambda: reconciliation.two_lists(_beside(screen, question, at, lists, chosen)),
        }

    return screen.show_in_parts("reconciliation.html", asked, ask)


@router.get("/city")
def citywide(asked: Annotated[AskedCity, Query()], screen: Counting) -> Response:
    def ask(question: Question, here: Here, frame: Frame) -> dict[str, Any]:
        at, cursor = here.at, question.cursor

        def count(known: int) -> dict[str, Any]:
            return counted(cursor, Asked(at.day, known, asked.list), "kelurahan", screen.reach.recent)

        document = count(at.known)
        then, now = _then_and_now(question, here, document, count)
        first = first_day(cursor, at.known)
        found = {"then": then, "now": now, "first_day": first, "today": here.today, "head": here.head}
        shown = city.shown(frame, document, found, colour=asked.colour, sort=asked.sort)
        return shown | {"lists": named_lists(cursor, at.known)}

    return screen.show("city.html", asked, ask)


@router.get("/pace")
def paced(asked: Annotated[AskedPaces, Query()], screen: Counting) -> Response:
    def ask(question: Question, here: Here, frame: Frame) -> dict[str, Any]:
        at, cursor = here.at, question.cursor
        asked_too = {name: getattr(asked, name) for name in ("on", "known", "list", "kelurahan", "target")}
        daily = pace_of(question, at, AskedPace(**asked_too))
        first = max(at.day - timedelta(WINDOW - 1), date.fromisoformat(daily["from"]))
        coming = (cursor, at.day, daily["needed"]["target"], at.known, asked.kelurahan, asked.list)
        found = {
            "area": asked.kelurahan,
            "lists": named_lists(cursor, at.known),
            "daily": daily,
            "places": places_answer(cursor, first, at.day, at.known, asked.kelurahan, asked.list),
            "leaving": leaving_answer(*coming),
            "foreseen": foreseen(*coming),
        }
        return pace.shown(frame, found)

    return screen.show("pace.html", asked, ask)


def _then_and_now(
    question: Question, here: Here, document: Mapping[str, Any], ask: Callable[[int], dict[str, Any]]
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """The same answer as it was known, and as it is now, between which the restated line lies.

    Known then: what the page shows where that is earlier than now, otherwise what was known on the evening of the day;
    None where nothing was. As it is now: None where the register's first day has moved behind the day since, because a
    list was withdrawn or declared for a later day.
    """
    if here.at.known < here.head:
        try:
            return document, ask(here.head)
        except NoAnswer:
            return document, None
    try:
        evening = question.known(city.evening(here.at.day), *VIEW_NAMES)
    except NoAnswer:  # the views are not there yet: what they know is all that can be told of it
        evening = here.head
    if evening == here.head:
        return document, document
    try:
        return ask(evening), document
    except NoAnswer:
        return None, document


def _beside(
    screen: Screen, question: Question, at: At, lists: Sequence[Mapping[str, Any]], chosen: str
) -> dict[str, Any] | None:
    """The later of two lists against the earlier, on the day or, where that is before the later list, on its own."""
    pair = reconciliation.beside(lists, chosen)
    if pair is None:
        return None
    later, earlier = pair
    as_of = next(date.fromisoformat(one["as_of"]) for one in lists if one["list"] == later)
    return reconcile_answer(question.cursor, later, max(at.day, as_of), at.known, earlier, screen.reach.recent)


def _coverage(screen: Screen, question: Question, at: At, lists: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Of the newest register, where nobody of it is missing."""
    whole = [one for one in lists if one["kind"] == "register"]
    if not whole:
        return None
    newest = max(whole, key=lambda one: (one["as_of"], one["list"]))["list"]
    document = counted(question.cursor, Asked(at.day, at.known, newest), "city", screen.reach.recent)
    return document if document["coverage"] else None
