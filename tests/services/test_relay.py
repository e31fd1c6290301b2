"""The relay without Kafka: in what order it tells, and that it leaves no connection behind."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from services import relay
from services.relay import Relay
from services.wire import RECEIPTS_TOPIC, Wire
from tests.databases import connected
from tests.events.desk import Desk, of
from tests.events.examples import CAPTURED, FACT_WITHDRAWN
from tests.services.rebuilds import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

SOURCE = "urn:rekam:registry:5371:test"


class Producer:
    """Keeps what is sent, and tells of it; `stop` is what the relay does last of all."""

    def __init__(
        self, ended: Callable[[], None] = lambda: None, sent: Callable[[str, bytes], None] = lambda *_: None
    ) -> None:
        self._ended = ended
        self._sent = sent

    async def start(self) -> None:
        pass

    async def send(self, topic: str, value: bytes, **_: object) -> asyncio.Future[None]:
        self._sent(topic, value)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def stop(self) -> None:
        self._ended()


def wire(address: str, producer: Producer) -> Wire:
    made = {"producer": lambda **_: producer, "stop": Wire.stop, "engines": SimpleNamespace(database=address)}
    return cast("Wire", SimpleNamespace(**made))


async def run_until(running: Relay, is_enough: Callable[[], object]) -> None:
    """Run it, and tell it to end when that is so."""
    task = asyncio.ensure_future(running.run())
    await asyncio.to_thread(is_enough)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_that_a_message_was_parked_is_told_before_how_it_ended_however_much_waits(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(database, tmp_path / "keys")
    desk.takes(*[of(CAPTURED, "c-1")] * 6)
    desk.takes(of(FACT_WITHDRAWN, "w-1", withdraws_source=SOURCE, withdraws_id="c-9"))
    desk.takes(of(CAPTURED, "c-9"))
    told: list[tuple[str, str]] = []
    everything = threading.Event()

    def sent(topic: str, value: bytes) -> None:
        if topic == RECEIPTS_TOPIC:
            receipt = json.loads(value)
            told.append((receipt["id"], receipt["outcome"]))
        if ("w-1", "resolved") in told:
            everything.set()

    monkeypatch.setattr(relay, "_TOLD", 3)
    asyncio.run(run_until(Relay(wire(database, Producer(sent=sent))), lambda: everything.wait(60)))

    parked, *_, ended = [at for at, (id_, _) in enumerate(told) if id_ == "w-1"]
    assert [told[parked], told[ended]] == [("w-1", "quarantined"), ("w-1", "resolved")]
    assert told.count(("c-1", "duplicate")) == 5


def test_one_that_is_told_to_end_before_it_has_looked_connects_no_more(database: str) -> None:
    looking, ended, looked = threading.Event(), threading.Event(), threading.Event()

    class Slow(Relay):
        def _look(self) -> Any:
            looking.set()
            assert ended.wait(60)
            try:
                return super()._look()
            finally:
                looked.set()

    slow = Slow(wire(database, Producer(ended.set)))
    asyncio.run(run_until(slow, lambda: looking.wait(60)))

    assert looked.wait(60)
    eventually(lambda: connected(database) == 0)
    assert isinstance(slow, Relay)  # kept until here, lest its connection goes with it
