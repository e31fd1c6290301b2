"""Rebuild beside the view in use: facts come in, projectors write and readers read, and none of them notices."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from events.database import connect
from events.errors import Refusal, Retry
from projections import position
from projections.counts import COUNTS
from services import rebuilding
from services.projector import Follower
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.services.rebuilds import Rebuilt


@pytest.fixture(scope="module")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebuilt]:
    register = rebuilds.made(postgres, tmp_path_factory.mktemp("keys"))
    yield register
    rebuilds.dropped(postgres, register)


@pytest.fixture
def register(postgres: str, template: Rebuilt) -> Iterator[Rebuilt]:
    register = rebuilds.copied(postgres, template)
    yield register
    rebuilds.dropped(postgres, register)


@pytest.fixture
def follower(register: Rebuilt) -> Iterator[Follower]:
    """A projector that has been at it for a while: its statements are prepared."""
    follower = Follower(COUNTS, register.address, register.keys)
    for _ in range(10):
        follower.advance(())
    yield follower
    follower.close()


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_what_is_left_to_fold_while_nobody_can_read_is_little(
    register: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The projector is as quick as the rebuild: when that has compared, it is far behind once more."""
    monkeypatch.setattr(rebuilding, "BATCH", 10)
    monkeypatch.setattr(rebuilding._Rebuild, "catch_up", lambda _: None)
    compare, fold = rebuilding._Rebuild.compare, rebuilding._Rebuild._fold
    folded = []

    def compare_slowly(self: Any, address: str) -> Any:
        found = compare(self, address)
        register.take_in()
        return found

    def fold_seen(self: Any, aim: int) -> None:
        locked = register.as_owner(
            "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'counts.posting'::regclass"
        )
        folded.append((bool(locked), aim - self._follower.check().position))
        fold(self, aim)

    monkeypatch.setattr(rebuilding._Rebuild, "compare", compare_slowly)
    monkeypatch.setattr(rebuilding._Rebuild, "_fold", fold_seen)

    assert register.rebuild("counts")["swapped"]
    assert (False, rebuilds.MORE) in folded
    assert [distance for locked, distance in folded if locked] == [0]
    monkeypatch.undo()
    assert is_whole(register)


def is_whole(register: Rebuilt) -> bool:
    """Whether the view in use is at the log's end, and just what the log says."""
    return register.position() == register.head() and bool(register.rebuild("counts")["same"])


def before(monkeypatch: pytest.MonkeyPatch, method: str, do: Callable[[], object]) -> None:
    """Let something happen each time before a step of the rebuild."""
    original = getattr(rebuilding._Rebuild, method)

    def then(*arguments: Any) -> Any:
        do()
        return original(*arguments)

    monkeypatch.setattr(rebuilding._Rebuild, method, then)


@pytest.mark.parametrize("step", ["catch_up", "compare", "swap"])
def test_facts_that_come_in_meanwhile_are_in_the_rebuild(
    register: Rebuilt, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    stood = register.head()
    before(monkeypatch, step, register.take_in)
    found = register.rebuild("counts")
    assert (found["same"], found["swapped"]) == (True, True)
    assert found["position"] >= stood
    monkeypatch.undo()
    assert register.head() > stood
    assert is_whole(register)


def test_facts_that_come_in_between_comparison_and_swap_are_kept_when_a_difference_is_left(
    register: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.as_owner("UPDATE counts.posting SET valid_on = valid_on - 1 WHERE position = 7")
    before(monkeypatch, "end", register.take_in)
    assert not register.rebuild("counts")["swapped"]
    assert register.position() == register.head()


def test_views_are_swapped_again_and_again_under_intake_projector_and_readers(
    register: Rebuilt, follower: Follower, thread: ThreadPoolExecutor
) -> None:
    over = Event()

    def follow() -> None:
        while not over.is_set():
            try:
                follower.advance(())
            except (Retry, psycopg.OperationalError):
                continue

    def read() -> set[tuple[int, int]]:
        answers: list[tuple[int, int]] = []
        while not over.is_set():
            with connect(register.address, "rekam_reader") as connection:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.execute("LOCK TABLE counts.position IN ACCESS SHARE MODE")  # before it has a snapshot
                (at,) = connection.execute("SELECT position FROM counts.position").fetchone() or (0,)
                (rows,) = connection.execute("SELECT count(*) FROM counts.posting").fetchone() or (0,)
                answers.append((at, rows))
        assert answers == sorted(answers)  # neither goes back
        return set(answers)

    projector, reader = thread.submit(follow), thread.submit(read)
    for _ in range(5):
        register.take_in(views=())
        assert register.rebuild("counts")["swapped"]
    rebuilds.eventually(lambda: register.position() == register.head())
    over.set()
    projector.result()
    by_position = dict(reader.result())
    assert len(by_position) == len(reader.result()) > 0  # at one position there is one answer
    assert is_whole(register)


def test_a_connected_projector_goes_on_in_the_new_view(register: Rebuilt, follower: Follower) -> None:
    for _ in range(3):
        assert register.rebuild("counts")["swapped"]
        register.take_in(views=())
        follower.advance(())
        assert follower.check().position == register.position() == register.head()
    assert is_whole(register)


def test_a_projector_that_is_writing_finishes_before_the_swap(register: Rebuilt, thread: ThreadPoolExecutor) -> None:
    writing, go_on = Event(), Event()

    def apply(cursor: psycopg.Cursor[Any], changes: Any) -> None:
        writing.set()
        assert go_on.wait(30)
        COUNTS.apply(cursor, changes)

    register.take_in(views=())
    slow = Follower(replace(COUNTS, apply=apply), register.address, register.keys)
    projector = thread.submit(slow.advance, ())
    assert writing.wait(30)
    rebuild = thread.submit(register.rebuild, "counts")
    rebuilds.eventually(lambda: register.waiting("ExclusiveLock"))
    go_on.set()
    projector.result()
    slow.close()
    assert rebuild.result()["position"] == register.head()
    assert is_whole(register)


def test_a_projector_that_has_only_looked_writes_before_the_swap_too(
    register: Rebuilt, follower: Follower, thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, go_on = Event(), Event()
    move = position.move

    def slow(*arguments: Any) -> None:
        if not looked.is_set():  # the projector; the rebuild begins later
            looked.set()
            assert go_on.wait(30)
        move(*arguments)

    monkeypatch.setattr(position, "move", slow)
    stood = register.head()
    register.take_in(views=())
    projector = thread.submit(follower.advance, ())
    assert looked.wait(30)
    rebuild = thread.submit(register.rebuild, "counts")
    rebuilds.eventually(lambda: register.waiting("AccessExclusiveLock"))
    go_on.set()
    projector.result()
    assert (rebuild.result()["position"], rebuild.result()["swapped"]) == (stood, True)
    assert is_whole(register)


def test_a_reader_in_the_middle_of_a_question_gets_the_whole_answer_from_one_view(
    register: Rebuilt, thread: ThreadPoolExecutor
) -> None:
    with connect(register.address, "rekam_reader") as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT position FROM counts.position")
        rebuild = thread.submit(register.rebuild, "counts")
        rebuilds.eventually(lambda: register.waiting("AccessExclusiveLock"))
        (rows,) = reader.execute("SELECT count(*) FROM counts.posting").fetchone() or (None,)
    assert rows == register.as_owner("SELECT count(*) FROM counts.posting")[0][0]
    assert rebuild.result()["swapped"]
    assert is_whole(register)


def test_a_reader_who_never_ends_is_not_waited_for_for_ever(register: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "PATIENCE_S", 0)
    contents = register.contents("counts")
    with connect(register.address, "rekam_reader") as reader:
        reader.execute("SELECT position FROM counts.position")
        with pytest.raises(Refusal, match="counts was not swapped: somebody has been reading it"):
            register.rebuild("counts")
        assert register.schemas() == ["counts", "outstanding", "trail", "watch"]
    assert register.contents("counts") == contents


def test_a_process_that_starts_meanwhile_makes_nothing_in_the_way(register: Rebuilt) -> None:
    with connect(register.address, "rekam_projector", autocommit=True) as other:
        with other.transaction(), other.cursor() as cursor:
            position.make(cursor, COUNTS)
        assert register.rebuild("counts")["swapped"]
        with other.transaction(), other.cursor() as cursor:
            position.make(cursor, COUNTS)
    assert is_whole(register)
