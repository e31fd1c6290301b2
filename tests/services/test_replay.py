"""`rekam audit replay`: the log told again, in order, so that anybody can compute its digests."""

from __future__ import annotations

from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
import pytest

from events import database as engine
from services.audit import check, replay
from services.scenario import QUICK, phase_one
from tests.register import fill

if TYPE_CHECKING:
    from pathlib import Path

    from events.vault import Keys


@pytest.fixture
def keys(database: str, tmp_path: Path) -> Keys:
    return fill(database, tmp_path / "keys", islice(phase_one(7, QUICK), 300))


def replayed(address: str, first: int, last: int) -> list[dict[str, Any]]:
    with engine.connect(address, "rekam_reader") as connection:
        return list(replay(connection, first, last))


def test_the_digests_can_be_computed_from_the_lines_alone(database: str, keys: Keys) -> None:
    with engine.connect(database, "rekam_reader") as connection:
        proved = check(connection, keys)
    digest = bytes(32)
    for position, line in enumerate(replayed(database, 1, proved["position"]), 1):
        assert line["position"] == position
        digest = sha256(digest + position.to_bytes(8, "big") + orjson.dumps(line["entry"])).digest()
        assert line["digest"] == digest.hex()
        assert "state" not in line
    assert digest.hex() == proved["digest"]


@pytest.mark.usefixtures("keys")
def test_both_ends_are_in_it_and_beyond_the_log_there_is_nothing(database: str) -> None:
    assert [line["position"] for line in replayed(database, 5, 8)] == [5, 6, 7, 8]
    assert replayed(database, 100_000, 100_001) == []
    assert replayed(database, 8, 5) == []


@pytest.mark.usefixtures("keys")
def test_what_is_sealed_stays_sealed(database: str) -> None:
    lines = replayed(database, 1, 300)
    assert {"subject", "type", "source", "id", "accepted"} <= set(lines[0]["entry"])
    for line in lines:
        shown = orjson.dumps(line)
        assert b"537101" not in shown  # every made-up NIK of the city begins so
        assert not {"nik", "name", "birth_date", "address"} & (set(line["entry"]) | set(line["entry"].get("fact", {})))


@pytest.mark.usefixtures("keys")
def test_damaged_bytes_are_shown_as_they_are(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE log.entry SET state = '\\x7bff' WHERE notification_id = 3")
        connection.execute("UPDATE log.entry SET state = '{ \"a\": 1}'::bytea WHERE notification_id = 4")
    third, fourth = replayed(database, 3, 4)
    assert (third["entry"], third["state"]) == (None, "e/8=")
    assert (fourth["entry"], fourth["state"]) == ({"a": 1}, "eyAiYSI6IDF9")
