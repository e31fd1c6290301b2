"""What is half done is undone also where we are told to end, by SIGTERM or because the terminal is gone."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["undone_when_told_to_end"]


@contextmanager
def undone_when_told_to_end() -> Iterator[None]:
    """Make an exception of these signals, as Python does of Ctrl-C; outside of the main thread, nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)
