"""Faults, seeded: a mixed load through real engines, faults at drawn moments, and a judge over what came of it.

    python -m tests.faults --seed 7 --minutes 5                one run; `--seed 1-10` is ten, each from the start
    python -m tests.faults --seed 7 --minutes 5 --plan         only prints the plan, which depends on nothing else
    python -m tests.faults --seed 7 --minutes 5 --json FILE    also writes the report there
    python -m tests.faults --seed 7 --minutes 5 --keep FOLDER  and keeps what was published, and every log, there

The exit code is 0 where everything holds and 1 where something does not. The same seed and length is the same load and
the same plan; what meets what at which moment is as repeatable as the machine's own timing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.run import planned, run
from tests.faults.stage import on_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from tests.faults.run import Report


def main(arguments: Sequence[str]) -> int:
    told = _parser().parse_args(arguments)
    reports = []
    for seed in told.seed:
        print(f"seed {seed}, {told.minutes:g} minutes:\n{planned(seed, told.minutes)}", flush=True)
        if not told.plan:
            reports.append(_run(seed, told.minutes, told.keep))
            print(reports[-1].text(), flush=True)
    if told.json is not None:
        told.json.write_text(json.dumps([report.document() for report in reports], indent=2) + "\n")
    return 0 if all(report.holds for report in reports) else 1


def _run(seed: int, minutes: float, keep: Path | None) -> Report:
    place: AbstractContextManager[str | Path] = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    if keep is not None:
        place = nullcontext(keep / f"seed-{seed}")
        (keep / f"seed-{seed}").mkdir(parents=True)
    with place as folder, on_stage(Path(folder)) as stage:
        return run(stage, Path(folder) / "published", seed, minutes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=_seeds, required=True, metavar="N", help="or FIRST-LAST, one run each")
    parser.add_argument("--minutes", type=_length, required=True, metavar="M", help="how long the load and faults last")
    parser.add_argument("--plan", action="store_true", help="print the plan and do nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep everything there")
    return parser


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    if not seeds:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed, such as 7, nor a range of seeds, such as 1-10")
    return seeds


def _length(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text} minutes: write more than 0 and at most {24 * 60}")
    return minutes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
