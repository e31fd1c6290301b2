"""What one more fact costs a view, by how much was said of that person before, and by where the view has that from.

Of some people each the same number of facts is known, a listing and what the centre reported on as many days, one in
fifty a failure; then one more is reported of each, in an order of chance. No transaction is measured: what entries
changed is read, nothing is written. Beside it what a page of 50 of those people takes, whom all have been met before.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events import database, log
from projections.by_name import Cut, Wanted, learn, page
from projections.history import Memory
from projections.walks import Walks
from services import scenario
from services.memory import spare_garbage
from services.processes import VIEWS, unlock
from services.projector import LIMIT
from services.scenario.cast import stream
from services.scenario.messages import structured
from services.scenario.mishaps import Deck
from services.scenario.office import Office
from services.scenario.residents import Ages, Residents
from tests.benchmarks.figure import Figure, timed
from tests.register import fill, follow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from events.vault import Keys
    from services.scenario.messages import Fact
    from services.scenario.residents import Resident
    from tests.benchmarks.engines import Bench

__all__ = ["measured"]

_PEOPLE: Final = 2_000
_KNOWN: Final = (3, 12, 24)
_SEED: Final = 2018
_AGES: Final = Ages(date(1930, 1, 1), date(2001, 10, 31), 1.4)
_FROM, _DAYS = date(2019, 1, 1), 700
_UNTIL: Final = _FROM + timedelta(_DAYS)
_ASKED: Final = 100
_STATUSES: Final = ("PRINT_READY_RECORD", "CARD_PRINTED", "CARD_SHIPPED", "CARD_ISSUED")
_FAILURE, _FAILED = "SEARCH_FAILURE_AT_CENTRAL", 0.02
_PLACES: Final[Mapping[str, Mapping[str, int]]] = {
    "read from the log": {"people": 0, "packed": 0},
    "packed": {"people": 0},
    "at hand": {"people": _PEOPLE, "facts": 1_000_000},
}


class _Sample(NamedTuple):
    """Positions: who is in it was said of from behind `first` to `known`, and once more up to `last`."""

    first: int
    known: int
    last: int


def measured(bench: Bench) -> Iterator[Figure]:
    """Microseconds of the processor a fact, ours alone, with anomalies; and a page, on the clock."""
    spare_garbage()  # as in a projector's own process
    office = Office(stream(_SEED, "remembering"), Deck(stream(_SEED, "deck")), _FROM, _UNTIL)
    residents = Residents(stream(_SEED, "residents of remembering"))
    keys = unlock(bench.settings, bench.settings.database)
    for known in _KNOWN:
        sample = _filled(bench, office, [*residents.make(_PEOPLE, _AGES)], known)
        for place, bounds in _PLACES.items():
            took = _took(bench, Memory(keys, noting=True, **bounds), sample)
            yield Figure(f"one more fact of somebody of whom {known} are known, {place}", f"{took:.0f} µs")
        p50, p99 = _page(bench, keys, Wanted("recorded", _UNTIL, sample.last, None, f"known-{known}"))
        yield Figure(
            f"a page of 50 people of whom {known + 1} facts are known each", f"p50 {p50:.1f}, p99 {p99:.1f} ms"
        )


def _filled(bench: Bench, office: Office, people: Sequence[Resident], known: int) -> _Sample:
    def take(facts: Iterator[Fact]) -> int:
        fill(bench.settings.database, bench.settings.keys, map(structured, facts), views=(), at_once=LIMIT)
        return int(bench.one("SELECT size FROM log.head"))

    def reported(number: int) -> Iterator[Fact]:
        for resident in office.rng.sample(people, len(people)):
            day = _FROM + timedelta(office.rng.randrange(_DAYS))
            word = _FAILURE if office.rng.random() < _FAILED else office.rng.choice(_STATUSES)
            yield office.status(resident, day, word, f"-{number}")

    name, areas = f"known-{known}", [one.kelurahan for one in people]
    first = take(iter([office.declared(name, scenario.REGISTERED_ON, areas)]))
    take(office.listing(one, name, scenario.REGISTERED_ON) for one in people)
    at = [take(reported(number)) for number in range(1, known + 1)]
    assert at[-1] - first == (known + 1) * len(people), "every message is a fact"
    return _Sample(first, at[-2], at[-1])


def _took(bench: Bench, memory: Memory, sample: _Sample) -> float:
    address = bench.settings.database
    with database.connect(address, "rekam_projector", derived=True) as opened, opened.cursor() as cursor:
        for entries in _batches(cursor, sample.first, sample.known):
            memory.changes(cursor, entries)
        batches = list(_batches(cursor, sample.known, sample.last))
        began = time.process_time()
        for entries in batches:
            memory.changes(cursor, entries)
        return 1e6 * (time.process_time() - began) / (sample.last - sample.known)


def _page(bench: Bench, keys: Keys, wanted: Wanted) -> tuple[float, float]:
    follow(bench.settings.database, keys, [VIEWS["outstanding"]])
    walks = Walks()
    with database.connect(bench.settings.database, "rekam_reader", autocommit=True) as opened:
        cursor = opened.cursor()
        learn(cursor, keys, wanted, walks)
        return timed(lambda: page(cursor, keys, wanted, Cut(50), walks), _ASKED)


def _batches(cursor: psycopg.Cursor[Any], after: int, last: int) -> Iterator[list[tuple[int, bytes]]]:
    while after < last:
        found = log.read(cursor, after, min(LIMIT, last - after))
        yield [(position, state) for position, state, _ in found]
        after = found[-1].position
