"""A projector's memory: whatever it remembers or has forgotten, it reads the same changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
import pytest

from events import log
from events.entry import decode, recall
from projections import history
from projections.history import Memory
from services import scenario
from tests.register import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from events.vault import Keys
    from projections.postings import Change

FACTS = 700


@pytest.fixture
def keys(database: str, tmp_path: Path) -> Keys:
    messages = [*scenario.phase_one(7, scenario.QUICK)][: FACTS + 60]
    return fill(database, tmp_path / "keys", messages, views=())


@pytest.fixture
def cursor(database: str, keys: Keys) -> Iterator[psycopg.Cursor[Any]]:
    with psycopg.connect(database) as connection, connection.cursor() as opened:
        yield opened


def stored(cursor: psycopg.Cursor[Any]) -> list[tuple[int, bytes]]:
    found = [(position, state) for position, state, _ in log.read(cursor, 0, FACTS)]
    assert len(found) == FACTS
    return found


def told(memory: Memory, cursor: psycopg.Cursor[Any], batch: int, *, forgetful: bool = False) -> list[Change]:
    entries = stored(cursor)
    changed = []
    for first in range(0, len(entries), batch):
        if forgetful:
            memory.forget()
        changed += memory.changes(cursor, entries[first : first + batch])
    return changed


def test_with_and_without_a_memory_the_changes_are_the_same(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    remembered = told(Memory(keys, noting=True), cursor, 50)
    assert remembered == told(Memory(keys, noting=True), cursor, 50, forgetful=True)
    assert remembered == told(Memory(keys, noting=True, people=3), cursor, 50)
    assert remembered == told(Memory(keys, noting=True, facts=20), cursor, 50)
    assert remembered == told(Memory(keys, noting=True, people=3, packed=5_000), cursor, 50)
    assert remembered == told(Memory(keys, noting=True, facts=20, packed=0), cursor, 50)
    with patch.object(history, "_AT_ONCE", 7):
        assert remembered == told(Memory(keys, noting=True, people=0, packed=0), cursor, 50)
    assert remembered == told(Memory(keys, noting=True), cursor, FACTS)
    assert any(change.appeared for change in remembered)


@pytest.mark.parametrize(
    ("people", "facts", "packed"), [(1_000, 20, 9_000), (5, 1_000, 300), (1_000, 1_000, 0), (1_000, 0, 100_000)]
)
def test_a_memory_holds_no_more_than_it_may(
    cursor: psycopg.Cursor[Any], keys: Keys, people: int, facts: int, packed: int
) -> None:
    memory = Memory(keys, noting=False, people=people, facts=facts, packed=packed)
    entries = stored(cursor)
    for first in range(0, len(entries), 50):
        memory.changes(cursor, entries[first : first + 50])
        held = [subject.known for subject in memory._known.values()]
        assert len(held) <= people
        assert sum(held) == memory._held <= facts
        parcels = memory._packed
        assert sum(len(one) + history._AROUND for one in parcels._packed.values()) == parcels._bytes <= packed
        assert not memory._known.keys() & parcels._packed.keys()


def test_whoever_is_packed_is_not_read_from_the_log_again(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    memory = Memory(keys, noting=True, people=0)
    entries = stored(cursor)
    memory.changes(cursor, entries)
    expected = memory.changes(cursor, entries)
    with patch.object(log, "facts_of", side_effect=AssertionError):
        assert memory.changes(cursor, entries) == expected
        memory.forget()
        with pytest.raises(AssertionError):
            memory.changes(cursor, entries)


def test_who_notes_no_anomalies_posts_the_same(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    noting, silent = (told(Memory(keys, noting=noting), cursor, 100) for noting in (True, False))
    assert [change.postings for change in noting] == [change.postings for change in silent]
    assert not any(change.appeared or change.gone for change in silent)


def test_an_entry_is_recalled_as_it_is_decoded(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    for _, state in stored(cursor):
        assert recall(state) == decode(state)
