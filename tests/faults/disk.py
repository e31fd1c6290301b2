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


@dataclass
class Disk:
    """`why_not` says why it cannot be filled; empty where it can."""

    folder: Path
    why_not: str = ""

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
            yield cls(folder, why_not)
        finally:
            if not why_not:
                subprocess.run(["umount", "-l", folder], check=False)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    @property
    def is_full(self) -> bool:
        return self._ballast.exists()

    def fill(self) -> None:
        """Leave no room at all, whoever else takes some meanwhile."""
        with self._ballast.open("wb") as file:
            taken = 0
            while room := self._room():
                with suppress(OSError):  # somebody else took a part of it
                    os.posix_fallocate(file.fileno(), taken, room)
                    taken += room

    def _room(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def empty(self) -> None:
        self._ballast.unlink(missing_ok=True)
