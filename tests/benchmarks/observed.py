"""What the kernel says of a process: processor time, file handles, threads; and of PostgreSQL with all its sessions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from tests.benchmarks.engines import Bench

__all__ = ["handles", "postmaster", "processor_s", "server_s", "threads"]

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


class _Stat(NamedTuple):
    """The parent, and ticks of processor time: of the process itself, and of its children that have ended."""

    parent: int
    own: int
    ended: int


def handles(pid: int) -> int:
    """How many files, sockets and pipes it has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def threads(pid: int) -> int:
    """How many threads it has."""
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def processor_s(pid: int) -> float:
    """Seconds of processor time since it began, of all its threads."""
    return _TICK_S * _stat(Path(f"/proc/{pid}")).own


def postmaster(bench: Bench) -> int:
    """PostgreSQL's first process, the parent of all others."""
    return int((bench.settings.data / "postgres" / "postmaster.pid").read_text().split()[0])


def server_s(postmaster: int) -> float:
    """Seconds of processor time since PostgreSQL began, of every process of it, those that have ended too."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = _stat(folder)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(folder.name) == postmaster:
                total += stat.own + stat.ended
            elif stat.parent == postmaster:
                total += stat.own
    return _TICK_S * total


def _stat(folder: Path) -> _Stat:
    """proc(5): behind the name in brackets, the parent is the second field, the times are the 12th to the 15th."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return _Stat(int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14]))
