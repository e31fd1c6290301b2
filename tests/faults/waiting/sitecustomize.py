"""Imported by Python when it starts our processes under libfaketime, which refuses what `time.sleep` asks (EINVAL)."""

from __future__ import annotations

import select
import time

__all__ = ["sleep"]


def sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = sleep  # type: ignore[assignment]
