"""Measures on this machine, against a real Apache Kafka and PostgreSQL on loopback, bounded in count and in time.

    python -m tests.benchmarks              all of these but the last, one after the other, and one table
    python -m tests.benchmarks intake       from Kafka into the log, beside the eventsourcing library
    python -m tests.benchmarks views        each view live and rebuilt, beside the library's ProjectionRunner
    python -m tests.benchmarks latency      publish to visible in `counts`, 500 a second for 60 s
    python -m tests.benchmarks questions    counts, flows and days at 1,000,000 made-up facts
    python -m tests.benchmarks lists        pages of lists by name, and a whole list, at 1,000,000 made-up facts
    python -m tests.benchmarks api          the API at 1,000,000 real facts under load, while 500 a second come in;
                                            it takes half an hour, and the load tool vegeta: only if asked for

Nothing is asserted. The README and docs/figures.md keep what was printed, with the machine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.benchmarks import api, intake, latency, lists, questions, views
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
    "api": api.measured,
}
LONG = {"api"}


def main(arguments: Sequence[str]) -> None:
    if not set(arguments) <= BENCHMARKS.keys():
        sys.exit(__doc__)
    figures: list[Figure] = []
    print(machine())
    for name in arguments or (name for name in BENCHMARKS if name not in LONG):
        with Bench.up() as bench:
            for figure in BENCHMARKS[name](bench):
                print(f"{figure.what}: {figure.measured}", flush=True)
                figures.append(figure)
    print(f"\n{table(figures)}\n\n{machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
