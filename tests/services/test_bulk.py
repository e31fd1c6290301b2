"""Rebuild in bulk: several processes, each for its share of all people, write just what a projector writes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from events.errors import Refusal, Unreachable
from services import bulk, rebuilding
from services.bulk import Bulk
from services.loaders import Loaders, Share
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.services.rebuilds import Rebuilt

ALL = ("counts", "trail", "outstanding")
IN_USE = ["counts", "outstanding", "trail", "watch"]
LOADERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"

STOPS_WHILE_IT_LOADS = """
import sys
from pathlib import Path
from services import bulk, rebuilding
from tests.register import settings_of

address, folder = sys.argv[1:]

def stop(*arguments):
    print("halfway", flush=True)
    sys.stdin.read()

bulk.Bulk._number = stop
bulk._AT_ONCE, rebuilding.BULK = 40, 1
rebuilding.rebuild(settings_of(address, Path(folder)), ["counts", "trail"], accept=True)
"""


@pytest.fixture(scope="module")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebuilt]:
    register = rebuilds.made(postgres, tmp_path_factory.mktemp("keys"))
    yield register
    rebuilds.dropped(postgres, register)


@pytest.fixture
def register(postgres: str, template: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rebuilt]:
    """A register whose log counts as a long one, on a machine with three cores."""
    monkeypatch.setattr(rebuilding, "BULK", 1)
    monkeypatch.setattr(bulk, "_AT_ONCE", 40)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    register = rebuilds.copied(postgres, template)
    yield register
    rebuilds.dropped(postgres, register)


def when_all_is_read(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Let something happen when every loader has read its share, and none has committed."""
    original = Bulk._number

    def then(*arguments: Any) -> Any:
        do()
        return original(*arguments)

    monkeypatch.setattr(Bulk, "_number", then)


def kill_one() -> None:
    multiprocessing.active_children()[0].kill()


def test_all_views_are_made_in_one_go_and_are_the_same(register: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {view: register.contents(view) for view in ALL}
    loaders: list[int] = []
    when_all_is_read(monkeypatch, lambda: loaders.append(len(multiprocessing.active_children())))
    found = register.rebuild_all(*ALL)
    assert [(view["same"], view["swapped"], view["differs"]) for view in found] == [(True, True, [])] * 3
    assert {view: register.contents(view) for view in ALL} == before
    assert loaders == [3]
    assert register.schemas() == IN_USE


def test_a_view_that_lags_is_made_up_to_where_it_stands(register: Rebuilt) -> None:
    stood = register.head()
    register.take_in(views=["counts"])
    found = register.rebuild_all(*ALL)
    assert [view["position"] for view in found] == [register.head(), stood, stood]
    assert [view["same"] for view in found] == [True] * 3
    register.follow()
    assert [register.position(view) for view in ALL] == [register.head()] * 3
    assert all(view["same"] for view in register.rebuild_all(*ALL))


def test_views_that_stand_near_one_another_are_made_together(
    register: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BULK", 200)
    stood = register.head()
    register.take_in(views=["counts"])
    passes: list[None] = []
    when_all_is_read(monkeypatch, lambda: passes.append(None))
    found = register.rebuild_all(*ALL)
    assert [view["position"] for view in found] == [register.head(), stood, stood]
    assert [view["same"] for view in found] == [True] * 3
    assert len(passes) == 1


def test_facts_that_come_in_while_it_loads_are_in_it(register: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    stood = register.head()
    when_all_is_read(monkeypatch, register.take_in)
    found = register.rebuild_all(*ALL)
    assert [(view["position"], view["same"]) for view in found] == [(register.head(), True)] * 3
    assert register.head() > stood


def test_a_row_that_was_changed_is_found_and_left(register: Rebuilt) -> None:
    register.as_owner("UPDATE counts.posting SET valid_on = valid_on - 1 WHERE position = 7")
    found = register.rebuild_all("counts", "trail")
    assert [view["swapped"] for view in found] == [False, True]
    assert [part["table"] for part in found[0]["differs"]] == ["posting"]


def test_a_broken_log_is_refused(register: Rebuilt) -> None:
    register.as_owner("UPDATE log.entry SET digest = sha256('another') WHERE notification_id = 7")
    with pytest.raises(Refusal, match=r"digest at position 7 does not follow.*rekam audit check"):
        register.rebuild("trail")
    assert register.schemas() == IN_USE


def test_a_loaders_refusal_comes_out(register: Rebuilt) -> None:
    register.as_owner("DELETE FROM vault.person")
    with pytest.raises(Refusal, match="its person's key is needed"):
        register.rebuild_all(*ALL)
    assert register.schemas() == IN_USE
    assert multiprocessing.active_children() == []


def test_a_loader_that_is_killed_ends_the_rebuild(register: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    before = register.contents("counts")
    when_all_is_read(monkeypatch, kill_one)
    with pytest.raises(Unreachable, match="ended before it was done, with -9; the view in use is as it was"):
        register.rebuild_all(*ALL)
    assert multiprocessing.active_children() == []
    assert register.schemas() == IN_USE
    assert register.contents("counts") == before
    monkeypatch.undo()
    assert register.rebuild("counts")["same"]


def test_a_loader_that_falls_over_is_not_to_be_run_again(register: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loaders, "__init__", _with_a_view_that_is_none(Loaders.__init__))
    with pytest.raises(Refusal, match=r"fell over, KeyError at .*loaders.py:\d+ .*; the view in use is as it was"):
        register.rebuild_all(*ALL)
    assert multiprocessing.active_children() == []
    assert register.schemas() == IN_USE


def _with_a_view_that_is_none(make: Callable[..., None]) -> Callable[..., None]:
    def made(self: Loaders, shares: list[Share]) -> None:
        make(self, [replace(share, views=dict.fromkeys(share.views, "no view")) for share in shares])

    return made


@pytest.mark.parametrize("busy", ["counts", "trail", "outstanding"])
def test_nothing_is_done_where_one_of_them_is_being_rebuilt(register: Rebuilt, busy: str) -> None:
    made = register.as_owner("SELECT 'counts'::regnamespace::oid")
    with psycopg.connect(register.address) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('rekam rebuild'), hashtext(%s))", [busy])
        with pytest.raises(Refusal, match=f"{busy} is being rebuilt already"):
            register.rebuild_all(*ALL)
    assert register.as_owner("SELECT 'counts'::regnamespace::oid") == made
    assert register.schemas() == IN_USE


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_rebuild_that_is_ended_takes_its_loaders_along(register: Rebuilt, how: signal.Signals) -> None:
    before = register.contents("counts")
    command = [sys.executable, "-c", STOPS_WHILE_IT_LOADS, register.address, str(register.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        assert ended.stdout.readline() == b"halfway\n"
        assert register.as_owner(LOADERS)[0][0] >= 1
        ended.send_signal(how)
        _, said = ended.communicate()
    rebuilds.eventually(lambda: register.as_owner(LOADERS) == [(0,)])
    assert said.count(b"Traceback") == (0 if how is signal.SIGKILL else 1)  # no loader's own
    left = ["counts_rebuild", "trail_rebuild"] if how is signal.SIGKILL else []
    assert register.schemas() == sorted([*IN_USE, *left])
    assert register.contents("counts") == before
    assert all(view["same"] for view in register.rebuild_all("counts", "trail"))
    assert register.schemas() == IN_USE
