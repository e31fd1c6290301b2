"""What a projector needs beside the entries themselves: the earlier facts of the same people, from the log, opened."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from events import log, vault
from events.entry import decode, open_calendar
from projections.evidence import fact_of
from projections.postings import changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    import psycopg

    from events.entry import Entry
    from events.vault import Keys
    from projections.evidence import Fact
    from projections.postings import Change

__all__ = ["changes_of", "facts_of"]


def changes_of(cursor: psycopg.Cursor[Any], keys: Keys, entries: Sequence[tuple[int, bytes]]) -> list[Change]:
    """Read what each entry changed. `entries` are (position, bytes) in the log's order, without a gap."""
    batch = [(position, decode(state)) for position, state in entries]
    first = batch[0][0]
    subjects = list({entry.subject for _, entry in batch})
    earlier = [(fact.position, decode(fact.state)) for fact in log.facts_of(cursor, subjects, first - 1)]
    opened = _keys_of(cursor, keys, (entry for _, entry in [*earlier, *batch]))
    history: dict[UUID, list[tuple[int, Fact]]] = defaultdict(list)
    for position, entry in earlier:
        history[entry.subject].append((position, _fact(entry, opened)))
    return changes(history, [(position, entry, _fact(entry, opened)) for position, entry in batch])


def facts_of(cursor: psycopg.Cursor[Any], keys: Keys, subjects: Sequence[UUID], up_to: int) -> list[tuple[int, Fact]]:
    """Read the facts of `subjects` up to a position (inclusive), in the log's order."""
    entries = [(stored.position, decode(stored.state)) for stored in log.facts_of(cursor, subjects, up_to)]
    opened = _keys_of(cursor, keys, (entry for _, entry in entries))
    return [(position, _fact(entry, opened)) for position, entry in entries]


def _keys_of(cursor: psycopg.Cursor[Any], keys: Keys, entries: Iterable[Entry]) -> dict[UUID, bytes]:
    return vault.people(cursor, keys, {entry.subject for entry in entries if entry.calendar is not None})


def _fact(entry: Entry, opened: dict[UUID, bytes]) -> Fact:
    key = opened.get(entry.subject) if entry.calendar is not None else None
    return fact_of(entry, open_calendar(entry, key) if key is not None else None)
