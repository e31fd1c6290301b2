"""Quarantine: messages that did not become facts, kept sealed and up to a size, with the reason.

A parked message's row is never changed. What is done about it later, re-driving or dismissing it, is added as a step;
`appended`, `duplicate` and `dismissed` end it, `refused` and `conflict` leave it open under the code they name.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events import log, watch
from events.calendar import format_instant
from events.entry import Coordinates, decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from events.errors import Refused
    from events.vault import Keys

__all__ = [
    "KEPT",
    "OPEN",
    "Message",
    "Parked",
    "Receipt",
    "Step",
    "dismiss",
    "last_number",
    "listed",
    "open_count",
    "open_parked",
    "park",
    "receive",
    "resolve",
    "waiting",
]

Headers = tuple[tuple[str, bytes | None], ...]

KEPT: Final = 1024 * 1024
"""Bytes of a value, and of all headers, that are kept. Compressed, a message may be many times what brokers take; kept
whole, some kilobytes that somebody sends would be gigabytes here. What is longer can never become a fact."""

OPEN: Final = (
    "NOT EXISTS (SELECT FROM intake.resolution r WHERE r.number = q.number "
    "AND r.outcome IN ('appended', 'duplicate', 'dismissed'))"
)
# What was said last of a parked message when it was put through once more, and did not become a fact.
_SAID_LAST: Final = """
    LEFT JOIN LATERAL (SELECT reason, message, position FROM intake.resolution r
                       WHERE r.number = q.number AND r.outcome IN ('refused', 'conflict')
                       ORDER BY r.step DESC LIMIT 1) s ON true
"""
_CODE: Final = "coalesce(s.reason, q.code)"
_LISTED: Final = f"""
    SELECT q.number, {_CODE} AS code, coalesce(s.message, q.message) AS message,
           q.type, q.source, q.id, q.topic, q.incarnation, q.partition, q."offset", q.parked, q.outcome,
           e.outcome AS resolution, e.reason, coalesce(e.position, s.position, q.position) AS position, l.state
    FROM intake.quarantine q
    LEFT JOIN LATERAL (SELECT outcome, reason, position FROM intake.resolution r
                       WHERE r.number = q.number AND r.outcome IN ('appended', 'duplicate', 'dismissed')) e ON true
    {_SAID_LAST}
    LEFT JOIN log.entry l ON l.notification_id = coalesce(s.position, q.position)
    WHERE {{where}}
    ORDER BY q.number LIMIT %s
"""
_COLUMNS: Final = """
    q.number, q.topic, q.incarnation, q.partition, q."offset",
    CASE WHEN EXISTS (SELECT FROM intake.resolution r WHERE r.number = q.number AND r.outcome = 'conflict')
         THEN 'conflict' ELSE q.outcome END,
    q.code,
    coalesce(q.waits_for, (SELECT r.waits_for FROM intake.resolution r
                           WHERE r.number = q.number AND r.waits_for IS NOT NULL LIMIT 1)),
    q.sealed
"""
_WAIT_FOR: Final = """
    q.number IN (SELECT number FROM intake.quarantine WHERE waits_for = ANY(%(targets)s)
                 UNION SELECT number FROM intake.resolution WHERE waits_for = ANY(%(targets)s))
"""


class Message(NamedTuple):
    """A Kafka message as it came."""

    headers: Headers
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Parked:
    """A message in quarantine, or on its way there; `why` and `position` are written, and not read back."""

    kafka: Coordinates
    outcome: str
    code: str
    waits_for: UUID | None
    message: Message
    number: int
    why: Refused | None = None
    position: int | None = None


class Step(NamedTuple):
    """What was done about parked message `number`."""

    number: int
    outcome: str
    position: int | None
    reason: str | None
    message: str | None = None
    waits_for: UUID | None = None


class Receipt(NamedTuple):
    """What a registry is told about its message; not for one that simply appended, which the log itself tells."""

    kafka: Coordinates
    source: str | None
    id: str | None
    outcome: str
    position: int | None
    reason: str | None


def park(cursor: psycopg.Cursor[Any], keys: Keys, at: datetime, parked: Sequence[Parked]) -> None:
    """Keep the messages, up to KEPT, under the numbers they were given, which follow on `last_number`."""
    if not parked:
        return
    _numbers(cursor, "quarantine", len(parked))
    with cursor.copy(
        'COPY intake.quarantine (number, topic, incarnation, partition, "offset", parked, outcome, code, message, '
        "source, id, type, position, waits_for, sealed) FROM STDIN"
    ) as copy:
        for one in parked:
            why = one.why
            assert why is not None
            sealed = keys.quarantine_seal(_encode(_kept(one.message)), _place(one.kafka))
            copy.write_row(
                (one.number, *one.kafka, at, one.outcome, one.code, why.message, why.source, why.id, why.type,
                 one.position, one.waits_for, sealed)
            )  # fmt: skip
    watch.park(cursor, at, {one.number: one.code for one in parked})


def last_number(cursor: psycopg.Cursor[Any]) -> int:
    """Read the number given last. To be called under the log's lock, which makes the numbers gapless."""
    cursor.execute("SELECT last FROM intake.counter WHERE name = 'quarantine'")
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def resolve(cursor: psycopg.Cursor[Any], at: datetime, steps: Sequence[Step]) -> None:
    """Add a step to each of the parked messages."""
    for step in steps:
        cursor.execute(
            "INSERT INTO intake.resolution (number, step, at, outcome, position, reason, message, waits_for) "
            "SELECT %s, 1 + count(*), %s, %s, %s, %s, %s, %s FROM intake.resolution WHERE number = %s",
            [step.number, at, *step[1:], step.number],
        )
    last = {step.number: step for step in steps}
    stays = {n: step.reason or step.outcome for n, step in last.items() if step.outcome in ("refused", "conflict")}
    watch.settle(cursor, [number for number in last if number not in stays], stays)


def receive(cursor: psycopg.Cursor[Any], receipts: Sequence[Receipt]) -> None:
    """Write the receipts, in order, for the relay to pass on. To be called under the log's lock."""
    if not receipts:
        return
    first = _numbers(cursor, "receipt", len(receipts))
    with cursor.copy(
        'COPY intake.receipt (number, topic, incarnation, partition, "offset", source, id, outcome, position, reason) '
        "FROM STDIN"
    ) as copy:
        for number, receipt in enumerate(receipts, first):
            copy.write_row((number, *receipt.kafka, *receipt[1:]))


def waiting(cursor: psycopg.Cursor[Any], keys: Keys, targets: Sequence[UUID]) -> list[Parked]:
    """Give the withdrawals that wait for one of these claims, in the order they were parked."""
    cursor.execute(
        f"SELECT {_COLUMNS} FROM intake.quarantine q WHERE {_WAIT_FOR} AND {OPEN} ORDER BY q.number",
        {"targets": list(targets)},
    )
    return [_parked(keys, row) for row in cursor.fetchall()]


def open_parked(cursor: psycopg.Cursor[Any], keys: Keys, number: int) -> Parked | None:
    """Give the parked message of that number, or None where there is none, or where it has come to its end."""
    cursor.execute(f"SELECT {_COLUMNS} FROM intake.quarantine q WHERE q.number = %s AND {OPEN}", [number])
    row = cursor.fetchone()
    return None if row is None else _parked(keys, row)


def dismiss(cursor: psycopg.Cursor[Any], number: int, at: datetime, reason: str) -> bool:
    """Give a parked message up; False where it is not open. Takes the log's lock, so that no re-drive is under way."""
    log.lock(cursor)
    cursor.execute(f"SELECT q.number FROM intake.quarantine q WHERE q.number = %s AND {OPEN}", [number])
    if cursor.fetchone() is None:
        return False
    resolve(cursor, at, [Step(number, "dismissed", None, reason)])
    return True


def open_count(cursor: psycopg.Cursor[Any]) -> dict[str, int]:
    """Count the open ones by the code they are under now."""
    cursor.execute(f"SELECT {_CODE}, count(*) FROM intake.quarantine q {_SAID_LAST} WHERE {OPEN} GROUP BY 1 ORDER BY 1")
    return dict(cursor.fetchall())


def listed(
    cursor: psycopg.Cursor[Any], *, everything: bool = False, after: int = 0, limit: int | None = None
) -> list[dict[str, Any]]:
    """Give the parked messages as an operator may see them, the body closed; `everything`: also those at their end.

    By number, those after `after`, `limit` of them at most. A conflict comes with both its versions: `stands`, the fact
    whose id it is, and the parked one's own coordinates.
    """
    where = "true" if everything else OPEN
    cursor.execute(_LISTED.format(where=f"q.number > %s AND {where}"), [after, limit])
    names = [column.name for column in cursor.description or ()]
    return [_shown(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    state = row.pop("state")
    if state is not None:
        entry = decode(bytes(state))
        row["stands"] = {
            "position": row["position"],
            "type": entry.type,
            "time": entry.time,
            "recordedtime": entry.recordedtime,
            "accepted": entry.accepted,
            "kafka": entry.kafka._asdict() if entry.kafka else None,
        }
    row["parked"] = format_instant(row["parked"])
    return row


def _parked(keys: Keys, row: tuple[Any, ...]) -> Parked:
    number, topic, incarnation, partition, offset, outcome, code, waits_for, sealed = row
    kafka = Coordinates(topic, incarnation, partition, offset)
    message = _decode(keys.quarantine_open(bytes(sealed), _place(kafka)))
    return Parked(kafka, outcome, code, waits_for, message, number)


def _numbers(cursor: psycopg.Cursor[Any], name: str, count: int) -> int:
    cursor.execute(
        "UPDATE intake.counter SET last = last + %s WHERE name = %s RETURNING last - %s + 1", [count, name, count]
    )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _kept(message: Message) -> Message:
    """The message as it came, or its beginning; of its headers first those by which an event is read."""
    value = message.value
    if value is not None and len(value) > KEPT:
        value = value[:KEPT]
    if sum(len(name) + len(content or b"") for name, content in message.headers) <= KEPT:
        return Message(message.headers, value)
    room, headers = KEPT, []
    for name, content in sorted(message.headers, key=lambda header: not _is_read(header[0])):
        room -= len(name) + len(content or b"")
        if room >= 0:
            headers.append((name, content))
    return Message(tuple(headers), value)


def _is_read(name: str) -> bool:
    return name.lower() == "content-type" or name.lower().startswith("ce_")


def _place(kafka: Coordinates) -> bytes:
    return "\0".join(map(str, kafka)).encode()


def _encode(message: Message) -> bytes:
    headers = [[name, None if value is None else b64encode(value).decode()] for name, value in message.headers]
    return orjson.dumps([headers, None if message.value is None else b64encode(message.value).decode()])


def _decode(stored: bytes) -> Message:
    headers, value = orjson.loads(stored)
    opened = tuple((name, None if text is None else b64decode(text)) for name, text in headers)
    return Message(opened, None if value is None else b64decode(value))
