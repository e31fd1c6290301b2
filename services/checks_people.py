"""The checks subject by subject: everyone's facts are read afresh, and held against what each view keeps of them.

Of somebody of whom more than 200 facts are known, only the first 200 positions and the last are.

A view is held to the position that all three have reached. Beyond it are counted only versions and keys.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.entry import decode, open_calendar
from events.errors import Refusal
from projections.evidence import fact_of
from projections.live import Live
from projections.reading import read, reading_of
from projections.transfers import transfers
from services.tables import POSTED, TABLES, Told
from services.verdict import Alongside, Verdict, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from uuid import UUID

    import psycopg

    from events.entry import Entry
    from events.vault import Keys
    from projections.reading import Fact, Reading, Step
    from services.tables import Table

__all__ = ["Moment", "PeopleCheck"]

_ENTRIES: Final = """
    SELECT originator_id, originator_version, notification_id, state FROM log.entry
    ORDER BY originator_id, originator_version
"""
_KEYS: Final = "SELECT subject, wrapped FROM vault.person ORDER BY subject"

_AFRESH: Final = 200

Row = tuple[Any, ...]
Account = tuple[str, str]


class Moment(NamedTuple):
    """A day, and the position up to which is known what was true on it."""

    day: date
    known: int


class PeopleCheck:
    """`read` goes through the whole log once; then `standing` says who many stood where at each of the moments.

    `people` is how many have stood anywhere at all, as known at `position`.
    """

    def __init__(
        self, connection: psycopg.Connection[Row], keys: Keys, position: int, moments: Iterable[Moment]
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._position = position
        self.standing: dict[Moment, Counter[Account]] = {moment: Counter() for moment in moments}
        self.people = 0
        self.versions = Verdict("versions_gapless")
        self.decoded = Verdict("entries_can_be_read")
        self.keys = Verdict("subjects_have_keys")
        self._found = {name: Verdict(name) for name in dict.fromkeys(table.verdict for table in TABLES)}
        self._tables = [(table, self._alongside(table)) for table in TABLES]
        self._wrapped = Alongside(stream(connection, _KEYS), self._nobody)

    def verdicts(self) -> list[Verdict]:
        return [self.versions, self.decoded, self.keys, *self._found.values()]

    def read(self, tick: Callable[[], None]) -> None:
        for subject, rows in groupby(stream(self._connection, _ENTRIES), key=itemgetter(0)):
            entries, key = self._entries(subject, rows, tick), self._key(subject)
            told = None if entries is None or key is None else self._told(subject, entries, key)
            for table, beside in self._tables:
                kept = beside.take(subject)
                self._compare(subject, table, kept, told)
                if told is None and table.verdict == POSTED:
                    self._stand_as_posted(kept)
        for _, beside in self._tables:
            beside.finish()
        self._wrapped.finish()

    def _entries(self, subject: UUID, rows: Iterable[Row], tick: Callable[[], None]) -> list[tuple[int, Entry]] | None:
        """The subject's entries up to the position; None where one of them cannot be decoded."""
        entries: list[tuple[int, Entry]] | None = []
        before = 0
        self.versions.figure += 1
        for version, (_, stored, position, state) in enumerate(rows, 1):
            if stored != version or position <= before:
                said = f"position {position} after {before} is version {stored}, not {version}"
                self.versions.note(f"subject {subject.hex}: {said}")
            before = position
            self.decoded.figure += 1
            try:
                entry = decode(state or b"")
            except Refusal as why:
                self.decoded.note(f"position {position}: {why}")
                entries = None
            if entries is not None and position <= self._position:
                entries.append((position, entry))
            tick()
        return entries

    def _key(self, subject: UUID) -> bytes | None:
        """The subject's own key; None where it is missing, or does not open."""
        self.keys.figure += 1
        wrapped = self._wrapped.take(subject)
        if not wrapped:
            self.keys.note(f"subject {subject.hex} has no key: erased, or lost")
            return None
        try:
            return self._keys.unwrap(subject, wrapped[0][1])
        except Refusal as why:
            self.keys.note(str(why))
            return None

    def _told(self, subject: UUID, entries: list[tuple[int, Entry]], key: bytes) -> Told | None:
        """What the entries tell; None where one does not open, and cannot be read."""
        told = Told(subject, entries)
        try:
            facts = [(at, fact_of(e, open_calendar(e, key) if e.calendar else None)) for at, e in entries]
        except Refusal as why:
            self.keys.note(str(why))
            return None
        self._fold(told, facts)
        return told

    # ------------------------------------------------------------------ reading afresh

    def _fold(self, told: Told, facts: list[tuple[int, Fact]]) -> None:
        """Read the subject as known at each of its positions, and note what changed from one to the next.

        Afresh each time, for somebody of whom very much is said only at first and at the end: else ten thousand facts
        would be read fifty million times.
        """
        known: list[Fact] = []
        live = Live()
        before: Reading | None = None
        timelines: list[tuple[int, tuple[Step, ...]]] = []
        for position, fact in facts:
            known.append(fact)
            if len(facts) > _AFRESH:
                live.take(fact)
            afresh = len(known) <= _AFRESH or len(known) == len(facts)
            now = read(known) if afresh else reading_of(live)
            timelines.append((position, now.timeline))
            if before is None or now.timeline != before.timeline:
                was = transfers(before.timeline) if before else frozenset()
                made = transfers(now.timeline)
                told.postings += [(position, *transfer, 1) for transfer in made - was]
                told.postings += [(position, *transfer, -1) for transfer in was - made]
            if now.anomalies != (before.anomalies if before else ()):
                had, has = set(before.anomalies if before else ()), set(now.anomalies)
                told.anomalies += [(position, *anomaly, 1) for anomaly in has - had]
                told.anomalies += [(position, *anomaly, -1) for anomaly in had - has]
            before = now
        if timelines and timelines[-1][1]:
            self.people += 1
        self._stand(timelines)

    def _stand(self, timelines: list[tuple[int, tuple[Step, ...]]]) -> None:
        for moment, standing in self.standing.items():
            at = bisect_right(timelines, moment.known, key=itemgetter(0)) - 1
            steps = timelines[at][1] if at >= 0 else ()
            step = bisect_right(steps, moment.day, key=itemgetter(0)) - 1
            if step >= 0:
                standing[steps[step].area, steps[step].standing] += 1

    def _stand_as_posted(self, rows: list[Row]) -> None:
        """Who cannot be read stands as the ledger says, so that this one thing is not told as many."""
        self.people += any(rows)
        for moment, standing in self.standing.items():
            for _, position, day, *accounts, people in rows:
                if position <= moment.known and day <= moment.day:
                    standing[accounts[0], accounts[1]] -= people
                    standing[accounts[2], accounts[3]] += people

    # ------------------------------------------------------------------ against the views

    def _compare(self, subject: UUID, table: Table, rows: list[Row], told: Told | None) -> None:
        verdict = self._found[table.verdict]
        verdict.figure += len(rows)
        if told is None:
            return
        kept = [table.kept(row[1:]) for row in rows]
        expected = list(table.expected(told))
        if kept == expected:  # nearly always, and quicker than to count them
            return
        counted, wanted = Counter(kept), Counter(expected)
        for at in sorted({row[0] for row in counted - wanted}):
            verdict.note(f"{table.name} has at position {at}, subject {subject.hex}, what the log does not say")
        for at in sorted({row[0] for row in wanted - counted}):
            verdict.note(f"{table.name} has not at position {at}, subject {subject.hex}, what the log says")

    def _alongside(self, table: Table) -> Alongside:
        def stray(row: Row) -> None:
            said = f"{table.name} has at position {row[1]} subject {row[0].hex}, who is not in the log"
            self._found[table.verdict].note(said)

        return Alongside(stream(self._connection, table.query, {"position": self._position}), stray)

    def _nobody(self, row: Row) -> None:
        self.keys.note(f"subject {row[0].hex} has a key, and no entry")
