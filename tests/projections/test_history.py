"""A projector's memory: whatever it remembers or has forgotten, it reads the same changes."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
import pytest

from events import log
from events.entry import decode, recall
from projections import history
from projections.history import Memory
from services import scenario
from services.scenario.cast import stream
from services.scenario.messages import structured
from services.scenario.mishaps import Deck
from services.scenario.office import Office
from services.scenario.residents import Ages, Residents
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
        parcels = memory._parcels
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
        assert not memory._known
        assert not memory._parcels._packed
        assert memory._held == memory._parcels._bytes == 0
        with pytest.raises(AssertionError):
            memory.changes(cursor, entries)


def test_what_was_left_out_of_somebody_is_read_again_where_it_matters(database: str, tmp_path: Path) -> None:
    opens, closes = date(2018, 11, 1), date(2018, 11, 30)
    office = Office(stream(7, "history"), Deck(stream(7, "deck")), opens, closes)
    (person,) = Residents(stream(7, "residents")).make(1, Ages(date(1960, 1, 1), date(1970, 1, 1), 1.4))
    words = ["CARD_PRINTED", "CARD_SHIPPED", "CARD_ISSUED", "SEARCH_FAILURE_AT_CENTRAL"]
    said = [(5, words[0]), (9, words[1]), (20, words[2]), (7, words[3])]  # the last is late
    reported = [office.status(person, date(2018, 11, day), word, f"-{day}") for day, word in said]
    facts = [office.listing(person, scenario.REGISTER, opens), *reported]
    keys = fill(database, tmp_path / "keys", map(structured, facts), views=(), at_once=1)
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        packing, reading = (Memory(keys, noting=True, people=0, packed=packed) for packed in (10_000, 0))
        for position, state, _ in log.read(cursor, 0, len(facts)):
            (change,) = packing.changes(cursor, [(position, state)])
            assert [change] == reading.changes(cursor, [(position, state)])
    assert [(posting.valid_on.day, posting.to.standing) for posting in change.postings if posting.people > 0] == [
        (7, "outstanding"),
        (9, "recorded"),
    ]


def test_one_of_whom_too_much_is_said_takes_nobodys_place(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    entries = stored(cursor)
    of_most = Counter(recall(state).subject.int for _, state in entries).most_common(1)[0][0]
    often = [one for one in entries if recall(one[1]).subject.int == of_most]
    memory = Memory(keys, noting=False, facts=len(often) - 1)
    memory.changes(cursor, [*entries[:1], *often])
    assert [*memory._known] == [recall(entries[0][1]).subject.int]
    parcels = history.Parcels(1_000)
    parcels.put(1, b"small")
    parcels.put(2, bytes(1_000))
    assert parcels.take(1) == b"small"
    assert parcels.take(2) is None


def test_who_notes_no_anomalies_posts_the_same(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    noting, silent = (told(Memory(keys, noting=noting), cursor, 100) for noting in (True, False))
    assert [change.postings for change in noting] == [change.postings for change in silent]
    assert not any(change.appeared or change.gone for change in silent)


def test_an_entry_is_recalled_as_it_is_decoded(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    for _, state in stored(cursor):
        assert recall(state) == decode(state)
