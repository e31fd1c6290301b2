"""The live facts of one resident, or of one list: what was said less what was withdrawn, taken in one fact at a time.

The two orders, as in the design, with times compared as instants, source and id by Unicode code point:

    K, of changes      (valid_on, rank, recordedtime, source, id)
    S, of corrections  (recordedtime, source, id)

A register may be told of one person a hundred thousand times, by a program gone wrong, and everybody else's figures
wait behind that. So what one more fact costs must not depend on how many there are: each list is kept in its order, and
of those facts of a day that overwrite one another a timeline looks at the last alone (`telling`).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from events.statuses import Effect, effect_of, is_known
from projections.evidence import (
    CONCLUSIVE,
    Arrival,
    Capture,
    Death,
    Declaration,
    Departure,
    Fact,
    Finding,
    Listing,
    Move,
    Particulars,
    Said,
    Status,
    Withdrawal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

__all__ = ["Live", "live_of", "order_of_change", "order_of_correction"]

_Kept = TypeVar("_Kept")
_Named = TypeVar("_Named", Said, Declaration)

# Within a day. `still_here` ranks above the other findings, since who is found alive is alive, whatever was said
# at another door. A death has no place among the changes: the last one *written* holds. It only needs some rank.
_RANK: Final[dict[type[Said], int]] = {
    Listing: 0,
    Capture: 1,
    Status: 2,
    Departure: 3,
    Move: 4,
    Arrival: 5,
    Finding: 6,
    Death: 8,
}
_STILL_HERE: Final = 7

_FEW: Final = 16
"""Up to so many facts all of them tell: to know which do costs more than to look at them."""


def order_of_change(fact: Said) -> tuple[date, int, str, str, str]:
    rank = _RANK[type(fact)]
    if isinstance(fact, Finding) and fact.outcome == "still_here":
        rank = _STILL_HERE
    return fact.valid_on, rank, fact.recordedtime, fact.source, fact.id


def order_of_correction(fact: Said | Declaration) -> tuple[str, str, str]:
    return fact.recordedtime, fact.source, fact.id


def live_of(facts: Iterable[Fact]) -> Live:
    """The facts that count, in their orders; in whatever order they come, and a fact given twice counts once."""
    live = Live()
    for fact in facts:
        live.take(fact)
    return live


class Live:
    """What counts of the facts that were taken in so far.

    `facts` are those about a resident, in order K. `telling`, in the same order, are those of them that a timeline
    follows from: the others are overwritten on their own day. `flagged` are those that are odd by themselves, in no
    order; `particulars` and `deaths` are in order S, and `kinds` are the kinds that there are. `declarations` are those
    of a list, in order S; the others are empty then.
    """

    __slots__ = ("_withdrawn", "deaths", "declarations", "facts", "flagged", "kinds", "particulars", "telling")

    def __init__(self) -> None:
        self.facts: list[Said] = []
        self.telling = self.facts
        self.flagged: list[Said] = []
        self.kinds: frozenset[type[Said]] = frozenset()
        self.particulars: list[tuple[Listing | Arrival, Particulars]] = []
        self.deaths: list[Death] = []
        self.declarations: list[Declaration] = []
        self._withdrawn: set[tuple[str, str]] | None = None  # most people have none

    def take(self, fact: Fact) -> None:
        """Take one more in. A withdrawal is never itself a target, and may come before what it withdraws."""
        if isinstance(fact, Withdrawal):
            self._withdraw(fact.withdraws_source, fact.withdraws_id)
        elif self._withdrawn and (fact.source, fact.id) in self._withdrawn:
            return
        elif isinstance(fact, Declaration):
            _place(self.declarations, fact, order_of_correction)
        elif _place(self.facts, fact, order_of_change):
            self._note(fact)
            if self.telling is not self.facts:
                _tell(self.telling, fact)
            elif len(self.facts) > _FEW:
                self._tell_anew()

    def _note(self, fact: Said) -> None:
        if type(fact) not in self.kinds:
            self.kinds = _one_of(self.kinds | {type(fact)})
        if _is_flagged(fact):
            self.flagged.append(fact)
        if isinstance(fact, Death):
            _place(self.deaths, fact, order_of_correction)
        elif (pair := _particulars(fact)) is not None:
            _place(self.particulars, pair, _order_of_particulars)

    def _withdraw(self, source: str, id_: str) -> None:
        if self._withdrawn is None:
            self._withdrawn = set()
        self._withdrawn.add((source, id_))
        fact = _take_out(self.facts, source, id_)
        if fact is None:
            _take_out(self.declarations, source, id_)
            return
        kind = type(fact)
        if not any(type(other) is kind for other in self.facts):
            self.kinds = _one_of(self.kinds - {kind})
        if _is_flagged(fact):
            self.flagged.remove(fact)
        if isinstance(fact, Death):
            self.deaths.remove(fact)
        elif (pair := _particulars(fact)) is not None:
            self.particulars.remove(pair)
        if self.telling is not self.facts and fact in self.telling:
            self._tell_anew()

    def _tell_anew(self) -> None:
        last: dict[tuple[date, object], Said] = {(fact.valid_on, _part(fact)): fact for fact in self.facts}
        self.telling = sorted(last.values(), key=order_of_change)


_Kinds: TypeAlias = "frozenset[type[Said]]"
# The same few combinations again and again, each kept once.
_KINDS: Final[dict[_Kinds, _Kinds]] = {}


def _one_of(kinds: _Kinds) -> _Kinds:
    return _KINDS.setdefault(kinds, kinds)


def _is_flagged(fact: Said) -> bool:
    return bool(fact.flags) or (isinstance(fact, Status) and not is_known(fact.status))


def _place(facts: list[_Kept], fact: _Kept, order: Callable[[_Kept], Any]) -> bool:
    """Put it in its place; whether it was not there."""
    if not facts:
        facts.append(fact)
        return True
    key = order(fact)
    if order(facts[-1]) < key:  # as most come
        facts.append(fact)
        return True
    at = bisect_left(facts, key, key=order)
    if order(facts[at]) == key:
        return False
    facts.insert(at, fact)
    return True


def _take_out(facts: list[_Named], source: str, id_: str) -> _Named | None:
    for at, fact in enumerate(facts):
        if fact.id == id_ and fact.source == source:
            return facts.pop(at)
    return None


def _particulars(fact: Said) -> tuple[Listing | Arrival, Particulars] | None:
    if isinstance(fact, Listing):
        return fact, fact.particulars
    if isinstance(fact, Arrival) and fact.kelurahan is not None and fact.particulars is not None:
        return fact, fact.particulars
    return None


def _order_of_particulars(pair: tuple[Listing | Arrival, Particulars]) -> tuple[str, str, str]:
    return order_of_correction(pair[0])


# ------------------------------------------------------------------ what tells


def _tell(telling: list[Said], fact: Said) -> None:
    """Put a fact in, unless another of its day overwrites it; out goes the one that it overwrites."""
    part, key = _part(fact), order_of_change(fact)
    for at, other in _of_day(telling, fact.valid_on):
        if _part(other) == part:
            if order_of_change(other) > key:
                return
            del telling[at]
            break
    insort(telling, fact, key=order_of_change)


def _of_day(telling: list[Said], day: date) -> Iterator[tuple[int, Said]]:
    at = bisect_left(telling, day, key=attrgetter("valid_on"))
    while at < len(telling) and telling[at].valid_on == day:
        yield at, telling[at]
        at += 1


def _part(fact: Said) -> object:
    """Of the facts of one day with equal parts only the last by K moves anything that can be seen at the day's end.

    Within a day all of one kind follow on one another in order K, so what the earlier ones set, the last one sets once
    more; of letters each end counts, and of arrivals it counts whether they are here, and of whom nobody knew.
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
