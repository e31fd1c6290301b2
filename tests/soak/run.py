"""One soak, from a filled register to its report.

1. a city is filled, every process of ours is started
2. facts are published and questions asked; a tenth of the time nothing is noted, while everything warms up
3. every few seconds one look at everything
4. the publisher ends; every message is waited for, then every view and the relay
5. the outcomes are counted and compared with what was published, and `rekam audit check` is run
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from services.processes import VIEWS
from tests.benchmarks.api import made_user, served
from tests.benchmarks.drawn import Drawn
from tests.benchmarks.figure import machine
from tests.soak.flat import Verdict, judged
from tests.soak.load import asking, publishing, questions
from tests.soak.taken import Look, looking

if TYPE_CHECKING:
    from tests.benchmarks.city import City
    from tests.benchmarks.engines import Bench
    from tests.soak.taken import Looking

__all__ = ["A_SECOND", "Report", "soak"]

A_SECOND: Final = 500
_LOOKS: Final = 100
_LEAST_S: Final = 5.0
_LONGEST_S: Final = 600.0


@dataclass
class Report:
    """What was seen: `looks` in order, each with the second it was taken at and how many facts there were then."""

    minutes: float
    machine: str = field(default_factory=machine)
    looks: list[tuple[float, int, Look]] = field(default_factory=list)
    due: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def series(self) -> dict[tuple[str, str], list[float]]:
        """The figures by kind and name; what was not there at every look is left out, and told by `missing`.

        A table that nobody has written to, or a connection that is not yet open, is 0.
        """
        names = dict.fromkeys(name for _, _, look in self.looks for name in look)
        every = {name: [look.get(name) for _, _, look in self.looks] for name in names}
        zero = {"connections", "rewritten", "grown", "dead"}
        return {
            name: [0.0 if figure is None else figure for figure in figures]
            for name, figures in every.items()
            if name[0] in zero or None not in figures
        }

    def missing(self) -> list[str]:
        """What there was nothing to measure of at some looks, as where nothing became visible between two."""
        held = self.series()
        names = dict.fromkeys(name for _, _, look in self.looks for name in look if name not in held)
        times = {name: sum(name not in look for _, _, look in self.looks) for name in names}
        return [f"not flat: {kind} of {name}, looks without it: {times[kind, name]}" for kind, name in names]

    def verdicts(self) -> list[Verdict]:
        """One on each series."""
        return judged(self.series(), [facts for _, facts, _ in self.looks])

    def text(self) -> str:
        """As a table, without what nothing was added to; then what came of the messages, and what does not hold."""
        verdicts = [one for one in self.verdicts() if one.kind != "grown" or one.start or one.end]
        lines = ["| kind | of | start | end | flat |", "|---|---|---|---|---|", *(one.text() for one in verdicts)]
        published = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.came.items()))
        first, last = self.looks[0][1], self.looks[-1][1]
        lines += ["", f"{self.minutes:g} minutes, from {first:,} to {last:,} facts; came to: {published}"]
        lines += [f"{sum(one.flat for one in verdicts)} of {len(verdicts)} are flat", *self.missing()]
        lines += [*self.failures, self.machine]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "minutes": self.minutes,
            "due": self.due,
            "came": self.came,
            "failures": self.failures,
            "missing": self.missing(),
            "verdicts": [one._asdict() for one in self.verdicts()],
            "at_s": [round(at, 1) for at, _, _ in self.looks],
            "facts": [facts for _, facts, _ in self.looks],
            "series": {"/".join(name): figures for name, figures in self.series().items()},
        }


def soak(bench: Bench, city: City, minutes: float, a_second: int = A_SECOND) -> Report:
    """Run it on engines that hold nothing yet. What does not hold stands in the report."""
    report = Report(minutes)
    city.fill(bench)
    token = made_user(bench.settings, bench.settings.database)
    before = _outcomes(bench)
    with ExitStack() as opened:
        api, children = opened.enter_context(served(bench))
        look = opened.enter_context(looking(bench, children))
        asked = questions(Drawn(bench, api, token))
        with publishing(bench, city, a_second, look, report.due), asking(asked, look):
            time.sleep(6 * minutes)
            look.look()  # what it took while everything warmed up
            _look(bench, look, report, 54 * minutes)
        report.failures += [f"{name} ended with {one.poll()}" for name, one in children.items() if one.poll()]
        report.failures += [f"{times} answers were refused, {what}" for what, times in look.refused.items()]
        _settled(bench, report, before)
    report.came = _outcomes(bench) - before
    if report.came != report.due:
        report.failures.append(f"due were {dict(report.due)}, came to {dict(report.came)}")
    report.failures += _audited(bench)
    return report


def _look(bench: Bench, look: Looking, report: Report, during_s: float) -> None:
    began = time.monotonic()
    every = max(_LEAST_S, during_s / _LOOKS)
    due = every
    while due <= during_s:
        time.sleep(max(0.0, began + due - time.monotonic()))
        due = every * (1 + int((time.monotonic() - began) / every + 0.01))
        found = look.look()
        report.looks.append((time.monotonic() - began, int(bench.one("SELECT size FROM log.head")), found))


def _settled(bench: Bench, report: Report, before: Counter[str]) -> None:
    """Wait until every message has an outcome, and views and relay are at the log's end; else say who is not."""
    due = report.due.total() + before.total()
    wanted = {"intake": f"SELECT coalesce(sum(offsets), 0) >= {due} FROM watch.offsets"}
    wanted |= {view: f"SELECT position >= (SELECT size FROM log.head) FROM {view}.position" for view in VIEWS}
    wanted["relay"] = "SELECT last >= (SELECT size FROM log.head) FROM intake.relayed WHERE topic = 'rekam.log'"
    report.failures += [
        f"{name} was not done with everything {_LONGEST_S:.0f} s after the load, or after those before it"
        for name, question in wanted.items()
        if not bench.comes_true(question, _LONGEST_S)
    ]


def _outcomes(bench: Bench) -> Counter[str]:
    """How many offsets came to each outcome, by the ledger itself."""
    rows = bench.looking.execute("SELECT outcome, sum(last - first + 1)::bigint FROM intake.accounted GROUP BY outcome")
    return Counter(dict(rows.fetchall()))


def _audited(bench: Bench) -> list[str]:
    """What `rekam audit check` has against the register, in its words."""
    command = [sys.executable, "-m", "services", "audit", "check"]
    done = subprocess.run(command, env=bench.environ, capture_output=True, text=True, check=False)
    return [f"rekam audit check ended with {done.returncode}: {done.stdout}{done.stderr}"] if done.returncode else []
