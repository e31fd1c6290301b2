"""FACTS: what may be said, and how it is kept.

This door holds what is pure: the ten facts as contracts, the check of a message, an entry's bytes, the one tree of
errors. What touches the database is imported from its own room: `events.log`, `events.vault`, `events.offsets`,
`events.quarantine`, `events.database`.
"""

from __future__ import annotations

from events.entry import Coordinates, Entry, decode, encode
from events.envelope import check
from events.errors import Clash, MadeAgain, NoAnswer, Refusal, Refused, RekamError, Retry, Unreachable, WrongUse
from events.facts import (
    SOURCE_TOPICS,
    TOPIC_OF,
    TYPES,
    VALID_ON,
    Arrived,
    Captured,
    Contract,
    DeathRegistered,
    Departed,
    Event,
    FactWithdrawn,
    FindingReported,
    ListDeclared,
    MovedWithin,
    ResidentListed,
    StatusReported,
    canonical,
)
from events.nik import check_nik, mask

__all__ = [
    "SOURCE_TOPICS",
    "TOPIC_OF",
    "TYPES",
    "VALID_ON",
    "Arrived",
    "Captured",
    "Clash",
    "Contract",
    "Coordinates",
    "DeathRegistered",
    "Departed",
    "Entry",
    "Event",
    "FactWithdrawn",
    "FindingReported",
    "ListDeclared",
    "MadeAgain",
    "MovedWithin",
    "NoAnswer",
    "Refusal",
    "Refused",
    "RekamError",
    "ResidentListed",
    "Retry",
    "StatusReported",
    "Unreachable",
    "WrongUse",
    "canonical",
    "check",
    "check_nik",
    "decode",
    "encode",
    "mask",
]
