"""/v1/anomalies: what contradicts itself, with what is done about it, and by whom that is stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import orjson
from fastapi import APIRouter, Body, Depends, Query
from pydantic import Field
from starlette.responses import Response

from events.errors import NoAnswer, WrongUse
from projections.noted import Case, Noted, anomalies_answer
from services.access import follow_ups
from services.access.roles import Operation
from services.api.answering import At, Desk, Showing, Shown
from services.api.asked import Area, Asked, Closed
from services.api.by_name import area_of, refuse_another
from services.api.caller import desk_for
from services.api.described import answers
from services.api.documents_log import Anomalies, Stated
from services.api.naming import Subject, is_subject, subject_of
from services.api.page_keys import PageKey, read_key, write_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.ask import Question

__all__ = ["AskedAnomalies", "anomalies_begun", "anomalies_page", "router", "stated"]

router = APIRouter(prefix="/v1", tags=["audit"])

_NOT_ASKED: Final = {"after", "limit", "wait", "on", "known"}
_Asked = TypeVar("_Asked", bound="AskedAnomalies")


class AskedAnomalies(Asked):
    name: Annotated[str | None, Field(max_length=60, description="Anomalies of this name alone.")] = None
    kelurahan: Area = None
    after: Annotated[str | None, Field(max_length=500, description="The page key `next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Step(Closed):
    """What is done about the anomaly of that name of that resident, in short and without a NIK."""

    subject: Annotated[str, Field(pattern=Subject)]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    state: Literal["open", "in_work", "explained", "corrected"]
    note: Annotated[str, Field(min_length=1, max_length=follow_ups.LONGEST)]


@router.get("/anomalies", responses=answers(Anomalies))
def anomalies(
    asked: Annotated[AskedAnomalies, Query()], desk: Annotated[Desk, Depends(desk_for(Operation.ANOMALIES))]
) -> Response:
    """The contradictions that stand, case by case, each with the last step of its follow-up; and how many of each."""
    first, place = anomalies_begun(asked)

    def ask(question: Question, at: At) -> Shown:
        return anomalies_page(desk, question, at, asked, place)

    return desk.show(first, Showing("anomalies", None, ask, lasting=False))


@router.post("/anomalies/follow-ups", responses=answers(Stated, status=201), status_code=201)
def follow_up(step: Annotated[Step, Body()], desk: Annotated[Desk, Depends(desk_for(Operation.FOLLOW_UP))]) -> Response:
    """State what is done about one; the steps before it stay."""
    number = stated(desk, follow_ups.Step(subject_of(step.subject), step.name, step.state, step.note))
    return Response(orjson.dumps({"number": number}), 201, {"Cache-Control": "no-store"}, "application/json")


# ------------------------------------------------------------------ what programs and screens share


def anomalies_begun(asked: _Asked) -> tuple[_Asked, Sequence[Any] | None]:
    """The question at the day and position at which its first page was, and the place behind the page before."""
    if asked.after is None:
        return asked, None
    key = read_key(_question(asked), asked.after)
    refuse_another(asked, key)
    return asked.model_copy(update={"on": key.day, "known": str(key.known)}), key.place


def anomalies_page(desk: Desk, question: Question, at: At, asked: AskedAnomalies, place: Sequence[Any] | None) -> Shown:
    """A page of cases, each with `follow_up`, its last step or None."""
    area = area_of(desk.caller, asked.kelurahan)
    noted = Noted(at.day, at.known, asked.name, area, None if place is None else _case(place), asked.limit)
    document = anomalies_answer(question.cursor, noted)
    subjects = [UUID(hex=case["subject"]) for case in document["cases"]]
    steps = follow_ups.of(question.cursor, subjects)
    for case, subject in zip(document["cases"], subjects, strict=True):
        case["follow_up"] = steps.get((subject, case["name"]))
    document["area"] = asked.kelurahan
    behind = document["next"]
    if behind is not None:
        key = PageKey(at.day.isoformat(), at.known, [str(behind[name]) for name in Case._fields])
        document["next"] = write_key(_question(asked), key)
    return Shown(document, list(dict.fromkeys(subjects)))


def stated(desk: Desk, step: follow_ups.Step) -> int:
    """Keep a step, of an anomaly that stands and that the caller may see; the step's number."""
    with desk.reach.question(desk.caller) as question:
        row = question.cursor.execute(_STANDS, [step.subject, step.name]).fetchone()
    if row is None:
        raise NoAnswer(f"no anomaly {step.name!r} of {step.subject.hex} stands, or none that you may see")
    with desk.reach.access() as cursor:
        return follow_ups.note(cursor, desk.caller, step)


_STANDS: Final = """
    SELECT FROM trail.anomaly WHERE subject = %s AND name = %s GROUP BY refs HAVING sum(people) > 0 LIMIT 1
"""


def _question(asked: AskedAnomalies) -> dict[str, Any]:
    return asked.model_dump(exclude=_NOT_ASKED)


def _case(place: Sequence[Any]) -> Case:
    match place:
        case [str(name), str(subject), str(digest)] if is_subject(subject):
            return Case(name, subject_of(subject), digest)
    raise WrongUse("`after` is no page key of anomalies: take the one that the page before gave as `next`")
