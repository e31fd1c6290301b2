"""The schema `reporting`: what BI tools may ask in SQL, without a name and without a way to anybody's facts.

Its functions give the figures of the command line, by the same queries. They belong to `rekam_reader`, act with its
rights, and write nothing; `rekam_reporting` may call them, and sees nothing but this schema.
"""

from __future__ import annotations

import re
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from events import offsets, quarantine
from events.territory import KECAMATAN, KELURAHAN, UNLISTED, area_of, name_of
from projections import balances, lists
from projections.columns import FUNCTIONS, TYPES, VIEWS
from projections.counts import BLOCK, COUNTS
from projections.reading import OFFICIAL, STANDINGS
from projections.selection import standings_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

__all__ = ["make"]

_VALUE: Final = re.compile(r"%\((\w+)\)s")
_SETTINGS: Final = """
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off"""

_MADE: Final = "SELECT obj_description(to_regnamespace('reporting'), 'pg_namespace')"
_HAS: Final = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"

_BEGIN: Final = """
CREATE SCHEMA IF NOT EXISTS reporting;
GRANT USAGE, CREATE ON SCHEMA reporting TO rekam_reader;
SET LOCAL ROLE rekam_reader
"""
# The owner makes nothing more in it afterwards.
_END: Final = """
RESET ROLE;
REVOKE CREATE ON SCHEMA reporting FROM rekam_reader;
GRANT USAGE ON SCHEMA reporting TO rekam_reporting
"""


def make(cursor: psycopg.Cursor[Any]) -> None:
    """Make the schema or bring it up to date, in the caller's transaction; the views are there already.

    The caller is the address's own user. What is there is left alone, so that no start waits for somebody's report: a
    digest of everything that is made stands in the schema's comment.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rekam reporting'))")
    functions = _functions()
    rest = "".join((*_views(), *_comments(), *_rights()))
    digest = sha256(f"{TYPES}{functions}{rest}".encode()).hexdigest()
    said = f"Figures of the register for reports, without personal data. Made from {digest}"
    if cursor.execute(_MADE).fetchone() == (said,):
        return
    cursor.execute(_BEGIN)
    _make_types(cursor)
    cursor.execute(f"{functions}{rest}{_END}; COMMENT ON SCHEMA reporting IS {_text(said)}".encode())


def _make_types(cursor: psycopg.Cursor[Any]) -> None:
    """Types are made once; one that an earlier Rekam has made gets the columns that were added since."""
    for name, columns in TYPES.items():
        there = {column for (column,) in cursor.execute(_HAS, [f"reporting.{name}"]).fetchall()}
        if not there:
            made = ", ".join(f"{column.name} {column.type}" for column in columns)
            cursor.execute(f"CREATE TYPE reporting.{name} AS ({made})".encode())
            continue
        for column in columns:
            if column.name not in there:
                cursor.execute(f"ALTER TYPE reporting.{name} ADD ATTRIBUTE {column.name} {column.type}".encode())


def _functions() -> str:
    """The areas, and the file beside this one with the queries that Python asks, their values as variables."""
    areas = ", ".join(f"({', '.join(map(_text, row))})" for row in _areas())
    columns = ", ".join(column.name for column in TYPES["areas_row"])
    declaration = _inside(lists.DECLARATION)
    return f"CREATE OR REPLACE VIEW reporting.areas ({columns}) AS VALUES {areas};\n" + files("projections").joinpath(
        "reporting.sql"
    ).read_text(encoding="utf-8").format(
        block=BLOCK,
        shape=COUNTS.shape,
        settings=_SETTINGS,
        first_day=_inside(lists.FIRST_DAY),
        heard_of=_inside(lists.HEARD_OF),
        declaration_into=declaration.replace(" FROM", " INTO asked.declared FROM", 1),
        declaration_of_list=declaration.replace("asked.number", "l.number"),
        balances=_inside(balances.BALANCES),
        moved=_inside(balances.MOVED),
        flows=_inside(balances.FLOWS),
        of_members=_inside(balances.OF_MEMBERS),
        figures=", ".join(map(_sum, (*([name] for name in STANDINGS), *_three_numbers()))),
        cleared=", ".join(map(_sum, (["nowhere"], *(_with_nowhere(word) for word in ("settled", "cleared"))))),
        official=_texts(OFFICIAL),
        open=quarantine.OPEN,
        tally=", ".join(
            f"coalesce(sum(last - first + 1) FILTER (WHERE outcome = '{outcome}'), 0)::bigint AS {outcome}"
            for outcome in offsets.OUTCOMES
        ),
    )


def _inside(query: str) -> str:
    """The query within a function, where the values are variables of the block `asked`."""
    return _VALUE.sub(r"asked.\1", query).strip()


def _areas() -> Iterator[tuple[str, ...]]:
    for kelurahan, name in KELURAHAN.items():
        kecamatan = area_of(kelurahan, "kecamatan")
        yield kelurahan, name, kecamatan, KECAMATAN[kecamatan]
    yield (UNLISTED, name_of(UNLISTED)) * 2


def _three_numbers() -> Iterator[tuple[str, ...]]:
    for word in ("official", "explained", "outstanding"):
        yield standings_behind(word)


def _with_nowhere(word: str) -> tuple[str, ...]:
    return (*standings_behind(word), "nowhere")


def _sum(standings: Iterable[str]) -> str:
    return f"coalesce(sum(people) FILTER (WHERE standing IN ({_texts(standings)})), 0)::bigint"


def _views() -> Iterator[str]:
    for name, (_, function, _) in VIEWS.items():
        yield f"CREATE OR REPLACE VIEW reporting.{name} AS SELECT * FROM reporting.{function};\n"


def _comments() -> Iterator[str]:
    shown = {name: type_ for name, (type_, _, _) in VIEWS.items()} | {"areas": "areas_row"}
    for relation, type_ in ({name: name for name in TYPES} | shown).items():
        for column in TYPES[type_]:
            yield f"COMMENT ON COLUMN reporting.{relation}.{column.name} IS {_text(column.comment)};\n"
    for name, (_, _, comment) in VIEWS.items():
        yield f"COMMENT ON VIEW reporting.{name} IS {_text(comment)};\n"
    yield "COMMENT ON VIEW reporting.areas IS 'The kelurahan of the city.';\n"
    yield "COMMENT ON FUNCTION reporting.today() IS 'Today in WITA (UTC+8).';\n"
    for function, (type_, comment) in FUNCTIONS.items():
        columns = "".join(f"\n{column.name}: {column.comment}" for column in TYPES[type_])
        yield f"COMMENT ON FUNCTION reporting.{function} IS {_text(comment + columns)};\n"


def _rights() -> Iterator[str]:
    yield "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA reporting FROM PUBLIC;\n"
    for function in (*FUNCTIONS, "today()"):
        yield f"GRANT EXECUTE ON FUNCTION reporting.{function} TO rekam_reporting;\n"
    for view in (*VIEWS, "areas"):
        yield f"GRANT SELECT ON reporting.{view} TO rekam_reporting;\n"


def _texts(words: Iterable[str]) -> str:
    return ", ".join(map(_text, words))


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
