"""The view `counts` as it stands after the log was read: facts are told in order, one position each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5
from zlib import crc32

from hypothesis import strategies as st

from events.entry import Entry
from projections import evidence as ev
from projections import position as place
from projections.counts import BLOCK, COUNTS, apply
from projections.reading import state_on
from projections.transfers import Account
from tests.projections.changing import changes
from tests.projections.residents import residents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import psycopg

    from projections.reading import Fact

ACCEPTED = "2018-11-23T04:00:00.000000Z"
NAMESPACE = UUID(int=5371)
TYPES: dict[type[Fact], str] = {
    ev.Declaration: "rekam.listing.list_declared.v1",
    ev.Listing: "rekam.listing.resident_listed.v1",
    ev.Capture: "rekam.recording.captured.v1",
    ev.Withdrawal: "rekam.correction.fact_withdrawn.v1",
}
PLACES = ("office", "kecamatan", "kelurahan", "mobile", "elsewhere")
CLEAR = ["list", "kind", "rows", "kelurahan", "withdraws_source", "withdraws_id"]


@dataclass
class Ledger:
    """Facts are told about somebody, or about a list; positions count from 1."""

    cursor: psycopg.Cursor[Any]
    block: int = BLOCK
    position: int = 0
    history: dict[UUID, list[tuple[int, Fact]]] = field(default_factory=dict)

    def make(self) -> None:
        place.make(self.cursor, COUNTS)
        self._look_from("public")

    def tell(self, who: str, *facts: Fact) -> None:
        self.tell_all([(who, fact) for fact in facts])

    def tell_all(self, told: Sequence[tuple[str, Fact]], at_once: int = 1000) -> None:
        for first in range(0, len(told), at_once):
            batch = []
            for who, fact in told[first : first + at_once]:
                self.position += 1
                batch.append((self.position, entry_of(fact, subject_of(who)), fact))
            changed = changes(self.history, batch)
            for at, entry, fact in batch:
                self.history.setdefault(entry.subject, []).append((at, fact))
            self._look_from("counts")
            apply(self.cursor, changed, self.block)
            self.cursor.execute("UPDATE position SET position = %s", [self.position])
            self._look_from("public")

    def standings(self, day: date, known: int, among: set[UUID] | None = None) -> Counter[Account]:
        """Where people stand, by reading each one's facts afresh: what every balance has to agree with."""
        stand: Counter[Account] = Counter()
        for subject, facts in self.history.items():
            if not any(isinstance(fact, ev.Declaration) for _, fact in facts) and (among is None or subject in among):
                state = state_on([fact for at, fact in facts if at <= known], day)
                stand[Account(state.area, state.standing)] += 1
        return stand

    def members(self, list_: str, known: int) -> set[UUID]:
        """Who is on a list, by going through everybody's facts."""
        on_list = set()
        for subject, facts in self.history.items():
            told = [fact for at, fact in facts if at <= known]
            gone = {(fact.withdraws_source, fact.withdraws_id) for fact in told if isinstance(fact, ev.Withdrawal)}
            if any(isinstance(f, ev.Listing) and f.list == list_ and (f.source, f.id) not in gone for f in told):
                on_list.add(subject)
        return on_list

    def contents(self) -> list[list[tuple[Any, ...]]]:
        """Every row of every table, in the order that a rebuild is compared by."""
        self._look_from("counts")
        found = [self.cursor.execute(rows.encode()).fetchall() for rows in COUNTS.sorted_rows]
        self._look_from("public")
        return found

    def _look_from(self, schema: str) -> None:
        self.cursor.execute(f"SET LOCAL search_path = {schema}".encode())


def subject_of(who: str) -> UUID:
    return uuid5(NAMESPACE, who)


def entry_of(fact: Fact, subject: UUID) -> Entry:
    """The entry that intake would make of the fact, without its sealed parts, which the counts never open."""
    clear = {name: value for name in CLEAR if (value := getattr(fact, name, None)) is not None}
    if isinstance(fact, ev.Declaration):
        clear["rows_by_kelurahan"] = dict(fact.rows_by_kelurahan)
    if isinstance(fact, ev.Capture):
        clear |= dict(zip(("place", "session"), where(fact), strict=True))
    times = (fact.recordedtime, fact.recordedtime, ACCEPTED)
    days = (getattr(fact, "valid_on", None), getattr(fact, "lapses_on", None))
    type_ = TYPES.get(type(fact), "rekam.other.v1")
    return Entry(subject, type_, fact.source, fact.id, *times, None, False, *days, (), clear, None, None)


def where(fact: ev.Capture) -> tuple[str, str | None]:
    """Place and session of a capture, which a reading does not look at, drawn from its name."""
    drawn = crc32(f"{fact.source} {fact.id}".encode())
    return PLACES[drawn % len(PLACES)], f"session {drawn % 3}" if drawn % 7 else None


@st.composite
def told(draw: st.DrawFn, people: int = 4, most: int = 6) -> list[tuple[str, Fact]]:
    """What is said of some people, mixed as it may stand in a log: a withdrawal follows its target."""
    said = [(f"person {n}", fact) for n in range(people) for fact in _in_order(f"{n}", draw(residents(most=most)))]
    order = draw(st.permutations([who for who, _ in said]))
    left = {who: iter([fact for name, fact in said if name == who]) for who in order}
    return [(who, next(left[who])) for who in order]


def _in_order(who: str, facts: list[Fact]) -> list[Fact]:
    """The facts under ids of their own, each withdrawal after what it withdraws."""
    said: list[Fact] = [fact for fact in facts if not isinstance(fact, ev.Withdrawal)]
    for fact in facts:
        if isinstance(fact, ev.Withdrawal):
            at = [n for n, other in enumerate(said, 1) if (other.source, other.id) == _target(fact)]
            said.insert(max(at, default=0), fact)
    return [_renamed(fact, who) for fact in said]


def _target(fact: ev.Withdrawal) -> tuple[str, str]:
    return fact.withdraws_source, fact.withdraws_id


def _renamed(fact: Fact, who: str) -> Fact:
    if isinstance(fact, ev.Withdrawal):
        return replace(fact, id=f"{who}-{fact.id}", withdraws_id=f"{who}-{fact.withdraws_id}")
    return replace(fact, id=f"{who}-{fact.id}")
