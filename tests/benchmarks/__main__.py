"""Measures on this machine, against a real Apache Kafka and PostgreSQL on loopback, bounded in count and in time.

    python -m tests.benchmarks              everything, one after the other, and one table
    python -m tests.benchmarks intake       from Kafka into the log, beside the eventsourcing library
    python -m tests.benchmarks views        each view live and rebuilt, beside the library's ProjectionRunner
    python -m tests.benchmarks latency      publish to visible in `counts`, 500 a second for 60 s
    python -m tests.benchmarks questions    counts, flows and days at 1,000,000 made-up facts
    python -m tests.benchmarks lists        pages of lists by name, and a whole list, at 1,000,000 made-up facts

Nothing is asserted. The README and docs/figures.md keep what was printed, with the machine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.benchmarks import intake, latency, lists, questions, views
from tests.benchmarks.engines import Bench
from tests.benchmarks.figure import machine, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.figure import Figure

BENCHMARKS = {
    "intake": intake.measured,
    "views": views.measured,
    "latency": latency.measured,
    "questions": questions.measured,
    "lists": lists.measured,
}


def main(arguments: Sequence[str]) -> None:
    if not set(arguments) <= BENCHMARKS.keys():
        sys.exit(__doc__)
    figures: list[Figure] = []
    print(machine())
    for name in arguments or BENCHMARKS:
        with Bench.up() as bench:
            for figure in BENCHMARKS[name](bench):
                print(f"{figure.what}: {figure.measured}", flush=True)
                figures.append(figure)
    print(f"\n{table(figures)}\n\n{machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
