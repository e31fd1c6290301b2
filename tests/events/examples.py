"""One good message of each type, in both modes, and the headers and instant they are good with.

structured(DEPARTED, {**good_data(DEPARTED), "destination": "51"}, id="d-2")  # one changed field
event(CAPTURED, nik="5371014101909001")                                        # the checked event itself
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from events.envelope import check
from events.facts import TOPIC_OF, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST_DECLARED: Final = "rekam.listing.list_declared.v1"
RESIDENT_LISTED: Final = "rekam.listing.resident_listed.v1"
CAPTURED: Final = "rekam.recording.captured.v1"
STATUS_REPORTED: Final = "rekam.recording.status_reported.v1"
DEPARTED: Final = "rekam.relocation.departed.v1"
ARRIVED: Final = "rekam.relocation.arrived.v1"
MOVED_WITHIN: Final = "rekam.relocation.moved_within.v1"
DEATH_REGISTERED: Final = "rekam.death.registered.v1"
FINDING_REPORTED: Final = "rekam.finding.reported.v1"
FACT_WITHDRAWN: Final = "rekam.correction.fact_withdrawn.v1"

SOURCE: Final = "urn:rekam:registry:5371:test"
TIME: Final = "2018-11-21T09:12:00+08:00"
#: When the examples are accepted, unless a test says otherwise.
ACCEPTED: Final = datetime(2018, 11, 23, 4, 0, tzinfo=UTC)
#: The headers of a message in structured mode.
STRUCTURED: Final[list[tuple[str, bytes]]] = [("content-type", b"application/cloudevents+json; charset=UTF-8")]

NIK: Final = "5371010101909001"
#: The particulars of a newcomer: all of them or none.
PARTICULARS: Final[Mapping[str, Any]] = {
    "name": "Contoh Warga",
    "sex": "M",
    "birth_date": "1990-01-01",
    "ever_married": False,
    "address": "Jalan Contoh 1",
    "rt": "001",
    "rw": "002",
}
_GOOD: Final[dict[str, dict[str, Any]]] = {
    LIST_DECLARED: {
        "list": "PUSAT-2018-11",
        "kind": "unrecorded",
        "as_of": "2018-11-01",
        "rows": 3,
        "rows_by_kelurahan": {"53.71.01.1001": 2, "53.71.04.1014": 1},
    },
    RESIDENT_LISTED: {
        "nik": NIK,
        "list": "PUSAT-2018-11",
        "listed_on": "2018-11-01",
        **PARTICULARS,
        "kelurahan": "53.71.01.1001",
        "family_card": "5371010101180001",
    },
    CAPTURED: {"nik": NIK, "captured_on": "2018-11-20", "place": "kecamatan", "session": "ALAK-2018-11-20"},
    STATUS_REPORTED: {"nik": NIK, "status": "CARD_PRINTED", "reported_on": "2018-11-20"},
    DEPARTED: {
        "nik": NIK,
        "departed_on": "2018-11-20",
        "document_no": "SKPWNI/5371/20112018/0007",
        "destination": "5171",
        "valid_until": "2018-12-20",
    },
    ARRIVED: {
        "nik": NIK,
        "arrived_on": "2018-11-20",
        "kelurahan": "53.71.02.1005",
        "origin": "5306",
        "document_no": "SKPWNI/5306/01112018/0003",
        **PARTICULARS,
        "family_card": "5371020101180002",
    },
    MOVED_WITHIN: {
        "nik": NIK,
        "moved_on": "2018-11-20",
        "from_kelurahan": "53.71.01.1001",
        "to_kelurahan": "53.71.06.1010",
    },
    DEATH_REGISTERED: {"nik": NIK, "died_on": "2018-11-20", "certificate_no": "5371-KM-21112018-0001"},
    FINDING_REPORTED: {
        "nik": NIK,
        "found_on": "2018-11-20",
        "outcome": "moved_away",
        "verifier": "Petugas 7",
        "note": "Rumah kosong sejak Juni",
    },
    FACT_WITHDRAWN: {"withdraws_source": SOURCE, "withdraws_id": "d-1", "reason": "Salah orang"},
}


def good_data(type: str) -> dict[str, Any]:  # noqa: A002 - CloudEvents' name
    """Data of that type with every optional field given; a fresh copy."""
    fresh: dict[str, Any] = json.loads(json.dumps(_GOOD[type]))
    return fresh


def envelope(
    type: str,  # noqa: A002
    data: object = None,
    *,
    source: str = SOURCE,
    id: str | None = None,  # noqa: A002
    time: str = TIME,
    recordedtime: str | None = None,
) -> dict[str, Any]:
    """The structured event as a dict; without `data` the good one, without `id` one after the type."""
    event = {
        "specversion": "1.0",
        "source": source,
        "id": id if id is not None else f"{type}-1",
        "type": type,
        "time": time,
        "datacontenttype": "application/json",
        "data": good_data(type) if data is None else data,
    }
    return event if recordedtime is None else event | {"recordedtime": recordedtime}


def structured(
    type: str,  # noqa: A002
    data: object = None,
    *,
    source: str = SOURCE,
    id: str | None = None,  # noqa: A002
    time: str = TIME,
    recordedtime: str | None = None,
) -> bytes:
    """The value of a message in structured mode; its headers are `STRUCTURED`."""
    return to_json(envelope(type, data, source=source, id=id, time=time, recordedtime=recordedtime))


def binary(
    type: str,  # noqa: A002
    data: object = None,
    *,
    source: str = SOURCE,
    id: str | None = None,  # noqa: A002
    time: str = TIME,
    recordedtime: str | None = None,
) -> tuple[list[tuple[str, bytes]], bytes]:
    """The headers and the value of a message in binary mode."""
    attributes = envelope(type, data, source=source, id=id, time=time, recordedtime=recordedtime)
    value = to_json(attributes.pop("data"))
    headers = [("content-type", attributes.pop("datacontenttype").encode())]
    return headers + [(f"ce_{name}", text.encode()) for name, text in attributes.items()], value


def event(
    type: str,  # noqa: A002
    data: Mapping[str, Any] | None = None,
    *,
    source: str = SOURCE,
    id: str | None = None,  # noqa: A002
    time: str = TIME,
    recordedtime: str | None = None,
    **fields: Any,
) -> Event:
    """A checked event: the good data, or these, with the given fields changed (None leaves an optional one off)."""
    content = {**(good_data(type) if data is None else data), **fields}
    value = structured(type, content, source=source, id=id, time=time, recordedtime=recordedtime)
    return check(TOPIC_OF[type], STRUCTURED, value, ACCEPTED, frozenset())


def to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
