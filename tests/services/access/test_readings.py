"""Who has looked at whom is written down for ever, and nothing personal with it; and what is done about anomalies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from events.database import connect
from events.errors import WrongUse
from services.access import follow_ups, readings
from services.access.follow_ups import Step
from services.access.readings import ACTIONS, Reading
from services.access.roles import PURPOSES, Caller, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

LENA = Caller("lena", Role.OFFICER, ("53.71.01",))
ANN = Caller("ann", Role.AUDITOR)
NIK = "5371010101900001"
ONE, OTHER = UUID(int=1, version=4), UUID(int=2, version=4)
ADDED_TO = ("reading", "seen", "follow_up")
Cursor = psycopg.Cursor[Any]


def noted(cursor: Cursor, caller: Caller = LENA, subjects: Sequence[UUID] = (ONE,), **more: Any) -> int:
    told = {"action": "list", "purpose": None, "question": {"kelurahan": "53.71.01.1001"}, "position": 7, **more}
    readings.note(cursor, caller, Reading(people=len(subjects), **told), subjects)
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


# ------------------------------------------------------------------ readings


def test_a_reading_says_who_when_why_what_and_how_many(cursor: Cursor) -> None:
    number = noted(cursor, subjects=[ONE, OTHER, ONE], action="export", purpose="home_visit")
    (row,) = readings.listed(cursor, None, 10, None)

    assert row.pop("at") >= "2026"
    assert row == {
        "number": number,
        "who": "lena",
        "role": "officer",
        "action": "export",
        "purpose": "home_visit",
        "question": {"kelurahan": "53.71.01.1001"},
        "people": 3,
        "position": 7,
    }


def test_a_persons_history_is_drawn_from_it(cursor: Cursor) -> None:
    first, _, third = noted(cursor), noted(cursor, subjects=[OTHER]), noted(cursor, ANN, [OTHER, ONE])

    assert [row["number"] for row in readings.of_person(cursor, ONE, None, 10)] == [third, first]
    assert [row["number"] for row in readings.of_person(cursor, ONE, third, 10)] == [first]
    assert [row["number"] for row in readings.of_person(cursor, ONE, None, 1)] == [third]
    assert readings.of_person(cursor, uuid4(), None, 10) == []


def test_it_pages_by_number_the_newest_first_and_by_who(cursor: Cursor) -> None:
    numbers = [noted(cursor, caller) for caller in (LENA, ANN, LENA, ANN)]

    assert [row["number"] for row in readings.listed(cursor, None, 3, None)] == numbers[:0:-1]
    assert [row["number"] for row in readings.listed(cursor, numbers[1], 3, None)] == numbers[:1]
    assert [row["number"] for row in readings.listed(cursor, None, 9, "lena")] == [numbers[2], numbers[0]]


def test_an_export_of_thirty_thousand_is_one_reading(cursor: Cursor) -> None:
    noted(cursor, subjects=[uuid4() for _ in range(30_000)], action="export")

    assert cursor.execute("SELECT count(*) FROM access.seen").fetchone() == (30_000,)


@pytest.mark.parametrize(
    "question",
    [
        {"nik": NIK},
        {"nik": int(NIK)},
        {NIK: 1},
        {"deep": [{"er": ("x", f"nik{NIK}.")}]},
        {"long": NIK + NIK},
        {"wide": "５３７１０１０１０１９００００１"},
        {"near": "a" + NIK},
    ],
    ids=str,
)
def test_a_nik_does_not_get_in(cursor: Cursor, question: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="16 digits in a row") as error:
        noted(cursor, question=question)
    assert NIK not in str(error.value)


@pytest.mark.parametrize("question", [{"nik": NIK}, {"nik": int(NIK)}, {"a": [NIK + NIK]}, {NIK: None}], ids=str)
def test_nor_by_the_database(cursor: Cursor, question: dict[str, Any]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        cursor.execute(
            "INSERT INTO access.reading (who, role, action, question, people, position)"
            " VALUES ('lena', 'officer', 'find', %s, 0, 0)",
            [Jsonb(question)],
        )


def test_a_subject_full_of_digits_is_no_nik(cursor: Cursor) -> None:
    """One of some three million happens to have no letter in it."""
    for subject in ("a1234567890123456" + "f" * 15, "53710101019000014000800000000001"):
        assert noted(cursor, question={"subject": subject}, action="resident")
    with pytest.raises(ValueError, match="16 digits"):
        noted(cursor, question={"list": "53710101019000014000800000000001"})


def test_what_is_no_action_or_purpose_is_refused(cursor: Cursor) -> None:
    with pytest.raises(ValueError, match="no action"):
        noted(cursor, action="peek")
    with pytest.raises(psycopg.errors.CheckViolation):
        noted(cursor, purpose="curiosity")


@pytest.mark.parametrize("action", ACTIONS)
def test_the_database_knows_every_action_and_purpose(cursor: Cursor, action: str) -> None:
    assert all(noted(cursor, action=action, purpose=purpose) for purpose in (None, *PURPOSES))


# ------------------------------------------------------------------ only added to


@pytest.mark.parametrize("table", ADDED_TO)
@pytest.mark.parametrize("statement", ["UPDATE access.{} SET {}", "DELETE FROM access.{}", "TRUNCATE access.{}"])
@pytest.mark.parametrize("owner", [False, True])
def test_nobody_changes_what_was_written(prepared: str, table: str, statement: str, owner: bool) -> None:
    column = {"reading": "who = who", "seen": "reading = reading", "follow_up": "who = who"}[table]
    with (
        connect(prepared, None if owner else "rekam_access") as connection,
        pytest.raises(
            psycopg.errors.InsufficientPrivilege, match="only ever added to" if owner else "permission denied"
        ),
    ):
        connection.execute(statement.format(table, column).encode())


@pytest.mark.parametrize("table", ADDED_TO)
def test_nor_does_a_session_that_says_it_replicates(prepared: str, table: str) -> None:
    with connect(prepared, None) as connection:
        connection.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
            connection.execute(f"DELETE FROM access.{table}".encode())


def test_when_it_was_is_not_for_who_writes_to_say(cursor: Cursor) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        cursor.execute(
            "INSERT INTO access.reading (at, who, role, action, question, people, position)"
            " VALUES ('2018-11-23', 'lena', 'officer', 'find', '{}', 0, 0)"
        )


# ------------------------------------------------------------------ follow-ups


def test_the_last_step_of_an_anomaly_holds(cursor: Cursor) -> None:
    for subject, name, state in (
        (ONE, "died_twice", "open"),
        (ONE, "never_listed", "explained"),
        (OTHER, "died_twice", "corrected"),
        (ONE, "died_twice", "in_work"),
    ):
        follow_ups.note(cursor, LENA, Step(subject, name, state, f" asked the {state} registry "))
    found = follow_ups.of(cursor, [ONE])

    assert set(found) == {(ONE, "died_twice"), (ONE, "never_listed")}
    last = found[ONE, "died_twice"]
    assert (last["state"], last["note"], last["who"]) == ("in_work", "asked the in_work registry", "lena")
    assert follow_ups.of(cursor, []) == {}


@pytest.mark.parametrize(
    ("state", "note", "said"),
    [
        ("done", "x", "there are open, in_work, explained, corrected"),
        ("open", "", "1 to 500 characters"),
        ("open", " \n", "1 to 500 characters"),
        ("open", "x" * 501, "1 to 500 characters"),
        ("open", "a\0b", "1 to 500 characters"),
        ("open", f"is {NIK}", "16 digits in a row"),
    ],
)
def test_a_step_that_cannot_be_kept_is_refused(cursor: Cursor, state: str, note: str, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        follow_ups.note(cursor, LENA, Step(ONE, "died_twice", state, note))
