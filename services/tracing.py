"""Traces of messages whose publisher sent a `traceparent`: what intake, the relay and each projector did with them.

One span a message and process, each the child of the one before, so that a trace goes from the registry's own program
to the view. A span says where a message stood, what became of it, and its type: never a source, an id, or anything out
of the message; and a publisher's `tracestate` goes no further. Who sends no context is not traced.

The publisher's context is the Kafka header `traceparent`, that of whoever sent the message last; or else the extension
attribute of CloudEvents, that of whoever made the event. Where both are there and differ, the span has a link to the
latter. OpenTelemetry's own variables say where traces go, and how many (`OTEL_TRACES_SAMPLER`); without them there are
none, and nothing is looked at.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import orjson
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanKind, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from events.admission import Ready
from events.errors import WrongUse
from services.wire import LOG_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aiokafka import ConsumerRecord
    from opentelemetry.trace import Span, SpanContext, Tracer

    from events.admission import Item, Outcome
    from events.quarantine import Message

__all__ = ["PARENT", "Tracing", "end", "parent_of", "tracing"]

PARENT: Final = "traceparent"
_PATIENCE_S: Final = 3.0
_EXPORTERS: Final = ("otlp", "none")
_PROTOCOL: Final = "http/protobuf"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_INSTALL: Final = (
    "the variables OTEL_… ask for traces, and OpenTelemetry's SDK is not installed: pip install '.[otel]' in "
    "Rekam's checkout, or take them away"
)

_W3C: Final = TraceContextTextMapPropagator()


class Tracing:
    """Begins spans, for those messages alone that have a context that is valid and sampled; without a tracer, none."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer

    def taken(self, items: Sequence[Item], outcomes: Sequence[Outcome], received: datetime) -> dict[int, Span]:
        """Begin a span, as of `received`, for each message that intake takes, by its number in `items`."""
        spans: dict[int, Span] = {}
        if self._tracer is None:
            return spans
        for number, (item, outcome) in enumerate(zip(items, outcomes, strict=True)):
            contexts = _contexts(item.message)
            if contexts:
                said = {**_place("process", *item.kafka), "rekam.outcome": outcome.outcome}
                if outcome.position is not None:
                    said["rekam.position"] = outcome.position
                if outcome.reason is not None:
                    said["rekam.reason"] = outcome.reason
                if isinstance(item.checked, Ready):
                    said["cloudevents.event_type"] = item.checked.event.type
                spans[number] = self._begin(SpanKind.CONSUMER, contexts, said, received)
        return spans

    def sent(self, parents: Mapping[int, str]) -> dict[int, Span]:
        """Begin a span for each entry that the relay passes on: `traceparent` by position, and so are the spans."""
        if self._tracer is None:
            return {}
        said = {**_topic("send", LOG_TOPIC), "messaging.destination.partition.id": "0"}
        found = {position: _context(parent) for position, parent in parents.items()}
        return {
            position: self._begin(SpanKind.PRODUCER, [context], {**said, "rekam.position": position})
            for position, context in found.items()
            if context is not None
        }

    def applied(self, view: str, records: Iterable[ConsumerRecord[Any, Any]]) -> list[Span]:
        """Begin a span for each entry that a projector is about to apply to its view."""
        spans: list[Span] = []
        if self._tracer is None:
            return spans
        for record in records:
            headers = dict(record.headers)
            context = _context(_text(headers.get(PARENT)))
            position = headers.get("position") or b""
            if context is not None and position.isdigit():
                said = _place("process", record.topic, None, record.partition, record.offset)
                said |= {"rekam.view": view, "rekam.position": int(position)}
                spans.append(self._begin(SpanKind.CONSUMER, [context], said))
        return spans

    def _begin(
        self, kind: SpanKind, contexts: list[SpanContext], said: dict[str, Any], at: datetime | None = None
    ) -> Span:
        assert self._tracer is not None
        carrier = set_span_in_context(NonRecordingSpan(contexts[0]), Context())
        return self._tracer.start_span(
            f"{said['messaging.operation.name']} {said['messaging.destination.name']}",
            carrier, kind, said, [Link(other) for other in contexts[1:]],
            start_time=None if at is None else int(at.timestamp() * 1e9),
        )  # fmt: skip


def end(spans: Iterable[Span]) -> None:
    """End them: it is done. One that is never ended, since what it stood for was rolled back, is told to nobody."""
    for span in spans:
        span.end()


def parent_of(span: Span) -> str:
    """Write down the context of a span, for whoever goes on."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, set_span_in_context(span, Context()))
    return carrier[PARENT]


# ------------------------------------------------------------------ the publisher's context


def _contexts(message: Message) -> list[SpanContext]:
    """The parent, and what else there is to link to; none where nothing valid and sampled was sent."""
    headers = {name.lower(): _text(value) for name, value in message.headers}
    sender, maker = _context(headers.get(PARENT)), _context(headers.get(f"ce_{PARENT}") or _attribute(message.value))
    if sender is None:
        return [] if maker is None else [maker]
    return [sender] if maker is None or maker.trace_id == sender.trace_id else [sender, maker]


def _attribute(value: bytes | None) -> str | None:
    """The extension attribute of an event in structured mode."""
    if value is None or b'"traceparent"' not in value:
        return None
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    found = event.get(PARENT) if isinstance(event, dict) else None
    return found if isinstance(found, str) else None


def _text(value: bytes | None) -> str | None:
    return value.decode("ascii") if value is not None and value.isascii() else None


def _context(parent: str | None) -> SpanContext | None:
    if parent is None:
        return None
    context = get_current_span(_W3C.extract({PARENT: parent}, Context())).get_span_context()
    return context if context.is_valid and context.trace_flags.sampled else None


# ------------------------------------------------------------------ what a span says


def _topic(operation: str, topic: str) -> dict[str, Any]:
    """By OpenTelemetry's names for messaging."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
    }


def _place(operation: str, topic: str, incarnation: int | None, partition: int, offset: int) -> dict[str, Any]:
    said = _topic(operation, topic)
    said |= {"messaging.destination.partition.id": str(partition), "messaging.kafka.offset": offset}
    return said if incarnation is None else said | {"rekam.incarnation": incarnation}


# ------------------------------------------------------------------ where they go


@contextmanager
def tracing(process: str, environ: Mapping[str, str]) -> Iterator[Tracing]:
    """Trace a process as OpenTelemetry's variables say, and at the end send what is left, for some seconds at most.

    WrongUse where they ask for what is not there.
    """
    if not _wanted(environ):
        yield Tracing()
        return
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - installed where traces are wanted
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        exporter = _exporter(environ)
    except ModuleNotFoundError:
        raise WrongUse(_INSTALL) from None
    named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    said = {"rekam.process": process} | ({} if named else {"service.name": f"rekam-{process}"})
    provider = TracerProvider(resource=Resource.create(said), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield Tracing(provider.get_tracer("rekam"))
    finally:
        ending = Thread(target=provider.shutdown, daemon=True)  # who receives them may not answer
        ending.start()
        ending.join(_PATIENCE_S)


def _wanted(environ: Mapping[str, str]) -> bool:
    named = environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if named not in ("", *_EXPORTERS):
        raise WrongUse(f"OTEL_TRACES_EXPORTER is {named!r}: there are {' and '.join(_EXPORTERS)}")
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return named == "otlp" or (not named and any(environ.get(name) for name in _ENDPOINTS))


def _exporter(environ: Mapping[str, str]) -> Any:
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if environ.get(variable, "") not in ("", _PROTOCOL):
            raise WrongUse(f"{variable} is {environ[variable]!r}: only {_PROTOCOL} is spoken")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter()
