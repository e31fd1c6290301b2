"""Measures on this machine, against a real Apache Kafka and PostgreSQL on loopback, bounded in count and in time.

    python -m tests.benchmarks              all of these but the last three, one after the other, and one table
    python -m tests.benchmarks intake       from Kafka into the log, beside the eventsourcing library
    python -m tests.benchmarks views        each view live and rebuilt, beside the library's ProjectionRunner
    python -m tests.benchmarks remembering  one more fact of somebody of whom 3, 12 or 24 are known
    python -m tests.benchmarks latency      publish to visible in `counts`, 500 a second for 60 s
    python -m tests.benchmarks questions    counts, flows and days at 1,000,000 made-up facts
    python -m tests.benchmarks lists        pages of lists by name, and a whole list, at 1,000,000 made-up facts
    python -m tests.benchmarks api          the API at 1,000,000 real facts under load, while 500 a second come in;
                                            it takes half an hour, and the load tool vegeta: only if asked for
    python -m tests.benchmarks rebuild      all three views made anew from 1,000,000 real facts, and `counts` alone;
                                            it takes a quarter of an hour to have them: only if asked for
    python -m tests.benchmarks growth [FACTS…]
                                            each cost at 100,000, 300,000 and 1,000,000 facts of one register, or at
                                            the sizes given, into docs/growth.json, docs/growth.md and docs/growth/:
                                            ten minutes or more, only if asked for; 10000000 takes an hour or more

Nothing is asserted. The README and docs/figures.md keep what was printed, with the machine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.benchmarks import api, growth, growth_drawn, intake, latency, lists, questions, rebuild, remembering, views
from tests.benchmarks.engines import Bench
from tests.benchmarks.figure import machine, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.figure import Figure

BENCHMARKS = {
    "intake": intake.measured,
    "views": views.measured,
    "remembering": remembering.measured,
    "latency": latency.measured,
    "questions": questions.measured,
    "lists": lists.measured,
    "api": api.measured,
    "rebuild": rebuild.measured,
}
LONG = {"api", "rebuild"}


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["growth"] and all(map(str.isdecimal, arguments[1:])):
        _growth(sorted(map(int, arguments[1:])))
        return
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


def _growth(sizes: Sequence[int]) -> None:
    print(machine())
    with Bench.up() as bench:
        for figure in growth.measured(bench, sizes or growth.SIZES):
            print(f"{figure.what}: {figure.measured}", flush=True)
    growth_drawn.draw()
    print(growth_drawn.table(growth_drawn.kept()))


if __name__ == "__main__":
    main(sys.argv[1:])
