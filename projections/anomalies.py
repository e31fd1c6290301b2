"""Facts that contradict each other, by name. They never change a standing: they are work for a person.

Each function looks for its names among the *live* facts only, so a withdrawal takes an anomaly away with its fact, and
what comes of it does not depend on arrival. An anomaly names the fewest facts that contradict each other, usually two,
because each is shown with its facts and followed up on its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import groupby, islice, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from events.statuses import Effect, is_known
from projections.evidence import (
    CONCLUSIVE,
    GONE,
    Arrival,
    Capture,
    Death,
    Declaration,
    Departure,
    Finding,
    Listing,
    Move,
    Said,
    Status,
    says_of_recording,
)
from projections.orders import order_of_change
from projections.standing import away, residence_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from projections.live import Live
    from projections.standing import Residence

__all__ = ["Anomaly", "anomalies_of"]


class Anomaly(NamedTuple):
    """`refs` are (source, id) of the facts that contradict each other, in the order that the rule compares."""

    name: str
    refs: tuple[tuple[str, str], ...]


def anomalies_of(live: Live) -> tuple[Anomaly, ...]:
    """All of one resident, each once, in the order of their text."""
    facts = live.facts
    found = list(_of_one_fact(live.flagged))
    if live.declarations:
        found += _does_not_sum(live.declarations)
    if facts and not live.particulars:
        found.append(_anomaly("never_listed", facts[0]))
    if live.deaths:
        found += _after_death(facts, live.deaths)
    if len(live.particulars) > 1:
        found += _particulars_differ(live)
    if len(facts) > 1:
        kinds = live.kinds  # most people have only some, and a scan costs more than knowing that there is nothing
        if Finding in kinds:
            if any(isinstance(fact, Finding) and fact.outcome in GONE for fact in live.placing):
                found += _finding_against_recording(facts, live.placing, captured=Capture in kinds)
            found += _findings_disagree(live.placing)
        if Departure in kinds or Arrival in kinds:
            found += _while_departed(live.placing)
        if Move in kinds or Arrival in kinds:
            found += _kelurahan_differs(live.placing)
    return tuple(sorted(set(found)) if len(found) > 1 else found)


def _anomaly(name: str, *facts: Said | Declaration) -> Anomaly:
    return Anomaly(name, tuple((fact.source, fact.id) for fact in facts))


def _does_not_sum(declarations: list[Declaration]) -> Iterator[Anomaly]:
    """`list_does_not_sum`: a list whose control totals are not its own rows, superseded or not, until withdrawn."""
    for fact in declarations:
        if sum(rows for _, rows in fact.rows_by_kelurahan) != fact.rows:
            yield _anomaly("list_does_not_sum", fact)


def _of_one_fact(flagged: Iterable[Said]) -> Iterator[Anomaly]:
    """What needs no second fact: what intake saw in the NIK, and a status nobody has explained to us."""
    for fact in flagged:
        for flag in fact.flags:
            yield _anomaly(flag, fact)
        if isinstance(fact, Status) and not is_known(fact.status):
            yield _anomaly("unknown_status", fact)


def _after_death(facts: list[Said], deaths: list[Death]) -> Iterator[Anomaly]:
    """`event_after_death`, `listed_after_death`, `died_twice`, against the death in force.

    On the day of the death itself all of it may still be true. A status is left out, since it comes late, and so is
    every finding but `still_here`: nobody has to be alive for it. Two certificates are one too many, also when they
    agree on the day; each is named with the one written before it.
    """
    death = deaths[-1]
    after = bisect_right(facts, death.valid_on, key=attrgetter("valid_on"))
    for fact in islice(facts, after, None):
        if isinstance(fact, Listing):
            yield _anomaly("listed_after_death", death, fact)
        elif isinstance(fact, Capture | Departure | Move | Arrival) or _still_here(fact):
            yield _anomaly("event_after_death", death, fact)
    for earlier, later in pairwise(deaths):
        yield _anomaly("died_twice", earlier, later)


def _particulars_differ(live: Live) -> Iterator[Anomaly]:
    """Each particulars against those written before them (by S): whoever wrote later contradicts the earlier.

    Being no longer "ever married" contradicts; having married since does not. Comparing neighbours finds something
    exactly when any two differ, without a pair for every two lists.
    """
    for (earlier, was), (later, now) in pairwise(live.particulars):
        unmarried = was.ever_married and not now.ever_married
        if was.seventeen_on != now.seventeen_on or was.sex != now.sex or unmarried:
            yield _anomaly("particulars_differ", earlier, later)


def _finding_against_recording(facts: list[Said], placing: list[Said], *, captured: bool) -> Iterator[Anomaly]:
    """Found dead or gone after a recording that holds, or captured after being found dead.

    A failure or duplicate in between takes the recording away, a `still_here` in between takes the death away.
    Being found gone and captured later is no contradiction: people come back. `placing` is where findings are looked
    for: there may be very many other facts. `captured`: whether there is a capture among them.
    """
    findings = [fact for fact in placing if isinstance(fact, Finding)]
    recording: Said | None = None
    before = 0
    for finding in findings:
        at = bisect_left(facts, order_of_change(finding), key=order_of_change)
        recording = _recording(facts, before, at, recording)
        before = at
        if finding.outcome in GONE and recording is not None:
            yield _anomaly("finding_against_recording", recording, finding)
    deceased = next((fact for fact in findings if fact.outcome == "deceased"), None)
    if deceased is None or not captured:
        return
    found_dead: Finding | None = None
    for fact in islice(facts, bisect_left(facts, order_of_change(deceased), key=order_of_change), None):
        if isinstance(fact, Capture):
            if found_dead is not None:
                yield _anomaly("finding_against_recording", found_dead, fact)
        elif isinstance(fact, Finding):
            if fact.outcome == "deceased":
                found_dead = fact
            elif fact.outcome == "still_here":
                found_dead = None


def _recording(facts: list[Said], first: int, behind: int, before: Said | None) -> Said | None:
    """The recording that holds after the facts from `first` up to `behind`, if there is one; `before` them it was that.

    From the end, since the last one that says something of it says what holds.
    """
    for at in range(behind - 1, first - 1, -1):
        fact = facts[at]
        if (effect := says_of_recording(fact)) is not Effect.NONE:
            return fact if effect is Effect.CAPTURED else None
    return before


def _findings_disagree(facts: list[Said]) -> Iterator[Anomaly]:
    """Two conclusive outcomes on one day, of neighbours by K, or another outcome after `deceased`.

    On different days anything else may follow: people move away and come back, or get a card. After `deceased` only
    the next finding is named, or each later one would be an anomaly for ever, though the first settled it.
    """
    conclusive = [fact for fact in facts if isinstance(fact, Finding) and fact.outcome in CONCLUSIVE]
    if len(conclusive) < 2:
        return
    dead: Finding | None = None
    for _, group in groupby(conclusive, attrgetter("valid_on")):
        of_day = list(group)
        for one, next_ in pairwise(of_day):
            if one.outcome != next_.outcome:
                yield _anomaly("findings_disagree", one, next_)
        other = next((fact for fact in of_day if fact.outcome != "deceased"), None)
        if dead is not None and other is not None:
            yield _anomaly("findings_disagree", dead, other)
        dead = of_day[-1] if of_day[-1].outcome == "deceased" else None


def _while_departed(facts: list[Said]) -> Iterator[Anomaly]:
    """`still_here_while_departed` and `listed_while_departed`, by the residence at the end of that fact's day.

    A standing is of a whole day too: whoever leaves on the day of the listing stands `departed` on it.
    """
    residences: list[Residence] = []
    for day, group in groupby(facts, attrgetter("valid_on")):
        of_day = list(group)
        residences += [fact for fact in of_day if isinstance(fact, Departure | Move | Arrival)]
        residence = residence_on(day, residences)
        if residence is None or not away(residence):
            continue
        for fact in of_day:
            if isinstance(fact, Listing):
                yield _anomaly("listed_while_departed", residence, fact)
            elif _still_here(fact):
                yield _anomaly("still_here_while_departed", residence, fact)


def _kelurahan_differs(facts: list[Said]) -> Iterator[Anomaly]:
    """`listed_elsewhere_than_moved` and `from_kelurahan_differs`.

    A listing is held against the last arrival or move up to the end of its day, as the standing is. A move is held
    against the kelurahan just before it by K, which an arrival or move gives, and only without them a listing.
    """
    listed: tuple[Said, str] | None = None
    placed: tuple[Said, str] | None = None
    for _, group in groupby(facts, attrgetter("valid_on")):
        of_day = list(group)
        for fact in of_day:
            if isinstance(fact, Listing):
                listed = (fact, fact.kelurahan)
            elif isinstance(fact, Move):
                before = placed or listed
                if before is not None and before[1] != fact.from_kelurahan:
                    yield _anomaly("from_kelurahan_differs", before[0], fact)
                placed = (fact, fact.to_kelurahan)
            elif isinstance(fact, Arrival) and fact.kelurahan is not None:
                placed = (fact, fact.kelurahan)
        yield from _listed_elsewhere(placed, of_day)


def _listed_elsewhere(placed: tuple[Said, str] | None, of_day: Iterable[Said]) -> Iterator[Anomaly]:
    if placed is None:
        return
    fact, kelurahan = placed
    for listing in of_day:
        if isinstance(listing, Listing) and listing.kelurahan != kelurahan:
            yield _anomaly("listed_elsewhere_than_moved", fact, listing)


def _still_here(fact: Said) -> bool:
    return isinstance(fact, Finding) and fact.outcome == "still_here"
