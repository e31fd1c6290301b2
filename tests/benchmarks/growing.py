"""A register that grows without end: ever more residents, three facts each, so that it is the same at every size.

Each is listed. Four in five are then recorded, as the centre or the office says; the others are found at the door. The
third fact comes some tens of thousands of facts later: a card, a move, a departure, a death, another visit. So a third
of what is said is of somebody new, and a third of somebody whom nobody has in mind. There are more people than Kota
Kupang has: ten million facts are those of ten such cities.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from events.territory import KELURAHAN
from services import scenario
from services.scenario.cast import stream
from services.scenario.messages import structured
from services.scenario.mishaps import Deck
from services.scenario.office import Office
from services.scenario.residents import Ages, Residents, neighbour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.scenario.messages import Fact, Message
    from services.scenario.residents import Resident

__all__ = ["said"]

_SEED: Final = 2018
_AT_ONCE: Final = 1_000
_WAITING: Final = 10_000
"""So many people have had two facts and wait for the third; who is next is drawn."""

_AGES: Final = Ages(date(1930, 1, 1), date(2001, 10, 31), 1.4)
_OPENS, _CLOSES = date(2018, 11, 1), date(2019, 3, 31)
_RECORDED_BY: Final = date(2018, 12, 31)
_RECORDED, _BY_THE_OFFICE = 0.8, 0.1
_STATUSES: Final = ("PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING", "CARD_PRINTED", "CARD_SHIPPED")
_OUTCOMES: Final = ("already_recorded", "moved_away", "deceased", "still_here", "not_found", "refused")
_CARD, _MOVE, _DEPARTURE, _DEATH = 0.7, 0.8, 0.85, 0.9


def said() -> Iterator[Message]:
    """The messages, always the same; the register's declaration first, which counts the first thousand alone."""
    rng = stream(_SEED, "growth")
    deck = Deck(stream(_SEED, "deck of growth"))
    office = Office(rng, deck, _OPENS, _CLOSES)
    residents = Residents(stream(_SEED, "residents of growth"))
    rows = [area for area in KELURAHAN for _ in range(_AT_ONCE // len(KELURAHAN))]
    yield structured(office.declared(scenario.REGISTER, scenario.REGISTERED_ON, rows, "register"))
    waiting: list[Resident] = []
    while True:
        for resident in residents.make(_AT_ONCE, _AGES):
            for fact in _facts(office, resident):
                deck.say_once(fact)
            waiting.append(resident)
        while len(waiting) > _WAITING:
            at = rng.randrange(len(waiting))
            waiting[at], waiting[-1] = waiting[-1], waiting[at]
            deck.say_once(_later(office, waiting.pop(), office.day(_RECORDED_BY, _CLOSES)))
        yield from deck.deal()


def _facts(office: Office, resident: Resident) -> Iterator[Fact]:
    rng = office.rng
    yield office.listing(resident, scenario.REGISTER, scenario.REGISTERED_ON)
    day = office.day(_OPENS, _RECORDED_BY)
    if rng.random() >= _RECORDED:
        yield office.finding(resident, day, rng.choice(_OUTCOMES))
    elif rng.random() < _BY_THE_OFFICE:
        yield office.captured(resident, day, "office")
    else:
        yield office.status(resident, day, rng.choice(_STATUSES))


def _later(office: Office, resident: Resident, day: date) -> Fact:
    drawn = office.rng.random()
    if drawn < _CARD:
        return office.status(resident, day, "CARD_ISSUED", "-later")
    if drawn < _MOVE:
        return office.moved(resident, day, neighbour(resident.kelurahan))
    if drawn < _DEPARTURE:
        return office.departed(resident, day)
    if drawn < _DEATH:
        return office.death(resident, day)
    return office.finding(resident, day, office.rng.choice(_OUTCOMES), "-later")
