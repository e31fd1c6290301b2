"""What can be done about a parked message: put it through once more, or give it up with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from events.database import connect
from events.quarantine import Message, open_parked
from tests.events.desk import Desk, of
from tests.events.examples import CAPTURED, FACT_WITHDRAWN, SOURCE

if TYPE_CHECKING:
    from pathlib import Path

CAPTURE = of(CAPTURED, "c-1")
OTHER = of(CAPTURED, "c-1", place="mobile")
WITHDRAWAL = of(FACT_WITHDRAWN, "w-1", withdraws_source=SOURCE, withdraws_id="c-1")
OF_ANOTHER = of(FACT_WITHDRAWN, "w-1", source="urn:office", withdraws_source=SOURCE, withdraws_id="c-1")
OFFICE = frozenset({"urn:office"})


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "keys")


def test_a_message_is_kept_whole_and_sealed(desk: Desk) -> None:
    message = Message((("content-type", b"application/cloudevents+json"), ("x", None), ("y", b"\xff")), b"{secret")
    desk.takes(("rekam.recording", message))

    ((sealed,),) = desk.rows("SELECT sealed FROM intake.quarantine")
    assert b"secret" not in sealed
    assert desk.redrives(1) == ("quarantined", None, "not_json")


def test_what_is_still_wrong_is_refused_again_under_its_code_and_stays_open(desk: Desk) -> None:
    desk.takes(of(CAPTURED, "c-1", nik="123"))

    assert [desk.redrives(1) for _ in range(2)] == 2 * [("quarantined", None, "bad_nik")]
    assert [shown["code"] for shown in desk.parked()] == ["bad_nik"]


def test_what_the_settings_now_allow_is_appended_with_its_old_coordinates(desk: Desk) -> None:
    desk.takes(CAPTURE, OF_ANOTHER)
    assert [shown["code"] for shown in desk.parked()] == ["not_yours_to_withdraw"]

    assert desk.redrives(1, correcting=OFFICE) == ("appended", 2, None)

    assert desk.parked() == []
    ((offset, resolved),) = desk.rows(
        "SELECT s -> 'kafka' ->> 'offset', s ->> 'resolved' FROM "
        "(SELECT convert_from(state, 'UTF8')::json AS s FROM log.entry WHERE notification_id = 2) AS entry"
    )
    assert (offset, resolved) == ("1", "true")
    assert desk.redrives(1, correcting=OFFICE) is None


def test_a_withdrawal_that_comes_to_wait_only_when_it_is_put_through_is_woken_by_its_target(desk: Desk) -> None:
    desk.takes(OF_ANOTHER)
    assert desk.redrives(1, correcting=OFFICE) == ("quarantined", None, "waits_for_target")
    (shown,) = desk.parked()
    assert shown["code"] == "waits_for_target"
    assert "waits for it" in shown["message"]

    desk.takes(CAPTURE)

    assert desk.ids() == ["c-1", "w-1"]
    assert desk.parked() == []


def test_what_withdraws_a_fact_about_an_erased_person_is_parked_and_holds_up_nobody(database: str, desk: Desk) -> None:
    desk.takes(CAPTURE)
    with connect(database) as connection:
        connection.execute("DELETE FROM vault.person")

    outcomes = desk.takes(WITHDRAWAL, of(CAPTURED, "c-2"))

    assert [outcome.reason or outcome.outcome for outcome in outcomes] == ["erased", "appended"]


def test_a_conflict_that_comes_of_putting_through_can_only_be_dismissed(desk: Desk) -> None:
    desk.takes(OF_ANOTHER, CAPTURE)
    other = of(FACT_WITHDRAWN, "w-1", source="urn:office", withdraws_source="urn:office", withdraws_id="x")
    desk.takes(other)
    desk.takes(of(CAPTURED, "x", source="urn:office"))
    assert desk.redrives(1, correcting=OFFICE) == ("conflict", None, "conflict")
    with connect(desk.address) as connection, connection.cursor() as cursor:
        parked = open_parked(cursor, desk.keys, 1)
    assert parked is not None
    assert parked.outcome == "conflict"
    shown = desk.parked()[0]
    stands = desk.ids().index("w-1") + 1
    assert (shown["code"], shown["position"], shown["stands"]["position"]) == ("conflict", stands, stands)


def test_one_that_waits_is_still_waiting_when_it_is_put_through_too_early(desk: Desk) -> None:
    desk.takes(WITHDRAWAL)

    assert desk.redrives(1) == ("quarantined", None, "waits_for_target")
    desk.takes(CAPTURE)
    assert desk.ids() == ["c-1", "w-1"]


def test_a_conflict_stays_a_conflict_and_can_only_be_dismissed(desk: Desk) -> None:
    desk.takes(CAPTURE, OTHER)

    assert desk.redrives(1) == ("conflict", None, "conflict")
    assert desk.ids() == ["c-1"]
    assert desk.dismisses(1)
    assert desk.parked() == []


def test_what_is_dismissed_is_shown_with_its_reason_and_cannot_come_back(desk: Desk) -> None:
    desk.takes(WITHDRAWAL)

    assert desk.dismisses(1, "salah kirim")
    assert not desk.dismisses(1)
    assert desk.redrives(1) is None
    desk.takes(CAPTURE)

    assert desk.ids() == ["c-1"]
    (ended,) = desk.parked(everything=True)
    assert (ended["resolution"], ended["reason"]) == ("dismissed", "salah kirim")


def test_what_was_appended_cannot_be_dismissed(desk: Desk) -> None:
    desk.takes(WITHDRAWAL, CAPTURE)

    assert not desk.dismisses(1)


def test_a_number_that_nobody_has_is_nothing(desk: Desk) -> None:
    assert desk.redrives(7) is None
    assert not desk.dismisses(7)


def test_a_repeat_of_a_refused_message_is_parked_again_under_its_own_number(desk: Desk) -> None:
    for _ in range(3):
        desk.takes(of(CAPTURED, "c-1", nik="123"))

    assert [shown["number"] for shown in desk.parked()] == [1, 2, 3]
    assert desk.dismisses(2)
    assert [shown["number"] for shown in desk.parked()] == [1, 3]


def test_of_a_parked_message_nobody_is_shown_the_body(desk: Desk) -> None:
    desk.takes(of(CAPTURED, "c-1", nik="5371014101909001", place="Rumah Maria"), ("rekam.recording", Message((), b"x")))

    assert "Maria" not in str(desk.parked())
    assert "5371014101909001" not in str(desk.parked())
