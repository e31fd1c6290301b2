"""`rekam rebuild` of a million facts that went through intake: by phase, with the most memory that a process had.

The register is the city of `city`, which its own projectors have followed; filling it takes most of the time.
"""

from __future__ import annotations

import os
import time
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

from services.processes import VIEWS
from services.rebuilding import rebuild
from tests.benchmarks.city import FACTS, City
from tests.benchmarks.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.settings import Settings
    from tests.benchmarks.engines import Bench

__all__ = ["Memory", "measured", "rebuilt"]

_OFTEN_S = 0.05


def measured(bench: Bench) -> Iterator[Figure]:
    """All three views, then `counts` alone: folded, compared row by row with the one in use, and swapped."""
    print(f"{FACTS:,} facts in {City().fill(bench):.0f} s", flush=True)
    yield from rebuilt(bench.settings, tuple(VIEWS), 30)
    yield from rebuilt(bench.settings, ("counts",), 20)


def rebuilt(settings: Settings, views: Sequence[str], goal_s: float) -> Iterator[Figure]:
    seconds: dict[str, float] = {}
    began = time.monotonic()
    with redirect_stderr(StringIO()), Memory() as memory:  # its progress bar
        found = rebuild(settings, views, accept=False, seconds=seconds)["views"]
    took = time.monotonic() - began
    if not all(view["swapped"] for view in found):
        raise SystemExit(f"not swapped: {found}")
    what = f"{' '.join(views)} rebuilt, compared and swapped, at {found[0]['position']:,} facts"
    yield Figure(what, f"{took:.1f} s", f"≤ {goal_s:g} s", took <= goal_s)
    yield Figure("… by phase", ", ".join(f"{phase} {in_s:.1f} s" for phase, in_s in seconds.items()))
    yield Figure("… most memory of a process, a backend's without what is shared", f"{memory.most_mb:,.0f} MB")


class Memory:
    """The most that this process, its children or a backend of PostgreSQL has of its own while the block runs."""

    def __init__(self) -> None:
        self.most_mb = 0.0
        self._over = Event()
        self._looking = Thread(target=self._look)

    def __enter__(self) -> Self:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._over.wait(_OFTEN_S):
            self.most_mb = max(self.most_mb, *(_own_mb(pid) for pid in _ours()), 0)


def _ours() -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if int(folder.name) == os.getpid() or parent == os.getpid() or command.startswith(b"postgres: "):
            yield int(folder.name)


def _own_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0)
