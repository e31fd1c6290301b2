"""What the publishers have to say: a pure function of the seed and the number of lines.

Two registries speak of the same made-up people. What they say comes out of order; some of it again, some of it again
with another content, some of it withdrawn, and some of it broken in every way that has a code of its own.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PUBLISHERS", "Message", "messages"]

#: The one is the program `rekam publish`, which sends nothing that it can see to be broken; the other sends all.
PUBLISHERS: Final = ("siak", "pendataan")
SOURCE: Final = "urn:rekam:faults:"
KELURAHAN: Final = ("53.71.01.1001", "53.71.02.1005", "53.71.04.1014", "53.71.06.1010")
WITA: Final = timezone(timedelta(hours=8))
FIRST: Final = date(2018, 1, 1)
DAYS: Final = 320
LINES_A_PERSON: Final = 8

CORRECTION: Final = "rekam.correction"
CONTRADICTS: Final = {  # by which day a fact is said otherwise
    "rekam.listing.resident_listed.v1": "listed_on",
    "rekam.recording.captured.v1": "captured_on",
    "rekam.recording.status_reported.v1": "reported_on",
    "rekam.relocation.departed.v1": "departed_on",
    "rekam.relocation.arrived.v1": "arrived_on",
    "rekam.relocation.moved_within.v1": "moved_on",
    "rekam.death.registered.v1": "died_on",
    "rekam.finding.reported.v1": "found_on",
}


class Message(NamedTuple):
    """A line to be published. `code` is the one that it deserves, None for a fact; `name` decides the partition."""

    n: int
    topic: str
    event: dict[str, Any] | None
    value: bytes
    code: str | None
    name: str


def messages(seed: int, publisher: str, count: int) -> list[Message]:
    """That many lines of that publisher, in the order in which they are to be published."""
    writer = _Writer(seed, publisher, count)
    said = [writer.say(n) for n in range(count)]
    moved = {message.n: message.n + writer.drawn.gauss(0, 12) for message in said}
    return sorted(said, key=lambda message: moved[message.n])


class _Writer:
    """Draws one line after the other; remembers what it said."""

    def __init__(self, seed: int, publisher: str, count: int) -> None:
        self.drawn = Random(f"load {seed} {publisher}")
        self._seed = seed
        self._publisher = publisher
        self._source = SOURCE + publisher
        self._people = max(3, 2 * count // LINES_A_PERSON)
        self._facts: list[Message] = []
        self._told = 0

    def say(self, n: int) -> Message:
        dice = self.drawn.random()
        if self._facts and dice < 0.10:
            return self.drawn.choice(self._facts)._replace(n=n)
        if self._facts and dice < 0.14:
            return self._contradiction(n)
        if self._facts and dice < 0.20:
            message = self._withdrawal(n)
        elif dice < 0.26 and self._publisher != PUBLISHERS[0]:
            return self._broken(n)
        else:
            message = self._message(n, *self.drawn.choices(_FACTS, _WEIGHTS)[0](self))
        self._facts.append(message)
        return message

    # ------------------------------------------------------------------ what they say

    def _message(self, n: int, type_: str, data: dict[str, Any], id_: str | None = None) -> Message:
        named = data.get(CONTRADICTS.get(type_, "as_of"))
        day = self._day() if named is None else date.fromisoformat(named)
        hours = self.drawn.choice((8, 8, 9, 33, 57))
        written = datetime.combine(day, datetime.min.time(), WITA) + timedelta(hours=hours)
        event = {
            "specversion": "1.0",
            "source": self._source,
            "id": id_ or f"{self._seed}-{n}",
            "type": type_,
            "time": written.isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }
        if self.drawn.random() < 0.3:
            event["recordedtime"] = (written + timedelta(days=self.drawn.randrange(40))).isoformat()
        return _message(n, _topic(type_), event)

    def _contradiction(self, n: int) -> Message:
        """An id that is taken, of a fact about a person, with another day."""
        facts = [message for message in self._facts if message.event and message.event["type"] in CONTRADICTS]
        if not facts:
            return self.drawn.choice(self._facts)._replace(n=n)
        known = self.drawn.choice(facts)
        assert known.event is not None
        name = CONTRADICTS[known.event["type"]]
        day = date.fromisoformat(known.event["data"][name]) - timedelta(days=1 + self.drawn.randrange(5))
        return _message(n, known.topic, {**known.event, "data": {**known.event["data"], name: day.isoformat()}})

    def _withdrawal(self, n: int) -> Message:
        """Of something said before, which may come later; seldom of what never comes."""
        facts = [message for message in self._facts if message.topic != CORRECTION and message.code is None]
        target = f"never-{n}"
        if facts and self.drawn.random() < 0.95:
            chosen = self.drawn.choice(facts).event
            assert chosen is not None
            target = chosen["id"]
        data = {"withdraws_source": self._source, "withdraws_id": target, "reason": "Salah orang"}
        return self._message(n, "rekam.correction.fact_withdrawn.v1", data)

    def _broken(self, n: int) -> Message:
        type_, data = _captured(self)
        good = self._message(n, type_, data)
        assert good.event is not None
        code, spoil = self.drawn.choice(_BREAKAGES)
        return spoil(good)._replace(code=code)

    # ------------------------------------------------------------------ who and when

    def _nik(self) -> str:
        return nik(self._seed, self.drawn.randrange(self._people))

    def _day(self) -> date:
        return FIRST + timedelta(days=self.drawn.randrange(DAYS))

    def particulars(self) -> dict[str, Any]:
        self._told += 1  # no two have the same: what is mixed up would else not be seen
        born = date(self.drawn.choice((1960, 1985, 2000, 2001, 2002)), 1, 1) + timedelta(days=self.drawn.randrange(366))
        return {
            "name": f"Contoh Warga {self._publisher} {self._told}",
            "sex": self.drawn.choice("MF"),
            "birth_date": born.isoformat(),
            "ever_married": self.drawn.random() < 0.1,
            "address": f"Jalan Contoh {self._told}",
            "rt": f"{self._told % 1000:03}",
            "rw": "002",
        }

    def about(self, day: str, **more: Any) -> dict[str, Any]:
        return {"nik": self._nik(), day: self._day().isoformat(), **more}


def nik(seed: int, number: int) -> str:
    """Of a made-up resident: serials from 9000; another one for every number below 336,000 and seed below 600."""
    serial, rest = 9000 + number % 1000, number // 1000
    return f"5371{1 + seed // 100 % 6:02}{1 + rest % 28:02}{1 + rest // 28 % 12:02}{seed % 100:02}{serial}"


# ------------------------------------------------------------------ kinds of facts


def _listed(w: _Writer) -> tuple[str, dict[str, Any]]:
    told = w.particulars() | {"list": "FAULTS", "kelurahan": w.drawn.choice(KELURAHAN)}
    return "rekam.listing.resident_listed.v1", w.about("listed_on", **told)


def _declared(w: _Writer) -> tuple[str, dict[str, Any]]:
    rows = w.drawn.randrange(1, 90)
    where = {w.drawn.choice(KELURAHAN): rows}
    told = {"list": "FAULTS", "kind": "unrecorded", "as_of": "2018-01-01", "rows": rows, "rows_by_kelurahan": where}
    return "rekam.listing.list_declared.v1", told


def _captured(w: _Writer) -> tuple[str, dict[str, Any]]:
    return "rekam.recording.captured.v1", w.about("captured_on", place=w.drawn.choice(("office", "mobile")))


def _status(w: _Writer) -> tuple[str, dict[str, Any]]:
    words = ("PROCESSING", "CARD_ISSUED", "ENROLL_FAILURE_AT_CENTRAL", "DUPLICATE_RECORD", "UNREGISTERED", "NEW_WORD")
    return "rekam.recording.status_reported.v1", w.about("reported_on", status=w.drawn.choice(words))


def _departed(w: _Writer) -> tuple[str, dict[str, Any]]:
    data = w.about("departed_on", document_no="SKPWNI/5371/20112018/0007", destination="5171")
    if w.drawn.random() < 0.5:
        until = date.fromisoformat(data["departed_on"]) + timedelta(days=w.drawn.randrange(60))
        data["valid_until"] = until.isoformat()
    return "rekam.relocation.departed.v1", data


def _arrived(w: _Writer) -> tuple[str, dict[str, Any]]:
    dice = w.drawn.random()
    told: dict[str, Any] = {"regency": "5171"} if dice < 0.35 else {"kelurahan": w.drawn.choice(KELURAHAN)}
    return "rekam.relocation.arrived.v1", w.about("arrived_on", **told, **(w.particulars() if dice > 0.7 else {}))


def _moved(w: _Writer) -> tuple[str, dict[str, Any]]:
    one, other = w.drawn.sample(KELURAHAN, 2)
    return "rekam.relocation.moved_within.v1", w.about("moved_on", from_kelurahan=one, to_kelurahan=other)


def _died(w: _Writer) -> tuple[str, dict[str, Any]]:
    return "rekam.death.registered.v1", w.about("died_on", certificate_no="5371-KM-21112018-0001")


def _found(w: _Writer) -> tuple[str, dict[str, Any]]:
    words = ("already_recorded", "moved_away", "deceased", "still_here", "not_found")
    return "rekam.finding.reported.v1", w.about("found_on", outcome=w.drawn.choice(words))


_FACTS: Final = (_listed, _declared, _captured, _status, _departed, _arrived, _moved, _died, _found)
_WEIGHTS: Final = (24, 1, 12, 14, 9, 12, 9, 5, 14)


# ------------------------------------------------------------------ what is broken, and the code that it deserves


def _message(n: int, topic: str, event: dict[str, Any]) -> Message:
    name = f"{event.get('source')} {event.get('id', n)}"
    return Message(n, topic, event, json.dumps(event).encode(), None, name)


def _topic(type_: str) -> str:
    return type_.rsplit(".", 2)[0]


def _changed(**more: Any) -> Callable[[Message], Message]:
    return lambda good: _message(good.n, good.topic, {**(good.event or {}), **more})


def _data(**more: Any) -> Callable[[Message], Message]:
    def spoil(good: Message) -> Message:
        event = good.event or {}
        return _message(good.n, good.topic, {**event, "data": {**event["data"], **more}})

    return spoil


def _unreadable(value: bytes) -> Callable[[Message], Message]:
    return lambda good: good._replace(event=None, value=value)


def _nameless(good: Message) -> Message:
    event = {name: value for name, value in (good.event or {}).items() if name != "id"}
    return good._replace(event=None, value=json.dumps(event).encode())


def _anothers(good: Message) -> Message:
    data = {"withdraws_source": SOURCE + PUBLISHERS[0], "withdraws_id": "x", "reason": "Bukan milik saya"}
    changed = {**(good.event or {}), "type": "rekam.correction.fact_withdrawn.v1", "data": data}
    return _message(good.n, CORRECTION, changed)


def _elsewhere(good: Message) -> Message:
    return good._replace(topic="rekam.death")


_BREAKAGES: Final[tuple[tuple[str, Callable[[Message], Message]], ...]] = (
    ("not_json", _unreadable(b"{")),
    ("not_json", _unreadable(b"")),
    ("too_large", _unreadable(b"{" + 40_000 * b" " + b"}")),
    ("not_cloudevents", _nameless),
    ("unknown_type", _changed(type="rekam.recording.captured.v9")),
    ("wrong_topic", _elsewhere),
    ("bad_time", _changed(time="2018-11-21T09:12:00")),
    ("bad_nik", _data(nik="537101010190900")),
    ("bad_data", _data(place="nowhere")),
    ("bad_data", _data(thumb="left")),
    ("not_yours_to_withdraw", _anothers),
)
