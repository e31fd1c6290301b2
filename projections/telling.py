"""Which of many facts of a resident a timeline follows from.

Of those of a day that overwrite one another, the last; and of these, those that can change what holds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter
from typing import TYPE_CHECKING

from events.statuses import Effect, effect_of
from projections.evidence import CONCLUSIVE, Arrival, Capture, Departure, Finding, Said, Status
from projections.orders import order_of_change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

__all__ = ["moving", "tell", "tell_less", "telling_of"]


def telling_of(facts: Iterable[Said]) -> list[Said]:
    """Those that tell, in order K, as the facts are."""
    last = {(fact.valid_on, _part(fact)): fact for fact in facts}
    return sorted(last.values(), key=order_of_change)


def moving(telling: Iterable[Said]) -> list[Said]:
    """Those that can change a standing, of facts in order K.

    Left out are statuses and findings without effect, and statuses that say of somebody recorded that they are: most of
    what a centre reports, since a recording goes through many hands until its card is issued.
    """
    found = []
    recorded = False
    for fact in telling:
        if isinstance(fact, Status):
            effect = effect_of(fact.status)
            if effect is Effect.NONE or (recorded and effect is Effect.CAPTURED):
                continue
            recorded = effect is Effect.CAPTURED
        elif isinstance(fact, Finding):
            if fact.outcome not in CONCLUSIVE:
                continue
        elif isinstance(fact, Capture):
            recorded = True
        found.append(fact)
    return found


def tell(telling: list[Said], fact: Said) -> None:
    """Put a fact in, unless another of its day overwrites it; out goes the one that it overwrites."""
    part, key = _part(fact), order_of_change(fact)
    for at, other in _of_day(telling, fact.valid_on):
        if _part(other) == part:
            if order_of_change(other) > key:
                return
            del telling[at]
            break
    insort(telling, fact, key=order_of_change)


def tell_less(telling: list[Said], fact: Said, left: Sequence[Said], at: int) -> None:
    """Take a fact out, if it is in; in comes the last that it had overwritten. It was at `at` among what is left."""
    found = next((place for place, other in _of_day(telling, fact.valid_on) if other is fact), None)
    if found is None:
        return
    del telling[found]
    part = _part(fact)
    while at > 0 and left[at - 1].valid_on == fact.valid_on:
        at -= 1
        if _part(left[at]) == part:
            insort(telling, left[at], key=order_of_change)
            return


def _of_day(telling: Sequence[Said], day: date) -> Iterator[tuple[int, Said]]:
    at = bisect_left(telling, day, key=attrgetter("valid_on"))
    while at < len(telling) and telling[at].valid_on == day:
        yield at, telling[at]
        at += 1


def _part(fact: Said) -> object:
    """Of the facts of one day with equal parts only the last by K moves anything that can be seen at the day's end.

    Within a day all of one kind follow on one another in order K, so what the earlier ones set, the last one sets once
    more. Of letters each end counts, and of arrivals whether they are here, and of whom nobody knew. What sets nothing
    has a part of its own: it must not stand in the place of what does.
    """
    match fact:
        case Status():
            return Status, effect_of(fact.status) is Effect.NONE
        case Departure():
            return Departure, fact.lapses_on
        case Arrival():
            return Arrival, fact.kelurahan is None, fact.particulars is None
        case Finding():
            return Finding, fact.outcome in CONCLUSIVE, fact.outcome == "still_here"
        case _:
            return type(fact)
