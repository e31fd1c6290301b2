"""What is asked of people, once for programs and for screens: pages of lists, a resident, who is behind a figure.

Each function gives a document and the people in it, for the log of readings.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from events.errors import WrongUse
from projections import by_name, resident, trails
from projections.filters import Filters
from services.access.roles import Operation
from services.api.answering import Shown
from services.api.naming import is_subject, subject_of
from services.api.page_keys import PageKey, read_key, write_key
from services.api.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.selection import Area
    from services.access.roles import Caller
    from services.api.answering import At, Desk
    from services.api.asked import Asked
    from services.api.asked_people import AskedFigure, AskedList, AskedPeople
    from services.ask import Question

__all__ = [
    "area_of",
    "begun",
    "figure_page",
    "full",
    "list_page",
    "refuse_another",
    "refuse_outside",
    "resident_shown",
    "wanted_of",
]

_NOT_ASKED: Final = {"after", "limit", "wait", "purpose", "on", "known"}
_FILTERS: Final = ("rw", "rt", "age_from", "age_to", "reason", "not_visited_for", "home_visit_needed")

_Asked = TypeVar("_Asked", "AskedList", "AskedFigure")


def begun(asked: _Asked) -> tuple[_Asked, Sequence[Any] | None]:
    """The question at the day and position at which its first page was, and the place behind the page before."""
    if asked.after is None:
        return asked, None
    key = read_key(_question(asked), asked.after)
    refuse_another(asked, key)
    return asked.model_copy(update={"on": key.day, "known": str(key.known)}), key.place


def refuse_another(asked: Asked, key: PageKey) -> None:
    """WrongUse where another day or position is asked for than the page before had; a time is not compared."""
    begin = "begin that one at its first page"
    if asked.on not in {None, key.day}:
        raise WrongUse(f"`after` is of a page on {key.day}, and `on` is {asked.on}: {begin}")
    known = asked.known or ""
    if known.isascii() and known.isdigit() and int(known) != key.known:
        raise WrongUse(f"`after` is of a page as known at position {key.known}, and `known` is {known}: {begin}")


def _question(asked: AskedList | AskedFigure) -> dict[str, Any]:
    return asked.model_dump(exclude=_NOT_ASKED)


def full(caller: Caller, purpose: str | None) -> bool:
    """Whether numbers are shown whole: for a purpose, to a role that may see them so."""
    return purpose is not None and caller.may(Operation.FULL_NIK)


def refuse_outside(caller: Caller, area: str | None) -> None:
    """403 for an area of which the caller may see no people: an empty list would look as if nobody stood there."""
    if area is not None and not caller.may_see(area):
        said = f"you may see the people of {', '.join(caller.areas)} by name, and not of {area}"
        raise ProblemError(403, "not_allowed", said)


def area_of(caller: Caller, area: str | None) -> Area:
    """The area asked about; an officer who names none asks about their own. 403 as `refuse_outside`."""
    refuse_outside(caller, area)
    return area if area is not None else caller.areas or None


def wanted_of(caller: Caller, asked: AskedPeople, at: At) -> by_name.Wanted:
    """403 for an area outside of an officer's own."""
    leaves_before = None if asked.leaves_before is None else _day("leaves_before", asked.leaves_before)
    filters = Filters(**{name: getattr(asked, name) for name in _FILTERS}, leaves_before=leaves_before)
    return by_name.Wanted(asked.standing, at.day, at.known, area_of(caller, asked.kelurahan), asked.list, filters)


def list_page(desk: Desk, question: Question, at: At, asked: AskedList, place: Sequence[Any] | None) -> Shown:
    """One page; `people` is how many are on the whole list, whatever its filters."""
    wanted = wanted_of(desk.caller, asked, at)
    cut = by_name.Cut(asked.limit, None if place is None else _place(place))
    whole = full(desk.caller, asked.purpose)
    found = by_name.page(question.cursor, question.keys, wanted, cut, desk.reach.walks, full=whole)
    document = {
        "list": asked.list,
        "standing": asked.standing,
        "kelurahan": asked.kelurahan,
        "on": at.day.isoformat(),
        "areas": list(desk.caller.areas),
        "masked": not whole,
        "people": by_name.total(question.cursor, wanted, desk.reach.walks, desk.reach.recent, found.sight),
        "rows": found.rows,
        "next": _next(asked, at, found.next),
    }
    return Shown(document, [UUID(hex=row["subject"]) for row in found.rows])


def resident_shown(desk: Desk, question: Question, at: At, subject: UUID, purpose: str | None) -> Shown:
    """The row, and the trail."""
    whole = full(desk.caller, purpose)
    cursor = question.cursor
    row = resident.resident_answer(cursor, question.keys, subject, resident.As(at.day, at.known, whole))
    return Shown(row | trails.trail_answer(cursor, subject, at.known) | {"masked": not whole}, [subject])


def figure_page(desk: Desk, question: Question, at: At, asked: AskedFigure, place: Sequence[Any] | None) -> Shown:
    """The trails of some of the people behind a figure; `people` is the figure."""
    refuse_outside(desk.caller, asked.kelurahan)
    after = None if place is None else _subject(place)
    figure = trails.Figure(asked.kelurahan, asked.standing, at.day, at.known)
    document = trails.explain_page(question.cursor, figure, after, asked.limit)
    behind = document["next"]
    document["next"] = _next(asked, at, None if behind is None else [behind])
    return Shown(document, [UUID(hex=one["subject"]) for one in document["residents"]])


def _next(asked: AskedList | AskedFigure, at: At, place: Sequence[Any] | None) -> str | None:
    return None if place is None else write_key(_question(asked), PageKey(at.day.isoformat(), at.known, place))


def _place(place: Sequence[Any]) -> by_name.Key:
    match place:
        case [str(kelurahan), int(rank), int(number)]:
            return by_name.Key(kelurahan, rank, number)
    raise WrongUse("`after` is no page key of a list: take the one that the page before gave as `next`")


def _subject(place: Sequence[Any]) -> UUID:
    match place:
        case [str(subject)] if is_subject(subject):
            return subject_of(subject)
    raise WrongUse("`after` is no page key of a figure: take the one that the page before gave as `next`")


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{name} {text!r} is no day; write it like 2018-11-23") from None
