"""A trace from end to end: a publisher's own program, intake, the relay and each view, sent by OTLP to a receiver."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.processes import VIEWS
from services.wire import LOG_TOPIC
from tests.kafka.judge import judge
from tests.kafka.messages import capture, captures
from tests.kafka.test_secrets import assert_clean, canaries
from tests.kafka.world import eventually, holds_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kafka.messages import Message
    from tests.kafka.world import World

SPAN = "00f067aa0ba902b7"
LISTENING = 1000
PROCESSES = ("intake", "relay", *VIEWS)


def trace_of(number: int) -> str:
    return f"{number + 1:032x}"


def traced(messages: list[Message], first: int = 0) -> list[Message]:
    """Each the end of a trace of its own, numbered from `first`, whose publisher's span is SPAN."""
    return [
        one._replace(headers=[*one.headers, ("traceparent", f"00-{trace_of(number)}-{SPAN}-01".encode())])
        for number, one in enumerate(messages, first)
    ]


class Receiver:
    """Takes spans as an OpenTelemetry collector does, and keeps them."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_address[1]}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self, trace: str) -> dict[str, Any]:
        """The spans of a trace, by the process that told of them."""
        found = {}
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                said = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        if span.trace_id.hex() == trace:
                            assert said["service.name"] == f"rekam-{said['rekam.process']}"
                            assert said["rekam.process"] not in found, "told twice"
                            found[said["rekam.process"]] = span
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def said(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def all_listen(world: World, receiver: Receiver) -> int:
    """Wait until each view hears of what is sent: what one reads from the log instead has no span. How many it took."""
    for number in range(10):
        trace = trace_of(LISTENING + number)
        (sent,) = world.send(*traced([capture(f"early-{number}", 800 + number)], LISTENING + number))
        world.takes(sent)
        with suppress(AssertionError):
            eventually(partial(told_by_all, receiver, trace), within_s=3)
            return number + 1
    pytest.fail("a view does not hear of what the relay sends")


def told_by_all(receiver: Receiver, trace: str) -> bool:
    return set(receiver.spans(trace)) == set(PROCESSES)


def test_a_trace_goes_from_the_publisher_to_every_view(world: World, receiver: Receiver) -> None:
    programs = [world.start(name, **receiver.environ) for name in PROCESSES]
    early = all_listen(world, receiver)
    world.takes(*world.send(*traced(captures(3)), capture("untraced", 77)))
    for number in range(3):
        eventually(partial(told_by_all, receiver, trace_of(number)))
    eventually(lambda: world.one("SELECT count(*)::int FROM watch.trace") == 0)
    for program in programs:
        assert program.stop() == 0

    for number in range(3):
        spans = receiver.spans(trace_of(number))
        parents = {name: span.parent_span_id.hex() for name, span in spans.items()}
        relay = spans["relay"].span_id.hex()
        assert parents == {"intake": SPAN, "relay": spans["intake"].span_id.hex(), **dict.fromkeys(VIEWS, relay)}
        assert {said(span)["rekam.position"] for span in spans.values()} == {early + number + 1}
        assert {name: said(spans[name])["rekam.view"] for name in VIEWS} == {name: name for name in VIEWS}
        assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans.values())
        headers = dict(world.on_topic(LOG_TOPIC)[early + number].headers)
        assert headers["traceparent"].decode() == f"00-{trace_of(number)}-{relay}-01"
    assert [name for name, _ in world.on_topic(LOG_TOPIC)[early + 3].headers] == ["position"]
    assert judge(world) == {"appended": early + 4}


def test_nothing_of_a_message_is_sent_to_the_receiver(world: World, receiver: Receiver) -> None:
    programs = [world.start(name, **receiver.environ) for name in PROCESSES]
    messages = traced(canaries())
    world.takes(*world.send(*messages))
    eventually(lambda: all("intake" in receiver.spans(trace_of(number)) for number in range(len(messages))))
    eventually(lambda: world.one("SELECT position FROM counts.position") == world.size())
    for program in programs:
        assert program.stop() == 0

    for body in receiver.bodies:
        assert_clean("a span", body)


def test_where_nobody_receives_nothing_stands_still(world: World) -> None:
    with receiving() as gone:
        environ = gone.environ
    programs = [world.start(name, **environ) for name in PROCESSES]
    world.takes(*world.send(*traced(captures(300))))
    eventually(lambda: world.one("SELECT position FROM counts.position") == 300)
    for program in programs:
        assert program.stop() == 0

    assert judge(world) == {"appended": 300}


def test_without_the_variables_no_context_is_kept_or_passed_on(world: World) -> None:
    with world.running("intake", "relay"):
        world.takes(*world.send(*traced(captures(5))))
        eventually(lambda: len(world.on_topic(LOG_TOPIC)) == 5)
        holds_for(lambda: world.one("SELECT count(*)::int FROM watch.trace") == 0, during_s=0.2)

    assert [[name for name, _ in record.headers] for record in world.on_topic(LOG_TOPIC)] == [["position"]] * 5


def test_a_relay_that_does_not_trace_passes_intakes_context_on(world: World, receiver: Receiver) -> None:
    intake = world.start("intake", **receiver.environ)
    with world.running("relay"):
        world.takes(*world.send(*traced(captures(2))))
        eventually(lambda: len(world.on_topic(LOG_TOPIC)) == 2)
        eventually(lambda: world.one("SELECT count(*)::int FROM watch.trace") == 0)
    assert intake.stop() == 0

    for number, record in enumerate(world.on_topic(LOG_TOPIC)):
        span = receiver.spans(trace_of(number))["intake"].span_id.hex()
        assert dict(record.headers)["traceparent"].decode() == f"00-{trace_of(number)}-{span}-01"
