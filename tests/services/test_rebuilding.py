"""Rebuild: a view made anew is put in the place of the one in use where both say the same, or where it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from events.errors import Refusal, WrongUse
from projections import position
from services.processes import VIEWS
from services.projector import Follower
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.rebuilds import Rebuilt

IN_USE = ["counts", "outstanding", "trail"]
SCHEMAS = [*IN_USE, "watch"]

STOPS_HALFWAY = """
import sys
from pathlib import Path
from services import rebuilding
from tests.register import settings_of

address, folder, name, after = sys.argv[1:]
where = rebuilding.Follower if name == "advance" else rebuilding._Rebuild
original, calls = getattr(where, name), iter(range(100))

def stop(*arguments):
    if next(calls) == int(after):
        print("halfway", flush=True)
        sys.stdin.read()
    return original(*arguments)

setattr(where, name, stop)
rebuilding.BATCH = 100
rebuilding.rebuild(settings_of(address, Path(folder)), ["counts"], accept=True)
"""


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


@pytest.mark.parametrize("view", IN_USE)
def test_a_rebuild_that_says_the_same_takes_the_place_of_the_view(register: Rebuilt, view: str) -> None:
    before, made = register.contents(view), register.as_owner(f"SELECT '{view}'::regnamespace::oid")
    found = register.rebuild(view)
    assert found["view"] == view
    assert found["position"] == register.head() == register.position(view)
    assert found["digest_in_use"] == found["digest_rebuilt"]
    assert (found["same"], found["swapped"], found["differs"]) == (True, True, [])
    assert register.contents(view) == before
    assert register.as_owner(f"SELECT '{view}'::regnamespace::oid") != made
    assert register.schemas() == SCHEMAS


def test_a_rebuild_twice_gives_the_same_digest(register: Rebuilt) -> None:
    assert register.rebuild("trail")["digest_rebuilt"] == register.rebuild("trail")["digest_in_use"]


def test_several_views_are_rebuilt_in_the_order_asked_for(register: Rebuilt) -> None:
    found = register.rebuild_all("trail", "counts", "trail")
    assert [(view["view"], view["swapped"]) for view in found] == [("trail", True), ("counts", True)]


def test_a_row_that_was_changed_is_found_and_left(register: Rebuilt) -> None:
    register.as_owner("UPDATE counts.posting SET valid_on = valid_on - 1 WHERE position = 7")
    before = register.contents("counts")
    found = register.rebuild("counts")
    (rows,) = register.as_owner("SELECT count(*) FROM counts.posting")
    assert (found["same"], found["swapped"]) == (False, False)
    assert found["digest_in_use"] != found["digest_rebuilt"]
    assert found["differs"] == [{"table": "posting", "in_use": rows[0], "rebuilt": rows[0]}]
    assert register.contents("counts") == before
    assert register.schemas() == SCHEMAS


def test_rows_that_are_gone_are_counted_by_table(register: Rebuilt) -> None:
    (rows,) = register.as_owner("SELECT (SELECT count(*) FROM trail.fact), (SELECT count(*) FROM trail.posting)")
    register.as_owner("DELETE FROM trail.fact WHERE position <= 2; DELETE FROM trail.posting")
    assert register.rebuild("trail")["differs"] == [
        {"table": "posting", "in_use": 0, "rebuilt": rows[1]},
        {"table": "fact", "in_use": rows[0] - 2, "rebuilt": rows[0]},
    ]


def test_a_difference_is_taken_where_that_is_the_purpose(register: Rebuilt) -> None:
    before = register.contents("counts")
    register.as_owner("DELETE FROM counts.posting WHERE position = 7")
    found = register.rebuild("counts", accept=True)
    assert (found["same"], found["swapped"]) == (False, True)
    assert register.contents("counts") == before
    assert register.rebuild("counts")["same"]


def test_a_view_that_lags_is_compared_where_it_stands_and_goes_on_from_there(register: Rebuilt) -> None:
    stood = register.head()
    register.take_in(views=())
    assert register.head() > stood
    found = register.rebuild("outstanding")
    assert (found["position"], found["same"]) == (stood, True)
    register.follow()
    assert register.position("outstanding") == register.head()
    assert register.rebuild("outstanding")["same"]


def test_a_new_reading_that_says_the_same_takes_its_place(register: Rebuilt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position, "READING_VERSION", 2)
    follower = Follower(VIEWS["counts"], register.address, register.keys)
    with pytest.raises(Refusal, match="rekam rebuild counts --accept"):
        follower.check()
    assert register.rebuild("counts")["same"]
    assert follower.check().position == register.head()
    follower.close()


def test_a_new_reading_that_says_otherwise_is_taken_on_purpose(
    register: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.as_owner("UPDATE counts.posting SET valid_on = valid_on - 1")  # as if the old one had read it so
    monkeypatch.setattr(position, "READING_VERSION", 2)
    assert not register.rebuild("counts")["swapped"]
    assert register.as_owner("SELECT reading_version FROM counts.position") == [(1,)]
    assert register.rebuild("counts", accept=True)["swapped"]
    assert register.as_owner("SELECT reading_version FROM counts.position") == [(2,)]


@pytest.mark.parametrize(
    "harm",
    [
        "DROP SCHEMA counts CASCADE",
        "DROP TABLE counts.position",
        "DELETE FROM counts.position",
        "UPDATE counts.position SET digest = sha256('another log')",
        "UPDATE counts.position SET position = 1000000",
    ],
)
def test_what_cannot_be_compared_is_replaced_only_on_purpose(register: Rebuilt, harm: str) -> None:
    before = register.contents("counts")
    register.as_owner(harm)
    with pytest.raises(Refusal, match="rekam rebuild counts --accept"):
        register.rebuild("trail", "counts")
    found = register.rebuild("counts", accept=True)
    assert (found["digest_in_use"], found["same"], found["swapped"]) == (None, False, True)
    assert (found["position"], register.contents("counts")) == (register.head(), before)
    assert register.rebuild("counts")["same"]


def test_a_view_with_other_tables_differs(register: Rebuilt) -> None:
    register.as_owner("ALTER TABLE trail.fact DROP COLUMN id; DROP TABLE trail.anomaly; CREATE TABLE trail.old ()")
    register.as_owner("ALTER TABLE trail.old OWNER TO rekam_projector")
    found = register.rebuild("trail", accept=True)
    assert [(part["table"], part["in_use"] is None) for part in found["differs"]] == [
        ("fact", False),
        ("anomaly", True),
    ]
    assert (found["digest_in_use"], found["swapped"]) == (None, True)
    assert register.rebuild("trail")["same"]
    assert register.as_owner("SELECT to_regclass('trail.old') IS NULL") == [(True,)]


def test_an_unknown_view_is_wrong_use_and_nothing_is_done(register: Rebuilt) -> None:
    with pytest.raises(WrongUse, match="'count'; there are counts, trail, outstanding"):
        register.rebuild("trail", "count")


def test_a_rebuild_of_a_view_that_is_being_rebuilt_is_refused(register: Rebuilt) -> None:
    with psycopg.connect(register.address) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('rekam rebuild'), hashtext('counts'))")
        with pytest.raises(Refusal, match="counts is being rebuilt already"):
            register.rebuild("counts")
        assert register.rebuild("trail")["swapped"]
    assert register.rebuild("counts")["swapped"]


def test_what_others_have_built_on_a_view_is_not_taken_down(register: Rebuilt) -> None:
    register.as_owner("CREATE VIEW public.theirs AS SELECT sum(people) FROM counts.posting")
    with pytest.raises(Refusal, match="view theirs depends on table"):
        register.rebuild("counts")
    assert register.schemas() == SCHEMAS
    assert register.as_owner("SELECT * FROM public.theirs") != []
    assert register.position() == register.head()


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(("advance", 2), id="while it folds"),
        pytest.param(("compare", 0), id="before it compares"),
        pytest.param(("swap", 0), id="before it swaps"),
        pytest.param(("_drop_replaced", 0), id="between rename and commit"),
    ],
)
def test_a_rebuild_that_is_killed_leaves_the_view_and_the_next_removes_its_rests(
    register: Rebuilt, where: tuple[str, int]
) -> None:
    before = register.contents("counts")
    command = [sys.executable, "-c", STOPS_HALFWAY, register.address, str(register.folder), where[0], str(where[1])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"halfway\n"
        killed.send_signal(signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    rebuilds.eventually(lambda: register.as_owner("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'") == [])
    assert register.schemas() == ["counts", "counts_rebuild", "outstanding", "trail", "watch"]
    assert register.contents("counts") == before
    assert register.rebuild("counts")["same"]
    assert register.schemas() == SCHEMAS
    assert register.contents("counts") == before
