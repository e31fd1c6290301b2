"""The disk is really full and the clock is really set back, where this machine lets us; else it is said why not."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk import Disk
from tests.faults.stage import clock_environ, faketime

if TYPE_CHECKING:
    from pathlib import Path

ASKS = """
import datetime, sys, time
for _ in sys.stdin:
    time.sleep(0.01)
    print(datetime.datetime.now(datetime.UTC).timestamp(), time.monotonic(), flush=True)
"""
HOUR_S = 3600


def test_nothing_can_be_written_to_a_full_disk_and_everything_afterwards(tmp_path: Path) -> None:
    with Disk.mounted(tmp_path / "disk", size_mb=8) as disk:
        if disk.why_not:
            pytest.skip(disk.why_not)
        file = disk.folder / "file"
        disk.fill()
        with pytest.raises(OSError, match="No space left") as full:
            file.write_bytes(os.urandom(100_000))
        assert full.value.errno == errno.ENOSPC
        disk.empty()
        assert not disk.is_full
        assert file.write_bytes(os.urandom(100_000)) == 100_000
    assert not file.exists()


def test_a_running_process_sees_its_clock_go_back_by_an_hour_and_its_waits_go_on(tmp_path: Path) -> None:
    if faketime() is None:
        pytest.skip("libfaketime is not installed")
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    with subprocess.Popen(
        [sys.executable, "-c", ASKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **clock_environ(clock)},
    ) as asked:

        def told() -> tuple[float, float]:
            assert asked.stdin
            assert asked.stdout
            asked.stdin.write("\n")
            asked.stdin.flush()
            now, waited = asked.stdout.readline().split()
            return float(now), float(waited)

        before = told()
        clock.write_text("-1h\n")
        back = told()
        clock.write_text("+0\n")
        again = told()
        assert asked.stdin
        asked.stdin.close()

    assert back[0] == pytest.approx(before[0] - HOUR_S, abs=60)
    assert again[0] >= before[0]
    assert before[1] <= back[1] <= again[1] < before[1] + 60
