"""Lines of events, as a registry writes them to a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SOURCE", "finding", "listed", "withdrawal", "written"]

SOURCE = "urn:rekam:test:5371"


def event(type_: str, id_: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "source": SOURCE, "id": id_, "type": f"rekam.{type_}.v1",
        "time": "2018-11-20T09:00:00+08:00", "datacontenttype": "application/json", "data": data, **attributes,
    }  # fmt: skip


def listed(id_: str, nik: str, **data: Any) -> dict[str, Any]:
    """On the first list, in Namosain, as of 1 November 2018."""
    particulars = {
        "nik": nik, "list": "TEST-LIST", "listed_on": "2018-11-01", "name": "Sari Uji", "sex": "F",
        "birth_date": "1990-05-17", "ever_married": False, "kelurahan": "53.71.01.1001", "address": "Jl. Uji No. 1",
        "rt": "001", "rw": "002", "family_card": "5371010101080001",
    }  # fmt: skip
    return event("listing.resident_listed", id_, particulars | data)


def finding(id_: str, nik: str, outcome: str = "not_found", **data: Any) -> dict[str, Any]:
    return event("finding.reported", id_, {"nik": nik, "found_on": "2018-11-20", "outcome": outcome} | data)


def withdrawal(id_: str, target: str) -> dict[str, Any]:
    return event(
        "correction.fact_withdrawn", id_, {"withdraws_source": SOURCE, "withdraws_id": target, "reason": "salah"}
    )  # fmt: skip


def written(path: Path, *lines: dict[str, Any] | str) -> str:
    """Write them to a file; its name."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts))
    return str(path)
