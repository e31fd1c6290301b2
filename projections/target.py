"""A target day: what a day needs to reach it, what a day gets, and when it would end at that pace."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from events.calendar import LAST_DAY
from events.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["WINDOW", "Needed", "Rate", "needed", "working_days"]

#: Days whose recordings make the pace: four whole weeks, so that every day of the week weighs the same.
WINDOW = 28

_FRIDAY = 4
_WEEK = 7


class Rate(NamedTuple):
    """People a day: of all days, and of working days alone; None where there is no such day to do it on."""

    a_day: float | None
    a_working_day: float | None


class Needed(NamedTuple):
    """What is left on `on`, and what of it the days up to `target` would have to do.

    `days` and `working_days` are those after `on`, up to `target` with it. `ends_on` is the day at whose end nobody
    would be left if each day did as much as `gets` says: `on` itself where nobody is left now, None where it never ends
    or ends after the last day that there is.
    """

    truly: int
    on: date
    target: date
    days: int
    working_days: int
    needs: Rate
    gets: Rate
    ends_on: date | None

    @property
    def in_time(self) -> bool:
        return self.ends_on is not None and self.ends_on <= self.target


def needed(truly: int, on: date, target: date, recorded: Sequence[int]) -> Needed:
    """Hold what is left against the target.

    `truly` are truly outstanding at the end of `on`; `recorded` are the people recorded on each of the last days up to
    `on` with it, in order, of whom WINDOW count and fewer will do: `recorded_truly`, or those would count who are
    explained already. Working days are Monday to Friday; of holidays nothing is known here, and nobody is expected to
    join those who are left. WrongUse where the target lies before `on`.
    """
    if target < on:
        raise WrongUse(f"the target, {target}, lies before {on}: ask about a later one")
    last = recorded[-WINDOW:]
    got = sum(last)
    days, working = (target - on).days, working_days(on, target)
    before = working_days(on - timedelta(len(last)), on)
    return Needed(
        truly,
        on,
        target,
        days,
        working,
        Rate(_a_day(truly, days), _a_day(truly, working)),
        Rate(_a_day(got, len(last)), _a_day(got, before)),
        _ends_on(truly, on, got, len(last)),
    )


def working_days(after: date, until: date) -> int:
    """How many days from Monday to Friday there are after `after` up to `until`, with it."""
    weeks, rest = divmod((until - after).days, _WEEK)
    return weeks * (_FRIDAY + 1) + sum((after + timedelta(n)).weekday() <= _FRIDAY for n in range(1, rest + 1))


def _a_day(people: int, days: int) -> float | None:
    return people / days if days else None


def _ends_on(truly: int, on: date, got: int, days: int) -> date | None:
    if truly <= 0:
        return on
    if got <= 0:
        return None
    left = -(-truly * days // got)  # rounded up, in whole numbers
    return on + timedelta(left) if left <= (LAST_DAY - on).days else None
