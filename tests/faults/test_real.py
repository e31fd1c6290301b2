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

pytestmark = pytest.mark.alone

ASKS = """
import datetime, sys, time
for _ in sys.stdin:
    time.sleep(0.01)
    print(datetime.datetime.now(datetime.UTC).timestamp(), time.monotonic(), flush=True)
"""
WAITS = """
import ctypes, time
c = ctypes.CDLL(None)
attributes, condition, mutex = (ctypes.create_string_buffer(64) for _ in range(3))
c.pthread_condattr_init(attributes)
c.pthread_condattr_setclock(attributes, time.CLOCK_MONOTONIC)
c.pthread_cond_init(condition, attributes)
c.pthread_mutex_init(mutex, None)
c.pthread_mutex_lock(mutex)
until = time.monotonic() + 0.05
c.pthread_cond_timedwait(condition, mutex, (ctypes.c_long * 2)(int(until), int(until % 1 * 1e9)))
print(time.monotonic() - until)
"""
HOUR_S = 3600


def needs_faketime() -> None:
    if faketime() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("libfaketime is not installed")


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
    needs_faketime()
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


@pytest.mark.parametrize("clock", ["+0", "-1h"])
def test_a_thread_that_waits_for_its_turn_waits_as_long_as_it_said(tmp_path: Path, clock: str) -> None:
    """Else two threads of one Python wake each other all the time, and come to a fortieth of what they do."""
    needs_faketime()
    (tmp_path / "clock").write_text(f"{clock}\n")

    environ = {**os.environ, **clock_environ(tmp_path / "clock")}
    done = subprocess.run([sys.executable, "-c", WAITS], env=environ, capture_output=True, check=True)

    assert float(done.stdout) >= 0
