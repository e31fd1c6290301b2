"""What a projector needs beside the entries themselves: the earlier facts of the same people, from the log, opened.

A memory keeps the people it has met last, as they were read at its position, so that not every fact asks the log again.
It holds nothing that the log and the keys do not give, and is emptied whenever a transaction does not commit. Of
somebody whose key is destroyed it may still hold a calendar, until the process ends.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from events import log, vault
from events.entry import open_calendar, recall
from projections.abridged import needs_all
from projections.evidence import fact_of
from projections.packing import pack, unpack
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

_Told: TypeAlias = "tuple[int, Entry, Fact]"

PEOPLE: Final = 10_000
FACTS: Final = 80_000
"""How many people, and how many facts of theirs, are at hand between two batches.

About 800 B a person and 400 B a fact, 40 MB at most. By people alone a memory would grow for as long as the same people
are spoken of.
"""
PACKED: Final = 64 * 1024 * 1024
"""Bytes of people who are remembered beside those, packed: of 12 facts each 75,000 to 110,000, by how long ids are."""

_AROUND: Final = 200
"""Bytes that one person takes beside what is packed: 148 for the values and the place of it, the rest between them."""

_AT_ONCE: Final = 250
"""The earlier facts of so many people are read from the log at once; their entries are let go before the next."""


class Memory:
    """Reads what entries changed; remembers whom it has read. `noting`: with anomalies.

    Whoever was spoken of last is at hand; of those before them what has to be known is packed, which is quicker than to
    read it from the log again, and more people fit in.
    """

    def __init__(
        self, keys: Keys, *, noting: bool, people: int = PEOPLE, facts: int = FACTS, packed: int = PACKED
    ) -> None:
        self._keys = keys
        self._noting = noting
        self._people = people
        self._facts = facts
        self._held = 0
        self._known: OrderedDict[int, Subject] = OrderedDict()  # by the subject's number: a UUID hashes slowly
        self._parcels = Parcels(packed)

    def changes(self, cursor: psycopg.Cursor[Any], entries: Sequence[tuple[int, bytes]]) -> list[Change]:
        """Read what each entry changed. `entries` are (position, bytes) in the log's order, without a gap.

        To be followed by a commit, or by `forget`.
        """
        batch = [(position, recall(state)) for position, state in entries]
        opened: dict[UUID, bytes] = {}
        self._unlock(cursor, (entry for _, entry in batch), opened)
        told = [(position, entry, _fact(entry, opened)) for position, entry in batch]
        self._meet(cursor, told, opened)
        changed = [
            self._known[entry.subject.int].add(position, entry, fact, noting=self._noting)
            for position, entry, fact in told
        ]
        self._held += len(told)
        self._put_away({entry.subject.int for _, entry in batch})
        return changed

    def forget(self) -> None:
        """Empty the memory: what it holds may not be what the database holds."""
        self._known.clear()
        self._held = 0
        self._parcels.clear()

    def _put_away(self, spoken_of: Iterable[int]) -> None:
        """Pack whoever alone has more facts than may be at hand, then those who were spoken of longest ago."""
        away = [number for number in spoken_of if self._known[number].known > self._facts]
        while away or len(self._known) > self._people or self._held > self._facts:
            number = away.pop() if away else next(iter(self._known))
            self._parcels.put(number, pack(self._let_go(number)))

    def _meet(self, cursor: psycopg.Cursor[Any], told: Sequence[_Told], opened: dict[UUID, bytes]) -> None:
        """See that everybody of whom something is told is at hand, with all facts where one of these needs them."""
        subjects = {entry.subject.int: entry.subject for _, entry, _ in told}
        for number in subjects:
            if number in self._known:
                self._known.move_to_end(number)
            elif (packed := self._parcels.take(number)) is not None:
                self._hold(number, unpack(packed))
        for _, entry, fact in told:
            known = self._known.get(entry.subject.int)
            if known is not None and needs_all(known.without, fact):
                self._let_go(entry.subject.int)
        strangers = [subject for number, subject in subjects.items() if number not in self._known]
        for first in range(0, len(strangers), _AT_ONCE):
            self._recall(cursor, strangers[first : first + _AT_ONCE], told[0][0] - 1, opened)

    def _recall(
        self, cursor: psycopg.Cursor[Any], strangers: Sequence[UUID], up_to: int, opened: dict[UUID, bytes]
    ) -> None:
        """Read their earlier facts from the log, up to a position (inclusive)."""
        earlier = [recall(fact.state) for fact in log.facts_of(cursor, strangers, up_to)]
        self._unlock(cursor, earlier, opened)
        facts: dict[int, list[Fact]] = {stranger.int: [] for stranger in strangers}
        for entry in earlier:
            facts[entry.subject.int].append(_fact(entry, opened))
        for number, said in facts.items():
            self._hold(number, Subject.of(said, noting=self._noting))

    def _hold(self, number: int, subject: Subject) -> None:
        self._known[number] = subject
        self._held += subject.known

    def _let_go(self, number: int) -> Subject:
        subject = self._known.pop(number)
        self._held -= subject.known
        return subject

    def _unlock(self, cursor: psycopg.Cursor[Any], entries: Iterable[Entry], opened: dict[UUID, bytes]) -> None:
        """Add the keys of those whose calendar is to be opened."""
        sealed = {entry.subject for entry in entries if entry.calendar is not None}
        opened |= vault.people(cursor, self._keys, sealed - opened.keys())


class Parcels:
    """People, packed, by their numbers; whoever was put in longest ago is let go."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._packed: OrderedDict[int, bytes] = OrderedDict()

    def put(self, number: int, packed: bytes) -> None:
        if len(packed) + _AROUND > self._most:
            return
        self._packed[number] = packed
        self._bytes += len(packed) + _AROUND
        while self._bytes > self._most:
            _, longest_ago = self._packed.popitem(last=False)
            self._bytes -= len(longest_ago) + _AROUND

    def take(self, number: int) -> bytes | None:
        """What was put in, which is then no longer here."""
        packed = self._packed.pop(number, None)
        if packed is not None:
            self._bytes -= len(packed) + _AROUND
        return packed

    def clear(self) -> None:
        self._packed.clear()
        self._bytes = 0


def _fact(entry: Entry, opened: Mapping[UUID, bytes]) -> Fact:
    key = opened.get(entry.subject) if entry.calendar is not None else None
    return fact_of(entry, open_calendar(entry, key) if key is not None else None)
