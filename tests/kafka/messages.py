"""Messages as a registry would send them, and where they stood once they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.facts import TOPIC_OF
from tests.events.examples import (
    CAPTURED,
    FACT_WITHDRAWN,
    SOURCE,
    STRUCTURED,
    good_data,
    structured,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RECORDING", "Message", "Sent", "bad", "capture", "captures", "message", "withdrawal"]

RECORDING = TOPIC_OF[CAPTURED]


class Message(NamedTuple):
    """`source` and `id` are what it names itself by, None where it cannot be read."""

    topic: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None
    source: str | None
    id: str | None


class Sent(NamedTuple):
    """One message in its place."""

    topic: str
    incarnation: int
    partition: int
    offset: int
    source: str | None
    id: str | None


def message(type: str, id: str, *, source: str = SOURCE, **fields: object) -> Message:  # noqa: A002
    """A good message of that type, with these fields of its data changed."""
    value = structured(type, {**good_data(type), **fields}, id=id, source=source)
    return Message(TOPIC_OF[type], STRUCTURED, value, source, id)


def nik(number: int) -> str:
    """A made-up resident's NIK: serials from 9000."""
    return f"537101{1 + number // 900 % 28:02}0190{9000 + number % 900}"


def capture(id: str, number: int = 1, place: str = "office") -> Message:  # noqa: A002
    return message(CAPTURED, id, nik=nik(number), place=place)


def captures(count: int, prefix: str = "c", first: int = 1) -> list[Message]:
    """That many captures, each of another resident."""
    return [capture(f"{prefix}-{number}", number) for number in range(first, first + count)]


def withdrawal(id: str, of: str, *, source: str = SOURCE) -> Message:  # noqa: A002
    return message(FACT_WITHDRAWN, id, source=source, withdraws_source=source, withdraws_id=of)


def bad(topic: str = RECORDING, value: bytes | None = b"{") -> Message:
    """A message that nobody can read."""
    return Message(topic, STRUCTURED, value, None, None)
