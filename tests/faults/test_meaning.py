"""The judge's own reading of facts, beside the product's: written apart, they must say the same of everybody."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from events.calendar import DepartureRule
from events.entry import Entry, split
from events.envelope import check
from projections.evidence import fact_of
from projections.reading import read
from projections.transfers import transfers
from tests.faults.judge import meaning
from tests.faults.load import PUBLISHERS, messages

if TYPE_CHECKING:
    from projections.evidence import Fact

HEADERS = [("content-type", b"application/cloudevents+json")]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULE = DepartureRule.parse("30")
NOBODY = UUID(int=0)


def product(event: dict[str, Any], value: bytes) -> Fact:
    """The fact as the product reads it out of the message."""
    checked = check(event["type"].rsplit(".", 2)[0], HEADERS, value, NOW, frozenset())
    parts = split(checked, RULE)
    names = (checked.type, checked.source, checked.id, checked.time, checked.recordedtime)
    days = (parts.valid_on, parts.lapses_on, parts.flags)
    return fact_of(Entry(NOBODY, *names, checked.time, None, False, *days, parts.fact, None, None), parts.calendar)


@pytest.mark.parametrize("seed", range(8))
def test_everybodys_transfers_are_those_of_the_product_after_every_fact(seed: int) -> None:
    known: dict[str, dict[tuple[str, str], tuple[dict[str, Any], Fact]]] = defaultdict(dict)
    compared = 0
    for message in (one for publisher in PUBLISHERS for one in messages(seed, publisher, 400)):
        if message.event is None or message.code is not None or "nik" not in message.event["data"]:
            continue
        event = message.event
        about = known[event["data"]["nik"]]
        about[event["source"], event["id"]] = event, product(event, message.value)
        ours = meaning.transfers(event for event, _ in about.values())
        theirs = transfers(read([fact for _, fact in about.values()]).timeline)
        assert ours == {(day, tuple(one), tuple(other)) for day, one, other in theirs}
        compared += bool(ours)

    assert compared > 400


def test_without_a_fact_nobody_goes_anywhere() -> None:
    assert meaning.transfers([]) == frozenset()
