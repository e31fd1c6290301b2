"""/v1/metrics: how the register and this process are doing, as Prometheus reads it. No label names a person."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from starlette.requests import Request
from starlette.responses import Response

from services import upkeep
from services.access.roles import Operation
from services.api.answering import Desk
from services.api.caller import desk_for
from services.api.described import answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Meter", "Metered", "router"]

router = APIRouter(prefix="/v1", tags=["operations"])

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Whoever likes may send any other: each would be some hundreds of series more."""
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


class Metered:
    """Around the app: measures until an answer begins, since a stream may go on for hours."""

    def __init__(self, app: ASGIApp, *, meter: Meter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                labels = (route, method, str(message["status"]))
                self._meter.requests.labels(*labels).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, sending)


@router.get("/metrics", responses=answers(None, CONTENT_TYPE_LATEST))
def metrics(request: Request, desk: Annotated[Desk, Depends(desk_for(Operation.METRICS))]) -> Response:
    """For Prometheus, with a token of the role `operator`."""
    with desk.reach.question(desk.caller) as question:
        document = upkeep.status_document(question)
        accepted = question.accepted(document["position"])
    register = CollectorRegistry()
    register.register(_Register(document, 0.0 if accepted is None else accepted.timestamp()))
    text = generate_latest(register) + generate_latest(request.app.state.meter.registry)
    return Response(text, headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST})


class _Register:
    """What `rekam status` says, as metrics."""

    def __init__(self, document: dict[str, Any], accepted: float) -> None:
        self._document = document
        self._accepted = accepted

    def collect(self) -> Iterator[Metric]:
        said = self._document
        yield GaugeMetricFamily("rekam_log_position", "The last position of the log.", value=said["position"])
        yield GaugeMetricFamily(
            "rekam_log_accepted_timestamp_seconds", "When the last entry was accepted.", value=self._accepted
        )
        yield _by("rekam_view_position", "Position of each view.", "view", said["projections"])
        behind = {view: said["position"] - at for view, at in said["projections"].items()}
        yield _by("rekam_view_behind_positions", "Positions that a view has still to read.", "view", behind)
        yield _by("rekam_relayed_position", "Messages passed on to each topic.", "topic", said["relayed"])
        yield _by("rekam_quarantine_open", "Open messages in quarantine by code.", "code", said["quarantine"])
        accounted = CounterMetricFamily("rekam_offsets", "Offsets accounted for, by outcome.", labels=["outcome"])
        for outcome, offsets in said["accounted"].items():
            accounted.add_metric([outcome], offsets)
        yield accounted
        yield GaugeMetricFamily("rekam_views_standing_still", "Views to be rebuilt.", value=len(said["standing_still"]))


def _by(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family
