"""/v1: counts, flows, lists and their reconciliation. No person is named here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field
from starlette.responses import Response

from projections import figures, lists, reconciliation
from projections.flows import flows_answer
from services.access.roles import Operation
from services.api.answering import THREE, At, Desk
from services.api.asked import Area, Asked, By, Day, Known, ListName
from services.api.caller import desk_for
from services.api.described import answers
from services.api.documents import Counts, Flows, Lists, Reconciliation
from services.ask import VIEW_NAMES, day_of

if TYPE_CHECKING:
    from services.ask import Question

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["counts"])

AtDesk = Annotated[Desk, Depends(desk_for(Operation.COUNTS))]


class AskedCounts(Asked):
    by: By = "kelurahan"
    list: ListName = None
    kelurahan: Area = None


class AskedFlows(Asked):
    """`known` is the opening's, `then` the closing's."""

    from_: Annotated[Day, Field(alias="from", description="The opening is at the end of this day.")]
    to: Annotated[Day, Field(description="The closing is at the end of this day.")]
    then: Known = None
    by: By = "kelurahan"


class AskedList(Asked):
    against: ListName = None


@router.get("/counts", responses=answers(Counts))
def counts(asked: Annotated[AskedCounts, Query()], desk: AtDesk) -> Response:
    """Where everyone, or every member of a list, stands on a day: by area, and the three numbers."""

    def ask(question: Question, at: At) -> dict[str, Any]:
        who = figures.Asked(at.day, at.known, asked.list, asked.kelurahan)
        where = {"kelurahan": asked.kelurahan}
        return where | figures.counted(question.cursor, who, asked.by, desk.reach.recent)

    return desk.answer(asked, ask)


@router.get("/flows", responses=answers(Flows))
def flows(asked: Annotated[AskedFlows, Query()], desk: AtDesk) -> Response:
    """Balance two days: opening, restated by what became known meanwhile, flows, closing."""
    first, last = day_of("from", asked.from_), day_of("to", asked.to)

    def ask(question: Question, at: At) -> dict[str, Any]:
        opening = question.known(asked.known, *VIEW_NAMES)
        answer = flows_answer(question.cursor, first, last, opening, at.known, asked.by)
        return {name: n for name, n in figures.figures(answer["total"]["closing"]).items() if name in THREE} | answer

    return desk.answer(asked.model_copy(update={"known": asked.then}), ask, opening=asked.known)


@router.get("/lists", responses=answers(Lists))
def listed(asked: Annotated[Asked, Query()], desk: AtDesk) -> Response:
    """Every declared list, with its members and its residual; and the register's first day."""
    return desk.answer(asked, lambda question, at: lists.lists_answer(question.cursor, at.known, desk.reach.recent))


@router.get("/reconciliations/{list}", responses=answers(Reconciliation))
def reconcile(
    list_: Annotated[str, Path(alias="list", min_length=1, max_length=2000)],
    asked: Annotated[AskedList, Query()],
    desk: AtDesk,
) -> Response:
    """Balance a declared list to the last person; `against` lays another list beside it, name by name."""

    def ask(question: Question, at: At) -> dict[str, Any]:
        recent = desk.reach.recent
        return reconciliation.reconcile_answer(question.cursor, list_, at.day, at.known, asked.against, recent)

    return desk.answer(asked, ask, list=list_)
