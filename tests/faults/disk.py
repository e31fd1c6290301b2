"""A disk of a size, which can be full: a tmpfs of our own, mounted where we may; else a plain folder, never full."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Disk"]

SIZE_MB: Final = 3_000
_TRIES: Final = 200
"""Somebody else writes meanwhile, and what is on it cannot be more than its size."""


@dataclass
class Disk:
    """`why_not` says why it cannot be filled; empty where it can."""

    folder: Path
    why_not: str = ""
    is_full: bool = False
    _size: int = 0

    @classmethod
    @contextmanager
    def mounted(cls, folder: Path, size_mb: int = SIZE_MB) -> Iterator[Disk]:
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0755", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            why_not = done.stderr.strip()
        except OSError as error:
            why_not = str(error)
        try:
            yield cls(folder, why_not, _size=size_mb << 20)
        finally:
            if not why_not:
                subprocess.run(["umount", "-l", folder], check=False)

    def fill(self) -> None:
        """Leave no room at all: make it as small as what is on it, whoever else takes some meanwhile."""
        self.is_full = True
        with suppress(OSError):
            (self.folder / "something").write_bytes(b".")  # a size of 0 would be no bound at all
        for _ in range(_TRIES):
            if not self._room():
                return
            self._resize(self._taken())
        raise RuntimeError(f"{self.folder} does not get full")

    def empty(self) -> None:
        """Give it its size back."""
        if self.is_full:
            self._resize(self._size)
        self.is_full = False

    def _room(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def _taken(self) -> int:
        found = os.statvfs(self.folder)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def _resize(self, size: int) -> None:
        """It is refused where more than that is on it by now."""
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        subprocess.run(command, capture_output=True, check=False)
