"""Pages on which people can be told apart: who is shown is written down, and committed, before the page leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.responses import HTMLResponse, Response

from services.api.answering import At, Desk, Showing, Shown
from services.pages.rendering import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from services.api.asked import Asked
    from services.ask import Question
    from services.pages.frame import Frame
    from services.pages.screen import Here, Screen

__all__ = ["KEPT_NOWHERE", "Reading", "Seen", "desk_of", "note", "show"]

KEPT_NOWHERE: Final = {"Cache-Control": "private, no-store"}


class Reading(NamedTuple):
    """Which action it is in the log of readings, what for, and what of the question stands beside what was asked."""

    action: str
    purpose: str | None = None
    also: Mapping[str, Any] = {}


class Seen(NamedTuple):
    """What the template is given, and whom it shows."""

    document: Mapping[str, Any]
    subjects: Sequence[UUID]


def show(
    screen: Screen, template: str, asked: Asked, reading: Reading, ask: Callable[[Question, Here, Frame], Seen]
) -> Response:
    """Answer with the page of what `ask` gives. It has no tag: it is kept nowhere, and each sight is a reading."""
    with screen.reach.question(screen.caller) as question:
        here = screen.here(question, asked)
        frame = screen.of(here)
        document, subjects = ask(question, here, frame)
    note(screen, reading, here.at, subjects, asked)
    return HTMLResponse(render(template, frame, **document), headers=KEPT_NOWHERE)


def note(screen: Screen, reading: Reading, at: At, subjects: Sequence[UUID], asked: Asked | None = None) -> None:
    said = {} if asked is None else asked.model_dump(exclude={"wait", "purpose"}, by_alias=True)
    showing = Showing(reading.action, reading.purpose, _nothing)
    desk_of(screen).note(showing, at, subjects, {**said, **reading.also})


def desk_of(screen: Screen) -> Desk:
    """The desk at which the API would answer the same caller."""
    return Desk(screen.reach, screen.caller, screen.frame.path, frozenset())


def _nothing(_: Question, __: At) -> Shown:
    return Shown({}, ())
