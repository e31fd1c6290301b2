"""A canary: one NIK and one name, sent in every way, are found nowhere outside the sealed fields."""

from __future__ import annotations

import base64
from threading import Event, Thread
from typing import TYPE_CHECKING

import psycopg
import pytest

from events.quarantine import listed
from services.processes import VIEWS
from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC
from tests.events.examples import (
    ARRIVED,
    CAPTURED,
    DEATH_REGISTERED,
    FINDING_REPORTED,
    RESIDENT_LISTED,
    STRUCTURED,
    good_data,
    structured,
)
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, Message, message, withdrawal
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kafka.world import World

NIK = "5371014507909917"
NAME = "Kanarianus Rahasia"
SECRETS = (NIK, NAME, NAME.upper(), "Kanarianus")
SCHEMAS = ("log", "vault", "intake", "watch", *VIEWS)


def forms(secret: str) -> set[bytes]:
    """As it stands, in hex, and in base64 at each of the three places it can begin."""
    plain = secret.encode()
    found = {plain, plain.hex().encode(), plain.hex().upper().encode()}
    for lead in range(3):
        coded = base64.b64encode(bytes(lead) + plain)
        found.add(coded[4 * ((lead + 2) // 3) : len(coded) - 4])
    return found


TRACES = {form for secret in SECRETS for form in forms(secret)}


def assert_clean(where: str, data: bytes) -> None:
    for trace in TRACES:
        assert trace not in data, f"{where} shows {trace!r}"


def canaries() -> list[Message]:
    """Good, repeated, conflicting, and wrong in all the ways that tempt a program to show what it was given."""
    listing = {"nik": NIK, "name": NAME, "birth_date": "1990-07-05", "sex": "F"}
    good = [
        message(RESIDENT_LISTED, "l-1", **listing),
        message(ARRIVED, "a-1", **listing),
        message(CAPTURED, "c-1", nik=NIK),
        message(FINDING_REPORTED, "f-1", nik=NIK, verifier=NAME, note=f"{NAME} {NIK}"),
        message(DEATH_REGISTERED, "x-1", nik=NIK),
    ]
    wrong = [
        message(CAPTURED, "c-2", nik=NIK + "1"),
        message(CAPTURED, "c-3", nik=[NIK]),
        message(CAPTURED, "c-4", nik=NIK, place=NAME),
        message(CAPTURED, "c-5", nik=NIK, captured_on=NAME),
        message(CAPTURED, "c-6", **{NIK: NAME}),
        message(RESIDENT_LISTED, "l-2", **{**listing, "kelurahan": NAME}),
        message(RESIDENT_LISTED, "l-3", **{**listing, "sex": NAME}),
        message(RESIDENT_LISTED, "l-4", **{**listing, "ever_married": NIK}),
        message(DEATH_REGISTERED, "x-2", nik=NIK, died_on=NIK),
    ]
    timed = structured(CAPTURED, {**good_data(CAPTURED), "nik": NIK}, id="t-1", time=NAME)
    raw = [
        Message(RECORDING, STRUCTURED, value, None, None)
        for value in (
            f'{{"nik": "{NIK}", "name": "{NAME}"'.encode(),
            f'"{NAME}"'.encode(),
            f'{{"{NIK}": 1, "{NIK}": 2}}'.encode(),
            NIK.encode() + b"\xff",
        )
    ]
    unknown = Message(
        RECORDING, [("ce_specversion", NIK.encode()), ("ce_nik", NIK.encode())], NAME.encode(), None, None
    )
    return [
        *good,
        *good,
        message(CAPTURED, "c-1", nik=NIK, place="mobile"),
        *wrong,
        Message(RECORDING, STRUCTURED, timed, "urn:rekam:registry:5371:test", "t-1"),
        *raw,
        unknown,
        withdrawal("w-1", of="f-1"),
        withdrawal("w-2", of="nothing"),
    ]


@pytest.fixture
def ran(world: World) -> World:
    """The world after every process, as a program of its own, has had every canary."""
    programs = [world.start(name) for name in ("intake", "relay", *VIEWS)]
    notices = Notices(world.database)
    world.send(*canaries())
    world.takes()
    eventually(lambda: len(world.on_topic(RECEIPTS_TOPIC)) >= len(world.sent))
    for view in VIEWS:
        eventually(lambda view=view: world.one(f"SELECT position FROM {view}.position") == world.size())  # type: ignore[misc]
    for program in programs:
        assert program.stop() == 0
    assert_clean("a notice", " ".join(notices.end()).encode())
    judge(world)
    return world


class Notices:
    """Everything said on our channel while it listens."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute("LISTEN rekam_log")
        self._heard: list[str] = []
        self._over = Event()
        self._thread = Thread(target=self._listen)
        self._thread.start()

    def end(self) -> list[str]:
        self._over.set()
        self._thread.join()
        self._connection.close()
        assert self._heard
        return self._heard

    def _listen(self) -> None:
        while not self._over.is_set():
            self._heard += [notice.payload for notice in self._connection.notifies(timeout=0.2)]


def logs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.log")}


def test_the_canary_is_found_nowhere_outside_sealed_fields(ran: World) -> None:
    said = logs(ran.folder)
    assert len(said) == 5
    for name, data in said.items():
        assert_clean(name, data)
    for topic in (LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC):
        records = ran.on_topic(topic)
        assert records
        for record in records:
            parts = (
                record.key,
                record.value,
                *(part for name, value in record.headers for part in (name.encode(), value)),
            )
            for part in parts:
                assert_clean(topic, part or b"")
    with psycopg.connect(ran.database) as connection, connection.cursor() as cursor:
        assert_clean("the list of parked messages", str(listed(cursor, everything=True)).encode())


def test_the_canary_is_found_in_no_table_at_rest(ran: World) -> None:
    tables = ran.rows(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", list(SCHEMAS)
    )
    assert {schema for schema, _ in tables} == set(SCHEMAS)
    for schema, table in tables:
        for (row,) in ran.rows(f"SELECT t::text FROM {schema}.{table} AS t"):
            assert_clean(f"{schema}.{table}", row.encode())
    for (state,) in ran.rows("SELECT state FROM log.entry"):
        assert_clean("an entry", bytes(state))


def test_the_canary_is_not_in_the_server_s_own_log(ran: World) -> None:
    folder = ran.one("SHOW data_directory")
    assert_clean("postgres.log", (ran.folder / folder).with_name("postgres.log").read_bytes())


def test_a_trace_would_be_found() -> None:
    for secret in SECRETS:
        for lead in range(4):
            with pytest.raises(AssertionError):
                assert_clean("it", base64.b64encode(b"x" * lead + secret.encode() + b"tail"))
