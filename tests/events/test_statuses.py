from __future__ import annotations

import pytest

from events.statuses import EFFECTS, Effect, effect_of, is_known

CAPTURED = [
    "BIO_CAPTURED",
    "PROCESSING",
    "SENT_FOR_ENROLLMENT",
    "RECEIVED_AT_CENTRAL",
    "ADJUDICATE_RECORD",
    "PRINT_READY_RECORD",
    "SENT_FOR_CARD_PRINTING",
    "CARD_PRINTED",
    "CARD_SHIPPED",
    "CARD_ISSUED",
]
FAILED = ["ENROLL_FAILURE_AT_CENTRAL", "ENROLL_FAILURE_AT_REGIONAL", "SEARCH_FAILURE_AT_CENTRAL"]


@pytest.mark.parametrize(
    ("statuses", "effect"),
    [
        (CAPTURED, Effect.CAPTURED),
        (FAILED, Effect.FAILED),
        (["DUPLICATE_RECORD"], Effect.DUPLICATE),
        (["UNREGISTERED"], Effect.NONE),
    ],
)
def test_each_known_status_has_its_effect(statuses: list[str], effect: Effect) -> None:
    assert {effect_of(status) for status in statuses} == {effect}
    assert all(is_known(status) for status in statuses)


def test_fifteen_statuses_are_known() -> None:
    assert sorted(EFFECTS) == sorted([*CAPTURED, *FAILED, "DUPLICATE_RECORD", "UNREGISTERED"])


@pytest.mark.parametrize("status", ["card_issued", " CARD_ISSUED", "CARD_ISSUED ", "LOST", ""])
def test_a_status_is_matched_exactly_and_an_unknown_one_has_no_effect(status: str) -> None:
    assert effect_of(status) is Effect.NONE
    assert not is_known(status)
