"""What a recording status means: the 15 statuses known from published sources, each with its effect.

The list is open, for officials speak of 18. A status is matched exactly; an unknown one is kept and has no effect.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["EFFECTS", "Effect", "effect_of", "is_known"]


class Effect(Enum):
    """What a status says about the recording of a resident."""

    CAPTURED = "captured"
    FAILED = "failed"
    """Record again."""
    DUPLICATE = "duplicate"
    """Resolve the other record first."""
    NONE = "none"


EFFECTS: Final[dict[str, Effect]] = {
    "UNREGISTERED": Effect.NONE,
    "BIO_CAPTURED": Effect.CAPTURED,
    "PROCESSING": Effect.CAPTURED,
    "SENT_FOR_ENROLLMENT": Effect.CAPTURED,
    "RECEIVED_AT_CENTRAL": Effect.CAPTURED,
    "ENROLL_FAILURE_AT_CENTRAL": Effect.FAILED,
    "ENROLL_FAILURE_AT_REGIONAL": Effect.FAILED,
    "SEARCH_FAILURE_AT_CENTRAL": Effect.FAILED,
    "ADJUDICATE_RECORD": Effect.CAPTURED,
    "DUPLICATE_RECORD": Effect.DUPLICATE,
    "PRINT_READY_RECORD": Effect.CAPTURED,
    "SENT_FOR_CARD_PRINTING": Effect.CAPTURED,
    "CARD_PRINTED": Effect.CAPTURED,
    "CARD_SHIPPED": Effect.CAPTURED,
    "CARD_ISSUED": Effect.CAPTURED,
}


def effect_of(status: str) -> Effect:
    """The effect of a status; an unknown one has none."""
    return EFFECTS.get(status, Effect.NONE)


def is_known(status: str) -> bool:
    """Whether the status is one of the 15; UNREGISTERED is known, and has no effect."""
    return status in EFFECTS
