"""What is watched says the same as what it follows from, whatever was taken in, parked, re-driven or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.errors import InsufficientPrivilege

from events import offsets, watch
from events.database import connect, create
from events.quarantine import Message, open_count
from events.watch import End
from tests.events.desk import Desk, of
from tests.events.examples import CAPTURED, FACT_WITHDRAWN, RESIDENT_LISTED, STRUCTURED

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "urn:rekam:registry:5371:test"
OTHER = "urn:rekam:registry:5371:siak"
PARKED = "SELECT number, code FROM watch.parked ORDER BY number"
SOURCES = "SELECT source, first, last FROM watch.source ORDER BY first"


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "keys")


def withdrawal(id: str, target: str) -> tuple[str, Message]:  # noqa: A002
    return of(FACT_WITHDRAWN, id, withdraws_source=SOURCE, withdraws_id=target)


def bad() -> tuple[str, Message]:
    return "rekam.recording", Message(tuple(STRUCTURED), b"{")


def counted(desk: Desk) -> dict[str, int]:
    with connect(desk.address, "rekam_reader") as connection, connection.cursor() as cursor:
        return open_count(cursor)


def watched(desk: Desk) -> dict[str, int]:
    return dict(desk.rows("SELECT code, count(*) FROM watch.parked GROUP BY code ORDER BY code"))


def test_what_is_open_is_known_by_number_and_code(desk: Desk) -> None:
    desk.takes(bad(), of(CAPTURED, "c-1"), withdrawal("w-1", "c-9"), of(CAPTURED, "c-1", place="mobile"))

    assert desk.rows(PARKED) == [(1, "not_json"), (2, "waits_for_target"), (3, "conflict")]
    assert watched(desk) == counted(desk)


def test_what_is_given_up_is_open_no_more(desk: Desk) -> None:
    desk.takes(bad(), bad())

    assert desk.dismisses(1)
    assert desk.rows(PARKED) == [(2, "not_json")]


def test_what_waited_is_open_no_more_when_its_target_has_come(desk: Desk) -> None:
    desk.takes(withdrawal("w-1", "c-1"))
    desk.takes(of(CAPTURED, "c-1"))

    assert desk.rows(PARKED) == []
    assert desk.rows(SOURCES) == [(SOURCE, 1, 2)]


def test_nor_where_both_came_in_one_batch(desk: Desk) -> None:
    desk.takes(withdrawal("w-1", "c-1"), of(CAPTURED, "c-1"))

    assert desk.rows(PARKED) == []


def test_what_is_refused_again_is_open_under_the_new_code(desk: Desk) -> None:
    topic, message = of(FACT_WITHDRAWN, "w-1", source=OTHER, withdraws_source=SOURCE, withdraws_id="c-1")
    desk.takes((topic, message))
    assert desk.rows(PARKED) == [(1, "not_yours_to_withdraw")]

    desk.redrives(1, correcting=frozenset({OTHER}))

    assert desk.rows(PARKED) == [(1, "waits_for_target")]
    assert watched(desk) == counted(desk)


def test_of_a_source_the_first_and_the_last_fact_are_known(desk: Desk) -> None:
    desk.takes(of(CAPTURED, "c-1"), of(CAPTURED, "c-2"), of(CAPTURED, "c-1", source=OTHER), of(CAPTURED, "c-3"))
    desk.takes(of(CAPTURED, "c-2"), of(CAPTURED, "c-4", source=OTHER), bad())

    assert desk.rows(SOURCES) == [(SOURCE, 1, 4), (OTHER, 3, 5)]
    assert desk.rows("SELECT DISTINCT accepted FROM watch.source") == desk.rows("SELECT accepted FROM log.head")


def test_offsets_are_counted_by_topic_and_outcome(database: str) -> None:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        mark = offsets.mark(cursor, "rekam.death", 0)
        offsets.advance(cursor, {mark: (9, None)})
        offsets.account(cursor, [(mark, offsets.ranges(0, 2, [(4, "appended"), (5, "appended"), (8, "duplicate")]))])
        mark = offsets.mark(cursor, "rekam.death", 1)
        offsets.advance(cursor, {mark: (1, None)})
        offsets.account(cursor, [(mark, offsets.ranges(0, 0, [(0, "appended")]))])

        found = cursor.execute("SELECT outcome, offsets FROM watch.offsets WHERE topic = 'rekam.death'").fetchall()
        assert dict(found) == {name: n for name, n in offsets.tally(cursor).items() if n}


def test_an_end_is_the_one_that_was_asked_for_last(database: str) -> None:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        watch.look(cursor, [End("rekam.finding", 1, 1, 7), End("rekam.death", 0, 1, 3)])
        watch.look(cursor, [End("rekam.death", 0, 2, 1)])
        watch.look(cursor, [])

        rows = cursor.execute('SELECT topic, partition, incarnation, "end" FROM watch.partition ORDER BY 1').fetchall()
        assert rows == [("rekam.death", 0, 2, 1), ("rekam.finding", 1, 1, 7)]


def test_a_trace_goes_as_far_as_the_relay_which_takes_it_away(database: str) -> None:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        watch.keep_traces(cursor, {3: "a", 5: "b", 9: "c"})
        watch.keep_traces(cursor, {})
    with connect(database, "rekam_relay") as connection, connection.cursor() as cursor:
        assert watch.traces(cursor, 3, 9) == {5: "b", 9: "c"}
        watch.forget_traces(cursor, 5)
        assert watch.traces(cursor, 0, 9) == {9: "c"}


def of_what_is_there(desk: Desk) -> list[list[tuple[object, ...]]]:
    return [desk.rows(f"SELECT * FROM watch.{table} ORDER BY 1, 2") for table in ("offsets", "parked", "source")]


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """One at which something was appended, parked, given up and lost on the way, by two sources."""
    desk.takes(bad(), of(CAPTURED, "c-1"), withdrawal("w-1", "c-9"), of(RESIDENT_LISTED, "l-1"), bad())
    desk.takes(of(CAPTURED, "c-2", source=OTHER), of(CAPTURED, "c-3"))
    desk.dismisses(1)
    with connect(desk.address, "rekam_intake") as connection, connection.cursor() as cursor:
        mark = offsets.mark(cursor, "rekam.recording", 0)
        offsets.advance(cursor, {mark: (4, None)})
        offsets.account(cursor, [(mark, offsets.ranges(0, 0, [(3, "appended")]))])
    return desk


@pytest.mark.parametrize(
    ("version", "spoilt"),
    [
        (2, "DROP SCHEMA watch CASCADE"),
        (3, "TRUNCATE watch.offsets, watch.parked, watch.source"),
        (3, "UPDATE watch.source SET first = first + 1"),
        (3, "DELETE FROM watch.source WHERE first > 1"),
        (4, "TRUNCATE watch.offsets"),
        (4, "TRUNCATE watch.source"),
    ],
)
def test_what_an_older_program_or_nobody_has_counted_is_counted_when_a_register_is_brought_up(
    busy: Desk, version: int, spoilt: str
) -> None:
    kept = of_what_is_there(busy)
    with connect(busy.address) as connection:
        connection.execute(spoilt.encode())
        connection.execute("UPDATE intake.schema SET version = %s", [version])

    create(busy.address)
    create(busy.address)

    assert of_what_is_there(busy) == kept
    assert busy.rows("SELECT version FROM intake.schema") == [(4,)]


@pytest.mark.parametrize("table", ["offsets", "parked", "source"])
def test_the_owner_may_have_it_counted_anew(busy: Desk, table: str) -> None:
    kept = of_what_is_there(busy)
    with connect(busy.address) as connection:
        connection.execute(f"DELETE FROM watch.{table} WHERE ctid = (SELECT ctid FROM watch.{table} LIMIT 1)".encode())
    assert of_what_is_there(busy) != kept

    with connect(busy.address) as connection:
        connection.execute("CALL watch.count_anew()")

    assert of_what_is_there(busy) == kept
    with connect(busy.address, "rekam_intake") as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("CALL watch.count_anew()")


@pytest.mark.parametrize("state", [b"{}", b"{", b"\xff", b"[]", b'{"source": "\\u0000"}'])
def test_bytes_that_are_no_entry_keep_no_register_from_being_brought_up(busy: Desk, state: bytes) -> None:
    with connect(busy.address) as connection:
        connection.execute("UPDATE log.entry SET state = %s WHERE notification_id = 2", [state])
        connection.execute("UPDATE intake.schema SET version = 2")

    create(busy.address)

    assert busy.rows(SOURCES) == [(SOURCE, 1, 4), (OTHER, 3, 3)]
