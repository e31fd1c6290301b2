"""What looks after everything: told to end, refused, and the demo that publishes while an engine goes away."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import closing
from itertools import chain, count, repeat
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import Refusal, Unreachable
from services import child, demonstration, private
from services.demonstration import _Look, _Story
from services.embedded import Embedded, only_one
from services.settings import from_environ
from services.supervisor import Supervisor, _Runner, supervised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def test_being_told_to_end_is_said_at_the_next_tick_however_it_got_lost(tmp_path: Path) -> None:
    settings = from_environ({"REKAM_DATA": str(tmp_path)})
    supervisor = Supervisor(settings, Embedded(settings), told=True)

    with pytest.raises(KeyboardInterrupt):
        supervisor.tick()


def test_who_is_refused_gives_the_signals_back(tmp_path: Path) -> None:
    """Else every program started afterwards would ignore them, and never end."""
    private.make_folder(tmp_path / "data")
    before = [signal.getsignal(number) for number in ENDING]

    with (
        only_one(tmp_path / "data"),
        pytest.raises(Refusal, match="runs the engines in"),
        supervised(from_environ({"REKAM_DATA": str(tmp_path / "data")})),
    ):
        pytest.fail("two of them on one folder")

    assert [signal.getsignal(number) for number in ENDING] == before


def test_the_log_of_a_process_that_runs_for_weeks_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LONGEST_LOG_BYTES", 100)
    supervisor = Supervisor(from_environ({"REKAM_DATA": str(tmp_path)}), Embedded(from_environ({})), runners=[])
    log = supervisor.log_of("intake")
    said = "import signal\nprint('a' * 200, flush=True)\nsignal.pause()"
    running = child.start([sys.executable, "-c", said], log=log, environ=os.environ)
    try:
        supervisor.runners = [_Runner("intake", running, time.monotonic())]
        deadline = time.monotonic() + 30
        aside = log.with_name("intake.log.1")
        while not aside.exists():
            assert time.monotonic() < deadline
            supervisor._look_after(supervisor.runners[0])
        with closing(os.fdopen(child.open_log(log), "wb")) as more:  # it appends, as the process itself does
            more.write(b"b\n")
    finally:
        child.end(running)

    assert (aside.read_bytes(), log.read_bytes()) == (b"a" * 200 + b"\n", b"b\n")
    assert aside.stat().st_mode & 0o777 == 0o600


def test_a_log_stays_where_there_is_no_room_for_what_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LONGEST_LOG_BYTES", 100)
    (log := tmp_path / "intake.log").write_bytes(b"a" * 200)
    (tmp_path / "intake.log.1").mkdir()  # it cannot be written

    child.put_aside(log)

    assert log.read_bytes() == b"a" * 200


class Telling:
    """The demo's publishing, that fails so many times; a clock that goes on while it waits, and at no other time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failures: int, accounted: Iterator[int]) -> None:
        self.tries: list[list[int]] = []
        self._now = 0.0
        self._failures = failures
        self._accounted = accounted
        monkeypatch.setattr(demonstration, "publish_in_portions", self._publish)
        monkeypatch.setattr(_Story, "_look", lambda _: _Look(7, 7))
        clock = SimpleNamespace(monotonic=lambda: self._now, sleep=self._sleep)
        monkeypatch.setattr(demonstration, "time", clock)
        # the supervisor's, and the bars'
        nothing: Any = SimpleNamespace(settings=None, engines=None, tick=lambda: None, update=lambda *_, **__: None)
        self.story = _Story(nothing, nothing, nothing, nothing, {"published": 1})  # type: ignore[dict-item]

    def tell(self) -> int:
        def portions() -> Iterator[list[Any]]:
            yield [None, None]
            yield [None]

        return self.story._publish(3, portions)

    async def _publish(self, _: Any, portions: Any, progress: Any) -> None:
        self.tries.append([len(messages) for messages in portions])
        progress.at(sent=progress.total, accounted=next(self._accounted))
        if len(self.tries) <= self._failures:
            raise Unreachable("an engine went away")

    def _sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.mark.parametrize("failures", [0, 1, 7])
def test_the_demo_publishes_all_once_more_where_an_engine_went_away(
    failures: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    telling = Telling(monkeypatch, failures, repeat(0))

    assert telling.tell() == 7
    assert telling.tries == [[2, 1]] * (failures + 1)
    assert capsys.readouterr().err.count("once more: an engine went away") == failures


def test_the_demo_gives_up_where_no_try_comes_further_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    telling = Telling(monkeypatch, 1_000, chain([0, 1, 2], repeat(2)))

    with pytest.raises(Unreachable, match="an engine went away"):
        telling.tell()

    assert len(telling.tries) == 2 + 62  # the third came further; then a second's wait before each


def test_the_demo_goes_on_as_long_as_every_try_comes_further(monkeypatch: pytest.MonkeyPatch) -> None:
    telling = Telling(monkeypatch, 200, count())

    assert telling.tell() == 7
    assert len(telling.tries) == 201
