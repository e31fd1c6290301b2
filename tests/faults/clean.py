"""A register in which everything is right, for the judge to find so, and to be told of what a test plants in it."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

import psycopg

from tests.databases import new_database
from tests.faults.judge import Relayed, judge
from tests.faults.load import PUBLISHERS, Message, messages
from tests.faults.publishers import HEADERS, Journal
from tests.register import PARTITIONS, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.faults.judge import Answer, Verdict

__all__ = ["LINES", "SEED", "Clean", "clean_register", "judged"]

SEED: Final = 4
LINES: Final = 300


class Delivered(NamedTuple):
    """A message of the load as `fill` takes it."""

    topic: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes
    id: str


class Clean(NamedTuple):
    """A register in which everything is right, its keys, what was published to it, and what a relay would pass on."""

    address: str
    keys: Path
    folder: Path
    relayed: dict[str, list[Relayed]]


@contextmanager
def clean_register(postgres: str, folder: Path, keys: Path) -> Iterator[Clean]:
    """Both publishers' lines, taken in without Kafka; whatever `judged` plants is rolled back."""
    with new_database(postgres) as address:
        said = {publisher: messages(SEED, publisher, LINES) for publisher in PUBLISHERS}
        every = [message for some in said.values() for message in some]
        note_as_sent(folder, said)
        delivered = [Delivered(m.topic, HEADERS, m.value, m.name) for m in every]
        fill(address, keys, delivered, at_once=100, empty=0)
        yield Clean(address, keys, folder, passed_on(address))


PASSED_ON: Final = {
    "rekam.log": "SELECT notification_id, convert_from(state, 'UTF8') FROM log.entry ORDER BY 1",
    "rekam.quarantine": """
        SELECT NULL, json_build_object('topic', topic, 'incarnation', incarnation, 'partition', partition,
            'offset', "offset", 'source', source, 'id', id, 'code', code, 'message', message)::text
        FROM intake.quarantine ORDER BY number""",
    "rekam.receipts": """
        SELECT NULL, told FROM (
            SELECT 1 AS part, number, json_build_object('topic', topic, 'incarnation', incarnation,
                'partition', partition, 'offset', "offset", 'source', source, 'id', id,
                'reason', reason, 'outcome', outcome, 'position', position)::text AS told
            FROM intake.receipt
            UNION ALL
            SELECT 2, e.position, (e.said->'kafka' || jsonb_build_object('source', e.said->>'source',
                'id', e.said->>'id', 'reason', NULL, 'position', e.position, 'outcome',
                CASE WHEN e.said ? 'resolved' THEN 'resolved' ELSE 'appended' END))::text
            FROM (SELECT convert_from(state, 'UTF8')::jsonb AS said, notification_id AS position FROM log.entry) AS e
        ) AS receipts ORDER BY part, number""",
}


def passed_on(address: str) -> dict[str, list[Relayed]]:
    with psycopg.connect(address) as connection:
        return {
            topic: [Relayed(position, value.encode()) for position, value in connection.execute(query.encode())]
            for topic, query in PASSED_ON.items()
        }


def note_as_sent(folder: Path, said: dict[str, list[Message]]) -> None:
    """Where `fill` puts each message: the client's are confirmed by their places, the program's by their number."""
    ends: Counter[tuple[str, int]] = Counter()
    for publisher, lines in said.items():
        journal = Journal(folder, publisher, lines)
        if publisher == PUBLISHERS[0]:
            journal.note(told={"appended": len(lines)}, lines=len(lines))
        for message in lines:
            at = (message.topic, crc32(message.name.encode()) % PARTITIONS)
            if publisher != PUBLISHERS[0]:
                journal.note(n=message.n, at=1.0, partition=at[1], offset=ends[at])
            ends[at] += 1


def judged(
    clean: Clean, *planted: str, answers: Sequence[Answer] = (), listed: Sequence[Mapping[str, Any]] | None = None
) -> Verdict:
    """Plant, judge, and take it back."""
    with psycopg.connect(clean.address) as connection:
        for statement in planted:
            assert connection.execute(statement.encode()).rowcount, f"changes nothing: {statement}"
        verdict = judge([clean.folder], connection, clean.relayed, answers, listed)
        connection.rollback()
    return verdict
