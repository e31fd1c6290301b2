"""What looks after everything: told to end, refused, and the demo that publishes while an engine goes away."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import closing
from dataclasses import fields, replace
from itertools import chain, count, repeat
from pathlib import Path
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

    from services.embedded import Engines

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


def test_a_child_finds_every_file_and_folder_that_a_setting_names_by_where_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs in another folder than we do, where `ca.pem` is another file, or none."""
    given = {
        "REKAM_KAFKA": "k:9093", "REKAM_KAFKA_SECURITY": "sasl_ssl", "REKAM_KAFKA_USER": "rekam",
        "REKAM_KAFKA_PASSWORD_FILE": "secrets/kafka", "REKAM_KAFKA_CA_FILE": "ca.pem",
        "REKAM_DATABASE": "postgresql://db", "REKAM_DATABASE_PASSWORD_FILE": "secrets/postgres",
        "REKAM_OIDC_ISSUER": "https://rekam.example", "REKAM_OIDC_CLIENT": "rekam",
        "REKAM_OIDC_SECRET_FILE": "secrets/oidc", "REKAM_DATA": "data", "REKAM_KEYS": "keys", "REKAM_PULSE": "pulse",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings = from_environ(given)
    assert {one.name for one in fields(settings) if "Path" in str(one.type)} == {
        one.name for one in fields(settings) if isinstance(getattr(settings, one.name), Path)
    }
    started: list[dict[str, str]] = []
    monkeypatch.setattr(child, "start", lambda *_, environ, **__: started.append(environ))

    Supervisor(settings, Embedded(settings))._start(_Runner("intake"))
    monkeypatch.chdir("/")
    (environ,) = started
    ours = from_environ({name: value for name, value in environ.items() if name.startswith("REKAM_")})

    assert ours == replace(settings, pulse=None, api_given=True)
    assert ours.kafka_ca_file == tmp_path / "ca.pem"


def test_who_looks_before_anything_is_made_and_refuses_ends_the_engines_again(tmp_path: Path) -> None:
    given = {"REKAM_DATA": str(tmp_path), "REKAM_KAFKA": "127.0.0.1:1", "REKAM_DATABASE": "postgresql://127.0.0.1:1/db"}
    seen: list[Engines] = []

    def look(engines: Engines) -> None:
        seen.append(engines)
        raise Refusal("it is another's")

    with pytest.raises(Refusal, match="it is another's"), supervised(from_environ(given), look):
        pytest.fail("it was to be left alone")

    assert [one.kafka for one in seen] == ["127.0.0.1:1"]
    assert list(tmp_path.iterdir()) == []


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
