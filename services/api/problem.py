"""What goes wrong, told as a problem of RFC 9457: `application/problem+json` with the way out in `detail`.

400 wrong_use          a parameter, key or body that cannot be meant
401 not_signed_in      no session or token, or one that holds no more
403 not_allowed        the role may not do this
404 no_answer          a well-formed question without an answer; nobody by that name; no such page
413, 414, 431 too_large   a body, an address or headers that are longer than any question
429 too_many           sign-ins, mostly; Retry-After says when
503 not_ready          an engine does not answer, a view is made anew, a position is not reached yet; Retry-After
500 failed             a fault of ours; nothing of it is told but its number in the process's log
"""

from __future__ import annotations

import math
import re
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
import psycopg
import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from events.errors import NoAnswer, Refusal, Retry, WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

__all__ = ["MEDIA_TYPE", "Problem", "ProblemError", "answer_problem", "problem_of"]

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:rekam:problem:{}"
_AGAIN_S: Final = 1
_ROOMS: Final = re.compile(r"(?:^|/)(?:events|projections|services)/[^/]*(?:/[^/]*)?\.py$")
_WORDS: Final = {401: "not_signed_in", 403: "not_allowed", 404: "no_answer", 413: "too_large"}
_NO_TEXT: Final = (None, "22021", "22P05")
"""What a text with U+0000 in it is refused by: the client, and the server in a text and in JSON."""

_log = structlog.get_logger("api")


class Problem(BaseModel):
    """RFC 9457. `type` ends in the word of the table; `errors` names each parameter that cannot be meant."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = Field(default_factory=list)


class ProblemError(Exception):
    """Raised by a handler where no error of the core says it. `after_s`: when it may be tried again."""

    def __init__(
        self,
        status: int,
        word: str,
        detail: str,
        *,
        after_s: float | None = None,
        errors: Sequence[dict[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.word = word
        self.detail = detail
        self.after_s = after_s
        self.errors = errors
        self.allow: str | None = None
        """The methods that there are, where another was used."""

    @property
    def headers(self) -> Mapping[str, str]:
        said = {} if self.after_s is None else {"Retry-After": str(max(1, math.ceil(self.after_s)))}
        if self.allow is not None:
            said["Allow"] = self.allow
        if self.status == HTTPStatus.UNAUTHORIZED:
            said["WWW-Authenticate"] = "Bearer"
        return said


def problem_of(error: Exception) -> ProblemError:
    """Find what an error is to whoever asked. What is not foreseen is a fault of ours, and is told as nothing more."""
    match error:
        case ProblemError():
            found = error
        case NoAnswer():
            found = ProblemError(404, "no_answer", str(error))
        case WrongUse():
            found = ProblemError(400, "wrong_use", str(error))
        case Retry() | Refusal():
            found = ProblemError(503, "not_ready", str(error), after_s=_AGAIN_S)
        case psycopg.errors.InsufficientPrivilege():
            _log.error("the database refused what the table of roles allows", sqlstate=error.sqlstate)
            found = ProblemError(403, "not_allowed", "the database does not let this role do that")
        case psycopg.DataError() if error.sqlstate in _NO_TEXT:
            found = ProblemError(400, "wrong_use", "a text has a character that no text may have, U+0000: take it away")
        case RequestValidationError():
            found = _of_parameters(error)
        case HTTPException():
            found = ProblemError(error.status_code, _WORDS.get(error.status_code, "wrong_use"), str(error.detail))
            found.allow = (error.headers or {}).get("Allow")
        case _:
            number = uuid4().hex[:12]
            _log.error("failed", number=number, kind=type(error).__name__, at=_place(error))
            found = ProblemError(500, "failed", f"a fault of ours, noted as {number}: tell the operator")
    return found


def answer_problem(_: Request | None, error: Exception) -> Response:
    """As the app's handler of errors."""
    problem = problem_of(error)
    document: dict[str, Any] = {
        "type": _TYPE.format(problem.word),
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "errors": list(problem.errors),
    }
    headers = {**problem.headers, "Cache-Control": "no-store"}
    return Response(orjson.dumps(document), problem.status, headers, MEDIA_TYPE)


def _of_parameters(error: RequestValidationError) -> ProblemError:
    """Name each parameter and what is wrong with it; never its value, which may be somebody's NIK."""
    errors = [{"at": "/".join(str(part) for part in one["loc"]), "message": str(one["msg"])} for one in error.errors()]
    said = "; ".join(f"{one['at']}: {one['message']}" for one in errors[:5])
    return ProblemError(400, "wrong_use", said or "the request cannot be read", errors=errors[:50])


def _place(error: BaseException) -> str:
    """The last place in a file of ours that it went through."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _ROOMS.search(frame.filename)]
    return f"{ours[-1].filename}:{ours[-1].lineno}" if ours else ""
