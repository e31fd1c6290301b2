"""A run of hostile messages through intake's own transaction on a real PostgreSQL, and what it must have left behind.

    run = Run(address, folder)
    run.take(messages)          # any number of times
    run.judged()                # what is wrong, in words; nothing is right

The judge reads the ledger of offsets, the log, quarantine and receipts as they stand. Of the product it uses the key
that opens what was parked; at the end the views and `rekam audit check` are run, and must hold.
"""

from __future__ import annotations

import io
import json
import logging
import re
import time
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog

from events import database
from events.quarantine import KEPT
from services.account import Accountant, Batch
from services.audit import check
from services.processes import VIEWS, prepare, unlock
from services.projector import Follower
from tests.events.examples import FACT_WITHDRAWN
from tests.hostile.drafts import CANARY, Message, named
from tests.hostile.mutations import GOOD
from tests.register import ACCEPTED, Record, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Run", "heard", "leaks"]

Place = tuple[str, int, int, int]
_PARTITIONS: Final = 2
_PERSONAL: Final = re.compile(rf"{CANARY}|(?<![0-9])(?!9007199254740991(?![0-9]))[0-9]{{10,}}", re.IGNORECASE)
_COORDINATES: Final = 'topic, incarnation, partition, "offset"'
_EFFECTIVE: Final = ("appended", "duplicate", "conflict", "quarantined")


@contextmanager
def heard() -> Iterator[io.StringIO]:
    """Everything that Rekam and its libraries log meanwhile."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    root.addHandler(handler)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=repr)],
        logger_factory=structlog.PrintLoggerFactory(said),
        cache_logger_on_first_use=False,
    )
    try:
        yield said
    finally:
        structlog.reset_defaults()
        root.removeHandler(handler)


def leaks(text: str) -> list[str]:
    """The lines that hold something personal."""
    return [line[:200] for line in text.splitlines() if _PERSONAL.search(line)]


@dataclass
class Books:
    """What became of each place: outcomes, entries (source, id, whether let in later), what was parked, receipts."""

    entries: dict[Place, list[tuple[str, str, bool]]]
    outcomes: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    parked: dict[Place, tuple[str, bytes]] = field(default_factory=dict)
    receipts: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Run:
    """One register, and every message that was handed to it, by its place."""

    address: str
    folder: Path
    at_once: int = 300
    sent: dict[Place, Message] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    longest_transaction_s: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        prepare(self.address)
        self.settings = settings_of(self.address, self.folder)
        self.keys = unlock(self.settings, self.address)
        self.accountant = Accountant(self.settings, self.address)
        self._random = Random(1)
        self._now = ACCEPTED
        self._next: dict[tuple[str, int], int] = defaultdict(int)

    def close(self) -> None:
        self.accountant.close()

    # ------------------------------------------------------------------ taking

    def take(self, messages: Iterable[Message]) -> None:
        """Take them in batches of very different sizes, over two partitions a topic, now and then behind a gap."""
        waiting: list[Message] = []
        size = 1
        for message in messages:
            waiting.append(message)
            if len(waiting) >= size:
                self._take(waiting)
                waiting, size = [], self._random.choice([1, 2, 10, self.at_once, self.at_once])
        if waiting:
            self._take(waiting)

    def _take(self, messages: Sequence[Message]) -> None:
        begun = time.perf_counter()
        self._now += timedelta(seconds=1)
        records: dict[tuple[str, int], list[Any]] = defaultdict(list)
        for message in messages:
            where = (message.topic, self._random.randrange(_PARTITIONS))
            offset = self._next[where] + (self._random.randrange(1, 4) if self._random.random() < 0.02 else 0)
            self._next[where] = offset + 1
            self.sent[message.topic, 1, where[1], offset] = message
            stamp = self._random.choice([-1, 0, 1_514_764_800_000 + offset])
            headers: Any = tuple(message.headers)
            records[where].append(Record(*where, offset, stamp, headers, message.value))
        marks = self.accountant.marks(records)
        batches = [Batch(marks[where], 0, rows) for where, rows in records.items()]
        items = []
        for batch in batches:
            for record in batch.records:
                before = time.perf_counter()
                items += self.accountant.check([Batch(batch.mark, 0, [record])], self._now)
                took = time.perf_counter() - before
                if took > self.slowest[0]:
                    how = self.sent[record.topic, 1, record.partition, record.offset].how
                    self.slowest = (took, f"{how}, {len(record.value or b''):,} bytes")
        before = time.perf_counter()
        self.accountant.take(batches, items, self._now)
        self.longest_transaction_s = max(self.longest_transaction_s, time.perf_counter() - before)
        self.seconds += time.perf_counter() - begun

    # ------------------------------------------------------------------ judging

    def outcomes(self) -> Counter[str]:
        return Counter(dict(self.rows("SELECT outcome, sum(last - first + 1)::int FROM intake.accounted GROUP BY 1")))

    def codes(self) -> Counter[str]:
        return Counter(dict(self.rows("SELECT code, count(*)::int FROM intake.quarantine GROUP BY code")))

    def judged(self) -> list[str]:
        """The first few things that are wrong: with the account of each message, or with what is told of it."""
        return [*self._unaccounted()[:5], *self._told_personal()[:5], *self._behind_the_log()[:5]]

    def redrive(self, most: int) -> Counter[str]:
        """Put some of the parked ones through once more."""
        told: Counter[str] = Counter()
        for (number,) in self.rows(f"SELECT number FROM intake.quarantine ORDER BY random() LIMIT {most}"):
            outcome = self.accountant.redrive(number, self._now)
            told[outcome.outcome if outcome else "not open"] += 1
        return told

    def _unaccounted(self) -> list[str]:
        books = self._books()
        wrong = [said for place, message in self.sent.items() if (said := self._wrong(place, message, books))]
        ghosts = [place for place, said in books.outcomes.items() if place not in self.sent and said != ["absent"]]
        return wrong + [f"{place} was never sent" for place in ghosts]

    def _wrong(self, place: Place, message: Message, books: Books) -> str | None:
        """What is wrong with the account of one message."""
        said, receipts, parked = books.outcomes.get(place, []), books.receipts.get(place, []), books.parked.get(place)
        entries, what = books.entries.get(place), f"{place} ({message.how})"
        if len(said) != 1 or said[0] not in _EFFECTIVE:
            return f"{what} has the outcomes {said}"
        if said == ["appended"]:
            good = entries == [(*named(message), False)] and parked is None and not receipts
            return None if good else f"{what} is appended; entries {entries}"
        if message.how == GOOD and said == ["quarantined"] and FACT_WITHDRAWN.encode() not in whole(message):
            return f"{what} is parked, and nothing was wrong with it"
        if receipts[:1] != said or (parked is not None) != (said != ["duplicate"]):
            return f"{what} is {said}; receipts {receipts}, parked {parked is not None}"
        if parked is not None and not self._is_kept(place, message, parked, said[0]):
            return f"{what} is parked as something else than what came"
        return None

    def _books(self) -> Books:
        books = Books(self._entries())
        for topic, incarnation, partition, first, last, outcome in self.rows(
            "SELECT topic, incarnation, partition, first, last, outcome FROM intake.accounted"
        ):
            for offset in range(first, last + 1):
                books.outcomes[topic, incarnation, partition, offset].append(outcome)
        for row in self.rows(f"SELECT {_COORDINATES}, outcome, sealed FROM intake.quarantine"):
            books.parked[_place(row)] = (row[4], row[5])
        for row in self.rows(f"SELECT {_COORDINATES}, outcome FROM intake.receipt ORDER BY number"):
            books.receipts[_place(row)].append(row[4])
        return books

    def _entries(self) -> dict[Place, list[tuple[str, str, bool]]]:
        found: dict[Place, list[tuple[str, str, bool]]] = defaultdict(list)
        for (state,) in self.rows("SELECT state FROM log.entry"):
            entry = json.loads(state)
            kafka = entry["kafka"]
            place = (kafka["topic"], kafka["incarnation"], kafka["partition"], kafka["offset"])
            found[place].append((entry["source"], entry["id"], entry.get("resolved", False)))
        return found

    def _is_kept(self, place: Place, message: Message, parked: tuple[str, bytes], outcome: str) -> bool:
        """Whether what is sealed there is what came: all of it, or of what is very long the beginning."""
        headers, value = json.loads(self.keys.quarantine_open(parked[1], "\0".join(map(str, place)).encode()))
        came = [[name, None if said is None else b64encode(said).decode()] for name, said in message.headers]
        long = sum(len(name) + len(said or b"") for name, said in message.headers) > KEPT
        kept = None if value is None else b64decode(value)
        whole = None if message.value is None else message.value[:KEPT]
        return parked[0] == outcome and kept == whole and (headers == came or long)

    def _told_personal(self) -> list[str]:
        told = self.rows(
            "SELECT concat_ws(' ', code, message, source, id, type) FROM intake.quarantine UNION ALL "
            "SELECT concat_ws(' ', source, id, reason) FROM intake.receipt UNION ALL "
            "SELECT concat_ws(' ', reason, message) FROM intake.resolution"
        )
        return [f"told: {line}" for (text,) in told for line in leaks(text)]

    def _behind_the_log(self) -> list[str]:
        """What was accepted must not stop a view, and everything must still be proved."""
        for view in VIEWS.values():
            follower = Follower(view, self.address, self.keys)
            try:
                while follower.advance(()):
                    pass
            finally:
                follower.close()
        with database.connect(self.address, "rekam_reader") as connection:
            proved = check(connection, self.keys)
        wrong = [f"{one['name']}: {one.get('what')}" for one in proved["checks"] if not one["ok"]]
        return wrong + [
            f"{view} stands at {at} of {proved['position']}"
            for view in VIEWS
            for ((at,),) in [self.rows(f"SELECT position FROM {view}.position")]
            if at != proved["position"]
        ]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address) as connection:
            return connection.execute(query.encode()).fetchall()


def whole(message: Message) -> bytes:
    return b"".join(value or b"" for _, value in message.headers) + (message.value or b"")


def _place(row: tuple[Any, ...]) -> Place:
    topic, incarnation, partition, offset = row[:4]
    return topic, incarnation, partition, offset
