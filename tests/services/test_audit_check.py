"""`rekam audit check`: a good register passes with figures, and each violation is planted and seen named."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg import IsolationLevel

from events import database as engine
from projections.counts import COUNTS, apply
from projections.outstanding import OUTSTANDING
from projections.trail import TRAIL
from services.audit import check
from services.scenario import phase_one, phase_two
from tests.databases import new_database
from tests.register import fill, settings_of
from tests.services.planted import ALONE, TOGETHER, WATCHED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from events.vault import Keys

BLOCK = 256
SCALE = Fraction(1, 400)
VIEWS = (replace(COUNTS, apply=partial(apply, block=BLOCK)), TRAIL, OUTSTANDING)


class Register(NamedTuple):
    address: str
    keys: Keys


@pytest.fixture(scope="module")
def register(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    """A register of both phases, in small; whatever a test plants in it is rolled back."""
    with new_database(postgres) as address:
        messages = [*phase_one(5371, SCALE), *phase_two(5371, SCALE)]
        yield Register(address, fill(address, tmp_path_factory.mktemp("audit") / "keys", messages, views=VIEWS))


def failing(register: Register, *planted: str) -> dict[str, Any]:
    """Plant as the superuser, check, take it back: what is not ok, by name."""
    with psycopg.connect(register.address, client_encoding="utf8") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        for statement in planted:
            assert connection.execute(statement.encode()).rowcount, f"changes nothing: {statement}"
        found = check(connection, register.keys, block=BLOCK)
        connection.rollback()
    return {one["name"]: one for one in found["checks"] if not one["ok"]}


def also(statements: tuple[str, ...]) -> set[str]:
    """What may break too: what is watched follows from the log and from intake's accounts."""
    return {WATCHED} if any(" log." in one or " intake." in one for one in statements) else set()


def test_a_good_register_passes_and_every_figure_says_that_something_was_looked_at(register: Register) -> None:
    with engine.connect(register.address, "rekam_reader") as connection:
        found = check(connection, register.keys, block=BLOCK)
        size, digest = connection.execute("SELECT size, digest FROM log.head").fetchall()[0]
    assert [one for one in found["checks"] if not one["ok"]] == []
    assert [one for one in found["checks"] if not one["figure"] > 0] == []
    assert (found["position"], found["digest"], found["projected"]) == (size, digest.hex(), size)
    assert len({one["name"] for one in found["checks"]}) == len(found["checks"])


def test_progress_ends_when_everything_was_read(register: Register) -> None:
    told: list[tuple[int, int]] = []
    with engine.connect(register.address, "rekam_reader") as connection:
        found = check(connection, register.keys, lambda done, of: told.append((done, of)), block=BLOCK)
    assert told[-1] == (2 * found["position"], 2 * found["position"])


def test_an_empty_register_passes(database: str, tmp_path: Path) -> None:
    keys = fill(database, tmp_path / "keys", [])
    with engine.connect(database, "rekam_reader") as connection:
        found = check(connection, keys)
    assert all(one["ok"] for one in found["checks"])
    assert (found["position"], found["digest"]) == (0, bytes(32).hex())
    assert settings_of(database, tmp_path / "keys").keys.exists()


def test_views_that_have_not_come_as_far_are_compared_where_the_last_one_stands(database: str, tmp_path: Path) -> None:
    messages = list(phase_one(5371, SCALE))
    fill(database, tmp_path / "keys", messages[:200])
    fill(database, tmp_path / "keys", messages[200:300], views=[COUNTS])
    keys = fill(database, tmp_path / "keys", messages[300:], views=[TRAIL])
    with engine.connect(database, "rekam_reader") as connection:
        found = check(connection, keys)
    assert found["projected"] < found["position"]
    assert [one for one in found["checks"] if not one["ok"]] == []


# ------------------------------------------------------------------ planted

_CASES = [
    pytest.param(name, statements, id=f"{name}-{number}")
    for name, plants in ALONE.items()
    for number, statements in enumerate(plants, 1)
]


@pytest.mark.parametrize(("name", "statements"), _CASES)
def test_a_violation_is_named_and_nothing_else_is(register: Register, name: str, statements: tuple[str, ...]) -> None:
    found = failing(register, *statements)
    assert found.keys() - also(statements) == {name} - also(statements)
    assert name in found
    assert found[name]["wrong"] >= len(found[name]["what"]) > 0


@pytest.mark.parametrize("case", TOGETHER)
def test_what_breaks_several_is_named_in_each(register: Register, case: str) -> None:
    names, statements = TOGETHER[case]
    assert failing(register, *statements).keys() - also(statements) == names


def test_what_is_wrong_is_named_by_its_place_and_never_by_a_person(register: Register) -> None:
    found = failing(register, "UPDATE log.entry SET state = '{}'", "DELETE FROM trail.fact")
    said = str(found)
    assert "position 1:" in said
    assert "537101" not in said
    assert found["digest_chain"]["wrong"] > len(found["digest_chain"]["what"])
