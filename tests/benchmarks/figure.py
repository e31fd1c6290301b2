"""What is printed: figures beside their goals, as a table for the README, with the machine they were measured on."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Figure", "machine", "rate", "table", "timed"]


@dataclass(frozen=True)
class Figure:
    """One row. `reached` is None where there is no goal."""

    what: str
    measured: str
    goal: str = ""
    reached: bool | None = None

    @classmethod
    def ratio(cls, what: str, ours: float, theirs: float, goal: float) -> Figure:
        """Ours over theirs, both in facts a second, measured in one run."""
        times = ours / theirs
        return cls(what, f"{rate(ours)} to {rate(theirs)}: {times:.2f} ×", f"≥ {goal:g} ×", times >= goal)

    @classmethod
    def within(cls, what: str, p50: float, p99: float, goal_ms: float) -> Figure:
        return cls(what, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", f"p99 ≤ {goal_ms:g} ms", p99 <= goal_ms)


def rate(a_second: float) -> str:
    return f"{a_second:,.0f}/s"


def timed(asked: Callable[[], object], times: int) -> tuple[float, float]:
    """The p50 and p99, in ms."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        asked()
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    return took[times // 2], took[int(0.99 * (times - 1))]


def machine() -> str:
    """The machine in one line. It is shared: the loop of additions says how fast it is at the moment."""
    began = time.perf_counter()
    sum(range(10_000_000))
    took = time.perf_counter() - began
    return (
        f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}; "
        f"load {os.getloadavg()[0]:.1f}, 10 million additions in {took:.2f} s"
    )


def table(figures: Iterable[Figure]) -> str:
    """As Markdown, in the order given."""
    lines = ["| what | measured | goal | reached |", "|---|---|---|---|"]
    said = {None: "", True: "yes", False: "no"}
    lines += [f"| {one.what} | {one.measured} | {one.goal} | {said[one.reached]} |" for one in figures]
    return "\n".join(lines)
