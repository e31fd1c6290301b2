"""MEANING: what follows from the facts.

This door holds what is pure: the reading of one resident's facts, and its difference as double entry. The views and
the answers read from them touch the database, and are imported from their own rooms. `projections.transfers` is such a
room; its function of that name is imported from it, or it would hide the room.
"""

from __future__ import annotations

from projections.reading import (
    EXPLAINED,
    OFFICIAL,
    READING_VERSION,
    STANDINGS,
    Anomaly,
    Fact,
    Reading,
    State,
    Step,
    fact_of,
    read,
    state_on,
)
from projections.transfers import NOWHERE, Account, Transfer, difference

__all__ = [
    "EXPLAINED",
    "NOWHERE",
    "OFFICIAL",
    "READING_VERSION",
    "STANDINGS",
    "Account",
    "Anomaly",
    "Fact",
    "Reading",
    "State",
    "Step",
    "Transfer",
    "difference",
    "fact_of",
    "read",
    "state_on",
]
