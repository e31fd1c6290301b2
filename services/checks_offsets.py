"""The checks of intake's accounts: every offset once, and behind each outcome the row that it stands for.

Of every offset one byte is kept in memory, save where many in a row held no message: its outcome, and whether the rows
that belong to it were met.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from services.verdict import Verdict, stream

if TYPE_CHECKING:
    import psycopg

    from events.entry import Coordinates

__all__ = ["Accounts"]

_NOTHING, _APPENDED, _DUPLICATE, _QUARANTINED, _CONFLICT = range(5)
_OUTCOMES: Final = {
    "absent": _NOTHING, "expired": _NOTHING, "appended": _APPENDED, "duplicate": _DUPLICATE,
    "quarantined": _QUARANTINED, "conflict": _CONFLICT,
}  # fmt: skip
_KEPT: Final = 8  # its entry, its row in quarantine or, for a duplicate, its receipt was met
_TOLD: Final = 16  # a receipt of what was parked was met
_PARKED: Final = (_QUARANTINED, _CONFLICT)

_LONG: Final = 1 << 16  # a run of offsets without messages that is not worth a byte each
_TOO_LONG: Final = 1 << 24  # no batch is that long

_CURSORS: Final = 'SELECT topic, incarnation, partition, "next" FROM intake.cursor'
_RANGES: Final = """
    SELECT topic, incarnation, partition, first, last, outcome FROM intake.accounted
    ORDER BY topic, incarnation, partition, first
"""
_QUARANTINE: Final = """
    SELECT number, topic, incarnation, partition, "offset", outcome FROM intake.quarantine ORDER BY number
"""
_RECEIPTS: Final = """
    SELECT number, topic, incarnation, partition, "offset", outcome, position FROM intake.receipt ORDER BY number
"""
_COUNTERS: Final = "SELECT name, last FROM intake.counter"
_RESOLUTIONS: Final = """
    SELECT number, step, r.outcome, r.position, topic, incarnation, partition, "offset"
    FROM intake.resolution r JOIN intake.quarantine q USING (number) ORDER BY number, step
"""
# One that waits is open, and its last word is still that it waits: the row's own code, or its last step's.
_WAITING: Final = """
    SELECT number, target.position
    FROM intake.quarantine q
    LEFT JOIN LATERAL (SELECT outcome, reason, waits_for FROM intake.resolution r WHERE r.number = q.number
                       ORDER BY step DESC LIMIT 1) AS last ON true
    LEFT JOIN log.claim AS target ON target.key = coalesce(q.waits_for, last.waits_for)
    WHERE coalesce(q.waits_for, last.waits_for) IS NOT NULL AND coalesce(last.outcome, 'refused') = 'refused'
        AND coalesce(last.reason, q.code) = 'waits_for_target'
    ORDER BY number
"""

Place = tuple[str, int, int]


class _Partition:
    """The offsets of one partition in one incarnation, as stretches of one byte each."""

    def __init__(self) -> None:
        self.next = 0
        self.starts: list[int] = []
        self.stretches: list[bytearray] = []

    def add(self, first: int, size: int, code: int) -> None:
        if not self.starts or self.starts[-1] + len(self.stretches[-1]) != first:
            self.starts.append(first)
            self.stretches.append(bytearray())
        self.stretches[-1] += bytes([code]) * size

    def find(self, offset: int) -> tuple[bytearray, int] | None:
        at = bisect_right(self.starts, offset) - 1
        if at < 0 or offset - self.starts[at] >= len(self.stretches[at]):
            return None
        return self.stretches[at], offset - self.starts[at]


class Accounts:
    """Made from intake's tables; then `meet` every entry of the log, then `finish`."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], head: int) -> None:
        self._head = head
        self._partitions: dict[Place, _Partition] = defaultdict(_Partition)
        self._resolved: dict[int, tuple[Any, ...]] = {}
        self.accounted = Verdict("offsets_accounted_once")
        self.entries = Verdict("entries_equal_offsets")
        self.quarantine = Verdict("quarantine_equals_offsets")
        self.receipts = Verdict("receipts_equal_offsets")
        self.resolutions = Verdict("resolutions_end_once")
        self.waiting = Verdict("nothing_waits_for_a_known_target")
        self._read_ranges(connection)
        counters = dict(connection.execute(_COUNTERS).fetchall())
        self._read_quarantine(connection, counters.get("quarantine", 0))
        self._read_receipts(connection, counters.get("receipt", 0))
        self._read_resolutions(connection)
        self._read_waiting(connection)

    def verdicts(self) -> list[Verdict]:
        return [self.accounted, self.entries, self.quarantine, self.receipts, self.resolutions, self.waiting]

    def meet(self, position: int, kafka: Coordinates | None, *, resolved: bool) -> None:
        """An entry of the log: its offset was appended, or parked and resolved to this very position."""
        if kafka is None:
            return
        self.entries.figure += 1
        if resolved:
            if self._resolved.pop(position, None) != kafka:
                self.resolutions.note(f"position {position}: no resolution of {_named(kafka)} names it")
            if self._code(kafka) not in _PARKED:
                self.entries.note(f"position {position}: {_named(kafka)} was not parked")
        elif not self._mark(kafka, (_APPENDED,), _KEPT):
            self.entries.note(f"position {position}: {_named(kafka)} is not accounted for as appended to it")

    def finish(self) -> None:
        """What has an outcome, and nothing to show for it."""
        for place, partition in self._partitions.items():
            for start, stretch in zip(partition.starts, partition.stretches, strict=True):
                self._unmet(place, start, stretch)
        for position, kafka in self._resolved.items():
            self.resolutions.note(f"{_named(kafka)} is said to stand at position {position}, which says otherwise")

    def _unmet(self, place: Place, start: int, stretch: bytearray) -> None:
        owed = [(_APPENDED, self.entries, "an entry"), (_DUPLICATE, self.receipts, "a receipt")]
        for parked in _PARKED:
            owed += [(parked | told, self.quarantine, "a row in quarantine") for told in (0, _TOLD)]
            owed += [(parked | kept, self.receipts, "a receipt") for kept in (0, _KEPT)]
        for state, verdict, what in owed:
            if found := stretch.count(state):
                verdict.note(f"{_named((*place, start + stretch.find(state)))} is owed {what}", found)

    # ------------------------------------------------------------------ the tables

    def _read_ranges(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        for *place, first, last, outcome in stream(connection, _RANGES):
            named = (*place, first)
            partition = self._partitions[place[0], place[1], place[2]]
            if first != partition.next:
                said = "follow on none" if first > partition.next else "are accounted for twice"
                self.accounted.note(f"the offsets from {_named(named)} {said}: {partition.next} is next")
            size, code = last - max(first, partition.next) + 1, _OUTCOMES[outcome]
            if code != _NOTHING and size > _TOO_LONG:
                self.accounted.note(f"{_named(named)} to {last} is longer than any batch")
            elif size > 0 and (code != _NOTHING or size <= _LONG):
                partition.add(max(first, partition.next), size, code)
            partition.next = max(partition.next, last + 1)
            self.accounted.figure += max(size, 0)
        cursors = {(topic, incarnation, n): next_ for topic, incarnation, n, next_ in connection.execute(_CURSORS)}
        for at in sorted({*self._partitions, *cursors}):
            if cursors.get(at) != (next_ := self._partitions[at].next):
                said = f"{_named((*at, next_))} is the first without an outcome"
                self.accounted.note(f"{said}, the cursor stands at {cursors.get(at)}")

    def _read_quarantine(self, connection: psycopg.Connection[tuple[Any, ...]], last: int) -> None:
        expected = 0
        for number, *kafka, outcome in stream(connection, _QUARANTINE):
            expected = self._follow(self.quarantine, number, expected)
            if not self._mark(kafka, (_OUTCOMES[outcome],), _KEPT):
                self.quarantine.note(f"number {number}: {_named(kafka)} is not accounted for as {outcome}")
        if expected != last:
            self.quarantine.note(f"the last number is {expected}, the counter stands at {last}")

    def _read_receipts(self, connection: psycopg.Connection[tuple[Any, ...]], last: int) -> None:
        expected = 0
        for number, *kafka, outcome, position in stream(connection, _RECEIPTS):
            expected = self._follow(self.receipts, number, expected)
            if position is not None and not 1 <= position <= self._head:
                self.receipts.note(f"receipt {number} names position {position}, which the log does not have")
            if outcome == "duplicate":
                fits = self._mark(kafka, (_DUPLICATE,), _KEPT)
            else:  # what was parked may be told of again, when it is re-driven
                fits = self._code(kafka) in _PARKED
                self._mark(kafka, _PARKED, _TOLD)
            if not fits:
                self.receipts.note(f"receipt {number}: {_named(kafka)} is not accounted for as {outcome}")
        if expected != last:
            self.receipts.note(f"the last number is {expected}, the counter stands at {last}")

    def _read_resolutions(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        before, ended = (0, 0), False
        for number, step, outcome, position, *kafka in stream(connection, _RESOLUTIONS):
            self.resolutions.figure += 1
            same = number == before[0]
            if step != (before[1] + 1 if same else 1):
                self.resolutions.note(f"number {number}: a step is missing before step {step}")
            if same and ended:
                self.resolutions.note(f"number {number}: step {step} comes after its end")
            if outcome == "appended":
                if position in self._resolved:
                    self.resolutions.note(f"number {number}: position {position} is another one's")
                self._resolved[position] = tuple(kafka)
            before, ended = (number, step), outcome not in ("refused", "conflict")

    def _read_waiting(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        for number, position in stream(connection, _WAITING):
            self.waiting.figure += 1
            if position is not None:
                self.waiting.note(f"number {number} waits for what stands at position {position}")

    # ------------------------------------------------------------------ one offset

    @staticmethod
    def _follow(verdict: Verdict, number: int, before: int) -> int:
        verdict.figure += 1
        if number != before + 1:
            verdict.note(f"number {number} follows on {before}")
        return int(number)

    def _code(self, kafka: Coordinates | list[Any]) -> int:
        found = self._find(kafka)
        return found[0][found[1]] & 7 if found else _NOTHING

    def _mark(self, kafka: Coordinates | list[Any], codes: tuple[int, ...], flag: int) -> bool:
        """Whether the offset has one of these outcomes, and had not been marked so before."""
        found = self._find(kafka)
        if found is None:
            return False
        stretch, at = found
        fits = stretch[at] & 7 in codes and not stretch[at] & flag
        stretch[at] |= flag if fits else 0
        return fits

    def _find(self, kafka: Coordinates | list[Any]) -> tuple[bytearray, int] | None:
        topic, incarnation, number, offset = kafka
        partition = self._partitions.get((topic, incarnation, number))
        return partition.find(offset) if partition else None


def _named(kafka: tuple[Any, ...] | list[Any]) -> str:
    topic, incarnation, partition, offset = kafka
    return f"{topic}[{partition}] offset {offset} of incarnation {incarnation}"
