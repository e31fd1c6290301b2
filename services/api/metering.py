"""/v1/metrics: how the register and this process are doing, as Prometheus reads it. No label names a person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from events.errors import NoAnswer, Unreachable
from services import watched
from services.access.roles import Operation
from services.api.answering import Desk
from services.api.caller import desk_for
from services.api.described import answers
from services.ask import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from services.api.reach import Reach

__all__ = ["Meter", "Metered", "router"]

router = APIRouter(prefix="/v1", tags=["operations"])

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Whoever likes may send any other: each would be some hundreds of series more."""
_CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Meter:
    """The requests of one process, by route, so that no address with somebody's subject becomes a label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Histogram(
            "rekam_http_request_seconds", "Requests by route, method and status, until the answer began.",
            ("route", "method", "status"), buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.answers = Counter("rekam_http_answers", "Answers by class of status.", ("class",), registry=self.registry)
        for one in _CLASSES:  # a rate does not see the fault with which a series begins
            self.answers.labels(one)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take note of an answer that has begun."""
        method = method if method in _METHODS else "other"
        self.requests.labels(route, method, str(status)).observe(seconds)
        self.answers.labels(f"{status // 100}xx").inc()


class Metered:
    """Around the app: measures until an answer begins, since a stream may go on for hours.

    A fault that nobody foresaw is answered here, by the app's own handler: the framework would do it outside of all
    that is around the app, and so uncounted, and without what every answer says of its use.
    """

    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, answered = time.perf_counter(), False

        async def sending(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                route = getattr(scope.get("route"), "path", "none")
                self._meter.answered(scope["method"], route, message["status"], time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except HTTPException:  # a request that is too large, see `Bounds`
            raise
        except Exception as fault:
            if answered:
                raise
            answer = await run_in_threadpool(scope["app"].exception_handlers[Exception], Request(scope), fault)
            await answer(scope, receive, sending)


@router.get("/metrics", responses=answers(None, CONTENT_TYPE_LATEST))
def metrics(request: Request, desk: Annotated[Desk, Depends(desk_for(Operation.METRICS))]) -> Response:
    """For Prometheus, with a token of the role `operator`. What it costs does not grow with the register."""
    with desk.reach.question(desk.caller, primary=True) as question:
        head = question.head()
        families = watched.watched(question.cursor)
    with desk.reach.reader(primary=True) as reader:  # one figure, of the whole register
        families += watched.restated(reader.cursor, day_of("on", None))
    families += watched.reader(_shown(desk.reach), head)
    if (last := request.app.state.checker.last()) is not None:
        families += watched.checked(*last)
    register = CollectorRegistry()
    register.register(_Told(families))
    text = generate_latest(register) + generate_latest(request.app.state.meter.registry)
    return Response(text, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST})


def _shown(reach: Reach) -> int | None:
    """Where the log ends on the server that questions are asked of; None where it does not answer.

    The others are told all the same: who is to see to it needs them.
    """
    try:
        return reach.head(reading=True)
    except (Unreachable, NoAnswer):
        return None


class _Told:
    """What was read already, as the library wants to collect it."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families
