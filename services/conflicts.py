"""Conflicts: two messages with one id, each as far as it may be seen, and the fields in which they differ.

Of a sealed field only the name is told: both versions of it stay closed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from events import log, vault
from events.entry import decode, open_person
from events.envelope import check
from events.errors import Refusal, Refused
from events.facts import canonical
from events.parts import CLEAR, SHAPES
from events.quarantine import open_parked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.entry import Entry
    from events.facts import Event
    from services.ask import Question

__all__ = ["with_versions"]


def with_versions(question: Question, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each open conflict `parked_version` and `differs`, and what is said in clear to `stands`.

    Where the keys are not at hand, the rows are given as they are.
    """
    return [row | _versions(question, row) if row["code"] == "conflict" and "stands" in row else row for row in rows]


def _versions(question: Question, row: dict[str, Any]) -> dict[str, Any]:
    try:
        parked = open_parked(question.cursor, question.keys, row["number"])
        if parked is None:
            return {}
        headers, value = parked.message
        correcting = question.settings.correcting_sources
        event = check(row["topic"], headers, value, datetime.now(UTC), correcting)
        entry = decode(_state(question, row["stands"]["position"]))
        here, there = _of_event(event), _of_entry(question, entry)
    except (Refusal, Refused):
        return {}
    differs = [name for name in dict.fromkeys((*here, *there)) if here.get(name) != there.get(name)]
    return {
        "stands": row["stands"] | {"fact": _clear(there)},
        "parked_version": {
            "type": event.type, "time": event.time, "recordedtime": event.recordedtime, "fact": _clear(here)
        },
        "differs": differs,
    }  # fmt: skip


def _state(question: Question, position: int) -> bytes:
    return log.read(question.cursor, position - 1, 1)[0].state


def _of_event(event: Event) -> dict[str, Any]:
    said = {"type": event.type, "time": event.time, "recordedtime": event.recordedtime}
    data: dict[str, Any] = orjson.loads(canonical(event))["data"]
    return said | data


def _of_entry(question: Question, entry: Entry) -> dict[str, Any]:
    said = {"type": entry.type, "time": entry.time, "recordedtime": entry.recordedtime, **entry.fact}
    key = vault.people(question.cursor, question.keys, [entry.subject]).get(entry.subject)
    if key is not None:
        said |= open_person(entry, key)
    field = SHAPES[entry.type].valid_on
    return said if field is None or entry.valid_on is None else said | {field: entry.valid_on.isoformat()}


def _clear(said: dict[str, Any]) -> dict[str, Any]:
    """What the log, too, keeps in clear."""
    days = {shape.valid_on for shape in SHAPES.values()}
    return {name: value for name, value in said.items() if name in CLEAR or name in days}
