"""Whether what was measured stays as it is. Pure: series of figures come in, verdicts go out.

The start is the median of the first tenth of a series, the end that of its last tenth; a series is taken every few
seconds, and begins when the load has been on for a while. By kind:

| kind | unit | flat where |
|---|---|---|
| latency, answer | ms | the end is at most a quarter more than the start, and 10 ms |
| memory | MB | the end is at most a tenth more than the start, and 16 MB |
| handles, threads, connections | | the end is at most 8 more than the start |
| rewritten | bytes | the end is at most twice the start, and 1 MiB |
| dead | rows | the end is at most twice the start, and 10,000: what autovacuum has not come to yet |
| lag | messages | the end is at most 2,000 more than the start: offsets are committed once a second at most |
| wal | bytes | the end is at most 1.25 GiB: PostgreSQL's `max_wal_size` is 1 GiB, and it is not exact |
| grown, log | bytes a fact | in the second half at most a quarter more than in the first, and 16 bytes |

What is rewritten is a table whose rows are changed more often than added to; what is grown, one to which facts add, and
its start and end are what each fact added in the first and in the second half, as with the file that a process logs to.

In a run of minutes memory is still warming up, and a checkpoint may fall into one tenth alone: only a long run says
whether latency and memory are flat.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["KINDS", "Kind", "Verdict", "judged"]

_GIB: Final = 2**30


class Kind(NamedTuple):
    """How a figure is held: at most `times` the start and `plus`; or `most`; or, `by_fact`, what each fact added."""

    unit: str
    times: float = 1.0
    plus: float = 0.0
    most: float | None = None
    by_fact: bool = False


KINDS: Final = {
    "latency": Kind("ms", 1.25, 10),
    "answer": Kind("ms", 1.25, 10),
    "memory": Kind("MB", 1.1, 16),
    "handles": Kind("", 1, 8),
    "threads": Kind("", 1, 8),
    "connections": Kind("", 1, 8),
    "rewritten": Kind("bytes", 2, 1024 * 1024),
    "dead": Kind("rows", 2, 10_000),
    "lag": Kind("messages", 1, 2_000),
    "wal": Kind("bytes", most=1.25 * _GIB),
    "grown": Kind("bytes a fact", 1.25, 16, by_fact=True),
    "log": Kind("bytes a fact", 1.25, 16, by_fact=True),
}


class Verdict(NamedTuple):
    """One figure: its kind and name, the start and the end in the kind's unit, and whether it is flat."""

    kind: str
    name: str
    start: float
    end: float
    flat: bool

    def text(self) -> str:
        return f"| {self.kind} | {self.name} | {self.start:,.1f} | {self.end:,.1f} | {'yes' if self.flat else 'NO'} |"


def judged(series: Mapping[tuple[str, str], Sequence[float]], facts: Sequence[float]) -> list[Verdict]:
    """A verdict on each series, in their order. `facts` is how many there were when each figure was taken.

    ValueError where a series has another length than the facts, or fewer than two figures.
    """
    return [_judged(kind, name, figures, facts) for (kind, name), figures in series.items()]


def _judged(kind: str, name: str, figures: Sequence[float], facts: Sequence[float]) -> Verdict:
    if len(figures) != len(facts) or len(figures) < 2:
        raise ValueError(f"{kind} of {name}: {len(figures)} figures, at {len(facts)} numbers of facts")
    rule = KINDS[kind]
    if rule.by_fact:
        middle = len(figures) // 2
        start, end = _added(figures, facts, 0, middle), _added(figures, facts, middle, len(figures) - 1)
    else:
        tenth = max(1, len(figures) // 10)
        start, end = median(figures[:tenth]), median(figures[-tenth:])
    most = rule.most if rule.most is not None else rule.times * start + rule.plus
    return Verdict(kind, name, start, end, end <= most)


def _added(figures: Sequence[float], facts: Sequence[float], first: int, last: int) -> float:
    """What each fact added between two places; nothing where there were none."""
    more = facts[last] - facts[first]
    return (figures[last] - figures[first]) / more if more else 0.0
