"""How messages become facts: the steps of intake from the claim to the entry, inside one transaction.

    1. lock        `log.lock`; everything below is the only writer
    2. account     `offsets.advance`: a clash means that another intake was here
    3. recognise   a message whose source and id are claimed is a duplicate or a conflict
    4. identify    the subject behind the NIK, and its key
    5. seal and append; then what was parked, the receipts and the claims are written

What needs neither the lock nor the database is done before (`ready`), so that writers hold each other up for less.
Steps 1 and 2 are the caller's, since a message re-driven out of quarantine has its offset accounted for already.
A withdrawal whose target has not come waits in quarantine, and is appended in the transaction that appends its target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events import log, quarantine, vault, watch
from events.calendar import format_instant
from events.entry import Acceptance, Coordinates, encode, seal_entry, split
from events.errors import Refused
from events.facts import Event, FactWithdrawn, canonical
from events.quarantine import Message, Parked, Receipt, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from events.calendar import DepartureRule
    from events.entry import Parts, Person
    from events.log import Head
    from events.vault import Keys

__all__ = ["Admission", "Item", "Outcome", "Ready", "ready"]

_WITHDRAWAL: Final = "rekam.correction.fact_withdrawn.v1"

_CLAIMS: Final = "SELECT key, position, subject, type, content FROM log.claim WHERE key = ANY(%b)"
_COPY_CLAIMS: Final = "COPY log.claim (key, position, subject, type, content) FROM STDIN (FORMAT binary)"


class Ready(NamedTuple):
    """A checked event with all that follows from it alone.

    `key` claims its name, `content` is by what a repeat is known, `of` is the mac of whom it is about; a withdrawal has
    `target`, the claim of what it withdraws, instead.
    """

    event: Event
    key: UUID
    content: bytes
    of: bytes | None
    target: UUID | None
    parts: Parts


class Item(NamedTuple):
    """A message with what checking it gave. `number` is its place in quarantine when it is re-driven, else 0."""

    kafka: Coordinates
    message: Message
    checked: Ready | Refused
    number: int = 0


class Outcome(NamedTuple):
    """What became of a message; `position` is the original's for a duplicate, `reason` a code of the contract."""

    outcome: str
    position: int | None
    reason: str | None


class _Claim(NamedTuple):
    position: int
    subject: UUID | None  # None while the owner is in this batch and not yet identified
    type: str
    content: bytes


class _New(NamedTuple):
    """An event that has been given its position."""

    item: Item
    ready: Ready


def ready(keys: Keys, rule: DepartureRule, event: Event) -> Ready:
    """Work out what an event needs on its way into the log; `rule` says until when a departure's letter holds."""
    data = event.data
    of = target = None
    if isinstance(data, FactWithdrawn):
        target = keys.claim_key(data.withdraws_source, data.withdraws_id)
    else:
        nik = getattr(data, "nik", None)
        of = keys.nik_mac(nik) if nik is not None else keys.list_mac(getattr(data, "list"))  # noqa: B009
    key, content = keys.claim_key(event.source, event.id), keys.content_mac(canonical(event))
    return Ready(event, key, content, of, target, split(event, rule))


@dataclass(slots=True)
class Admission:
    """One batch on its way into the log: each message is decided in turn, then everything is written at once.

    `check` reads a parked withdrawal again when its target has come.
    """

    cursor: psycopg.Cursor[Any]
    keys: Keys
    head: Head
    accepted: datetime
    check: Callable[[Coordinates, Message], Ready | Refused]
    _claims: dict[UUID, _Claim] = field(default_factory=dict)
    _waiting: dict[UUID, list[Item]] = field(default_factory=dict)
    _new: list[_New] = field(default_factory=list)
    _parked: list[Parked] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _receipts: list[Receipt] = field(default_factory=list)
    _opened: dict[UUID, bytes] = field(default_factory=dict)
    _number: int = 0

    def admit(self, items: Sequence[Item]) -> list[Outcome]:
        """Decide and write all; the outcome of each item, in order. The caller commits, or rolls everything back."""
        self._recognise([item.checked for item in items])
        self._number = quarantine.last_number(self.cursor)
        outcomes = [self._take(item) for item in items]
        self._append()
        quarantine.park(self.cursor, self.keys, self.accepted, self._parked)
        quarantine.resolve(self.cursor, self.accepted, self._steps)
        quarantine.receive(self.cursor, self._receipts)
        return outcomes

    # ------------------------------------------------------------------ step 3

    def _recognise(self, checked: list[Ready | Refused]) -> None:
        """Look up every claim that may matter: of the events, of what waits for them, of targets."""
        came = {one.key for one in checked if isinstance(one, Ready)}
        targets = _targets(checked)
        wanted: set[UUID] = set()
        while came:  # what waited may itself be waited for, also in a circle
            wanted |= came
            woken = self._wake(quarantine.waiting(self.cursor, self.keys, list(came)))
            targets |= _targets(woken)
            came = {one.key for one in woken if isinstance(one, Ready)} - wanted
        wanted |= targets
        if wanted:
            self.cursor.execute(_CLAIMS, [list(wanted)], binary=True)
            self._claims = {key: _Claim(*claim) for key, *claim in self.cursor}
        known = [claim.subject for key in targets if (claim := self._claims.get(key)) and claim.subject]
        self._opened = vault.people(self.cursor, self.keys, known)

    def _wake(self, parked: Iterable[Parked]) -> list[Ready | Refused]:
        """Check again those that wait for what may now come, and keep them at hand."""
        found = []
        for one in parked:
            assert one.waits_for is not None
            checked = self.check(one.kafka, one.message)
            self._waiting.setdefault(one.waits_for, []).append(Item(one.kafka, one.message, checked, one.number))
            found.append(checked)
        return found

    def _take(self, item: Item) -> Outcome:
        ready = item.checked
        if isinstance(ready, Refused):
            return self._park(item, ready)
        claim = self._claims.get(ready.key)
        if claim is not None:
            return self._repeat(item, ready, claim)
        if ready.target is not None:
            refused = self._refusal(ready.event, self._claims.get(ready.target))
            if refused is not None:
                return self._park(item, refused, ready.target if refused.code == "waits_for_target" else None)
        return self._take_new(_New(item, ready))

    def _refusal(self, event: Event, target: _Claim | None) -> Refused | None:
        named = {"source": event.source, "id": event.id, "type": event.type}
        if target is None:
            said = "the event that this one withdraws has not come yet; this one waits for it"
            return Refused("waits_for_target", said, **named)
        if target.type == _WITHDRAWAL:
            said = "a withdrawal cannot be withdrawn; publish the fact again under a new id"
            return Refused("withdraws_a_withdrawal", said, **named)
        if target.subject is not None and target.subject not in self._opened:
            return Refused(
                "erased", "whom the withdrawn event is about has been erased: nothing is left of it", **named
            )
        return None

    # ------------------------------------------------------------------ what becomes of it

    def _take_new(self, new: _New) -> Outcome:
        self._new.append(new)
        position, ready = self.head.size + len(self._new), new.ready
        self._claims[ready.key] = _Claim(position, None, ready.event.type, ready.content)
        if new.item.number:
            self._steps.append(Step(new.item.number, "appended", position, None))
        if self._waiting:
            for waiting in self._waiting.pop(ready.key, ()):
                self._take(waiting)
        return Outcome("appended", position, None)

    def _repeat(self, item: Item, ready: Ready, claim: _Claim) -> Outcome:
        event = ready.event
        if claim.content != ready.content:
            said = f"the id is taken by another event, at position {claim.position}: publish this one under a new id"
            why = Refused("conflict", said, source=event.source, id=event.id, type=event.type)
            return self._park(item, why, position=claim.position)
        outcome = "duplicate"
        if item.number:
            self._steps.append(Step(item.number, outcome, claim.position, None))
        told = ("resolved", claim.position, outcome) if item.number else (outcome, claim.position, None)
        self._receipts.append(Receipt(item.kafka, event.source, event.id, *told))
        return Outcome(outcome, claim.position, None)

    def _park(self, item: Item, why: Refused, waits_for: UUID | None = None, position: int | None = None) -> Outcome:
        outcome = "conflict" if why.code == "conflict" else "quarantined"
        self._receipts.append(Receipt(item.kafka, why.source, why.id, outcome, None, why.code))
        if item.number:
            step = "conflict" if outcome == "conflict" else "refused"
            self._steps.append(Step(item.number, step, position, why.code, why.message, waits_for))
            return Outcome(outcome, None, why.code)
        self._number += 1
        self._parked.append(Parked(item.kafka, outcome, why.code, waits_for, item.message, self._number, why, position))
        if waits_for is not None:  # its target may still come in this very batch
            self._waiting.setdefault(waits_for, []).append(item._replace(number=self._number))
        return Outcome(outcome, None, why.code)

    # ------------------------------------------------------------------ steps 4 and 5

    def _append(self) -> None:
        if not self._new:
            return
        people = vault.identify(self.cursor, self.keys, [new.ready.of for new in self._new if new.ready.of is not None])
        accepted = format_instant(self.accepted)
        rows, claims = [], []
        for position, (new, nonces) in enumerate(
            zip(self._new, vault.nonces(len(self._new)), strict=True), self.head.size + 1
        ):
            event, key, content, _, _, parts = new.ready
            person = self._person(new.ready, people)
            self._claims[key] = _Claim(position, person.subject, event.type, content)
            self._opened.setdefault(person.subject, person.key)
            acceptance = Acceptance(accepted, new.item.kafka, new.item.number > 0)
            entry = seal_entry(event, parts, person, nonces, acceptance)
            rows.append(log.New(person.subject, event.type, encode(entry)))
            claims.append((key, position, person.subject, event.type, content))
        self.head = log.append(self.cursor, self.head, rows, self.accepted)
        with self.cursor.copy(_COPY_CLAIMS) as copy:
            copy.set_types(("uuid", "int8", "uuid", "text", "bytea"))
            for claim in claims:
                copy.write_row(claim)
        heard = [(new.ready.event.source, claim[1]) for new, claim in zip(self._new, claims, strict=True)]
        watch.hear(self.cursor, self.accepted, heard)

    def _person(self, ready: Ready, people: dict[bytes, Person]) -> Person:
        if ready.of is not None:
            return people[ready.of]
        assert ready.target is not None
        subject = self._claims[ready.target].subject
        assert subject is not None, "a target stands before its withdrawal"
        return vault.Person(subject, self._opened[subject])


def _targets(checked: Iterable[Ready | Refused]) -> set[UUID]:
    return {one.target for one in checked if isinstance(one, Ready) and one.target is not None}
