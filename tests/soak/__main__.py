"""A soak on this machine: a real Apache Kafka and PostgreSQL, every process, 500 facts a second, and what grows.

    python -m tests.soak --minutes 60                 prints a table: start, end, flat or not
    python -m tests.soak --minutes 60 --json FILE     also writes every figure there
    python -m tests.soak --minutes 60 --plots FOLDER  and draws them there, as SVG
    python -m tests.soak --minutes 5 --scale 1/20     in a smaller city: a twentieth of Kota Kupang

What is flat is said by tests/soak/flat.py. The exit code is 1 where a message is not accounted for, a question was
refused, a process ended, or `rekam audit check` does not hold; that something is not flat does not change it.
"""

from __future__ import annotations

import argparse
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.city import City
from tests.benchmarks.engines import Bench
from tests.soak.drawn import draw
from tests.soak.run import soak

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, required=True, metavar="M", help="how long facts are published")
    parser.add_argument("--scale", type=Fraction, default=Fraction(1, 4), metavar="S", help="of the city; 1/4")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw them there")
    told = parser.parse_args(arguments)
    with Bench.up() as bench:
        report = soak(bench, City.of_scale(told.scale), told.minutes)
    print(report.text())
    if told.json is not None:
        told.json.write_text(json.dumps(report.document()) + "\n")
    if told.plots is not None:
        draw(report.document(), told.plots)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
