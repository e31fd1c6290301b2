"""How a person is named in an address: by the random subject, never by a NIK."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

__all__ = ["Subject", "is_subject", "subject_of"]

Subject: Final = "^[0-9a-f]{32}$"


def is_subject(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{32}", text) is not None


def subject_of(text: str) -> UUID:
    return UUID(hex=text)
