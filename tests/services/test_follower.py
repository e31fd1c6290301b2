"""A follower's connection: one, and none after its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from projections.catalogue import VIEWS
from services.projector import Follower
from tests.databases import connected
from tests.register import fill
from tests.services.rebuilds import eventually

if TYPE_CHECKING:
    from pathlib import Path


def test_a_follower_that_was_closed_connects_no_more(database: str, tmp_path: Path) -> None:
    follower = Follower(VIEWS["counts"], database, fill(database, tmp_path, []))
    follower.check()
    assert connected(database) == 1
    follower.close()

    with pytest.raises(psycopg.OperationalError, match="closed"):
        follower.check()
    eventually(lambda: connected(database) == 0)
