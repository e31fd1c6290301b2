"""What is remembered by all is true for each: also for one whose snapshot is older than what another has learned."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from events.database import connect
from projections.by_name import Cut, Wanted, page
from projections.figures import Asked, counted
from projections.recent import Recent
from projections.walks import Walks
from services import scenario
from tests.register import fill
from tests.services import rebuilds
from tests.services.rebuilds import Rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = date(2018, 11, 30)
LIST = "PUSAT-2018-11"


@pytest.fixture
def register(database: str, tmp_path: Path) -> Rebuilt:
    """The demo's first facts, the declaration before them."""
    messages = sorted(scenario.phase_one(7, scenario.QUICK), key=lambda one: not one.id.startswith("list-"))
    keys = fill(database, tmp_path, messages[: rebuilds.FIRST])
    return Rebuilt(database, tmp_path, keys, messages[rebuilds.FIRST :])


@contextmanager
def snapshot(register: Rebuilt) -> Iterator[psycopg.Cursor[Any]]:
    """Everything as it is at this moment, for as long as the block lasts."""
    with connect(register.address, "rekam_reader") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        cursor = connection.cursor()
        cursor.execute("SELECT position FROM counts.position")
        yield cursor


def counts(recent: Recent | None, list_: str | None) -> Callable[[psycopg.Cursor[Any], int], Any]:
    return lambda cursor, known: counted(cursor, Asked(DAY, known, list_), recent=recent)


def names(register: Rebuilt, walks: Walks | None) -> Callable[[psycopg.Cursor[Any], int], Any]:
    return lambda cursor, known: page(cursor, register.keys, Wanted("outstanding", DAY, known), Cut(500), walks)


@pytest.mark.parametrize("what", ["everybody", "a list", "names"])
def test_what_a_newer_snapshot_has_learned_is_not_told_in_an_older_one(register: Rebuilt, what: str) -> None:
    recent, walks = Recent(), Walks()
    if what == "names":
        asked, afresh = names(register, walks), names(register, None)
    else:
        list_ = LIST if what == "a list" else None
        asked, afresh = counts(recent, list_), counts(None, list_)
    with snapshot(register) as older:
        known = register.position()
        for _ in range(3):
            register.take_in()
        with snapshot(register) as newer:
            later = asked(newer, register.position())
        first = asked(older, known)
        again = asked(older, known)

        assert first == again == afresh(older, known) != later
    with snapshot(register) as newer:
        assert asked(newer, register.position()) == afresh(newer, register.position()) == later
