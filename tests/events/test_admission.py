"""Appending is three-valued; a withdrawal waits for its target, wherever that comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.events.desk import Desk, of
from tests.events.examples import CAPTURED, FACT_WITHDRAWN, LIST_DECLARED, SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from events.quarantine import Message

APPENDED, QUARANTINED = "appended", "quarantined"
REFUSED_TWICE = "withdraws_a_withdrawal"


@pytest.fixture
def desk(database: str, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path / "keys")


def capture(id: str = "c-1", **fields: object) -> tuple[str, Message]:  # noqa: A002
    return of(CAPTURED, id, **fields)


def withdrawal(id: str = "w-1", target: str = "c-1", **fields: object) -> tuple[str, Message]:  # noqa: A002
    return of(FACT_WITHDRAWN, id, withdraws_source=SOURCE, withdraws_id=target, **fields)


def test_a_new_event_gets_the_next_position(desk: Desk) -> None:
    assert desk.takes(capture("c-1"), capture("c-2")) == [(APPENDED, 1, None), (APPENDED, 2, None)]
    assert desk.takes(capture("c-3")) == [(APPENDED, 3, None)]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
def test_the_same_event_again_gets_the_original_position(desk: Desk, *, together: bool) -> None:
    batches = [[capture(), capture()]] if together else [[capture()], [capture()]]

    outcomes = [outcome for batch in batches for outcome in desk.takes(*batch)]

    assert outcomes == [(APPENDED, 1, None), ("duplicate", 1, None)]
    assert desk.receipts() == [("c-1", "duplicate", 1, None)]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
def test_the_same_id_with_other_content_is_a_conflict_and_both_are_kept(desk: Desk, *, together: bool) -> None:
    batches = [[capture(), capture(place="mobile")]] if together else [[capture()], [capture(place="mobile")]]

    outcomes = [outcome for batch in batches for outcome in desk.takes(*batch)]

    assert outcomes == [(APPENDED, 1, None), ("conflict", None, "conflict")]
    (shown,) = desk.parked()
    assert (shown["code"], shown["position"], shown["stands"]["position"]) == ("conflict", 1, 1)


def test_the_same_id_of_another_source_is_another_event(desk: Desk) -> None:
    outcomes = desk.takes(capture(), capture(source="urn:another"))

    assert outcomes == [(APPENDED, 1, None), (APPENDED, 2, None)]


def test_only_appending_claims_an_id(desk: Desk) -> None:
    wrong = capture(nik="123")

    assert [desk.takes(wrong)[0].reason for _ in range(2)] == ["bad_nik", "bad_nik"]
    assert desk.takes(capture()) == [(APPENDED, 1, None)]
    assert desk.takes(wrong)[0].reason == "bad_nik"


def test_a_withdrawal_after_its_target_stands_with_the_same_subject(desk: Desk) -> None:
    assert desk.takes(capture(), withdrawal()) == [(APPENDED, 1, None), (APPENDED, 2, None)]

    assert desk.rows("SELECT count(DISTINCT originator_id) FROM log.entry") == [(1,)]


def test_a_declared_list_can_be_withdrawn_too(desk: Desk) -> None:
    assert [one.outcome for one in desk.takes(of(LIST_DECLARED, "c-1"), withdrawal())] == [APPENDED, APPENDED]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
def test_a_withdrawal_waits_and_is_appended_with_its_target(desk: Desk, *, together: bool) -> None:
    batches = [[withdrawal(), capture()]] if together else [[withdrawal()], [capture()]]

    outcomes = [outcome for batch in batches for outcome in desk.takes(*batch)]

    assert outcomes == [(QUARANTINED, None, "waits_for_target"), (APPENDED, 1, None)]
    assert desk.ids() == ["c-1", "w-1"]
    assert desk.parked() == []
    (ended,) = desk.parked(everything=True)
    assert (ended["code"], ended["resolution"], ended["position"]) == ("waits_for_target", APPENDED, 2)


def test_several_that_wait_for_one_target_are_appended_in_the_order_they_were_parked(desk: Desk) -> None:
    desk.takes(withdrawal("w-1"), withdrawal("w-2"))
    desk.takes(withdrawal("w-3"), capture())

    assert desk.ids() == ["c-1", "w-1", "w-2", "w-3"]


def test_a_withdrawal_that_waited_twice_is_appended_once(desk: Desk) -> None:
    desk.takes(withdrawal(), withdrawal())
    desk.takes(capture())

    assert desk.ids() == ["c-1", "w-1"]
    assert desk.parked() == []
    assert desk.receipts()[2:] == [("w-1", "resolved", 2, "duplicate")]


def test_two_withdrawals_that_name_each_other_wait_for_ever_and_hold_up_nobody(desk: Desk) -> None:
    desk.takes(withdrawal("w-1", target="w-2"))
    desk.takes(withdrawal("w-2", target="w-1"))

    outcomes = desk.takes(withdrawal("w-1", target="w-2"), capture())

    assert outcomes == [(QUARANTINED, None, "waits_for_target"), (APPENDED, 1, None)]
    assert desk.redrives(1) == (QUARANTINED, None, "waits_for_target")


def test_what_waits_for_an_id_that_was_parked_and_is_now_good_is_resolved_once(desk: Desk) -> None:
    desk.takes(withdrawal("c-1", target="c-2"))
    desk.takes(withdrawal("w-1", target="c-1"))

    desk.takes(capture("c-1"), capture("c-2"))

    assert desk.ids() == ["c-1", "w-1", "c-2"]
    assert desk.rows("SELECT number, step, outcome, position FROM intake.resolution ORDER BY number") == [
        (1, 1, "conflict", 1),
        (2, 1, APPENDED, 2),
    ]


def test_two_that_waited_under_one_id_with_other_content_end_as_one_fact_and_one_conflict(desk: Desk) -> None:
    desk.takes(withdrawal(), withdrawal(reason="Alasan lain"))
    desk.takes(capture())

    assert desk.ids() == ["c-1", "w-1"]
    (shown,) = desk.parked()
    assert (shown["code"], shown["position"], shown["stands"]["position"]) == ("conflict", 2, 2)
    assert desk.receipts()[2:] == [("w-1", "conflict", None, "conflict")]


@pytest.mark.parametrize(
    "batches",
    [
        [["w-2", "w-1", "c-1"]],
        [["w-2"], ["w-1"], ["c-1"]],
        [["w-2"], ["w-1", "c-1"]],
        [["w-2", "w-1"], ["c-1"]],
        [["w-1"], ["w-2"], ["c-1"]],
        [["w-1"], ["c-1"], ["w-2"]],
    ],
)
def test_in_a_chain_of_withdrawals_the_second_is_refused_when_the_first_comes(
    desk: Desk, batches: list[list[str]]
) -> None:
    made = {"c-1": capture(), "w-1": withdrawal(), "w-2": withdrawal("w-2", target="w-1")}

    for batch in batches:
        desk.takes(*(made[name] for name in batch))

    assert desk.ids() == ["c-1", "w-1"]
    (shown,) = desk.parked()
    assert (shown["id"], shown["code"]) == ("w-2", REFUSED_TWICE)
    assert desk.receipts()[-1] == ("w-2", QUARANTINED, None, REFUSED_TWICE)


def test_a_withdrawal_of_a_withdrawal_is_refused_at_once(desk: Desk) -> None:
    desk.takes(capture(), withdrawal())

    assert desk.takes(withdrawal("w-2", target="w-1")) == [(QUARANTINED, None, REFUSED_TWICE)]


def test_a_target_that_is_refused_leaves_the_withdrawal_waiting(desk: Desk) -> None:
    desk.takes(withdrawal(), capture(nik="123"))
    assert [shown["code"] for shown in desk.parked()] == ["waits_for_target", "bad_nik"]

    desk.takes(capture())

    assert desk.ids() == ["c-1", "w-1"]


def test_a_batch_that_is_rolled_back_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.quarantine.receive", _fail)
    with pytest.raises(RuntimeError):
        desk.takes(capture(), capture(), withdrawal("w-9", target="nothing"))
    monkeypatch.undo()

    assert desk.takes(capture("c-2", nik="5371014101909001")) == [(APPENDED, 1, None)]
    assert desk.parked(everything=True) == []
    assert desk.rows("SELECT count(*) FROM vault.person") == [(1,)]


def _fail(*_: object) -> None:
    raise RuntimeError
