"""The office that writes the made-up facts of one phase: their ids, their times, their papers.

An id is the word of the form and the resident's number, so that a later phase can name a fact of an earlier one. It
never holds a NIK.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from events.territory import KELURAHAN, PROVINCES, REGENCIES
from services.scenario.messages import (
    ARRIVED,
    CAPTURED,
    CENTRE,
    DECLARED,
    DEPARTED,
    DIED,
    FOUND,
    LISTED,
    MOVED,
    STATUS,
    WITHDRAWN,
    Fact,
    Form,
)
from services.scenario.names import VERIFIERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from services.scenario.mishaps import Deck
    from services.scenario.residents import Resident

__all__ = ["ELSEWHERE", "Office", "fact_id"]

ELSEWHERE = tuple(code.replace(".", "") for code in REGENCIES if code != "53.71") + tuple(PROVINCES)

#: The minutes of a day and the seconds of a minute, written once: a whole register asks for a million times.
_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(1440))
_SECONDS = tuple(f"{second:02d}" for second in range(60))

_NOTES = ("", "", "", "dari tetangga", "dari ketua RT", "rumah kosong", "dari keluarga", "kartu dilihat petugas")


def fact_id(form: Form, resident: Resident, more: str = "") -> str:
    """The id of a fact about a resident; `more` tells a second of the same form from the first."""
    return f"{form.word}-{resident.number:06d}{more}"


class Office:
    """Writes facts, recorded from `opens` to `closes`, both included; what is said goes into the deck."""

    def __init__(self, rng: Random, deck: Deck, opens: date, closes: date) -> None:
        self.rng = rng
        self.deck = deck
        self.opens = opens
        self.closes = closes
        self._letters = 0

    def day(self, first: date, last: date) -> date:
        """A random day, both ends included."""
        start = first.toordinal()
        return date.fromordinal(start + int(self.rng.random() * (last.toordinal() - start + 1)))

    def say(self, *facts: Fact) -> None:
        """Put the facts anywhere in the deck."""
        for fact in facts:
            self.deck.say(fact)

    def declared(self, name: str, as_of: date, rows: Iterable[str], kind: str = "unrecorded") -> Fact:
        """A list with its control totals, from the kelurahan of each of its rows."""
        totals = dict.fromkeys(KELURAHAN, 0)
        for kelurahan in rows:
            totals[kelurahan] += 1
        data = {
            "list": name,
            "kind": kind,
            "as_of": as_of.isoformat(),
            "rows": sum(totals.values()),
            "rows_by_kelurahan": totals,
        }
        return self._fact(DECLARED, f"{DECLARED.word}-{name}", as_of, data)

    def listing(self, resident: Resident, name: str, on: date) -> Fact:
        """A row of a list."""
        data = {"nik": resident.nik, "list": name, "listed_on": on.isoformat(), **_particulars(resident)}
        return self._fact(LISTED, f"{LISTED.word}-{name}-{resident.number:06d}", on, data)

    def captured(self, resident: Resident, on: date, place: str, session: str | None = None, more: str = "") -> Fact:
        """A recording of fingerprints, iris and portrait."""
        data = {"nik": resident.nik, "captured_on": on.isoformat(), "place": place}
        if session is not None:
            data["session"] = session
        return self._fact(CAPTURED, fact_id(CAPTURED, resident, more), on, data)

    def status(self, resident: Resident, on: date, status: str, more: str = "") -> Fact:
        """What the centre reports about a recording."""
        data = {"nik": resident.nik, "status": status, "reported_on": on.isoformat()}
        return self._fact(STATUS, fact_id(STATUS, resident, more), on, data)

    def departed(self, resident: Resident, on: date, valid_until: date | None = None) -> Fact:
        """A moving-out letter."""
        self._letters += 1
        letter = f"SKPWNI/5371/{on:%d%m%Y}/{self._letters:04d}"
        destination = self.rng.choice(ELSEWHERE)
        data = {"nik": resident.nik, "departed_on": on.isoformat(), "document_no": letter, "destination": destination}
        if valid_until is not None:
            data["valid_until"] = valid_until.isoformat()
        return self._fact(DEPARTED, fact_id(DEPARTED, resident), on, data)

    def arrived_elsewhere(self, resident: Resident, on: date, letter: Fact | None = None) -> Fact:
        """The confirmation from elsewhere, of a letter or without one."""
        data = {"nik": resident.nik, "arrived_on": on.isoformat(), "regency": self.rng.choice(ELSEWHERE)}
        if letter is not None:
            data["regency"] = letter.data["destination"]
            data["document_no"] = letter.data["document_no"]
            data["origin"] = "5371"
        return self._fact(ARRIVED, fact_id(ARRIVED, resident), on, data)

    def arrived_here(self, resident: Resident, on: date) -> Fact:
        """A newcomer with all particulars."""
        data = {"nik": resident.nik, "arrived_on": on.isoformat(), "origin": self.rng.choice(ELSEWHERE)}
        return self._fact(ARRIVED, fact_id(ARRIVED, resident), on, {**data, **_particulars(resident)})

    def moved(self, resident: Resident, on: date, to: str) -> Fact:
        """A move within the city, from the kelurahan of the listing."""
        data = {"nik": resident.nik, "moved_on": on.isoformat(), "from_kelurahan": resident.kelurahan}
        return self._fact(MOVED, fact_id(MOVED, resident), on, {**data, "to_kelurahan": to})

    def death(self, resident: Resident, on: date) -> Fact:
        """A death certificate."""
        number = f"5371-KM-{on:%d%m%Y}-{resident.number % 10_000:04d}"
        data = {"nik": resident.nik, "died_on": on.isoformat(), "certificate_no": number}
        return self._fact(DIED, fact_id(DIED, resident), on, data)

    def finding(self, resident: Resident, on: date, outcome: str, more: str = "") -> Fact:
        """What someone saw at the door."""
        data = {"nik": resident.nik, "found_on": on.isoformat(), "outcome": outcome}
        data["verifier"] = self.rng.choice(VERIFIERS)
        if note := self.rng.choice(_NOTES):
            data["note"] = note
        return self._fact(FOUND, fact_id(FOUND, resident, more), on, data)

    def withdrawal(self, form: Form, target: str, reason: str) -> Fact:
        """Takes back a fact of the form's own registry."""
        data = {"withdraws_source": form.source, "withdraws_id": target, "reason": reason}
        day = self.day(self.closes - timedelta(days=8), self.closes)
        said = self._fact(WITHDRAWN, f"{WITHDRAWN.word}-{target}", day, data)
        return said._replace(source=form.source)

    def mistaken(self, fact: Fact, reason: str, *, ahead: bool) -> None:
        """Say a fact and take it back; ahead: the withdrawal is sent before the fact it withdraws."""
        taken_back = self.withdrawal(fact.form, fact.id, reason)
        if ahead:
            place = self.deck.say(taken_back, before=0.9)
            self.deck.say(fact, after=place)
        else:
            place = self.deck.say(fact, before=0.9)
            self.deck.say(taken_back, after=place)

    def _fact(self, form: Form, id: str, day: date, data: dict[str, Any]) -> Fact:  # noqa: A002 - CloudEvents' name
        """A fact of that day, recorded the same day or some days later while the office is open."""
        rng = self.rng
        soonest = max(day, self.opens)
        recorded = min(self.closes, soonest + timedelta(days=int(9 * rng.random() ** 2)))
        zone = "+07:00" if form.source == CENTRE else "+08:00"
        return Fact(form, form.source, id, _time(day, 7, rng, zone), _time(recorded, 13, rng, zone), data)


def _particulars(resident: Resident) -> dict[str, Any]:
    """What a listing and a newcomer's arrival both say."""
    return {
        "name": resident.name,
        "sex": resident.sex,
        "birth_date": resident.birth_date,
        "ever_married": resident.ever_married,
        "kelurahan": resident.kelurahan,
        "address": resident.address,
        "rt": resident.rt,
        "rw": resident.rw,
        "family_card": resident.family_card,
    }


def _time(day: date, hour: int, rng: Random, zone: str) -> str:
    """Up to six hours from that hour on."""
    minute, second = divmod(int(rng.random() * 21_600), 60)
    return f"{day.isoformat()}T{_MINUTES[60 * hour + minute]}:{_SECONDS[second]}{zone}"
