"""The second list, PUSAT-2019-03: who came back to it, and the newcomers.

The centre had learnt of little: whoever is still outstanding is on it, and nearly all who had only been explained at
the door, because their findings never became registry events; also part of those whom an event had settled. The rest
are newcomers: young people listed at 16 who turn 17 until the election of 17 April 2019, arrivals, others.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from services.scenario.afterwards import attend
from services.scenario.cast import SECOND_LIST, few
from services.scenario.residents import Ages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.scenario.cast import Cast, Scale
    from services.scenario.office import Office
    from services.scenario.residents import Resident, Residents

__all__ = ["YOUNG", "tell", "turning_17"]

_AS_OF = date(2019, 3, 1)
_FIRST_ROW = date(2018, 11, 26)

#: Made up: the part of each role that comes back. Of the explained what follows from 67,042 and the newcomers.
_COME_BACK = {
    "found_recorded": 0.98,
    "found_moved": 0.97,
    "found_deceased": 0.97,
    "captured": 0.33,
    "left": 0.25,
    "died": 0.20,
    "settled_since": 0.22,
}
#: Made up, at full scale: newcomers who are young, who of them is recorded at 16, who has arrived from elsewhere;
#: and people recorded in the sessions who are on no list.
YOUNG, _RECORDED_EARLY, _ARRIVED, _UNLISTED = 4_000, 400, 800, 20

_GROWN_UP = Ages(date(1935, 1, 1), date(2001, 11, 30), 2.2)
_TURNING_17 = Ages(date(2001, 12, 1), date(2002, 4, 17), 1.0)


def tell(cast: Cast, office: Office, where: dict[int, str]) -> None:
    """Say the second list and its newcomers; `where` is the kelurahan of those who have moved."""
    rows = [(_as_listed(resident, where, office), _AS_OF) for resident in _returning(cast, office)]
    rows += _newcomers(cast, office, cast.second_rows - len(rows))
    office.say(office.declared(SECOND_LIST, _AS_OF, (resident.kelurahan for resident, _ in rows)))
    for resident, on in rows:
        office.say(office.listing(resident, SECOND_LIST, on))
    for resident in cast.residents.make(cast.few(_UNLISTED), _GROWN_UP):
        attend(office, resident, _AS_OF)


def turning_17(residents: Residents, scale: Scale) -> Iterator[Resident]:
    """The young who turn 17 until the election: the next that `residents` make after the members of the first list."""
    return residents.make(few(YOUNG, scale), _TURNING_17)


def _returning(cast: Cast, office: Office) -> Iterator[Resident]:
    yield from cast.roles["outstanding"]
    yield from cast.roles["finding_withdrawn"]
    taken = {resident.number for resident in cast.roles["finding_withdrawn"]}
    for role, part in _COME_BACK.items():
        people = [resident for resident in cast.roles[role] if resident.number not in taken]
        yield from office.rng.sample(people, round(part * len(people)))


def _newcomers(cast: Cast, office: Office, people: int) -> Iterator[tuple[Resident, date]]:
    """So many rows about people who were on no list; each with the day they were listed."""
    young = list(turning_17(cast.residents, cast.scale))
    office.rng.shuffle(young)
    for number, resident in enumerate(young):
        still_16 = _seventeenth_birthday(resident) - timedelta(days=1)
        if number < cast.few(_RECORDED_EARLY):
            attend(office, resident, still_16)
        yield resident, office.day(_FIRST_ROW, min(still_16, _AS_OF))
    grown_up = list(cast.residents.make(people - len(young), _GROWN_UP))
    office.rng.shuffle(grown_up)
    for resident in grown_up[: cast.few(_ARRIVED)]:
        office.say(office.arrived_here(resident, office.day(_FIRST_ROW, date(2019, 2, 20))))
    for resident in grown_up:
        yield resident, _AS_OF


def _as_listed(resident: Resident, where: dict[int, str], office: Office) -> Resident:
    """As the centre has it: mostly where they moved to, now and then with another spelling or birth date."""
    chance = office.rng.random()
    if resident.number in where and chance > 0.1:
        return resident._replace(kelurahan=where[resident.number])
    if chance < 0.003:
        return resident._replace(name=resident.name.replace("h", "").replace("y", "i"))
    if chance > 0.999 and resident.birth_date < "1995":
        return resident._replace(birth_date=f"{resident.birth_date[:8]}{1 + int(28 * office.rng.random()):02d}")
    return resident


def _seventeenth_birthday(resident: Resident) -> date:
    born = date.fromisoformat(resident.birth_date)
    return born.replace(year=born.year + 17)
