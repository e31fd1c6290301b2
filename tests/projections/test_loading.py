"""Whole histories written at once give the rows that changes give one batch after the other, whatever was said."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import log, sections
from events.database import connect
from events.entry import encode
from events.errors import Refusal
from events.vault import load_keys
from projections import counts, indexes, position
from projections import evidence as ev
from projections.catalogue import VIEWS
from projections.histories import histories
from projections.history import Memory
from projections.loading import Loading
from tests.projections.ledger import told
from tests.projections.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from projections.reading import Fact

BLOCK = 4
LISTS = ("FIRST", "SECOND", "THIRD with a \\ and a\ttab")
WRITTEN = "2018-11-23T04:00:00.000000Z"
ACCEPTED = datetime(2026, 1, 1, tzinfo=UTC)
Log: TypeAlias = "list[tuple[str, Fact]]"


def declared(name: str, number: int) -> ev.Declaration:
    return ev.Declaration("c", f"d{number}", WRITTEN, date(2018, 11, 1), name, "register", 1, (("53.71.01.1001", 1),))


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """What is said of a few people and lists; lists are named in any order, and declared before or after, or never."""
    said: Log = []
    for who, fact in draw(told(people=4, most=5)):
        on_list = replace(fact, list=draw(st.sampled_from(LISTS))) if isinstance(fact, ev.Listing) else fact
        said.append((f"537101010190{who.removeprefix('person '):0>4}", on_list))
    for number in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(LISTS))
        at = draw(st.integers(0, len(said)))
        said.insert(at, (name, declared(name, number)))
        for again in range(draw(st.integers(0, 2))):
            withdrawal = ev.Withdrawal("c", f"w{number}-{again}", WRITTEN, "c", f"d{number}")
            said.insert(draw(st.integers(at + 1, len(said))), (name, withdrawal))
    return said


def write(register: Register, said: Log) -> list[tuple[int, bytes]]:
    """The log of it."""
    cursor, states = register.cursor, []
    for at, entry, _ in register.entries([(who, fact, {}) for who, fact in said]):
        state = encode(entry)
        log.append(cursor, log.lock(cursor), [log.New(entry.subject, entry.type, state)], ACCEPTED)
        states.append((at, state))
    return states


def follow(register: Register, states: Sequence[tuple[int, bytes]], at_once: int) -> None:
    """As projectors write it."""
    for name, view in VIEWS.items():
        position.make(register.cursor, view)
        memory = Memory(register.keys, noting=view.noting)
        for first in range(0, len(states), at_once):
            changes = memory.changes(register.cursor, states[first : first + at_once])
            register.cursor.execute(f"SET LOCAL search_path = {name}")
            if name == "counts":
                counts.apply(register.cursor, changes, BLOCK)
            else:
                view.apply(register.cursor, changes)


def load(register: Register, up_to: int, spans: int, loaders: int) -> None:
    """As a rebuild writes it, by so many loaders, of which each has its spans."""
    cursor, views = register.cursor, {f"{name}_rebuild": view for name, view in VIEWS.items()}
    taken = {}
    for schema, view in views.items():
        position.make(cursor, view, schema)
        taken[schema] = indexes.take_away(cursor, view, schema)
    with ExitStack() as opened:
        shares = [opened.enter_context(Loading(cursor, views)) for _ in range(loaders)]
        names: dict[str, int] = {}
        for number, share in enumerate(shares):
            for span in sections.spans(spans)[number::loaders]:
                share.write(histories(cursor, register.keys, span, up_to, noting=True))
            for name, first in share.names.items():
                names[name] = min(first, names.get(name, first))
        cursor.execute("SET LOCAL search_path = counts_rebuild")
        numbers = counts.number_lists(cursor, names)
        for share in shares:
            share.write_listed(numbers)
    for schema, view in views.items():
        for index in taken[schema]:
            indexes.make(cursor, index)
        indexes.settle(cursor, view, schema, taken[schema])
    cursor.execute("SET LOCAL search_path = counts_rebuild")
    counts.finish(cursor, up_to, BLOCK)


def contents(register: Register, suffix: str = "") -> list[tuple[str, tuple[Any, ...]]]:
    found = []
    for name, view in VIEWS.items():
        register.cursor.execute(f"SET LOCAL search_path = {name}{suffix}")
        for rows in view.rows:
            found += [(f"{name}.{rows.table}", row) for row in register.cursor.execute(rows.select).fetchall()]
    return found


def shapes(register: Register, suffix: str = "") -> list[tuple[Any, ...]]:
    """Indexes, constraints and settings of all tables, as the database writes them."""
    found = []
    for name in VIEWS:
        schema = f"{name}{suffix}"
        register.cursor.execute(
            """
            SELECT t.relname, t.reloptions, i.relname, replace(pg_get_indexdef(x.indexrelid), %(schema)s, ''),
                k.conname, pg_get_constraintdef(k.oid)
            FROM pg_class t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
            LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = t.oid
            WHERE t.relnamespace = %(schema)s::regnamespace ORDER BY 1, 3
            """,
            {"schema": schema},
        )
        found += [(name, *row) for row in register.cursor.fetchall()]
    return found


@pytest.fixture
def logged(ledgers: str, tmp_path: Path) -> Iterator[Register]:
    """An empty log and an empty vault; everything is one transaction that is never committed."""
    with connect(ledgers) as connection, connection.cursor() as cursor:
        yield Register(cursor, load_keys(tmp_path / "keys", None))
        connection.rollback()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=logs(), at_once=st.integers(1, 5), spans=st.sampled_from([1, 6, 64]), loaders=st.sampled_from([1, 2, 3]))
def test_histories_written_at_once_are_what_projectors_write(
    logged: Register, said: Log, at_once: int, spans: int, loaders: int
) -> None:
    with logged.cursor.connection.transaction(force_rollback=True):
        states = write(logged, said)
        follow(logged, states, at_once)
        load(logged, len(states), spans, loaders)
        assert contents(logged, "_rebuild") == contents(logged)


def test_the_log_has_moved_on_meanwhile(logged: Register) -> None:
    """Only what is up to the position is written, and what was withdrawn later is live in it."""
    said: Log = [
        ("5371010101900001", listing("SECOND", "1")),
        ("5371010101900002", listing("FIRST", "2")),
        ("5371010101900001", ev.Withdrawal("a", "w", WRITTEN, "a", "1")),
        ("5371010101900003", listing("THIRD", "3")),
    ]
    states = write(logged, said)
    follow(logged, states[:2], 10)
    load(logged, 2, 6, 2)
    assert contents(logged, "_rebuild") == contents(logged)
    lists = logged.cursor.execute("SELECT number, name FROM counts_rebuild.list ORDER BY 1").fetchall()
    assert lists == [(1, "SECOND"), (2, "FIRST")]


def test_of_two_withdrawals_the_first_counts(logged: Register) -> None:
    who = "5371010101900001"
    twice: Log = [(who, ev.Withdrawal("a", f"w{n}", WRITTEN, "a", "1")) for n in (1, 2)]
    states = write(logged, [(who, listing("FIRST", "1")), *twice])
    load(logged, len(states), 2, 1)
    assert logged.cursor.execute("SELECT withdrawn FROM counts_rebuild.listing").fetchall() == [(2,)]


def test_tables_have_their_indexes_again_and_nothing_else(logged: Register) -> None:
    states = write(logged, [("5371010101900001", listing("FIRST", "1"))])
    follow(logged, states, 1)
    load(logged, 1, 2, 1)
    assert shapes(logged, "_rebuild") == shapes(logged)


def test_a_destroyed_key_is_refused_as_a_projector_refuses_it(logged: Register) -> None:
    states = write(logged, [("5371010101900001", listing("FIRST", "1"))])
    logged.cursor.execute("DELETE FROM vault.person")
    with pytest.raises(Refusal) as by_projector:
        follow(logged, states, 1)
    with pytest.raises(Refusal) as by_loader:
        load(logged, 1, 2, 1)
    assert str(by_loader.value) == str(by_projector.value)
    assert "its person's key is needed" in str(by_loader.value)


def test_an_entry_that_stands_with_another_subject_is_refused(logged: Register) -> None:
    write(logged, [("5371010101900001", listing("FIRST", "1"))])
    (subject,) = logged.cursor.execute("SELECT subject FROM vault.person").fetchone() or (UUID(int=0),)
    elsewhere = UUID(int=subject.int ^ 1 << 127)
    logged.cursor.execute("UPDATE log.entry SET originator_id = %s", [elsewhere])
    with pytest.raises(Refusal, match="another subject at position 1"):
        load(logged, 1, 2, 1)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param("UPDATE log.entry SET state = state || '\\x20' WHERE notification_id = 2", id="other bytes"),
        pytest.param("UPDATE log.entry SET digest = sha256('') WHERE notification_id = 3", id="another digest"),
        pytest.param("UPDATE log.entry SET digest = NULL WHERE notification_id = 4", id="no digest"),
        pytest.param("DELETE FROM log.entry WHERE notification_id = 3", id="a gap"),
        pytest.param("DELETE FROM log.entry WHERE notification_id = 1", id="no beginning"),
        pytest.param("DELETE FROM log.entry WHERE notification_id = 4", id="no end"),
    ],
)
@pytest.mark.parametrize("links", [1, 2, 3, 4])
def test_a_broken_chain_is_found(logged: Register, harm: str, links: int) -> None:
    write(logged, [(f"537101010190000{n}", listing("FIRST", f"{n}")) for n in range(4)])
    check(logged, links)
    logged.cursor.execute(harm.encode())
    with pytest.raises(Refusal, match="rekam audit check"):
        check(logged, links)


def check(register: Register, links: int) -> None:
    for after in range(0, 4, links):
        sections.check_chain(register.cursor, after, min(4, after + links))


def test_spans_hold_every_subject_once() -> None:
    for number in (1, 2, 3, 7, 64):
        all_spans = sections.spans(number)
        assert (all_spans[0].first.int, all_spans[-1].last.int) == (0, 2**128 - 1)
        assert all(one.last.int + 1 == next_.first.int for one, next_ in pairwise(all_spans))


def listing(name: str, number: str) -> ev.Listing:
    particulars = ev.Particulars("F", date(2007, 1, 1), ever_married=False)
    return ev.Listing("a", number, WRITTEN, date(2018, 11, 1), name, "53.71.01.1001", particulars)
