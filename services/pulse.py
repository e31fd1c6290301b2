"""A process's pulse: a file that is touched after each round that went well, for whoever looks after processes.

A round went well when the engines have answered and something was done, or there was nothing to do. So the file grows
old when the process hangs, and also when it lives and gets nowhere.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from events.errors import WrongUse

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Pulse"]


class Pulse:
    """Without a path it does nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def begin(self) -> None:
        """Take away what an earlier run left; WrongUse where the file cannot be made."""
        if self._path is not None:
            try:
                self._path.touch(mode=0o600)
                self._path.unlink()
            except OSError as error:
                raise WrongUse(f"REKAM_PULSE: {self._path} cannot be written: {error.strerror}") from None

    def beat(self) -> None:
        """A file that cannot be touched any more stops nothing: it grows old, and that is seen."""
        if self._path is not None:
            with suppress(OSError):
                self._path.touch(mode=0o600)
