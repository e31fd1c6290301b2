"""What is half done is undone also where we are told to end, by SIGTERM or because the terminal is gone."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["undone_when_told_to_end"]

_TOLD: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def undone_when_told_to_end() -> Iterator[None]:
    """Make an exception of these signals, as Python does of Ctrl-C; outside of the main thread, nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _TOLD}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as by nohup
            signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: object) -> NoReturn:
    for one in _TOLD:  # being told once is enough
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(128 + number)
