"""Intake's transaction without Kafka: messages are handed in, each at the next offset."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from events import log, vault
from events.admission import Admission, Item, ready
from events.calendar import DepartureRule
from events.database import connect
from events.entry import Coordinates
from events.envelope import check
from events.errors import Refused
from events.facts import TOPIC_OF
from events.quarantine import Message, dismiss, listed, open_parked
from tests.events.examples import ACCEPTED, STRUCTURED, good_data, structured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from events.admission import Outcome, Ready

__all__ = ["Desk", "of"]

TOPIC = "rekam.recording"
RULE = DepartureRule.parse("30")


def of(type: str, id: str, **fields: object) -> tuple[str, Message]:  # noqa: A002
    """A good message of that type with these fields changed, and its topic."""
    source = str(fields.pop("source", "urn:rekam:registry:5371:test"))
    value = structured(type, {**good_data(type), **fields}, id=id, source=source)
    return TOPIC_OF[type], Message(tuple(STRUCTURED), value)


class Desk:
    """Takes batches in, one transaction each."""

    def __init__(self, address: str, keys: Path) -> None:
        self.address = address
        self._next = 0
        self._correcting: frozenset[str] = frozenset()
        with connect(address, "rekam_intake") as connection, connection.cursor() as cursor:
            self.keys = vault.unlock(cursor, keys)

    def takes(self, *messages: tuple[str, Message]) -> list[Outcome]:
        """Take one batch; the outcome of each."""
        with self._cursor() as cursor:
            items = []
            for topic, message in messages:
                kafka = Coordinates(topic, 1, 0, self._next)
                items.append(Item(kafka, message, self._checked(kafka, message)))
                self._next += 1
            return self._admission(cursor).admit(items)

    def redrives(self, number: int, *, correcting: frozenset[str] = frozenset()) -> Outcome | None:
        self._correcting = correcting
        with self._cursor() as cursor:
            admission = self._admission(cursor)
            parked = open_parked(cursor, self.keys, number)
            if parked is None:
                return None
            item = Item(parked.kafka, parked.message, self._checked(parked.kafka, parked.message), number)
            return admission.admit([item])[0]

    def dismisses(self, number: int, reason: str = "by mistake") -> bool:
        with self._cursor() as cursor:
            return dismiss(cursor, number, ACCEPTED, reason)

    def parked(self, *, everything: bool = False) -> list[dict[str, Any]]:
        with self._cursor("rekam_reader") as cursor:
            return listed(cursor, everything=everything)

    def receipts(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT id, outcome, position, reason FROM intake.receipt ORDER BY number")

    def ids(self) -> list[str]:
        """The ids of the facts in the log, in its order."""
        return [row[0] for row in self.rows("SELECT convert_from(state, 'UTF8')::json ->> 'id' FROM log.entry "
                                            "ORDER BY notification_id")]  # fmt: skip

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._cursor("rekam_reader") as cursor:
            return cursor.execute(query.encode()).fetchall()

    @contextmanager
    def _cursor(self, role: str = "rekam_intake") -> Iterator[psycopg.Cursor[Any]]:
        with connect(self.address, role) as connection, connection.cursor() as cursor:
            yield cursor

    def _admission(self, cursor: psycopg.Cursor[Any]) -> Admission:
        head = log.lock(cursor)
        return Admission(cursor, self.keys, head, log.accepted(head, ACCEPTED), self._checked)

    def _checked(self, kafka: Coordinates, message: Message) -> Ready | Refused:
        try:
            event = check(kafka.topic, message.headers, message.value, ACCEPTED, self._correcting)
            return ready(self.keys, RULE, event)
        except Refused as refused:
            return refused
