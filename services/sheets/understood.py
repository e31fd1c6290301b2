"""A row as it was understood, fit to be shown: what is kept in clear as it is, what is personal described."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from events.calendar import WITA, parse_instant
from events.facts import VALID_ON
from events.nik import mask
from events.parts import CLEAR
from services.sheets.cells import described

if TYPE_CHECKING:
    from events.facts import Event

__all__ = ["understood"]


def understood(event: Event) -> dict[str, Any]:
    """The event as a document; a field of `data` that was not given is left out."""
    clear = {*CLEAR, VALID_ON[event.type]}
    data = {
        name: _in_clear(value) if name in clear else _described(name, value)
        for name, value in event.data.__dict__.items()
        if value is not None
    }
    said = {"id": event.id, "source": event.source, "type": event.type}
    return said | {"time": _local(event.time), "recordedtime": _local(event.recordedtime), "data": data}


def _local(instant: str) -> str:
    return parse_instant(instant).astimezone(WITA).isoformat()


def _in_clear(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _described(name: str, value: Any) -> str:
    if name == "nik":
        return mask(value)
    return "yes or no" if isinstance(value, bool) else described(value)
