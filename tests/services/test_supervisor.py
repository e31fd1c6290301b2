"""What looks after everything: told to end, refused, and the demo that publishes while an engine goes away."""

from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import Refusal, Unreachable
from services import demonstration, private
from services.demonstration import _Look, _Story
from services.embedded import Embedded, only_one
from services.settings import from_environ
from services.supervisor import Supervisor, supervised

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


@pytest.mark.parametrize("failures", [0, 1, 2, 3])
def test_the_demo_publishes_three_times_at_most(
    failures: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries = []

    async def publish(_: Any, portions: Any, progress: Any) -> None:
        tries.append([len(messages) for messages in portions])
        if len(tries) <= failures:
            raise Unreachable("an engine went away")
        progress.at(sent=progress.total)

    monkeypatch.setattr(demonstration, "publish_in_portions", publish)
    monkeypatch.setattr(_Story, "_look", lambda _: _Look(7, 7))
    nothing: Any = SimpleNamespace(
        settings=None, engines=None, tick=lambda: None, update=lambda *_, **__: None  # the supervisor's, and the bars'
    )  # fmt: skip
    story = _Story(nothing, nothing, nothing, nothing, {"published": 1})  # type: ignore[dict-item]

    def portions() -> Iterator[list[Any]]:
        yield [None, None]
        yield [None]

    if failures < 3:
        assert story._publish(3, portions) == 7
    else:
        with pytest.raises(Unreachable, match="an engine went away"):
            story._publish(3, portions)

    assert tries == [[2, 1]] * min(failures + 1, 3)
    assert capsys.readouterr().err.count("once more: an engine went away") == min(failures, 2)
