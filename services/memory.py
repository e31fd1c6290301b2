"""Memory of a process that lives for weeks: garbage is looked for seldom, what is free goes back to the system."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from typing import Final

__all__ = ["give_back", "spare_garbage"]

_GARBAGE: Final = (100_000, 50, 100)
"""When garbage is looked for: batches make many values and no circles, and looking took a third of intake's time."""

_EVERY_S: Final = 30.0


def spare_garbage() -> None:
    """Look for garbage seldom, and never among what is there by now."""
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


async def give_back() -> None:
    """Give free memory back every half a minute, until cancelled; only glibc knows how.

    Small values of a batch lie between large ones, and glibc keeps the holes: after the demo, a third of intake.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.sleep(_EVERY_S)
        await asyncio.to_thread(trim, 0)
