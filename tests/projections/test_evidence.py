"""From what the log keeps to what a reading takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.entry import Calendar, Entry
from events.errors import Refusal
from projections.evidence import (
    Arrival,
    Capture,
    Death,
    Declaration,
    Departure,
    Fact,
    Finding,
    Listing,
    Move,
    Particulars,
    Status,
    Withdrawal,
    fact_of,
)
from tests.projections.residents import HERE, SOURCE, THERE, day

WRITTEN = "2018-11-22T02:00:00.000000Z"
NAMED = SOURCE, "01JD", WRITTEN
ON = day("2018-11-20")
CALENDAR = Calendar(seventeen_on=day("2007-01-01"), ever_married=True)
TOLD = Particulars("F", day("2007-01-01"), ever_married=True)


def entry(type_: str, fact: dict[str, Any], **others: Any) -> Entry:
    fields: dict[str, Any] = {
        "subject": UUID(int=7),
        "type": f"rekam.{type_}.v1",
        "source": SOURCE,
        "id": "01JD",
        "time": WRITTEN,
        "recordedtime": WRITTEN,
        "accepted": "2018-11-23T02:00:00.000000Z",
        "kafka": None,
        "resolved": False,
        "valid_on": ON,
        "lapses_on": None,
        "flags": (),
        "fact": fact,
        "person": b"sealed",
        "calendar": None,
    }
    return Entry(**(fields | others))


@pytest.mark.parametrize(
    ("kept", "fact"),
    [
        (entry("recording.captured", {"place": "mobile"}), Capture(*NAMED, ON)),
        (entry("recording.status_reported", {"status": "PROCESSING"}), Status(*NAMED, ON, "PROCESSING")),
        (
            entry("relocation.departed", {}, lapses_on=day("2018-12-21")),
            Departure(*NAMED, ON, day("2018-12-21")),
        ),
        (
            entry("relocation.moved_within", {"from_kelurahan": HERE, "to_kelurahan": THERE}),
            Move(*NAMED, ON, HERE, THERE),
        ),
        (entry("relocation.arrived", {"kelurahan": THERE}), Arrival(*NAMED, ON, THERE)),
        (entry("relocation.arrived", {}), Arrival(*NAMED, ON, None)),
        (entry("finding.reported", {"outcome": "refused"}), Finding(*NAMED, ON, "refused")),
        (entry("death.registered", {}, flags=("nik_sex_differs",)), Death(*NAMED, ON, flags=("nik_sex_differs",))),
        (
            entry(
                "correction.fact_withdrawn",
                {"withdraws_source": "urn:other", "withdraws_id": "9"},
                valid_on=None,
            ),
            Withdrawal(*NAMED, "urn:other", "9"),
        ),
        (
            entry(
                "listing.list_declared",
                {
                    "list": "L",
                    "kind": "register",
                    "as_of": "2018-11-20",
                    "rows": 3,
                    "rows_by_kelurahan": {THERE: 1, HERE: 2},
                },
            ),
            Declaration(*NAMED, ON, "L", "register", 3, ((HERE, 2), (THERE, 1))),
        ),
    ],
    ids=lambda it: it.type if isinstance(it, Entry) else "",
)
def test_an_entry_gives_its_fact(kept: Entry, fact: Fact) -> None:
    assert fact_of(kept, None) == fact


def test_particulars_need_the_opened_calendar() -> None:
    listing = entry("listing.resident_listed", {"list": "L", "kelurahan": HERE, "sex": "F"}, calendar=b"sealed")
    arrival = entry("relocation.arrived", {"kelurahan": HERE, "sex": "F"}, calendar=b"sealed")
    assert fact_of(listing, CALENDAR) == Listing(*NAMED, ON, "L", HERE, TOLD)
    assert fact_of(arrival, CALENDAR) == Arrival(*NAMED, ON, HERE, TOLD)
    for kept in listing, arrival:
        with pytest.raises(Refusal, match="was not opened"):
            fact_of(kept, None)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (entry("recording.forgotten", {}), "install a newer Rekam"),
        (entry("recording.captured", {}, valid_on=None), "no valid_on"),
        (entry("relocation.departed", {}), "no lapses_on"),
        (entry("listing.resident_listed", {"list": "L", "kelurahan": HERE, "sex": "F"}), "no calendar"),
    ],
)
def test_an_entry_that_cannot_be_read_stops(kept: Entry, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        fact_of(kept, None)
