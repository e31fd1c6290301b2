"""A register as it stands after the log was read: facts are told in order, and the views asked for hold them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from events.entry import VERSION, Entry
from events.seal import associated_data, person_keys, seal
from events.vault import Person, identify, nonces
from projections import evidence as ev
from projections import position as place
from projections.outstanding import OUTSTANDING
from projections.trail import TRAIL
from tests.projections.changing import changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import psycopg

    from events.vault import Keys
    from projections.reading import Fact
    from projections.views import View

VIEWS = (TRAIL, OUTSTANDING)
Told: TypeAlias = "tuple[str, Fact, Mapping[str, str]]"
ACCEPTED = "2018-11-23T04:00:00.000000Z"
TYPES: dict[type[Fact], str] = {
    ev.Declaration: "rekam.listing.list_declared.v1",
    ev.Listing: "rekam.listing.resident_listed.v1",
    ev.Capture: "rekam.recording.captured.v1",
    ev.Status: "rekam.recording.status_reported.v1",
    ev.Departure: "rekam.relocation.departed.v1",
    ev.Move: "rekam.relocation.moved_within.v1",
    ev.Arrival: "rekam.relocation.arrived.v1",
    ev.Finding: "rekam.finding.reported.v1",
    ev.Death: "rekam.death.registered.v1",
    ev.Withdrawal: "rekam.correction.fact_withdrawn.v1",
}
CLEAR = (
    "list",
    "kind",
    "rows",
    "kelurahan",
    "from_kelurahan",
    "to_kelurahan",
    "status",
    "outcome",
    "withdraws_source",
    "withdraws_id",
)
PERSONAL = {
    "name": "Contoh Warga",
    "birth_date": "1973-05-01",
    "address": "Jalan Contoh 1",
    "rt": "001",
    "rw": "002",
    "family_card": "5371010101180001",
}


@dataclass
class Register:
    """Facts are told about somebody, by NIK or a list's name; positions count from 1."""

    cursor: psycopg.Cursor[Any]
    keys: Keys
    position: int = 0
    history: dict[UUID, list[tuple[int, Fact]]] = field(default_factory=dict)
    views: tuple[View, ...] = VIEWS

    def make(self) -> None:
        for view in self.views:
            place.make(self.cursor, view)

    def person(self, who: str) -> Person:
        mac = self.keys.nik_mac(who) if who.isdigit() else self.keys.list_mac(who)
        return identify(self.cursor, self.keys, [mac])[mac]

    def tell(self, who: str, *facts: Fact, **personal: str) -> UUID:
        """Tell facts about one subject; `personal` are the particulars that differ from PERSONAL."""
        self.tell_all([(who, fact, personal) for fact in facts])
        return self.person(who).subject

    def tell_all(self, told: Sequence[Told]) -> None:
        self.take(self.entries(told))

    def entries(self, told: Sequence[Told]) -> list[tuple[int, Entry, Fact]]:
        """What the log would hold of them, from the next position on."""
        return [
            (at, entry_of(fact, self.person(who), {"nik": who, **PERSONAL, **personal}), fact)
            for at, (who, fact, personal) in enumerate(told, start=self.position + 1)
        ]

    def take(self, entries: Sequence[tuple[int, Entry, Fact]], at_once: int = 1000) -> None:
        for first in range(0, len(entries), at_once):
            some = entries[first : first + at_once]
            changed = changes(self.history, some)
            for at, entry, fact in some:
                self.history.setdefault(entry.subject, []).append((at, fact))
                self.position = at
            for view in self.views:
                self.cursor.execute(f"SET LOCAL search_path = {view.name}")
                view.apply(self.cursor, changed)
                self.cursor.execute("UPDATE position SET position = %s", [self.position])

    def facts(self, subject: UUID, known: int | None = None) -> list[Fact]:
        return [fact for at, fact in self.history[subject] if known is None or at <= known]

    def contents(self) -> list[str]:
        """Every row of both views as a text, in the order a rebuild compares them by."""
        found = []
        for view in self.views:
            self.cursor.execute(f"SET LOCAL search_path = {view.name}")
            for statement in view.sorted_rows:
                self.cursor.execute(statement)
                found += [f"{view.name}: {row}" for row in self.cursor.fetchall()]
        return found


def entry_of(fact: Fact, person: Person, personal: Mapping[str, str]) -> Entry:
    """The entry that intake would make of the fact, sealed with the person's own key."""
    particulars = getattr(fact, "particulars", None)
    clear = {name: value for name in CLEAR if (value := getattr(fact, name, None)) is not None}
    if particulars is not None:
        clear["sex"] = particulars.sex
    if isinstance(fact, ev.Declaration):
        clear["rows_by_kelurahan"] = dict(fact.rows_by_kelurahan)
    if isinstance(fact, ev.Capture):
        clear["place"] = "office"
    aad = associated_data(VERSION, person.subject, TYPES[type(fact)], fact.source, fact.id)
    for_person, for_calendar = person_keys(person.key)
    named, calendar = _named(fact, personal), None
    if particulars is not None:
        parts = {"seventeen_on": particulars.seventeen_on, "ever_married": particulars.ever_married}
        calendar = seal(for_calendar, nonces(1)[0][1], orjson.dumps(parts), aad)
    valid_on = getattr(fact, "valid_on", None)
    return Entry(
        person.subject,
        TYPES[type(fact)],
        fact.source,
        fact.id,
        fact.recordedtime,
        fact.recordedtime,
        ACCEPTED,
        None,
        False,
        valid_on,
        getattr(fact, "lapses_on", None),
        getattr(fact, "flags", ()),
        clear,
        seal(for_person, nonces(1)[0][0], orjson.dumps(named), aad) if named else None,
        calendar,
    )


def _named(fact: Fact, personal: Mapping[str, str]) -> dict[str, str]:
    if isinstance(fact, ev.Declaration):
        return {}
    if isinstance(fact, ev.Withdrawal):
        return {"reason": "Salah orang"}
    if getattr(fact, "particulars", None) is None:
        return {"nik": personal["nik"], "note": "Rumah kosong"}
    return dict(personal)
