"""/v1/checks: the register proves itself, on demand: every invariant with its figure."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.access.roles import Operation
from services.api.answering import Desk
from services.api.caller import desk_for
from services.api.checker import Checker
from services.api.described import answers
from services.api.documents_log import Checked

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["audit"])

AtCheck = Annotated[Desk, Depends(desk_for(Operation.CHECK))]


@router.get("/checks", responses=answers(Checked))
def checks(request: Request, _: AtCheck) -> Response:
    """What came of the last `rekam audit check`, and how far one that is running is."""
    return _state(request)


@router.post("/checks", status_code=202, responses=answers(Checked, status=202))
def check(request: Request, desk: AtCheck) -> Response:
    """Begin one, where none is running; it goes on beside."""
    request.app.state.checker.start(desk.caller.name)
    return _state(request, 202)


def _state(request: Request, status: int = 200) -> Response:
    checker: Checker = request.app.state.checker
    return Response(orjson.dumps(checker.state()), status, {"Cache-Control": "no-store"}, "application/json")
