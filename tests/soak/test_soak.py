"""Three minutes at 500 facts a second on engines of the test's own, so that it can run beside others.

What is held does not depend on how fast the machine is: that nothing is lost, and that what should not grow does not.
How long anything took is measured by `make soak` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services import scenario
from tests.benchmarks.city import City
from tests.benchmarks.engines import Bench
from tests.soak.run import soak

if TYPE_CHECKING:
    from tests.soak.run import Report

MINUTES = 3
SURE = {"handles", "threads", "connections", "rewritten", "wal"}
"""What a fact adds to a table or a file depends on how many of them are taken at once, so on the machine."""


@pytest.mark.timeout(900)
def test_three_minutes_leave_nothing_behind(apache: None) -> None:
    with Bench.up() as bench:
        report = soak(bench, City.of_scale(scenario.QUICK), MINUTES)

    assert report.failures == [], report.text()
    assert report.came == report.due
    assert set(report.due) == {"appended", "duplicate", "quarantined"}
    assert _not_flat(report) == []
    assert _heavy(report) == {}
    assert {one.kind for one in report.verdicts()} >= SURE


def _not_flat(report: Report) -> list[str]:
    return [one.text() for one in report.verdicts() if one.kind in SURE and not one.flat]


def _heavy(report: Report) -> dict[str, float]:
    """Processes that at the end had half as much again in memory as at the start, and 64 MB more."""
    memory = [one for one in report.verdicts() if one.kind == "memory"]
    return {one.name: one.end for one in memory if one.end > 1.5 * one.start + 64}
