"""Who of a list is asked for: by where they live, their age, why they are listed, who has been at the door; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from events.errors import WrongUse
from projections.people import age_on, counted, reason_of, visits_of
from projections.reading import OFFICIAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.people import Sign
    from projections.transfers import Account

__all__ = ["NO_FILTERS", "REASONS", "Filters"]

#: Why somebody is on the official list.
REASONS: Final = ("never", "again", "duplicate")
_OLDEST: Final = 150
_LONGEST: Final = 36_500


@dataclass(frozen=True, slots=True)
class Filters:
    """What must hold of everybody in the list; None asks for nothing. WrongUse for a value that can be none.

    rw, rt             as somebody walks, so `002` is `2`
    age_from, age_to   in whole years on the day asked about, both inclusive
    reason             never, again or duplicate; only the official standings have one
    not_visited_for    no visit at all, or the last one at least so many days before the day
    home_visit_needed  whether one is, True or False
    leaves_before      who will leave the standing of the day after it and before this date, as the ledger has it

    Of whom nothing can be opened, the RW, the RT and the age are not known, so a filter by them leaves them out.
    """

    rw: str | None = None
    rt: str | None = None
    age_from: int | None = None
    age_to: int | None = None
    reason: str | None = None
    not_visited_for: int | None = None
    home_visit_needed: bool | None = None
    leaves_before: date | None = None

    def __post_init__(self) -> None:
        for name in ("rw", "rt"):
            if (text := getattr(self, name)) is not None and not text.strip():
                raise WrongUse(f"{name} {text!r}: write a number, such as 002, or leave it out")
        for name in ("age_from", "age_to"):
            if (age := getattr(self, name)) is not None and not 0 <= age <= _OLDEST:
                raise WrongUse(f"{name} {age}: an age is from 0 to {_OLDEST} years")
        if self.age_from is not None and self.age_to is not None and self.age_from > self.age_to:
            raise WrongUse(f"age_from {self.age_from} is above age_to {self.age_to}: change the two about")
        if self.reason is not None and self.reason not in REASONS:
            raise WrongUse(f"no such reason: {self.reason!r}; there are {', '.join(REASONS)}")
        if self.not_visited_for is not None and not 1 <= self.not_visited_for <= _LONGEST:
            raise WrongUse(f"not_visited_for {self.not_visited_for}: give days, from 1 to {_LONGEST}")

    @property
    def by_person(self) -> bool:
        """Whether somebody has to be opened before it is known if they are asked for."""
        return any(value is not None for value in (self.rw, self.rt, self.age_from, self.age_to))

    @property
    def by_signs(self) -> bool:
        return any(value is not None for value in (self.reason, self.not_visited_for, self.home_visit_needed))

    @property
    def any(self) -> bool:
        return self != NO_FILTERS

    def refuse_before(self, day: date) -> None:
        """WrongUse where nobody could leave, as the date is not after the day asked about."""
        if self.leaves_before is not None and self.leaves_before <= day:
            raise WrongUse(
                f"leaves_before {self.leaves_before} is not after the day asked about, {day}: give a later one"
            )

    def let_signs(self, account: Account, signs: Sequence[Sign], day: date) -> bool:
        """Whether what has been seen of somebody up to the day, in order K, is as asked."""
        if self.reason is not None and (account.standing not in OFFICIAL or reason_of(signs) != self.reason):
            return False
        visits = visits_of(signs)
        if self.home_visit_needed is not None and visits["home_visit_needed"] is not self.home_visit_needed:
            return False
        last = visits["last_visit"]
        return self.not_visited_for is None or last is None or _days(last, day) >= self.not_visited_for

    def let_person(self, personal: Mapping[str, Any], day: date) -> bool:
        """Whether somebody of these particulars is asked for; never, where there are none."""
        for name in ("rw", "rt"):
            if (asked := getattr(self, name)) is not None and counted(personal.get(name, "")) != counted(asked):
                return False
        if self.age_from is None and self.age_to is None:
            return True
        age = age_on(day, date.fromisoformat(personal["birth_date"])) if "birth_date" in personal else None
        return age is not None and (self.age_from or 0) <= age <= (_OLDEST if self.age_to is None else self.age_to)


def _days(since: str, day: date) -> int:
    return (day - date.fromisoformat(since)).days


NO_FILTERS: Final = Filters()
