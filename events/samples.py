"""Data as a registry might send them, for the printed contracts; everybody in them is made up."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["SAMPLES", "SOURCE", "sample_event"]

SOURCE: Final = "urn:rekam:synthetic:5371"

_NIK: Final = "5371010101909001"
_PARTICULARS: Final = {
    "name": "Contoh Warga",
    "sex": "M",
    "birth_date": "1990-01-01",
    "ever_married": False,
    "address": "Jalan Contoh 1",
    "rt": "001",
    "rw": "002",
}

#: An event's type to examples of its data.
SAMPLES: Final[dict[str, list[dict[str, Any]]]] = {
    "rekam.listing.list_declared.v1": [
        {
            "list": "PUSAT-2018-11",
            "kind": "unrecorded",
            "as_of": "2018-11-01",
            "rows": 3,
            "rows_by_kelurahan": {"53.71.01.1001": 2, "53.71.04.1014": 1},
        }
    ],
    "rekam.listing.resident_listed.v1": [
        {
            "nik": _NIK,
            "list": "PUSAT-2018-11",
            "listed_on": "2018-11-01",
            **_PARTICULARS,
            "kelurahan": "53.71.01.1001",
            "family_card": "5371010101180001",
        }
    ],
    "rekam.recording.captured.v1": [
        {"nik": _NIK, "captured_on": "2018-11-20", "place": "kecamatan", "session": "ALAK-2018-11-20"}
    ],
    "rekam.recording.status_reported.v1": [{"nik": _NIK, "status": "CARD_PRINTED", "reported_on": "2018-11-20"}],
    "rekam.relocation.departed.v1": [
        {
            "nik": _NIK,
            "departed_on": "2018-11-20",
            "document_no": "SKPWNI/5371/20112018/0007",
            "destination": "5171",
            "valid_until": None,
        }
    ],
    "rekam.relocation.arrived.v1": [
        {
            "nik": _NIK,
            "arrived_on": "2018-11-20",
            "kelurahan": "53.71.02.1005",
            "origin": "5306",
            "document_no": "SKPWNI/5306/01112018/0003",
            **_PARTICULARS,
            "family_card": "5371020101180002",
        },
        {"nik": _NIK, "arrived_on": "2018-11-20", "kelurahan": "53.71.02.1005"},
        {"nik": _NIK, "arrived_on": "2018-11-20", "regency": "5171"},
    ],
    "rekam.relocation.moved_within.v1": [
        {"nik": _NIK, "moved_on": "2018-11-20", "from_kelurahan": "53.71.01.1001", "to_kelurahan": "53.71.06.1010"}
    ],
    "rekam.death.registered.v1": [{"nik": _NIK, "died_on": "2018-11-20", "certificate_no": "5371-KM-21112018-0001"}],
    "rekam.finding.reported.v1": [
        {
            "nik": _NIK,
            "found_on": "2018-11-20",
            "outcome": "moved_away",
            "verifier": "Petugas 7",
            "note": "Rumah kosong sejak Juni",
        }
    ],
    "rekam.correction.fact_withdrawn.v1": [
        {"withdraws_source": SOURCE, "withdraws_id": "finding-1", "reason": "Salah orang"}
    ],
}


def sample_event(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    """The event around such data, in structured mode."""
    return {
        "specversion": "1.0",
        "source": SOURCE,
        "id": f"{type_}-1",
        "type": type_,
        "time": "2018-11-21T09:12:00+08:00",
        "recordedtime": "2018-11-22T10:00:00+08:00",
        "datacontenttype": "application/json",
        "data": data,
    }
