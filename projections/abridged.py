"""Which of a resident's facts have to be known, for as long as nothing out of the ordinary is said of them.

A recording goes through many hands until its card is issued, and at many doors nobody opens: most of what is said of
somebody changes nothing. It would change something only if what came before it were withdrawn, or said otherwise. Then
all facts are needed, and they are in the log.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from events.statuses import Effect, effect_of
from projections.evidence import GONE, Fact, Finding, Said, Status, Withdrawal, says_of_recording
from projections.live import is_flagged, places

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["abridged", "needs_all"]

_UNDONE: Final = frozenset({Effect.FAILED, Effect.DUPLICATE})


def abridged(facts: Sequence[Said], without: date | None = None) -> tuple[list[Said], date | None]:
    """Facts in order K without those that change nothing; and `without`, by which `needs_all` knows what needs them.

    Left out are findings and statuses without effect, and statuses that say of somebody recorded that they are; of
    these the last stays while nothing later speaks of the recording, and the last before somebody was found gone, since
    an anomaly names it. The first fact stays, and what is an anomaly by itself.

    `without` is None where nothing is left out, now or before; the least date where only what has no effect is; else
    the last day on which anything speaks of a recording.
    """
    needed: list[int] = []
    spare: int | None = None  # the last that said again that somebody is recorded
    last: date | None = None
    recorded = False
    for at, fact in enumerate(facts):
        effect = says_of_recording(fact)
        if effect is Effect.NONE:
            if spare is not None and isinstance(fact, Finding) and fact.outcome in GONE:
                needed.append(spare)
                spare = None
            if at == 0 or is_flagged(fact) or places(fact):
                needed.append(at)
            continue
        again = recorded and effect is Effect.CAPTURED and isinstance(fact, Status) and not fact.flags
        if spare is not None:
            without = date.max  # until the last day is known
        spare = at if again else None
        if not again:
            needed.append(at)
        recorded, last = effect is Effect.CAPTURED, fact.valid_on
    if spare is not None:
        needed.append(spare)
    if without is None and len(needed) < len(facts):
        without = date.min
    elif without is not None and without > date.min and last is not None:
        without = last
    return [facts[at] for at in sorted(needed)], without


def needs_all(without: date | None, fact: Fact) -> bool:
    """Whether to know what this fact changes one has to know also what was left out."""
    if without is None:
        return False
    match fact:
        case Withdrawal():
            return True
        case Status():
            return effect_of(fact.status) in _UNDONE and fact.valid_on <= without
        case Finding():
            return fact.outcome in GONE and fact.valid_on <= without
    return False
