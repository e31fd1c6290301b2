"""Ten short seeds on real engines, one after the other on one stage: everything holds, and every kind of fault came."""

from __future__ import annotations

import gc
import os
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.faults.plan import KINDS, plan
from tests.faults.run import audited, run
from tests.faults.stage import on_stage
from tests.kafka.leftovers import LEFT_BY_AIOKAFKA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.run import Report
    from tests.faults.stage import Stage

pytestmark = [pytest.mark.timeout(1000), *LEFT_BY_AIOKAFKA]

SEEDS = range(79, 89)  # the first ten that have every kind, and wait for a stopped process once
MINUTES = 0.1


class Stages:
    """The stage that the seeds share, with what was published on it; a new one after a seed that does not hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self.stage: Stage | None = None
        self._earlier: list[Path] = []
        self.reports: list[Report] = []

    def run(self, seed: int) -> Report:
        if self.stage is None:
            (place := self._folder / f"from-{seed}").mkdir()
            self.stage = self._open.enter_context(on_stage(place))
            self._earlier = []
        folder = self.stage.folder / f"published-{seed}"
        is_good = False
        try:
            report = run(self.stage, folder, seed, MINUTES, self._earlier)
            is_good = report.holds
        finally:
            if not is_good:
                self.close()
            gc.collect()  # what a fault has cut off is this seed's
        self._earlier.append(folder)
        self.reports.append(report)
        return report

    def close(self) -> None:
        self.stage = None
        self._open.close()


@pytest.fixture(scope="module")
def stages(apache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    made = Stages(tmp_path_factory.mktemp("faults"))
    yield made
    made.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_or_unexplained(stages: Stages, seed: int) -> None:
    report = stages.run(seed)

    assert report.holds, report.text()
    done = sum(report.done[kind] for kind in KINDS)
    assert done > 0
    assert done + len(report.left_out) >= len(report.faults)


def test_the_product_s_own_auditor_finds_nothing_afterwards(stages: Stages) -> None:
    if stages.stage is None:
        pytest.skip("no seed before has left a register that holds")

    assert audited(stages.stage) == []


def test_every_kind_that_they_planned_was_done_or_it_is_said_why_not(stages: Stages) -> None:
    if not stages.reports:
        pytest.skip("no seed ran before")
    planned = {fault.kind for report in stages.reports for fault in report.faults}
    left_out = {kind: why for report in stages.reports for kind, why in report.left_out.items()}
    never = planned - {kind for report in stages.reports for kind in KINDS if report.done[kind]}

    assert never <= left_out.keys()
    assert not never or os.environ.get("CI") != "true" or never == {"full_disk"}, left_out  # CI has all but root
    if never:
        pytest.skip("; ".join(f"never {kind}: {left_out[kind]}" for kind in sorted(never)))


def test_between_them_they_bring_about_every_kind_of_fault() -> None:
    assert set(Counter(fault.kind for seed in SEEDS for fault in plan(seed, MINUTES))) == set(KINDS)
