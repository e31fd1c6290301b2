"""Lists by name at a million made-up facts: how long a page of 50 takes, from the call to the rows.

*Not remembered* is the first page that anybody asks of that kelurahan, *remembered* a page of one that was asked before
at the same position, *as facts come in* one that was asked before 500 facts ago.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg

from events import database
from events.territory import CITY, KELURAHAN
from events.vault import load_keys
from projections.by_name import Cut, Key, Wanted, learn, page, rows, total
from projections.filters import Filters
from projections.walks import Walks
from tests.benchmarks import residents
from tests.benchmarks.figure import Figure, rate, timed
from tests.benchmarks.residents import FACTS, SECOND, TODAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from events.vault import Keys
    from tests.benchmarks.engines import Bench

__all__ = ["ask", "measured"]

ASKED = 100
PAGE = Cut(50)
_APART = 500
_GOAL_MS = 100


def measured(bench: Bench) -> Iterator[Figure]:
    """How long each kind of page takes, of drawn kelurahan; and a whole list, streamed."""
    keys = load_keys(bench.settings.keys, bench.one("SELECT value FROM vault.fingerprint"))
    began = time.monotonic()
    with psycopg.connect(bench.settings.database) as connection, connection.cursor() as cursor:
        residents.fill(cursor, keys)
    bench.looking.execute("VACUUM (ANALYZE)")
    print(f"{FACTS:,} facts by name in {time.monotonic() - began:.0f} s", flush=True)
    yield from ask(bench.settings.database, keys)


def ask(address: str, keys: Keys) -> Iterator[Figure]:
    with _cursor(address) as cursor:
        for what, asked in {**_pages(cursor, keys), **_filtered(cursor, keys)}.items():
            yield Figure.within(f"{what}, at {FACTS:,} facts", *timed(asked, ASKED), _GOAL_MS)
        began = time.perf_counter()
        given = rows(cursor, keys, Wanted("outstanding", TODAY, FACTS, CITY))
        next(given)
        first = time.perf_counter() - began
        length = 1 + sum(1 for _ in given)
        a_second = rate(length / (time.perf_counter() - began))
        yield Figure(f"a list of {length:,}, streamed", f"first row {first:.2f} s, {a_second}", "≤ 0.5 s", first <= 0.5)


@contextmanager
def _cursor(address: str) -> Iterator[psycopg.Cursor[Any]]:
    with database.connect(address, "rekam_reader", autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


def _pages(cursor: psycopg.Cursor[Any], keys: Keys) -> dict[str, Callable[[], object]]:
    rng, areas, walks, facts = Random(7), list(KELURAHAN), Walks(), count(FACTS - ASKED * _APART, _APART)
    official = Wanted("official", TODAY, FACTS)
    learn(cursor, keys, Wanted("official", TODAY, FACTS - (ASKED + 1) * _APART), walks)
    learn(cursor, keys, official, walks)
    length = {area: total(cursor, Wanted("official", TODAY, FACTS, area)) for area in areas}

    def drawn(known: int = FACTS, list_: str | None = None) -> Wanted:
        return Wanted("official", TODAY, known, rng.choice(areas), list_)

    def middle() -> Cut:
        area = rng.choice(areas)
        return Cut(PAGE.limit, Key(area, length[area] // 2, 1))

    return {
        "a first page, not remembered": lambda: page(cursor, keys, drawn(), PAGE),
        "a first page of a list's members, not remembered": lambda: page(cursor, keys, drawn(list_=SECOND), PAGE),
        "a first page, remembered": lambda: page(cursor, keys, drawn(), PAGE, walks),
        "a first page, as facts come in": lambda: page(cursor, keys, drawn(next(facts)), PAGE, walks),
        "a page in the middle of the city, not remembered": lambda: page(cursor, keys, official, middle()),
        "a page in the middle of the city, remembered": lambda: page(cursor, keys, official, middle(), walks),
    }


def _filtered(cursor: psycopg.Cursor[Any], keys: Keys) -> dict[str, Callable[[], object]]:
    rng, areas, walks = Random(7), list(KELURAHAN), Walks()
    learn(cursor, keys, Wanted("official", TODAY, FACTS), walks)

    def asked(filters: Filters) -> Callable[[], object]:
        return lambda: page(
            cursor, keys, Wanted("official", TODAY, FACTS, rng.choice(areas), None, filters), PAGE, walks
        )

    return {
        "a page of one RW, remembered": asked(Filters(rw="7")),
        "a page of 23 and over, remembered": asked(Filters(age_from=23)),
        "a page of a few ages, remembered": asked(Filters(age_from=23, age_to=24)),
        "a page of who was not visited for 30 days, remembered": asked(Filters(not_visited_for=30)),
    }
