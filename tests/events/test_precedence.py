"""Which row of the contract's table comes first, and the rows of a withdrawal, which are the last."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from events.envelope import check
from events.errors import Refused
from tests.events import examples
from tests.events.examples import ACCEPTED, FACT_WITHDRAWN, STRUCTURED, good_data, structured, to_json

if TYPE_CHECKING:
    from events.facts import Event


def withdrawn(*, source: str = examples.SOURCE, id: str = "e-1", **fields: Any) -> Event:  # noqa: A002
    value = structured(FACT_WITHDRAWN, good_data(FACT_WITHDRAWN) | fields, source=source, id=id)
    return check("rekam.correction", STRUCTURED, value, ACCEPTED, frozenset({"centre"}))


def code(**fields: Any) -> str:
    with pytest.raises(Refused) as raised:
        withdrawn(**fields)
    return raised.value.code


def test_only_its_own_source_or_a_correcting_one_withdraws_a_fact() -> None:
    assert withdrawn()
    assert withdrawn(source="centre")
    assert code(source="stranger") == "not_yours_to_withdraw"
    assert code(source=examples.SOURCE.upper()) == "not_yours_to_withdraw"


def test_a_withdrawal_does_not_withdraw_itself() -> None:
    assert code(withdraws_id="e-1") == "withdraws_a_withdrawal"
    assert code(source="centre", withdraws_source="centre", withdraws_id="e-1") == "withdraws_a_withdrawal"
    assert withdrawn(withdraws_id="e-1", id="e-2")
    assert withdrawn(withdraws_id="e-1", source="centre")


def test_a_strangers_withdrawal_is_not_his_whatever_it_names() -> None:
    assert code(source="stranger", withdraws_id="e-1") == "not_yours_to_withdraw"


def test_bad_data_come_before_the_rows_of_a_withdrawal() -> None:
    assert code(reason=None, source="stranger") == "bad_data"
    assert code(reason=None, withdraws_id="e-1") == "bad_data"


#: What breaks a row, in the order of the table: the attributes, the data, the bytes that follow, the topic.
BREAKING: list[tuple[str, dict[str, Any]]] = [
    ("too_large", {"after": b" " * 32_768}),
    ("not_json", {"after": b"x"}),
    ("not_cloudevents", {"attributes": {"id": ""}}),
    ("unknown_type", {"attributes": {"type": "rekam.unknown"}}),
    ("wrong_topic", {"topic": "rekam.death"}),
    ("bad_time", {"attributes": {"time": "x"}}),
    ("bad_time", {"data": {"arrived_on": "2100-01-01"}}),
    ("bad_nik", {"data": {"nik": "x"}}),
    ("unknown_kelurahan", {"data": {"kelurahan": "x"}}),
    ("bad_data", {"data": {"extra": 1}}),
    ("bad_data", {"data": {"regency": "5171"}}),
    ("bad_data", {"data": {"sex": 1}}),
]
ORDER = list(dict.fromkeys(row[0] for row in BREAKING))


@pytest.mark.parametrize("rows", [*itertools.combinations(BREAKING, 1), *itertools.combinations(BREAKING, 2), BREAKING])
def test_the_first_row_that_applies_is_the_code(rows: list[tuple[str, dict[str, Any]]]) -> None:
    event = examples.envelope(examples.ARRIVED)
    topic, after = "rekam.relocation", b""
    for _, broken in rows:
        event |= broken.get("attributes", {})
        event["data"] |= broken.get("data", {})
        topic, after = broken.get("topic", topic), after + broken.get("after", b"")
    with pytest.raises(Refused) as raised:
        check(topic, STRUCTURED, to_json(event) + after, ACCEPTED, frozenset())
    assert raised.value.code == min((name for name, _ in rows), key=ORDER.index)


def test_data_that_are_no_object_come_after_bad_time_and_before_the_rows_of_the_data() -> None:
    event = examples.envelope(examples.DEPARTED) | {"data": [], "time": "x"}
    with pytest.raises(Refused) as raised:
        check("rekam.relocation", STRUCTURED, json.dumps(event).encode(), ACCEPTED, frozenset())
    assert raised.value.code == "bad_time"
