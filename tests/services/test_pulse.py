"""The file that says when a process last got on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from events.errors import WrongUse
from services.pulse import Pulse

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_there_before_the_first_round_went_well(tmp_path: Path) -> None:
    path = tmp_path / "pulse"
    path.touch()

    Pulse(path).begin()

    assert not path.exists()


def test_each_round_makes_the_file_young_again(tmp_path: Path) -> None:
    path = tmp_path / "pulse"
    pulse = Pulse(path)
    pulse.begin()
    pulse.beat()
    os.utime(path, (0, 0))

    pulse.beat()

    assert path.stat().st_mtime > 0
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_made_is_named_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"REKAM_PULSE: .*/nowhere/pulse cannot be written: No such file or directory"):
        Pulse(tmp_path / "nowhere" / "pulse").begin()


def test_a_file_that_is_lost_later_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    pulse = Pulse(folder / "pulse")
    pulse.begin()
    folder.rmdir()

    pulse.beat()

    assert not folder.exists()


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    Pulse().begin()
    Pulse().beat()

    assert list(tmp_path.iterdir()) == []
