"""The screen of the pace: what a day needs and gets, where people are recorded, and who joins the outstanding."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.calendar import LAST_DAY
from services.pages.outstanding import AT_RISK_AGE, area_name, areas
from services.pages.pictures.bars import bar
from services.pages.pictures.burndown import TALL, WIDE, Burning, burndown, left_at

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from markupsafe import Markup

    from services.pages.frame import Frame

__all__ = ["Month", "Place", "Week", "shown", "weeks"]

_SESSIONS: Final = 12
_WEEK: Final = 7
_TEN: Final = 10
_TENTH: Final = 0.1
_LEFT: Final = {"turning_17": "underage", "lapsing": "departed"}


class Place(NamedTuple):
    place: str
    people: int
    share: float | None
    bar: Markup


class Week(NamedTuple):
    """Up to seven days that end on `last`: what was left then, and how many were recorded in them."""

    first: date
    last: date
    truly: int
    recorded: int


class Month(NamedTuple):
    """Who joins in a month, and of them those who will be truly outstanding."""

    first: date
    turning_17: int
    turning_17_truly: int
    lapsing: int
    lapsing_truly: int


def shown(frame: Frame, documents: Mapping[str, Any]) -> dict[str, Any]:
    """What the template is given, of the answers `daily`, `places` and `leaving`, of all `lists`, and of the `area`.

    `foreseen` says of who leaves which standing the list by name is as long as the figure.
    """
    area = documents["area"]
    days = [(date.fromisoformat(one["day"]), one["truly"]) for one in documents["daily"]["days"]]
    needed = documents["daily"]["needed"]
    burning = Burning(days, needed["target"], needed["gets"]["a_day"] or 0.0)
    places = documents["places"]
    months = [_month(told) for told in documents["leaving"]["months"]]
    until = date.fromisoformat(documents["leaving"]["until"])
    return {
        "needed": needed,
        "rest": left_at(burning),
        "rate": lambda people, *, up=False: _rate(frame, people, up=up),
        "figures_today": documents["daily"]["days"][-1],
        "pictures": _pictures(burning, frame),
        "weeks": weeks(documents["daily"]["days"]),
        "window": len(places["days"]),
        "recorded": places["recorded"],
        "places": _places(places["places"], places["recorded"]),
        "sessions": sorted(places["sessions"], key=lambda one: -one["people"])[:_SESSIONS],
        "session_count": len(places["sessions"]),
        "months": months,
        "joining": {name: sum(getattr(month, name) for month in months) for name in Month._fields[1:]},
        "joining_lists": _leaving_lists(frame, area, until, documents["foreseen"]),
        "until": until,
        "lists": documents["lists"],
        "area": area,
        "where": None if area is None else area_name(frame, area, ()),
        "areas": areas(()),
        "at_risk": frame.behind("outstanding", area, age_from=AT_RISK_AGE),
        "at_risk_age": AT_RISK_AGE,
    }


def _pictures(burning: Burning, frame: Frame) -> list[Markup]:
    w, (day, people) = frame.words.of, burning.days[-1]
    said = (
        w("burndown.title", target=burning.target),
        w("burndown.description", day=day, people=people, target=burning.target, rest=left_at(burning)),
    )
    return [burndown(burning, shape, said, frame.words) for shape in (WIDE, TALL)]


def weeks(days: Sequence[Mapping[str, Any]]) -> list[Week]:
    """The days in weeks that end on the last of them, the newest first; the oldest may have fewer days."""
    found = []
    for end in range(len(days), 0, -_WEEK):
        some = days[max(end - _WEEK, 0) : end]
        first, last = (date.fromisoformat(some[at]["day"]) for at in (0, -1))
        found.append(Week(first, last, some[-1]["truly"], sum(one["recorded_truly"] for one in some)))
    return found


def _rate(frame: Frame, people: float | None, *, up: bool) -> str:
    """People a day, in whole people where they are ten or more: what is needed is rounded up, what was got is not."""
    if people is None:
        return frame.words.said(None)
    if up or people == 0:
        return frame.words.number(ceil(people))
    return frame.words.decimal(people, 0 if people >= _TEN else 1 if people >= _TENTH else 2)


def _places(places: Mapping[str, int], recorded: int) -> list[Place]:
    """Where people were recorded, most first; a place where nobody was is left out."""
    most = max(places.values(), default=0)
    some = sorted((one for one in places.items() if one[1]), key=lambda one: -one[1])
    return [Place(name, n, n / recorded if recorded else None, bar([("explained", n)], most)) for name, n in some]


def _month(told: Mapping[str, Any]) -> Month:
    turning, lapsing = told["turning_17"], told["lapsing"]
    first = date.fromisoformat(f"{told['month']}-01")
    return Month(first, turning["people"], turning["truly"], lapsing["people"], lapsing["truly"])


def _leaving_lists(frame: Frame, area: str | None, until: date, foreseen: Container[str]) -> dict[str, str | None]:
    """Where those who turn 17, and those whose letter lapses, are by name; None where a list would be another's."""
    if until >= LAST_DAY:
        return dict.fromkeys(_LEFT)
    before = until + timedelta(1)
    return {
        what: frame.behind(standing, area, leaves_before=before) if what in foreseen else None
        for what, standing in _LEFT.items()
    }
