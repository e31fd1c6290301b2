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
import re
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.faults.run import audited, planned, run
from tests.faults.stage import on_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from tests.faults.run import Report


LONGEST: Final = 24 * 60


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
        report = run(stage, Path(folder) / "published", seed, minutes)
        report.failures += audited(stage)
        return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=_seeds, required=True, metavar="N", help="or FIRST-LAST, one run each")
    parser.add_argument("--minutes", type=_length, required=True, metavar="M", help="how long the load and faults last")
    parser.add_argument("--plan", action="store_true", help="print the plan and do nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument("--keep", type=_new_folder, metavar="FOLDER", help="keep everything there")
    return parser


def _seeds(text: str) -> range:
    match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
    seeds = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
    if not seeds:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed, such as 7, nor a range of seeds, such as 1-10")
    return seeds


def _length(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes, more than 0 and at most {LONGEST}")
    return minutes


def _new_folder(text: str) -> Path:
    folder = Path(text).absolute()
    if folder.exists():
        raise argparse.ArgumentTypeError(f"{folder} is there already: name one that is not")
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
