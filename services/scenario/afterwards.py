"""What became known after 23 November 2018, of that day and of the months after it.

Where members stand on 23 November moves between cleared standings only: an explanation is settled by an event dated
before that day, or a recording is withdrawn and the finding explains. Where a finding is withdrawn, so that its member
is outstanding after all, another one of the same kecamatan turns out to have been recorded: 33,000 and 30,000 stay.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from events.territory import KECAMATAN, KELURAHAN
from services.scenario.messages import CAPTURED, FOUND
from services.scenario.november import FAILURES, NOT_CLEARING, PROGRESS
from services.scenario.office import fact_id

if TYPE_CHECKING:
    from services.scenario.cast import Cast
    from services.scenario.office import Office
    from services.scenario.residents import Resident

__all__ = ["CLOSES", "OPENS", "attend", "tell"]

OPENS, CLOSES = date(2018, 11, 24), date(2019, 3, 8)

#: The day before the first door was knocked at, so that what is dated by it was so when the door opened.
_BEFORE = date(2018, 11, 4)
_THE_DAY = date(2018, 11, 23)
_LAST_SESSION = date(2018, 12, 18)
_WINTER = date(2019, 2, 20)


def tell(cast: Cast, office: Office) -> dict[int, str]:
    """Say everything of the second phase but its list, in no order; returns where people have moved to, by number.

    Whom an event has settled since is left out of `cast.roles["outstanding"]` and of the three explained roles, and is
    in `cast.roles["settled_since"]`: so the second list can be drawn from those who still stand as they stood.
    """
    settled = [
        *_deaths_confirmed(cast, office),
        *_departures_confirmed(cast, office),
        *_recordings_confirmed(cast, office),
        *_recorded_since(cast, office),
        *_left_and_died(cast, office),
        *cast.roles["recorded_late"],
    ]
    returned = _balanced(cast, office)
    _revisited(cast, office)
    _mistaken(cast, office)
    gone = {resident.number for resident in settled}
    for role in ("outstanding", "found_recorded", "found_moved", "found_deceased"):
        cast.roles[role] = [resident for resident in cast.roles[role] if resident.number not in gone]
    cast.roles["settled_since"] = settled
    cast.roles["finding_withdrawn"] = returned
    return _moved(cast, office)


def attend(office: Office, resident: Resident, last: date, more: str = "") -> date:
    """Come to a session between 24 November and the given day and be recorded there; the day is returned."""
    day = office.day(OPENS, min(last, _LAST_SESSION))
    if day.weekday() == 6 and day > OPENS:
        day -= timedelta(days=1)  # no sessions on Sundays: on the Saturday before
    chance = office.rng.random()
    if chance < 0.5:
        place, where = "kecamatan", f"Kantor Camat {KECAMATAN[resident.kelurahan[:8]]}"
    elif chance < 0.8:
        place, where = "kelurahan", f"Kantor Lurah {KELURAHAN[resident.kelurahan]}"
    else:
        place, where = "office", "Kantor Disdukcapil"
    office.say(office.captured(resident, day, place, f"{where} {day.isoformat()}", more))
    return day


def _deaths_confirmed(cast: Cast, office: Office) -> list[Resident]:
    """Found dead at the door, and now there is a certificate."""
    confirmed = cast.roles["found_deceased"][: cast.few(900)]
    for resident in confirmed:
        office.say(office.death(resident, office.day(date(2012, 1, 1), _BEFORE)))
    return confirmed


def _departures_confirmed(cast: Cast, office: Office) -> list[Resident]:
    """Found to have moved away, and now the arrival is known; of every second one the letter too."""
    confirmed = cast.roles["found_moved"][: cast.few(700)]
    for number, resident in enumerate(confirmed):
        left = office.day(date(2018, 8, 1), _BEFORE)
        letter = office.departed(resident, left) if number % 2 else None
        if letter is not None:
            office.say(letter)
        office.say(office.arrived_elsewhere(resident, left + timedelta(days=office.rng.randrange(2, 12)), letter))
    return confirmed


def _recordings_confirmed(cast: Cast, office: Office) -> list[Resident]:
    """Said at the door to have a card, and now the recording is synchronised."""
    confirmed = cast.roles["found_recorded"][: cast.few(400)]
    for resident in confirmed:
        office.say(office.captured(resident, office.day(date(2018, 5, 1), _BEFORE), "office"))
    return confirmed


def _recorded_since(cast: Cast, office: Office) -> list[Resident]:
    """The sessions until 18 December, and what the centre answers; whom it could not use stays outstanding."""
    again = cast.roles["failed"][: cast.few(200)]
    settled = list(again)
    for resident in again:
        attend(office, resident, _LAST_SESSION, "-again")
    for number, resident in enumerate(cast.roles["recorded_since"]):
        answered = attend(office, resident, _LAST_SESSION) + timedelta(days=office.rng.randrange(2, 20))
        if number % 60 == 1:
            office.say(office.status(resident, answered, office.rng.choice(FAILURES)))
        elif number % 150 == 2:
            office.say(office.status(resident, answered, "DUPLICATE_RECORD"))
        else:
            settled.append(resident)
            if number % 4 == 0:
                office.say(office.status(resident, answered, office.rng.choice(PROGRESS)))
    return settled


def _left_and_died(cast: Cast, office: Office) -> list[Resident]:
    """Departures confirmed elsewhere, letters that lapse, deaths: all after 23 November."""
    for number, resident in enumerate(cast.roles["lapsing"]):
        day = office.day(OPENS, _WINTER)
        office.say(office.departed(resident, day, day + timedelta(days=14) if number % 5 == 0 else None))
    for resident in cast.roles["leaving"]:
        day = office.day(OPENS, _WINTER)
        letter = office.departed(resident, day)
        office.say(
            letter, office.arrived_elsewhere(resident, day + timedelta(days=office.rng.randrange(2, 12)), letter)
        )
    for resident in cast.roles["dying"]:
        office.say(office.death(resident, office.day(OPENS, _WINTER)))
    return cast.roles["leaving"] + cast.roles["dying"]


def _balanced(cast: Cast, office: Office) -> list[Resident]:
    """As many findings withdrawn as recordings turn up late, kecamatan by kecamatan; and recordings withdrawn under
    a finding, which clears as before. Returns those who are outstanding after all.
    """
    candidates = cast.roles["found_recorded"][cast.few(400) :]
    returned = []
    for resident in cast.roles["recorded_late"]:
        office.say(office.captured(resident, office.day(date(2018, 9, 1), date(2018, 11, 20)), "mobile"))
        other = next(one for one in candidates if one.kelurahan[:8] == resident.kelurahan[:8])
        candidates.remove(other)
        returned.append(other)
        office.say(office.withdrawal(FOUND, fact_id(FOUND, other), "kartu milik orang lain"))
    for resident in cast.roles["captured"][::6][: cast.few(60)]:  # every sixth was also asked at the door
        office.say(office.withdrawal(CAPTURED, fact_id(CAPTURED, resident), "NIK salah ketik"))
    return returned


def _revisited(cast: Cast, office: Office) -> None:
    """Doors knocked at again: nobody is cleared, and some who had moved away are back."""
    for number, resident in enumerate(cast.roles["revisited"]):
        outcome = NOT_CLEARING[number % len(NOT_CLEARING)]
        office.say(office.finding(resident, office.day(OPENS, _WINTER), outcome))
    for resident in cast.roles["found_moved"][cast.few(700) :][: cast.few(200)]:
        office.say(office.finding(resident, office.day(OPENS, _WINTER), "still_here", "-back"))


def _mistaken(cast: Cast, office: Office) -> None:
    """Facts about the wrong person, dated before or after 23 November, taken back in this phase or in the first."""
    for resident in cast.roles["withdrawn_early"]:
        office.say(office.death(resident, office.day(date(2018, 1, 1), _THE_DAY)))
    for number, resident in enumerate(cast.roles["mistaken_late"]):
        day = office.day(date(2018, 10, 1), _WINTER)
        if number % 3 == 0:
            office.mistaken(office.death(resident, day), "akta atas nama orang lain", ahead=number % 2 == 0)
        else:
            office.mistaken(office.captured(resident, day, "office"), "NIK salah ketik", ahead=number % 2 == 0)


def _moved(cast: Cast, office: Office) -> dict[int, str]:
    """Moves before 23 November that are reported late stay within the kecamatan; later ones go anywhere."""
    where = cast.moved_by("moved") | cast.moved_by("moved_late")
    for resident in cast.roles["moved_late"]:
        office.say(office.moved(resident, office.day(date(2018, 11, 1), _THE_DAY), where[resident.number]))
    for resident in cast.roles["moving"]:
        others = [kelurahan for kelurahan in KELURAHAN if kelurahan != resident.kelurahan]
        where[resident.number] = office.rng.choice(others)
        office.say(office.moved(resident, office.day(OPENS, _WINTER), where[resident.number]))
    return where
