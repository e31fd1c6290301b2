"""A register of a million made-up facts by name: 330,000 people with sealed particulars, as the view `outstanding` is.

Its tables are written at once by COPY, with what the view itself would have in them. Everybody is on a first list; four
in five are recorded, half of the others explained at the door, and those still official are on a second list. The
facts after the first list come in any order, so that each few hundred positions change something in every kelurahan.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from events.entry import VERSION
from events.seal import NONCE_BYTES, Person, associated_data, person_keys, seal
from events.territory import KECAMATAN, KELURAHAN
from projections.accounts import NUMBERS
from projections.transfers import NOWHERE, Account
from projections.views import copy_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from events.vault import Keys

__all__ = ["FACTS", "FIRST", "LIST", "SECOND", "TODAY", "fill"]

PEOPLE, FACTS = 330_000, 1_000_000
LIST, SECOND = "BENCH-2018-11", "BENCH-2019-03"
FIRST, TODAY = date(2018, 11, 1), date(2019, 3, 31)
_LISTED, _CAPTURED = "rekam.listing.resident_listed.v1", "rekam.recording.captured.v1"
_STATUS, _FOUND = "rekam.recording.status_reported.v1", "rekam.finding.reported.v1"
_SOURCE, _WRITTEN = "urn:rekam:synthetic:bench", "2018-11-01T02:00:00.000000Z"
#: Cards handed out by kecamatan, by which people are spread.
_WEIGHTS: Final = dict(zip(KECAMATAN, (19_972, 29_270, 19_143, 24_629, 18_775, 10_842), strict=True))
_AT_ONCE: Final = 20_000

_COPIES: Final = {
    "person": "COPY vault.person (mac, subject, wrapped) FROM STDIN",
    "particulars": """
        COPY outstanding.particulars
            (position, subject, type, source, id, valid_on, recordedtime, list, sex, person, calendar) FROM STDIN""",
    "sign": "COPY outstanding.sign (position, subject, type, source, id, valid_on, recordedtime, word) FROM STDIN",
    "posting": """
        COPY outstanding.posting (position, subject, valid_on, from_account, to_account, people) FROM STDIN""",
}


def fill(cursor: psycopg.Cursor[Any], keys: Keys) -> None:
    """Write the register into the empty view and the vault, and say that the view is at its last position."""
    cursor.execute("SET search_path = outstanding")
    cursor.execute(
        "INSERT INTO declaration (position, subject, source, id, list, as_of) VALUES (1, %s, %s, '1', %s, %s)",
        [UUID(int=1), _SOURCE, LIST, FIRST],
    )
    rows: dict[str, list[str]] = {table: [] for table in _COPIES}
    for at, (table, row) in enumerate(_made_up(keys)):
        rows[table].append(row)
        if at % _AT_ONCE == 0:
            _write(cursor, rows)
    _write(cursor, rows)
    cursor.execute("UPDATE position SET position = %s", [FACTS])
    cursor.execute("ANALYZE posting, particulars, sign, vault.person")


def _write(cursor: psycopg.Cursor[Any], rows: dict[str, list[str]]) -> None:
    for table, some in rows.items():
        copy_in(cursor, _COPIES[table], "".join(some))
        some.clear()


def _made_up(keys: Keys) -> Iterator[tuple[str, str]]:
    rng = Random(2018)
    later = list(range(PEOPLE + 2, FACTS + 1))
    rng.shuffle(later)
    areas = list(KELURAHAN)
    weights = [_WEIGHTS[area[:8]] * rng.uniform(0.3, 2) for area in areas]
    for number in range(PEOPLE):
        person = Person(UUID(int=rng.getrandbits(128), version=4), rng.randbytes(32))
        area = rng.choices(areas, weights)[0]
        nik = f"537101{1 + rng.randrange(28):02}{1 + rng.randrange(12):02}{60 + rng.randrange(40)}{number % 9999:04}"
        wrapped = keys.wrap(os.urandom(NONCE_BYTES), person)
        yield "person", f"\\\\x{rng.randbytes(16).hex()}\t{person.subject.hex}\t\\\\x{wrapped.hex()}\n"
        particulars = _particulars(rng, nik)
        yield "particulars", _stated(person, particulars, number + 2, LIST, FIRST)
        yield "posting", _posted(person, number + 2, FIRST, NOWHERE, Account(area, "outstanding"))
        yield from _afterwards(rng, person, particulars, area, later)


def _afterwards(
    rng: Random, person: Person, particulars: dict[str, str], area: str, later: list[int]
) -> Iterator[tuple[str, str]]:
    day, drawn = FIRST + timedelta(rng.randrange(1, 120)), rng.random()
    outstanding = Account(area, "outstanding")
    if drawn < 0.8:
        at = later.pop()
        yield "sign", _seen(person, at, _CAPTURED, day, None)
        yield "posting", _posted(person, at, day, outstanding, Account(area, "recorded"))
        if len(later) > FACTS // 10:
            yield "sign", _seen(person, later.pop(), _STATUS, day + timedelta(9), "CARD_PRINTED")
        return
    at = later.pop()
    outcome = "moved_away" if drawn < 0.9 else rng.choice(["not_found", "refused", "needs_home_visit"])
    yield "sign", _seen(person, at, _FOUND, day, outcome)
    if outcome == "moved_away":
        yield "posting", _posted(person, at, day, outstanding, Account(area, "explained_moved"))
    yield "particulars", _stated(person, particulars, later.pop(), SECOND, TODAY)


def _particulars(rng: Random, nik: str) -> dict[str, str]:
    return {
        "nik": nik,
        "name": f"{rng.choice(_NAMES)} {rng.choice(_NAMES)} {rng.choice(_NAMES)}",
        "birth_date": f"{1940 + rng.randrange(61)}-{1 + rng.randrange(12):02}-{1 + rng.randrange(28):02}",
        "address": f"Jalan {rng.choice(_NAMES)} {1 + rng.randrange(200)}",
        "rt": f"{1 + rng.randrange(24):03}",
        "rw": f"{1 + rng.randrange(12):03}",
        "family_card": f"53710{rng.randrange(10**11):011}",
    }


_NAMES: Final = ("Adi", "Bria", "Contoh", "Dethan", "Eko", "Foeh", "Gani", "Hale", "Ina", "Johanis", "Kore", "Lay")


def _stated(person: Person, particulars: dict[str, str], at: int, list_: str, day: date) -> str:
    aad = associated_data(VERSION, person.subject, _LISTED, _SOURCE, str(at))
    for_person, for_calendar = person_keys(person.key)
    drawn = os.urandom(2 * NONCE_BYTES)
    named = seal(for_person, drawn[:NONCE_BYTES], orjson.dumps(particulars).ljust(256), aad)
    born = date.fromisoformat(particulars["birth_date"])
    days = orjson.dumps({"seventeen_on": born.replace(year=born.year + 17), "ever_married": False}).ljust(64)
    calendar = seal(for_calendar, drawn[NONCE_BYTES:], days, aad)
    name = f"{at}\t{person.subject.hex}\t{_LISTED}\t{_SOURCE}\t{at}\t{day}\t{day}{_WRITTEN[10:]}"
    return f"{name}\t{list_}\tF\t\\\\x{named.hex()}\t\\\\x{calendar.hex()}\n"


def _seen(person: Person, at: int, type_: str, day: date, word: str | None) -> str:
    name = f"{at}\t{person.subject.hex}\t{type_}\t{_SOURCE}\t{at}\t{day}\t{day}{_WRITTEN[10:]}"
    return f"{name}\t{word or chr(92) + 'N'}\n"


def _posted(person: Person, at: int, day: date, before: Account, after: Account) -> str:
    return f"{at}\t{person.subject.hex}\t{day}\t{NUMBERS[before]}\t{NUMBERS[after]}\t1\n"
