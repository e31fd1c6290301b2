"""The two orders of a resident's facts, as in the design, with times compared as instants and texts by code point.

K, of changes      (valid_on, rank, recordedtime, source, id)
S, of corrections  (recordedtime, source, id)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from projections.evidence import (
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
)

if TYPE_CHECKING:
    from datetime import date

__all__ = ["order_of_change", "order_of_correction"]

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


def order_of_change(fact: Said) -> tuple[date, int, str, str, str]:
    rank = _RANK[type(fact)]
    if isinstance(fact, Finding) and fact.outcome == "still_here":
        rank = _STILL_HERE
    return fact.valid_on, rank, fact.recordedtime, fact.source, fact.id


def order_of_correction(fact: Said | Declaration) -> tuple[str, str, str]:
    return fact.recordedtime, fact.source, fact.id
