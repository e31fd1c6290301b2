"""The live facts of one resident, or of one list: what was said less what was withdrawn, taken in one fact at a time.

A register may be told of one person ten thousand times, by a program gone wrong, and everybody else's figures wait
behind that. So what one more fact costs should not grow with how many there are: lists are kept in their order, and of
those facts of a day that overwrite one another a timeline looks at the last alone (`telling`).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from events.statuses import is_known
from projections.evidence import (
    CONCLUSIVE,
    Arrival,
    Capture,
    Death,
    Declaration,
    Fact,
    Finding,
    Listing,
    Particulars,
    Said,
    Status,
    Withdrawal,
)
from projections.orders import order_of_change, order_of_correction
from projections.telling import tell, tell_less, telling_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date

    from projections.reading import Step

__all__ = ["Live", "is_flagged", "live_of", "places"]

_Kept = TypeVar("_Kept")
_Kinds: TypeAlias = "frozenset[type[Said]]"

_FEW: Final = 16
"""Up to so many facts all of them are looked at: to know which need not be costs more."""


def live_of(facts: Iterable[Fact]) -> Live:
    """The facts that count, in their orders; in whatever order they come, and a fact given twice counts once."""
    said: list[Said] = []
    declared: list[Declaration] = []
    withdrawn: set[tuple[str, str]] = set()
    for fact in facts:
        if isinstance(fact, Withdrawal):
            withdrawn.add((fact.withdraws_source, fact.withdraws_id))
        elif isinstance(fact, Declaration):
            declared.append(fact)
        else:
            said.append(fact)
    if withdrawn:
        said = [fact for fact in said if (fact.source, fact.id) not in withdrawn]
        declared = [fact for fact in declared if (fact.source, fact.id) not in withdrawn]
    return Live(_in_order(said, order_of_change), _in_order(declared, order_of_correction), withdrawn)


class Live:
    """What counts of the facts that were taken in so far.

    `facts` are those about a resident, in order K, and `kinds` the kinds among them; `telling` and `placing` leave some
    out where there are many. `flagged` are those that are odd by themselves, in no order. `particulars` and `deaths`
    are in order S; `married_from` is the least day of which it was said that they had ever married. `declarations` are
    those of a list, in order S; the others are empty then. `read` is for `reading`: the last timeline, if very many
    facts move something, behind what it came of.
    """

    __slots__ = (
        "_placing",
        "_telling",
        "_withdrawn",
        "deaths",
        "declarations",
        "facts",
        "flagged",
        "kinds",
        "married_from",
        "particulars",
        "read",
    )

    def __init__(
        self,
        facts: Iterable[Said] = (),
        declarations: Iterable[Declaration] = (),
        withdrawn: Iterable[tuple[str, str]] = (),
    ) -> None:
        """`facts` in order K and `declarations` in order S, each once and none of them withdrawn."""
        self.facts: list[Said] = [*facts]
        self.kinds: _Kinds = _one_of(frozenset(map(type, self.facts)))
        self.particulars: list[tuple[Listing | Arrival, Particulars]] = []
        self.married_from: date | None = None
        # what most people have none of is made when it is needed
        self.flagged: list[Said] | tuple[()] = ()
        self.deaths: list[Death] | tuple[()] = ()
        self.declarations: list[Declaration] | tuple[()] = [*declarations] or ()
        self._telling: list[Said] | None = None
        self._placing: list[Said] | None = None
        self._withdrawn: set[tuple[str, str]] | None = {*withdrawn} or None
        self.read: tuple[tuple[object, ...], tuple[Step, ...]] | None = None
        self._note_all()

    @property
    def withdrawn(self) -> Collection[tuple[str, str]]:
        """The source and id of whatever was withdrawn, also of what has not come."""
        return self._withdrawn or ()

    @property
    def telling(self) -> list[Said]:
        """The facts that a timeline follows from, in order K: others, if any, are overwritten on their own day."""
        if len(self.facts) <= _FEW:
            return self.facts
        if self._telling is None:
            self._telling = telling_of(self.facts)
        return self._telling

    @property
    def placing(self) -> list[Said]:
        """The facts less captures, statuses and visits in vain, if they are many, in order K."""
        if len(self.facts) <= _FEW:
            return self.facts
        if self._placing is None:
            self._placing = [fact for fact in self.facts if places(fact)]
        return self._placing

    def take(self, fact: Fact) -> None:
        """Take one more in. A withdrawal is never itself a target, and may come before what it withdraws."""
        if isinstance(fact, Withdrawal):
            self._withdraw(fact.withdraws_source, fact.withdraws_id)
        elif self._withdrawn and (fact.source, fact.id) in self._withdrawn:
            return
        elif isinstance(fact, Declaration):
            self.declarations = self.declarations or []
            _place(self.declarations, fact, order_of_correction)
        elif _place(self.facts, fact, order_of_change):
            self._note(fact)

    def _note_all(self) -> None:
        """What `_note` does of each fact, by the kinds that there are."""
        self.flagged = [fact for fact in self.facts if is_flagged(fact)] or ()
        if Death in self.kinds:
            deaths = [fact for fact in self.facts if isinstance(fact, Death)]
            self.deaths = sorted(deaths, key=order_of_correction)
        if Listing in self.kinds or Arrival in self.kinds:
            pairs = [pair for fact in self.facts if (pair := _particulars(fact)) is not None]
            self.particulars = sorted(pairs, key=_order_of_particulars)
            for pair in pairs:
                self._marry(*pair)

    def _note(self, fact: Said) -> None:
        if type(fact) not in self.kinds:
            self.kinds = _one_of(self.kinds | {type(fact)})
        if is_flagged(fact):
            self.flagged = self.flagged or []
            self.flagged.append(fact)
        if isinstance(fact, Death):
            self.deaths = self.deaths or []
            _place(self.deaths, fact, order_of_correction)
        elif (pair := _particulars(fact)) is not None:
            _place(self.particulars, pair, _order_of_particulars)
            self._marry(*pair)
        if self._telling is not None:
            tell(self._telling, fact)
        if self._placing is not None and places(fact):
            _place(self._placing, fact, order_of_change)

    def _marry(self, fact: Listing | Arrival, particulars: Particulars) -> None:
        if particulars.ever_married and (self.married_from is None or fact.valid_on < self.married_from):
            self.married_from = fact.valid_on

    def _withdraw(self, source: str, id_: str) -> None:
        if self._withdrawn is None:
            self._withdrawn = set()
        if (source, id_) in self._withdrawn:
            return
        self._withdrawn.add((source, id_))
        at = _index(self.facts, source, id_)
        if at is not None:
            self._forget(at)
        elif self.declarations and (at := _index(self.declarations, source, id_)) is not None:
            del self.declarations[at]

    def _forget(self, at: int) -> None:
        fact = self.facts.pop(at)
        kind = type(fact)
        if not any(type(other) is kind for other in self.facts):
            self.kinds = _one_of(self.kinds - {kind})
        if self.flagged and is_flagged(fact):
            self.flagged.remove(fact)
        if self.deaths and isinstance(fact, Death):
            self.deaths.remove(fact)
        elif (pair := _particulars(fact)) is not None:
            self.particulars.remove(pair)
            self.married_from = None
            for left in self.particulars:
                self._marry(*left)
        if self._telling is not None:
            tell_less(self._telling, fact, self.facts, at)
        if self._placing is not None and places(fact):
            self._placing.remove(fact)


# The same few combinations again and again, each kept once.
_KINDS: Final[dict[_Kinds, _Kinds]] = {}


def _one_of(kinds: _Kinds) -> _Kinds:
    return _KINDS.setdefault(kinds, kinds)


def is_flagged(fact: Said) -> bool:
    """Whether it is odd by itself."""
    return bool(fact.flags) or (isinstance(fact, Status) and not is_known(fact.status))


def places(fact: Said) -> bool:
    """Whether it says where somebody is, or who, or what was found there."""
    return not isinstance(fact, Capture | Status | Finding) or (
        isinstance(fact, Finding) and fact.outcome in CONCLUSIVE
    )


def _in_order(facts: list[_Kept], order: Callable[[_Kept], Any]) -> list[_Kept]:
    """By their order, each once."""
    if len(facts) < 2:
        return facts
    found: dict[Any, _Kept] = {}
    for fact in facts:
        found.setdefault(order(fact), fact)
    return [found[key] for key in sorted(found)]


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


def _index(facts: Sequence[Said] | Sequence[Declaration], source: str, id_: str) -> int | None:
    """Where a fact is, from the end, since most that is withdrawn was said of late."""
    for at in range(len(facts) - 1, -1, -1):
        if facts[at].id == id_ and facts[at].source == source:
            return at
    return None


def _particulars(fact: Said) -> tuple[Listing | Arrival, Particulars] | None:
    if isinstance(fact, Listing):
        return fact, fact.particulars
    if isinstance(fact, Arrival) and fact.kelurahan is not None and fact.particulars is not None:
        return fact, fact.particulars
    return None


def _order_of_particulars(pair: tuple[Listing | Arrival, Particulars]) -> tuple[str, str, str]:
    return order_of_correction(pair[0])
