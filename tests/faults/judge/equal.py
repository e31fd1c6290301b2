"""Whether an entry of the log holds what a published line says: all that is kept readable, and no more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tests.faults.judge.meaning import DAY_OF

if TYPE_CHECKING:
    from tests.faults.judge.books import Entry
    from tests.faults.judge.published import Line

__all__ = ["is_of"]

# By the design: what is kept in clear, and of whom something sealed is kept.
CLEAR: Final = {
    "list", "kind", "as_of", "rows", "rows_by_kelurahan", "kelurahan", "sex", "place", "session", "status", "outcome",
    "from_kelurahan", "to_kelurahan", "withdraws_source", "withdraws_id",
}  # fmt: skip


def is_of(entry: Entry, line: Line) -> bool:
    """Whether it is of this line; what is sealed is there where it should be, and is not opened."""
    said, event = entry.said, line.event
    if event is None or (said["type"], entry.name) != (event["type"], line.name):
        return False
    data = event["data"]
    day = DAY_OF.get(event["type"])
    instants = [(said["time"], event["time"]), (said["recordedtime"], event.get("recordedtime", event["time"]))]
    return (
        said.get("valid_on") == data.get(day or "as_of")
        and all(datetime.fromisoformat(one) == datetime.fromisoformat(other) for one, other in instants)
        and said.get("fact", {}) == _clear(data)
        and ("person" in said) == (not data.keys() <= {*CLEAR, day})
        and ("calendar" in said) == ("birth_date" in data)
    )


def _clear(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in CLEAR}
