"""Followers of one view: each fact is applied once, by whichever comes first, and none of them remembers amiss."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import psycopg
import pytest

from projections.catalogue import VIEWS
from services.processes import prepare
from services.projector import Follower
from services.rebuilding import rebuild
from tests.databases import connected
from tests.events.desk import Desk, of
from tests.events.examples import CAPTURED, FACT_WITHDRAWN, RESIDENT_LISTED, STATUS_REPORTED
from tests.register import settings_of
from tests.services.rebuilds import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = "urn:rekam:registry:5371:test"
NIKS = ("5371010101909001", "5371010101909002")


@pytest.fixture
def desk(empty_database: str, tmp_path: Path) -> Desk:
    prepare(empty_database)
    return Desk(empty_database, settings_of(empty_database, tmp_path).keys)


@pytest.fixture
def followers(desk: Desk) -> Iterator[tuple[Follower, Follower]]:
    """Two projectors of `counts`, as while one program takes another's place."""
    both = Follower(VIEWS["counts"], desk.address, desk.keys), Follower(VIEWS["counts"], desk.address, desk.keys)
    yield both
    for follower in both:
        follower.close()


def is_what_the_log_says(desk: Desk, folder: Path) -> bool:
    (found,) = rebuild(settings_of(desk.address, folder), ["counts"], accept=False)["views"]
    return bool(found["same"])


def test_one_that_finds_that_another_was_here_remembers_nothing_that_is_older(
    desk: Desk, followers: tuple[Follower, Follower], tmp_path: Path
) -> None:
    one, other = followers
    desk.takes(of(RESIDENT_LISTED, "l-1"))
    one.advance(())
    desk.takes(of(CAPTURED, "c-1"))
    other.advance(())
    one.advance(())  # there is nothing for it to do
    desk.takes(of(FACT_WITHDRAWN, "w-1", withdraws_source=SOURCE, withdraws_id="c-1"))
    one.advance(())

    assert is_what_the_log_says(desk, tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_two_may_follow_in_any_turn(
    desk: Desk, followers: tuple[Follower, Follower], tmp_path: Path, seed: int
) -> None:
    rng = Random(seed)
    said: list[str] = []
    for at in range(60):
        drawn, id_ = rng.random(), f"e-{at}"
        if drawn < 0.5:
            rng.choice(followers).advance(())
        elif drawn < 0.6 and said:
            desk.takes(of(FACT_WITHDRAWN, id_, withdraws_source=SOURCE, withdraws_id=rng.choice(said)))
        else:
            said.append(id_)
            type_ = rng.choice((RESIDENT_LISTED, CAPTURED, STATUS_REPORTED))
            desk.takes(of(type_, id_, nik=rng.choice(NIKS)))
    for follower in followers:
        while follower.advance(()):
            pass

    assert is_what_the_log_says(desk, tmp_path)


def test_one_that_was_closed_connects_no_more(desk: Desk) -> None:
    follower = Follower(VIEWS["counts"], desk.address, desk.keys)
    follower.check()
    assert connected(desk.address) == 1
    follower.close()

    with pytest.raises(psycopg.OperationalError, match="closed"):
        follower.check()
    eventually(lambda: connected(desk.address) == 0)
