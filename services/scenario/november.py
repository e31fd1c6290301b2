"""What was known by 23 November 2018: the first list, and what cleared 33,000 of its members.

Nothing but the clearing facts changes where a member stands on that day: the other findings clear nobody, a move stays
within the kecamatan, and a mistake is taken back, in this phase or, if it is published in the second, beforehand.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from services.scenario.cast import FIRST_LIST
from services.scenario.messages import DIED
from services.scenario.office import fact_id

if TYPE_CHECKING:
    from services.scenario.cast import Cast
    from services.scenario.office import Office

__all__ = ["CLOSES", "FAILURES", "NOT_CLEARING", "OPENS", "PROGRESS", "tell"]

OPENS, CLOSES = date(2018, 11, 1), date(2018, 11, 23)

_AS_OF = date(2018, 11, 1)
#: From door to door in the kelurahan.
_DOORS_FROM, _DOORS_TO = date(2018, 11, 5), date(2018, 11, 22)

_EXPLAINING = {"found_recorded": "already_recorded", "found_moved": "moved_away", "found_deceased": "deceased"}
NOT_CLEARING = (
    "not_found",
    "still_here",
    "needs_home_visit",
    "not_found",
    "refused",
    "still_here",
    "not_found",
    "other",
)
FAILURES = ("ENROLL_FAILURE_AT_CENTRAL", "ENROLL_FAILURE_AT_REGIONAL", "SEARCH_FAILURE_AT_CENTRAL")
PROGRESS = ("SENT_FOR_ENROLLMENT", "RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD", "CARD_PRINTED", "CARD_ISSUED")


def tell(cast: Cast, office: Office) -> None:
    """Say everything of the first phase, in no order: the deck shuffles."""
    office.say(office.declared(FIRST_LIST, _AS_OF, (resident.kelurahan for resident in cast.members)))
    for resident in cast.members:
        office.say(office.listing(resident, FIRST_LIST, _AS_OF))
    _settled(cast, office)
    _explained(cast, office)
    _failed(cast, office)
    _visited(cast, office)
    _moved(cast, office)
    _mistaken(cast, office)


def _settled(cast: Cast, office: Office) -> None:
    """Events the centre did not have: a recording not synchronised, a departure with its arrival, a certificate."""
    for number, resident in enumerate(cast.roles["captured"]):
        day = office.day(date(2018, 8, 1), date(2018, 11, 20))
        office.say(office.captured(resident, day, office.rng.choice(("office", "kecamatan", "mobile"))))
        if number % 6 == 0:  # was also asked at the door
            office.say(office.finding(resident, _door(office), "already_recorded"))
        elif number % 6 == 1:
            office.say(office.status(resident, day + timedelta(days=2), office.rng.choice(PROGRESS)))
        elif number % 120 == 2:  # the wrong house: the recording has the last word
            office.say(office.finding(resident, _door(office), "deceased"))
    for resident in cast.roles["left"]:
        day = office.day(date(2018, 9, 1), date(2018, 11, 10))
        letter = office.departed(resident, day)
        office.say(
            letter, office.arrived_elsewhere(resident, day + timedelta(days=office.rng.randrange(3, 12)), letter)
        )
    for resident in cast.roles["died"]:
        office.say(office.death(resident, office.day(date(2014, 1, 1), date(2018, 11, 15))))


def _explained(cast: Cast, office: Office) -> None:
    """One finding at the door clears; sometimes nobody opened the first time."""
    for role, outcome in _EXPLAINING.items():
        for number, resident in enumerate(cast.roles[role]):
            day = _door(office)
            office.say(office.finding(resident, day, outcome))
            if number % 30 == 29:
                office.say(office.finding(resident, office.day(_DOORS_FROM, day), "not_found", "-first"))


def _failed(cast: Cast, office: Office) -> None:
    """Recorded once, but the centre could not use it, or holds another record: still outstanding."""
    for role, statuses in (("failed", FAILURES), ("duplicate", ("DUPLICATE_RECORD",))):
        for resident in cast.roles[role]:
            day = office.day(date(2018, 1, 10), date(2018, 10, 1))
            answer = office.day(day + timedelta(days=3), _DOORS_TO)
            office.say(office.captured(resident, day, "office"))
            office.say(office.status(resident, answer, office.rng.choice(statuses)))


def _visited(cast: Cast, office: Office) -> None:
    """Findings that clear nobody; now and then a neighbour had said otherwise the same day."""
    for number, resident in enumerate(cast.roles["visited"]):
        day = _door(office)
        outcome = NOT_CLEARING[number % len(NOT_CLEARING)]
        office.say(office.finding(resident, day, outcome))
        if outcome == "still_here" and number % 5 == 0:
            office.say(office.finding(resident, day, "deceased", "-first"))


def _moved(cast: Cast, office: Office) -> None:
    where = cast.moved_by("moved")
    for number, resident in enumerate(cast.roles["moved"]):
        office.say(office.moved(resident, office.day(_AS_OF, _DOORS_TO), where[resident.number]))
        if number % 10 == 0:  # a status that nobody has heard of
            office.say(office.status(resident, _DOORS_TO, "WAITING_FOR_BLANK_CARD"))


def _mistaken(cast: Cast, office: Office) -> None:
    """Facts about the wrong person, taken back by their own registry; half of the withdrawals come ahead."""
    for number, resident in enumerate(cast.roles["mistaken"]):
        if number % 3 == 0:
            died_on = office.day(date(2017, 1, 1), CLOSES - timedelta(days=3))
            office.mistaken(office.death(resident, died_on), "akta atas nama orang lain", ahead=number % 2 == 0)
        else:
            office.mistaken(office.finding(resident, _door(office), "moved_away"), "salah rumah", ahead=number % 2 == 0)
    for resident in cast.roles["withdrawn_early"]:  # the deaths these take back are published in the second phase
        office.say(office.withdrawal(DIED, fact_id(DIED, resident), "akta atas nama orang lain"))


def _door(office: Office) -> date:
    return office.day(_DOORS_FROM, _DOORS_TO)
