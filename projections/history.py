"""What a projector needs beside the entries themselves: the earlier facts of the same people, from the log, opened.

A memory keeps the people it has met last, as they were read at its position, so that not every fact asks the log again.
It holds nothing that the log does not, and is emptied whenever a transaction does not commit.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from events import log, vault
from events.entry import open_calendar, recall
from projections.evidence import fact_of
from projections.postings import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    import psycopg

    from events.entry import Entry
    from events.vault import Keys
    from projections.evidence import Fact
    from projections.postings import Change

__all__ = ["Memory"]

PEOPLE: Final = 40_000
FACTS: Final = 160_000
"""How many people, and how many facts of theirs, are remembered: about 800 B a person and 400 B a fact, 100 MB at most.

By people alone a memory would grow for as long as the same people are spoken of.
"""


class Memory:
    """Reads what entries changed; remembers whom it has read. `noting`: with anomalies."""

    def __init__(self, keys: Keys, *, noting: bool, people: int = PEOPLE, facts: int = FACTS) -> None:
        self._keys = keys
        self._noting = noting
        self._people = people
        self._facts = facts
        self._held = 0
        self._known: OrderedDict[int, Subject] = OrderedDict()  # by the subject's number: a UUID hashes slowly

    def changes(self, cursor: psycopg.Cursor[Any], entries: Sequence[tuple[int, bytes]]) -> list[Change]:
        """Read what each entry changed. `entries` are (position, bytes) in the log's order, without a gap.

        To be followed by a commit, or by `forget`.
        """
        batch = [(position, recall(state)) for position, state in entries]
        opened = self._meet(cursor, batch)
        changed = []
        for position, entry in batch:
            subject = self._known[entry.subject.int]
            changed.append(subject.add(position, entry, _fact(entry, opened), noting=self._noting))
        self._held += len(batch)
        while self._known and (len(self._known) > self._people or self._held > self._facts):
            _, longest_ago = self._known.popitem(last=False)
            self._held -= longest_ago.known
        return changed

    def forget(self) -> None:
        """Empty the memory: what it holds may not be what the database holds."""
        self._known.clear()
        self._held = 0

    def _meet(self, cursor: psycopg.Cursor[Any], batch: Sequence[tuple[int, Entry]]) -> Mapping[UUID, bytes]:
        """See that everybody in the batch is remembered; the keys of those whose calendar is to be opened."""
        subjects = {entry.subject.int: entry.subject for _, entry in batch}
        strangers = []
        for number, subject in subjects.items():
            if number in self._known:
                self._known.move_to_end(number)
            else:
                strangers.append(subject)
        earlier = [recall(fact.state) for fact in log.facts_of(cursor, strangers, batch[0][0] - 1)] if strangers else []
        opened = _keys_of(cursor, self._keys, [*earlier, *(entry for _, entry in batch)])
        facts: dict[int, list[Fact]] = {stranger.int: [] for stranger in strangers}
        for entry in earlier:
            facts[entry.subject.int].append(_fact(entry, opened))
        for number, known in facts.items():
            self._known[number] = Subject(known, noting=self._noting)
            self._held += len(known)
        return opened


def _keys_of(cursor: psycopg.Cursor[Any], keys: Keys, entries: Iterable[Entry]) -> dict[UUID, bytes]:
    return vault.people(cursor, keys, {entry.subject for entry in entries if entry.calendar is not None})


def _fact(entry: Entry, opened: Mapping[UUID, bytes]) -> Fact:
    key = opened.get(entry.subject) if entry.calendar is not None else None
    return fact_of(entry, open_calendar(entry, key) if key is not None else None)
