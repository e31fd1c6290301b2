"""Traces: who sent a context finds its message again in ours, and nothing of the message is in them."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from events.database import connect
from events.errors import WrongUse
from events.offsets import mark
from services.account import Accountant, Batch
from services.processes import prepare
from services.tracing import Tracing, end, parent_of, tracing
from services.wire import LOG_TOPIC
from tests.events.examples import CAPTURED, STRUCTURED, good_data, structured
from tests.register import Record, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
SPAN = "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
NIK = "5371014507909917"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Traced:
    """An exporter in memory, and what would trace to it."""

    def __init__(self) -> None:
        self._memory = InMemorySpanExporter()
        self._provider = TracerProvider(shutdown_on_exit=False)
        self._provider.add_span_processor(SimpleSpanProcessor(self._memory))
        self.traces = Tracing(self._provider.get_tracer("rekam"))

    def spans(self) -> list[ReadableSpan]:
        return list(self._memory.get_finished_spans())

    def end(self) -> None:
        self._provider.shutdown()


@pytest.fixture
def traced() -> Iterator[Traced]:
    traced = Traced()
    yield traced
    traced.end()


@pytest.fixture
def address(empty_database: str) -> str:
    prepare(empty_database)
    return empty_database


def event(id: str, attributes: dict[str, str] | None = None, **data: Any) -> bytes:  # noqa: A002
    document = orjson.loads(structured(CAPTURED, {**good_data(CAPTURED), "nik": NIK, **data}, id=id))
    return orjson.dumps(document | (attributes or {}))


class Intake:
    """Intake's transaction, with one partition, each batch from where it stands."""

    def __init__(self, address: str, folder: Path, traces: Tracing | None) -> None:
        self._address = address
        self._accountant = Accountant(settings_of(address, folder), address, traces, lambda: NOW)
        self._next: dict[str, int] = defaultdict(int)

    def takes(self, *messages: tuple[bytes, Sequence[tuple[str, bytes]]], topic: str = "rekam.recording") -> None:
        with connect(self._address, "rekam_reader") as connection, connection.cursor() as cursor:
            at = mark(cursor, topic, 0)
        records: list[Any] = [
            Record(topic, 0, offset, 1, (*STRUCTURED, *headers), value)
            for offset, (value, headers) in enumerate(messages, at.next)
        ]
        batches = [Batch(at, 0, records)]
        self._accountant.take(batches, self._accountant.check(batches, NOW), NOW)

    def kept(self) -> dict[int, str]:
        with connect(self._address, "rekam_reader") as connection:
            return dict(connection.execute("SELECT position, parent FROM watch.trace ORDER BY 1").fetchall())

    def close(self) -> None:
        self._accountant.close()


@pytest.fixture
def intake(address: str, tmp_path: Path, traced: Traced) -> Iterator[Intake]:
    intake = Intake(address, tmp_path / "keys", traced.traces)
    yield intake
    intake.close()


HEADER = [("traceparent", PARENT.encode())]


def parents(spans: list[ReadableSpan]) -> list[tuple[str, str]]:
    return [(f"{s.parent.trace_id:032x}", f"{s.parent.span_id:016x}") for s in spans if s.parent is not None]


# ------------------------------------------------------------------ intake


def test_the_span_of_intake_is_the_publishers_child(intake: Intake, traced: Traced) -> None:
    intake.takes((event("c-1"), HEADER))

    (span,) = traced.spans()
    assert parents([span]) == [(TRACE, SPAN)]
    assert (span.name, span.kind, span.links) == ("process rekam.recording", SpanKind.CONSUMER, ())
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "rekam.recording",
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
        "rekam.incarnation": 1,
        "rekam.outcome": "appended",
        "rekam.position": 1,
        "cloudevents.event_type": CAPTURED,
    }
    assert span.start_time == int(NOW.timestamp()) * 10**9
    assert intake.kept() == {1: parent_of_ended(span)}


def parent_of_ended(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


@pytest.mark.parametrize(
    ("attributes", "headers", "links"),
    [
        ({"traceparent": PARENT}, [], 0),
        ({}, [("ce_traceparent", PARENT.encode())], 0),
        ({}, [("Traceparent", PARENT.encode())], 0),
        ({"traceparent": PARENT}, HEADER, 0),
        ({"traceparent": f"00-{OTHER}-{SPAN}-01"}, HEADER, 1),
        ({"traceparent": "nonsense"}, HEADER, 0),
    ],
)
def test_a_context_comes_as_an_attribute_or_as_a_header(
    intake: Intake, traced: Traced, attributes: dict[str, str], headers: list[tuple[str, bytes]], links: int
) -> None:
    intake.takes((event("c-1", attributes), headers))

    (span,) = traced.spans()
    assert parents([span]) == [(TRACE, SPAN)]
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [OTHER] * links


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"00",
        b"\xff" * 55,
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"ff-{TRACE}-{SPAN}-01".encode(),
        f"00-{TRACE.upper()}-{SPAN}-01".encode(),
        f"00-{TRACE}-{SPAN}-00".encode(),  # not sampled
        NIK.encode(),
        b"00-" + b"9" * 1_000_000,
    ],
    ids=range(10),
)
def test_what_is_no_context_or_is_not_sampled_is_not_traced(intake: Intake, traced: Traced, sent: bytes) -> None:
    intake.takes((event("c-1"), [("traceparent", sent)]), (event("c-2"), []), (event("c-3", {"traceparent": NIK}), []))

    assert traced.spans() == []
    assert intake.kept() == {}


def test_a_null_where_a_context_belongs_is_none(intake: Intake, traced: Traced) -> None:
    header: Any = [("traceparent", None)]
    intake.takes((event("c-1"), header), (b'{"traceparent": 7}', []), (b'["traceparent"]', []), (b'"traceparent"', []))

    assert traced.spans() == []


def test_a_span_says_what_became_of_the_message(intake: Intake, traced: Traced) -> None:
    intake.takes((event("c-1"), HEADER))
    intake.takes(
        (event("c-1"), HEADER), (event("c-1", place="mobile"), HEADER), (event("c-2", nik=NIK[1:]), HEADER),
        (b'{"traceparent"', HEADER), (event("c-3"), HEADER),
    )  # fmt: skip

    said = [dict(span.attributes or {}) for span in traced.spans()]
    assert [(one["rekam.outcome"], one.get("rekam.reason"), one.get("rekam.position")) for one in said] == [
        ("appended", None, 1),
        ("duplicate", None, 1),
        ("conflict", "conflict", None),
        ("quarantined", "bad_nik", None),
        ("quarantined", "not_json", None),
        ("appended", None, 2),
    ]
    assert set(intake.kept()) == {1, 2}


def test_nothing_of_a_message_is_in_a_span(intake: Intake, traced: Traced) -> None:
    tempting = {"traceparent": PARENT, "tracestate": f"rekam={NIK}", "source": f"urn:{NIK}", "type": NIK}
    named = {"traceparent": PARENT, "source": f"urn:{NIK}"}
    intake.takes(
        (event(NIK, tempting), [*HEADER, ("tracestate", f"rekam={NIK}".encode())]),
        (event(NIK, named), HEADER),
        (event(f"{NIK}-2", {"traceparent": PARENT, "time": NIK}), HEADER),
    )

    spans = traced.spans()
    assert len(spans) == 3
    assert NIK not in "".join(span.to_json() for span in spans)
    assert all(not span.context.trace_state for span in spans if span.context)
    assert not re.search(NIK, str(intake.kept()))


def test_what_is_rolled_back_is_not_told(intake: Intake, traced: Traced, address: str) -> None:
    with connect(address) as connection:
        connection.execute("ALTER TABLE watch.trace ADD CHECK (position > 1)")
    with pytest.raises(Exception, match="trace_position_check"):
        intake.takes((event("c-1"), HEADER))

    assert traced.spans() == []


def test_without_a_tracer_nothing_is_looked_at_or_kept(address: str, tmp_path: Path) -> None:
    intake = Intake(address, tmp_path / "keys", None)
    try:
        intake.takes((event("c-1", {"traceparent": PARENT}), HEADER))
        assert intake.kept() == {}
    finally:
        intake.close()


# ------------------------------------------------------------------ the relay and the projectors


def test_what_is_passed_on_is_a_child_of_intakes(traced: Traced) -> None:
    spans = traced.traces.sent({7: PARENT, 8: "nonsense"})
    end(spans.values())

    (span,) = traced.spans()
    assert (span.name, span.kind, parents([span])) == ("send rekam.log", SpanKind.PRODUCER, [(TRACE, SPAN)])
    assert (span.attributes or {})["rekam.position"] == 7
    assert parent_of(spans[7]) == parent_of_ended(span)


def test_what_a_projector_applies_is_a_child_of_the_relays(traced: Traced) -> None:
    records: list[Any] = [
        Record(LOG_TOPIC, 0, 40, 1, (("position", b"7"), *HEADER), b"{}"),
        Record(LOG_TOPIC, 0, 41, 1, (("position", b"8"),), b"{}"),
        Record(LOG_TOPIC, 0, 42, 1, (("position", b"x"), *HEADER), b"{}"),
        Record(LOG_TOPIC, 0, 43, 1, tuple(HEADER), b"{}"),
    ]
    end(traced.traces.applied("counts", records))

    (span,) = traced.spans()
    assert (span.name, span.kind, parents([span])) == ("process rekam.log", SpanKind.CONSUMER, [(TRACE, SPAN)])
    said = dict(span.attributes or {})
    assert (said["rekam.view"], said["rekam.position"], said["messaging.kafka.offset"]) == ("counts", 7, 40)


# ------------------------------------------------------------------ where they go


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        {"OTEL_SERVICE_NAME": "rekam"},
    ],
)
def test_where_nobody_wants_traces_there_are_none(environ: dict[str, str]) -> None:
    with tracing("intake", environ) as traces:
        assert traces.sent({1: PARENT}) == {}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin': there are otlp and none"),
        (
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc': only http/protobuf is spoken",
        ),
    ],
)
def test_what_is_asked_for_and_is_not_there_is_wrong_use(environ: dict[str, str], said: str) -> None:
    with pytest.raises(WrongUse, match=re.escape(said)), tracing("intake", environ):
        pass


def test_without_the_sdk_whoever_asks_for_traces_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    wanted = tracing("intake", {"OTEL_TRACES_EXPORTER": "otlp"})
    with pytest.raises(WrongUse, match=r"pip install '\.\[otel\]'"), wanted:
        pass
