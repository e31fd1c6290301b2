"""/v1: how fast it goes: what is left each day, what is recorded where, and who comes to be obliged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from projections import lists
from projections.leaving import leaving_answer
from projections.pace import daily_answer, recordings_answer
from projections.places import places_answer
from projections.target import WINDOW, needed
from services.access.roles import Operation
from services.api.answering import THREE, At, Desk
from services.api.asked import Area, Asked, By, Day, ListName
from services.api.caller import desk_for
from services.api.described import answers
from services.api.documents import Daily, Leaving, Pace, Places
from services.ask import day_of

if TYPE_CHECKING:
    from services.ask import Question

__all__ = ["AskedPace", "pace_of", "router"]

router = APIRouter(prefix="/v1", tags=["pace"])

AtDesk = Annotated[Desk, Depends(desk_for(Operation.COUNTS))]

_LONGEST: Final = timedelta(days=365)
_AHEAD: Final = timedelta(days=365)


class AskedPeriod(Asked):
    """`to` is `on`, if left out; `from` a year before it, or the register's first day."""

    from_: Annotated[Day, Field(alias="from", description="The first day.")] = None
    to: Annotated[Day, Field(description="The last day.")] = None
    list: ListName = None


class AskedDaily(AskedPeriod):
    by: By = "kelurahan"


class AskedPlaces(AskedPeriod):
    kelurahan: Area = None


class AskedPace(AskedPlaces):
    target: Annotated[Day, Field(description="The day by which nobody is to be left; 31 December, if left out.")] = None


class AskedLeaving(Asked):
    until: Annotated[Day, Field(description="The last day; a year after `on`, if left out.")] = None
    list: ListName = None
    kelurahan: Area = None


@router.get("/recordings/daily", responses=answers(Daily))
def daily(asked: Annotated[AskedDaily, Query()], desk: AtDesk) -> Response:
    """How many were recorded, a row for each day and area."""

    def ask(question: Question, at: At) -> dict[str, Any]:
        first, last = _period(question, at, asked)
        return recordings_answer(question.cursor, first, last, at.known, asked.by, asked.list)

    return desk.answer(asked, ask)


@router.get("/recordings/places", responses=answers(Places))
def places(asked: Annotated[AskedPlaces, Query()], desk: AtDesk) -> Response:
    """Where they were recorded: at the office, in a kecamatan or kelurahan, at which session."""

    def ask(question: Question, at: At) -> dict[str, Any]:
        first, last = _period(question, at, asked)
        return places_answer(question.cursor, first, last, at.known, asked.kelurahan, asked.list)

    return desk.answer(asked, ask)


@router.get("/pace", responses=answers(Pace))
def pace(asked: Annotated[AskedPace, Query()], desk: AtDesk) -> Response:
    """What is left at the end of each day, and what a day needs and gets on the way to a target day."""
    return desk.answer(asked, lambda question, at: pace_of(question, at, asked))


@router.get("/leaving", responses=answers(Leaving))
def leaving(asked: Annotated[AskedLeaving, Query()], desk: AtDesk) -> Response:
    """Who turns 17, and whose letter lapses, month by month after the day."""

    def ask(question: Question, at: At) -> dict[str, Any]:
        until = _later(at.day, _AHEAD) if asked.until is None else day_of("until", asked.until)
        return leaving_answer(question.cursor, at.day, until, at.known, asked.kelurahan, asked.list)

    return desk.answer(asked, ask)


def pace_of(question: Question, at: At, asked: AskedPace) -> dict[str, Any]:
    """The days, and what the target needs of those that are left. Recordings of four weeks make the pace."""
    first, last = _period(question, at, asked)
    begun = min(first, max(_earlier(last, timedelta(days=WINDOW - 1)), _first_day(question, at.known, first)))
    answer = daily_answer(question.cursor, begun, last, at.known, asked.list, asked.kelurahan)
    target = last.replace(month=12, day=31) if asked.target is None else day_of("target", asked.target)
    left = needed(answer["days"][-1]["truly"], last, target, [day["recorded_truly"] for day in answer["days"]])
    shown = [day for day in answer["days"] if day["day"] >= first.isoformat()]
    before = next((day for day in reversed(answer["days"]) if day["day"] < first.isoformat()), answer["opening"])
    return answer | {
        "from": first.isoformat(),
        "days": shown,
        "opening": {name: before[name] for name in THREE},
        "recorded": sum(day["recorded"] for day in shown),
        "recorded_truly": sum(day["recorded_truly"] for day in shown),
        **{name: shown[-1][name] for name in THREE},
        "needed": {
            **left._asdict(),
            "needs": left.needs._asdict(),
            "gets": left.gets._asdict(),
            "in_time": left.in_time,
        },
    }


def _period(question: Question, at: At, asked: AskedPeriod) -> tuple[date, date]:
    last = at.day if asked.to is None else day_of("to", asked.to)
    if asked.from_ is not None:
        return day_of("from", asked.from_), last
    earliest = _earlier(last, _LONGEST)
    return max(earliest, min(_first_day(question, at.known, earliest), last)), last


def _first_day(question: Question, known: int, otherwise: date) -> date:
    """The register's; where it has none every question is refused by the core."""
    row = question.cursor.execute(lists.FIRST_DAY, {"known": known}).fetchone()
    return otherwise if row is None or row[0] is None else row[0]


def _earlier(day: date, by: timedelta) -> date:
    return day - by if day - date.min > by else date.min


def _later(day: date, by: timedelta) -> date:
    return day + by if date.max - day > by else date.max
