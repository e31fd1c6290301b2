"""How a person is named in an address: by the random subject, never by a NIK."""

from __future__ import annotations

from typing import Final
from uuid import UUID

__all__ = ["Subject", "subject_of"]

Subject: Final = "^[0-9a-f]{32}$"


def subject_of(text: str) -> UUID:
    return UUID(hex=text)
