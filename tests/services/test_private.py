"""Ports that are told: one that another register is about to listen on is told to nobody else."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from services import private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANOTHER = """
import sys
from pathlib import Path
from services import private
print(private.port_for(Path(sys.argv[1]), int(sys.argv[2])), flush=True)
sys.stdin.read()
"""

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="nothing is claimed elsewhere than on Linux")


@contextmanager
def told_in_another_process(remembered: Path, wish: int) -> Iterator[int]:
    """The port that another process is told; it does not listen there, and lives until the end of the block."""
    command = [sys.executable, "-c", ANOTHER, str(remembered), str(wish)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture
def wish(tmp_path: Path) -> Iterator[int]:
    """A port that nobody listens on and nobody has claimed."""
    port = private.port_for(tmp_path / "any")
    private.give_back(port)
    yield port
    private.give_back(port)


@only_linux
def test_two_processes_that_wish_for_a_port_at_once_are_told_two(tmp_path: Path, wish: int) -> None:
    with told_in_another_process(tmp_path / "theirs", wish) as theirs:
        ours = private.port_for(tmp_path / "ours", wish)
        private.give_back(ours)

    assert theirs == wish
    assert ours != wish


@only_linux
def test_a_port_is_free_again_when_the_process_that_was_told_it_is_killed(tmp_path: Path, wish: int) -> None:
    with told_in_another_process(tmp_path / "theirs", wish):
        pass

    assert private.port_for(tmp_path / "ours", wish) == wish


@only_linux
def test_one_that_is_given_back_is_told_to_another_process(tmp_path: Path, wish: int) -> None:
    assert private.port_for(tmp_path / "ours", wish) == wish
    with told_in_another_process(tmp_path / "theirs", wish) as first:
        pass
    private.give_back(wish)
    with told_in_another_process(tmp_path / "others", wish) as then:
        pass

    assert first != wish
    assert then == wish


def test_two_engines_of_one_process_are_told_two_and_each_is_told_its_own_again(tmp_path: Path, wish: int) -> None:
    first, second = (private.port_for(tmp_path / name, wish) for name in ("a", "b"))
    again = [private.port_for(tmp_path / name, wish) for name in ("a", "b")]
    private.give_back(second)

    assert first == wish
    assert second != wish
    assert again == [first, second]


def test_a_port_that_somebody_listens_on_is_told_to_nobody(tmp_path: Path, wish: int) -> None:
    with socket.create_server(("127.0.0.1", wish)):
        other = private.port_for(tmp_path / "ours", wish)
    private.give_back(other)

    assert other != wish
