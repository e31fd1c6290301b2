"""The two publishers, each with its file of what it has to say and its file of what became of sending it.

`Program` is `rekam publish`, started again with the same lines until it says that all are accounted for. `Client` is a
registry's own client of Kafka: it sends what Kafka does not confirm once more, and never asks what became of it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import blake2b
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.faults.load import Message
    from tests.faults.stage import Stage

__all__ = ["LATE_S", "Client", "Journal", "Program"]

HEADERS: Final = (("content-type", b"application/cloudevents+json"),)
LATE_S: Final = 20.0  # a message is noted when Kafka has answered for all that were sent with it
LONGEST_SEND_S: Final = 15.0
AGAIN_A_SECOND: Final = 200.0


class Journal:
    """The files of one publisher, as `tests.faults.judge.published` describes them."""

    def __init__(self, folder: Path, publisher: str, messages: Sequence[Message]) -> None:
        self._sent = folder / f"{publisher}.sent.jsonl"
        rows = ({"n": m.n, "topic": m.topic, "event": m.event, "code": m.code} for m in messages)
        (folder / f"{publisher}.published.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def note(self, **row: Any) -> None:
        with self._sent.open("a") as file:
            file.write(json.dumps(row) + "\n")


class Program:
    """`rekam publish` of one portion after the other; `step` is to be called often."""

    def __init__(self, stage: Stage, folder: Path, messages: Sequence[Message], portion: int) -> None:
        self._stage = stage
        self._folder = folder
        self._journal = Journal(folder, "siak", messages)
        self._portions = [messages[at : at + portion] for at in range(0, len(messages), portion)]
        self._child: subprocess.Popen[bytes] | None = None
        self.runs = 0
        self.failures: list[str] = []

    @property
    def done(self) -> bool:
        return not self._portions

    def step(self) -> None:
        if self._child is None:
            if self._portions:
                self._start(self._portions[0])
        elif self._child.poll() is not None:
            self._read(self._child.returncode)
            self._child = None

    def end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _start(self, portion: Sequence[Message]) -> None:
        self.runs += 1
        lines = self._folder / "portion.jsonl"
        lines.write_bytes(b"".join(message.value + b"\n" for message in portion))
        with (self._folder / "told.json").open("wb") as out, (self._folder / "publish.log").open("ab") as err:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "services", "publish", "--json", lines],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self._stage.environ(),
            )

    def _read(self, code: int) -> None:
        if code == 0:
            told = json.loads((self._folder / "told.json").read_text())
            outcomes = {name: told[name] for name in ("appended", "duplicate", "conflict", "quarantined")}
            self._journal.note(told=outcomes, lines=len(self._portions.pop(0)))
        elif code != 3:  # an engine could not be reached: publish again
            said = (self._folder / "publish.log").read_text()[-1500:]
            self.failures.append(f"rekam publish ended with {code}: {said}")


class Client:
    """An idempotent producer in a thread, `rate` messages a second; after every trouble a new one."""

    def __init__(self, kafka: str, folder: Path, messages: Sequence[Message], rate: float) -> None:
        self._kafka = kafka
        self._journal = Journal(folder, "pendataan", messages)
        self._messages = list(messages)
        self._rate = rate
        self._told_to_end = Event()
        self._left: list[Message] = []
        self._sent_at: dict[int, float] = {}
        self.troubles = 0
        self._begin(self._messages)

    @property
    def done(self) -> bool:
        return not self._thread.is_alive() and not self._left

    def again(self, topic: str, until: float) -> None:
        """What went to a topic before it was made again is published once more, and faster; when all is done."""
        self._rate = max(self._rate, AGAIN_A_SECOND)
        self._begin([m for m in self._messages if m.topic == topic and self._sent_at[m.n] <= until + LATE_S])

    def end(self) -> None:
        self._told_to_end.set()
        self._thread.join(30)

    def _begin(self, messages: list[Message]) -> None:
        self._left = messages.copy()
        self._thread = Thread(target=lambda: asyncio.run(self._send_all()), daemon=True)
        self._thread.start()

    async def _send_all(self) -> None:
        some = max(1, round(self._rate / 4))
        while self._left and not self._told_to_end.is_set():
            with suppress(KafkaError, TimeoutError):
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._kafka, acks="all", enable_idempotence=True, metadata_max_age_ms=1000,
                    request_timeout_ms=5_000,
                )  # fmt: skip
                try:
                    await producer.start()
                    while self._left and not self._told_to_end.is_set():
                        began = time.monotonic()
                        async with asyncio.timeout(LONGEST_SEND_S):
                            await self._send(producer, self._left[:some])
                        await asyncio.sleep(max(0.0, some / self._rate - (time.monotonic() - began)))
                finally:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LONGEST_SEND_S):
                            await producer.stop()
            if self._left:
                self.troubles += 1
                await asyncio.sleep(0.2)

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
        """KafkaError where some were not taken, or nobody knows; those stay in `_left`."""
        futures: list[tuple[Message, Any]] = []
        try:
            for message in messages:
                key = blake2b(message.name.encode(), digest_size=8).hexdigest().encode()
                future = await producer.send(message.topic, message.value, key=key, headers=list(HEADERS))
                futures.append((message, future))
            await asyncio.wait([future for _, future in futures])
        finally:
            for message, future in futures:
                self._note(message, future)
        if any(future.exception() for _, future in futures):
            raise KafkaError

    def _note(self, message: Message, future: Any) -> None:
        now = time.time()
        if future.done() and not future.cancelled() and future.exception() is None:
            told = future.result()
            self._journal.note(n=message.n, at=now, partition=told.partition, offset=told.offset)
            self._sent_at[message.n] = now
            self._left.remove(message)
        else:
            self._journal.note(n=message.n, at=now, failed=True)
