"""The whole register, as the centre declares it on the eve of its first list: everybody who is obliged, and who is 16.

In November 2018 the province's election supervisors (Bawaslu) published, as of October, 438,548 residents, 325,826 of
them obliged and 256,427 recorded, and named Kota Kupang among the cities below 80 %. The 63,000 of the first list do
not go with 256,427; here all the others have been recorded, so 80.7 % are covered as the centre counts.

The 16-year-olds turn 17 within the year, without any event. How many there were was not published: THEIR NUMBER IS
MADE UP, with an eye on the 112,722 who were not obliged. Those who are 17 by the election stand on the second list; who
turns 17 before December does not stand there, so they were recorded at 16.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from services.scenario.cast import few, first_members, first_rows, stream
from services.scenario.mishaps import Deck
from services.scenario.newlist import YOUNG, turning_17
from services.scenario.office import Office
from services.scenario.residents import Ages, Residents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.scenario.cast import Scale
    from services.scenario.messages import Fact, Message
    from services.scenario.residents import Resident

__all__ = ["REGISTER", "REGISTERED_ON", "Register"]

REGISTER = "REGISTER-2018-10"
REGISTERED_ON = date(2018, 10, 31)

#: Published.
_OBLIGED = 325_826
#: Made up: 16-year-olds who turn 17 in November, and after the election. Those in between come from the second list.
_IN_NOVEMBER, _AFTER_THE_ELECTION = 460, 3_040

_RECORDED = Ages(date(1930, 1, 1), date(2001, 10, 31), 1.4)
_TURNING_17_IN_NOVEMBER = Ages(date(2001, 11, 1), date(2001, 11, 30), 1.0)
_TURNING_17_AFTER_THE_ELECTION = Ages(date(2002, 4, 18), date(2002, 10, 31), 1.0)

_NUMBERED_AFTER = 100_000
"""The people of both lists have the numbers before."""

#: What the centre says of a recording on the register's day. Of every tenth the office itself says when it was.
_STATUSES = 6 * ("CARD_ISSUED",) + (
    "PRINT_READY_RECORD",
    "SENT_FOR_CARD_PRINTING",
    "CARD_PRINTED",
    "CARD_SHIPPED",
)
_SAID_BY_THE_OFFICE = 10
_PLACES = ("office", "kecamatan", "kelurahan", "mobile")

_PORTION = 10_000
"""Messages that are held at a time, and shuffled among each other."""


@dataclass(frozen=True, slots=True)
class Register:
    """The register of one seed and scale. Its length is that of its messages, about 597,000 at full scale."""

    seed: int
    scale: Scale

    def __len__(self) -> int:
        return 1 + self.obliged + self.underage + self.recorded + few(_IN_NOVEMBER, self.scale)

    @property
    def obliged(self) -> int:
        return round(_OBLIGED * self.scale)

    @property
    def recorded(self) -> int:
        """How many of the obliged; the 16-year-olds who have been recorded too do not count yet."""
        return self.obliged - first_rows(self.scale)

    @property
    def underage(self) -> int:
        """How many are 16 on the register's day."""
        return sum(few(people, self.scale) for people in (YOUNG, _IN_NOVEMBER, _AFTER_THE_ELECTION))

    def portions(self) -> Iterator[list[Message]]:
        """The messages, some thousands at a time, shuffled; each is said once, the declaration in the last portion."""
        deck = Deck(stream(self.seed, "deck of the register"))
        office = Office(stream(self.seed, "register"), deck, REGISTERED_ON, REGISTERED_ON)
        rows: Counter[str] = Counter()
        for resident, recording in self._people(office):
            rows[resident.kelurahan] += 1
            deck.say_once(office.listing(resident, REGISTER, REGISTERED_ON))
            if recording is not None:
                deck.say_once(recording)
            if len(deck) >= _PORTION:
                yield list(deck.deal())
        deck.say_once(office.declared(REGISTER, REGISTERED_ON, rows.elements(), "register"))
        yield list(deck.deal())

    def _people(self, office: Office) -> Iterator[tuple[Resident, Fact | None]]:
        """Everybody, with their recording: the people of both lists are the very ones that the phases tell of."""
        residents = Residents(stream(self.seed, "residents"))
        for resident in chain(first_members(residents, self.scale), turning_17(residents, self.scale)):
            yield resident, None
        others = residents.others(stream(self.seed, "residents of the register"), _NUMBERED_AFTER)
        for number, resident in enumerate(others.make(self.recorded, _RECORDED)):
            yield resident, _recording(office, resident, number)
        for resident in others.make(few(_IN_NOVEMBER, self.scale), _TURNING_17_IN_NOVEMBER):
            day = office.day(date(2018, 9, 3), date(2018, 10, 30))
            yield resident, office.captured(resident, day, "mobile", f"sekolah {day.isoformat()}")
        for resident in others.make(few(_AFTER_THE_ELECTION, self.scale), _TURNING_17_AFTER_THE_ELECTION):
            yield resident, None


def _recording(office: Office, resident: Resident, number: int) -> Fact:
    if number % _SAID_BY_THE_OFFICE == 0:
        day = office.day(date(2018, 5, 2), date(2018, 10, 30))
        return office.captured(resident, day, office.rng.choice(_PLACES))
    return office.status(resident, REGISTERED_ON, office.rng.choice(_STATUSES))
