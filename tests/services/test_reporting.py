"""Reports in SQL: the figures are the command line's, and whoever asks for them sees nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from events.calendar import day_in_wita
from events.database import connect
from events.errors import NoAnswer
from projections.columns import FUNCTIONS, TYPES, VIEWS
from services import questions, scenario, upkeep
from services.answer import Answer
from services.processes import prepare
from tests.documents import block
from tests.register import fill, settings_of
from tests.reports import answered, asked, counted, counts_rows, flows_rows, reconciliation_rows
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from services.settings import Settings
    from tests.services.rebuilds import Rebuilt

SEED = 2018  # the demo's own
LISTS = (scenario.FIRST_LIST, scenario.SECOND_LIST)
DAYS = (None, "2018-11-01", "2018-11-23", "2019-03-31", "2031-02-03")
QUESTIONS = ("howmany", "whereto", "between", "pace", "doubts")


class City(NamedTuple):
    """The demo's city at a hundredth; `first` is the position at the end of its first phase."""

    address: str
    settings: Settings
    first: int
    last: int


@pytest.fixture(scope="module")
def city(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city") / "keys"
    address = rebuilds.database(postgres, "template0")
    ends = []
    for phase in (scenario.phase_one, scenario.phase_two):
        fill(address, folder, phase(SEED, scenario.QUICK))
        with connect(address) as connection:
            ends.append(one(connection.cursor(), "SELECT size FROM log.head"))
    yield City(address, settings_of(address, folder), *ends)
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(address)["dbname"]))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def report(city: City) -> Iterator[psycopg.Cursor[Any]]:
    """Who makes reports, each statement by itself."""
    with connect(city.address, "rekam_reporting", autocommit=True) as connection, connection.cursor() as cursor:
        yield cursor


def one(cursor: psycopg.Cursor[Any], query: str) -> Any:
    row = cursor.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def documented(ask: Callable[..., Answer], *values: Any) -> Any:
    """The document of the command line, or the words of its refusal."""
    answer = answered(ask, *values)
    return answer.document if isinstance(answer, Answer) else answer


def text(known: int | None) -> str | None:
    return None if known is None else str(known)


# ------------------------------------------------------------------ the same figures


@pytest.mark.parametrize("on", DAYS)
def test_counts_are_those_of_the_command_line_at_any_day_and_position(
    city: City, report: psycopg.Cursor[Any], on: str | None
) -> None:
    for known in (None, 1, city.first // 2, city.first, city.last):
        document = documented(questions.counts, city.settings, on, text(known), "kelurahan", None)
        rows = answered(asked, report, "SELECT * FROM reporting.counts_on(%s, %s)", [on, known])
        if isinstance(document, str):
            assert rows == document
            continue
        assert counts_rows(rows) == document["rows"]
        for name in ("position", "reading_version"):
            assert {row[name] for row in rows} == {document[name]}
        assert {row["day"].isoformat() for row in rows} == {document["on"]}


@pytest.mark.parametrize("on", DAYS)
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_reconciled_as_on_the_command_line(
    city: City, report: psycopg.Cursor[Any], name: str, on: str | None
) -> None:
    for known in (None, city.first // 2, city.first):
        document = documented(questions.reconcile, city.settings, name, on, text(known), None)
        query = "SELECT * FROM reporting.list_reconciliation(%s, %s, %s)"
        rows = answered(asked, report, query, [name, on, known])
        if isinstance(document, str):
            assert rows == document
        else:
            assert reconciliation_rows(rows, document) == document["rows"]


def test_flows_are_those_of_the_command_line(city: City, report: psycopg.Cursor[Any]) -> None:
    for days in (("2018-11-23", "2018-12-18"), ("2018-11-23", "2018-11-23"), ("2018-11-01", "2031-02-03")):
        for known in ((city.first, city.last), (city.last, city.last)):
            document = questions.flows(city.settings, days, (str(known[0]), str(known[1])), "kelurahan").document
            first, last = (datetime.fromisoformat(day).date() for day in days)
            assert flows_rows(report, first, last, *known) == document["rows"]


def test_a_position_that_is_not_reached_is_refused_in_the_same_words(city: City, report: psycopg.Cursor[Any]) -> None:
    with pytest.raises(NoAnswer) as refusal:
        questions.counts(city.settings, "2018-11-23", str(city.last + 1), "kelurahan", None)
    for function in ("counts_on('2018-11-23', {})", "list_reconciliation('X', NULL, {})", "recordings(NULL, NULL, {})",
                     "flows('2018-11-23', '2018-11-23', NULL, {})", "lists_at({})", "anomalies_at({})"):  # fmt: skip
        with pytest.raises(psycopg.errors.NoDataFound) as raised:
            report.execute(f"SELECT * FROM reporting.{function.format(city.last + 1)}".encode())
        assert raised.value.diag.message_primary == str(refusal.value)


def test_today_is_the_day_in_wita(report: psycopg.Cursor[Any]) -> None:
    for zone in ("UTC", "America/Anchorage", "Pacific/Kiritimati"):
        before = day_in_wita(datetime.now(UTC))
        report.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        assert before <= one(report, "SELECT reporting.today()") <= day_in_wita(datetime.now(UTC))
    today = one(report, "SELECT reporting.today()")
    assert asked(report, "SELECT * FROM reporting.counts_today") == counted(report, today)
    assert one(report, "SELECT max(day) FROM reporting.daily_recordings") <= today


def test_the_daily_recordings_are_the_flows_of_their_day(city: City, report: psycopg.Cursor[Any]) -> None:
    rows = asked(report, "SELECT * FROM reporting.daily_recordings WHERE day > '2018-11-01'")
    assert len({row["day"] for row in rows}) > 10
    for day in {row["day"] for row in rows}:
        days = ((day - timedelta(1)).isoformat(), day.isoformat())
        document = questions.flows(city.settings, days, (None, None), "kelurahan").document
        came: Counter[str] = Counter()
        for row in document["rows"]:
            for flow in row["flows"]:
                of_interest = flow["to"] == "recorded" and flow["to_area"] == row["area"]
                if of_interest and flow["from"] in {"outstanding", *(s for s in row["opening"] if "explained" in s)}:
                    came[row["area"]] += flow["people"]
        assert {row["area"]: row["recorded"] for row in rows if row["day"] == day} == came


def test_lists_and_their_residuals_are_those_of_their_reconciliations(city: City, report: psycopg.Cursor[Any]) -> None:
    rows = asked(report, "SELECT * FROM reporting.lists")
    assert {row["list"] for row in rows} >= set(LISTS)
    for row in rows:
        document = questions.reconcile(city.settings, row["list"], None, None, None).document
        assert [row[name] for name in ("declared", "members", "residual")] == [
            document[name] for name in ("declared", "members", "residual")
        ]


def test_anomalies_are_as_many_as_the_trails_show(city: City, report: psycopg.Cursor[Any]) -> None:
    said: dict[str, list[int]] = {}
    with connect(city.address, "rekam_reader") as connection:
        subjects = connection.execute("SELECT DISTINCT subject::text FROM trail.anomaly").fetchall()
    for (subject,) in subjects:
        found = questions.trail(city.settings, subject.replace("-", ""), None).document["anomalies"]
        for name, cases in Counter(anomaly["name"] for anomaly in found).items():
            said.setdefault(name, []).append(cases)
    rows = asked(report, "SELECT * FROM reporting.anomalies WHERE name NOT LIKE 'list\\_rows%'")
    assert {row["name"]: (row["people"] + row["lists"], row["cases"]) for row in rows} == {
        name: (len(cases), sum(cases)) for name, cases in said.items()
    }


def test_the_status_is_the_command_lines(city: City, report: psycopg.Cursor[Any]) -> None:
    document = upkeep.status(city.settings).document
    (row,) = asked(report, "SELECT * FROM reporting.status")
    assert {name: row[name] for name in document["accounted"]} == document["accounted"]
    assert {name: row[name] for name in document["projections"]} == document["projections"]
    assert (row["position"], row["open_in_quarantine"]) == (document["position"], sum(document["quarantine"].values()))


# ------------------------------------------------------------------ nothing else


TABLES = """
    SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'v', 'm', 'p') AND nspname IN ('counts', 'trail', 'outstanding', 'log', 'vault', 'intake')
"""


def test_no_table_behind_the_reports_can_be_read(city: City, report: psycopg.Cursor[Any]) -> None:
    with psycopg.connect(city.address) as owner:
        tables = [table for (table,) in owner.execute(TABLES).fetchall()]
    assert len(tables) > 20
    for table in tables:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            report.execute(f"SELECT * FROM {table} LIMIT 1".encode())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE reporting.mine (n int)",
        "CREATE VIEW public.mine AS SELECT 1",
        "CREATE SCHEMA mine",
        "DELETE FROM reporting.areas",
        "INSERT INTO reporting.counts_today (day) VALUES ('2018-11-23')",
        "UPDATE counts.position SET position = 0",
        "DROP VIEW reporting.status",
        "CREATE OR REPLACE FUNCTION reporting.today() RETURNS date LANGUAGE sql AS 'SELECT NULL::date'",
        "SELECT reporting.known_at(1, 1)",
        "SELECT * FROM reporting.balances('2018-11-23', 1)",
        "SET ROLE rekam_reader",
    ],
)
def test_nothing_is_written_and_no_part_is_called(city: City, statement: str) -> None:
    with connect(city.address) as connection:  # a user of one's own: the address's has every role
        connection.execute("CREATE ROLE bi_tool IN ROLE rekam_reporting")
        connection.execute("SET SESSION AUTHORIZATION bi_tool")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
            connection.execute(statement.encode())  # the second: views over functions have no rows to change
        connection.rollback()


@pytest.mark.parametrize("role", ["rekam_relay", "rekam_vault", "rekam_intake", "rekam_projector"])
def test_no_other_role_may_ask(city: City, role: str) -> None:
    with connect(city.address, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM reporting.status")


def test_the_owner_of_the_functions_makes_nothing_in_the_schema(city: City) -> None:
    with connect(city.address, "rekam_reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE reporting.mine (n int)")


def test_a_name_that_the_caller_puts_before_ours_is_not_looked_at(city: City) -> None:
    with connect(city.address) as connection:
        before = connection.execute("SELECT * FROM reporting.counts_on('2018-11-23')").fetchall()
        connection.execute("CREATE FUNCTION public.to_char(date, text) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$")
        connection.execute("CREATE TEMP TABLE position (position bigint)")
        connection.execute("SET search_path = pg_temp, public, pg_catalog")
        assert connection.execute("SELECT * FROM reporting.counts_on('2018-11-23')").fetchall() == before
        connection.rollback()


def test_no_row_names_anybody(city: City, report: psycopg.Cursor[Any]) -> None:
    calls = [f"reporting.{view}" for view in (*VIEWS, "areas")]
    calls += ["reporting.counts_on('2018-11-23')", "reporting.flows('2018-11-01', '2019-03-31')"]
    calls += [f"reporting.list_reconciliation('{name}')" for name in LISTS]
    calls += ["reporting.flow_balances('2018-11-01', '2019-03-31')"]
    said = "\n".join(str(row) for call in calls for row in report.execute(f"SELECT * FROM {call}".encode()))
    with connect(city.address, "rekam_reader") as connection:
        facts = connection.execute("SELECT subject::text, source, id FROM trail.fact").fetchall()
    words = set(re.findall(r"[\w:.-]+", said))
    assert len(said) > 10_000
    assert not {part for fact in facts for part in fact} & words
    assert not re.search(r"\d{6}[\d*]{6}\d{4}|[0-9a-f]{8}-?[0-9a-f]{4}|urn:", said)


# ------------------------------------------------------------------ said of each


def test_every_column_of_a_view_and_of_what_a_function_returns_is_commented(city: City) -> None:
    with psycopg.connect(city.address) as owner:
        rows = owner.execute(
            """SELECT relname, attname, col_description(c.oid, attnum) FROM pg_class c
            JOIN pg_attribute ON attrelid = c.oid AND attnum > 0
            WHERE relnamespace = 'reporting'::regnamespace"""
        ).fetchall()
        functions = owner.execute(
            """SELECT proname, obj_description(oid, 'pg_proc'), prosecdef, proconfig, provolatile FROM pg_proc
            WHERE pronamespace = 'reporting'::regnamespace AND has_function_privilege('rekam_reporting', oid, 'EXECUTE')
            """
        ).fetchall()
    assert {relation for relation, _, _ in rows} == {*TYPES, *VIEWS, "areas"}
    assert [row for row in rows if not row[2]] == []
    assert {function.partition("(")[0] for function in FUNCTIONS} | {"today"} == {name for name, *_ in functions}
    for name, comment, definer, config, volatile in functions:
        assert comment
        assert volatile == "s"
        if name != "today":
            assert definer
            assert "search_path=pg_catalog, pg_temp" in config


# ------------------------------------------------------------------ made, made again, and beside a rebuild


@pytest.fixture
def register(postgres: str, tmp_path: Path) -> Iterator[Rebuilt]:
    """The first phase, with the second to come."""
    address = rebuilds.database(postgres, "template0")
    keys = fill(address, tmp_path, scenario.phase_one(SEED, scenario.QUICK))
    made = rebuilds.Rebuilt(address, tmp_path, keys, list(scenario.phase_two(SEED, scenario.QUICK)))
    yield made
    rebuilds.dropped(postgres, made)


def test_reports_go_on_in_the_same_session_after_every_view_was_swapped(register: Rebuilt) -> None:
    with connect(register.address, "rekam_reporting", autocommit=True) as connection, connection.cursor() as cursor:
        calls = ("counts_today", "anomalies", "status", "lists", "flows('2018-11-02', '2019-03-31')")
        before = {call: asked(cursor, f"SELECT * FROM reporting.{call}") for call in calls}
        for _ in range(2):
            assert all(view["swapped"] for view in register.rebuild_all("counts", "trail", "outstanding"))
            assert {call: asked(cursor, f"SELECT * FROM reporting.{call}") for call in calls} == before
        register.take_in()
        (row,) = asked(cursor, "SELECT * FROM reporting.status")
        assert row["counts"] == row["position"] > before["status"][0]["position"]


def test_a_start_waits_for_nobodys_report(register: Rebuilt) -> None:
    with connect(register.address, "rekam_reporting") as connection:
        connection.execute("SELECT * FROM reporting.counts_today")  # and does not commit
        with psycopg.connect(register.address) as owner:
            name = psycopg.conninfo.conninfo_to_dict(register.address)["dbname"]
            short = sql.SQL("ALTER DATABASE {} SET statement_timeout = '5s'")
            owner.execute(short.format(sql.Identifier(str(name))))
        prepare(register.address)


def test_a_database_from_before_gets_it_also_from_several_at_once(register: Rebuilt) -> None:
    register.as_owner("DROP SCHEMA reporting CASCADE")
    errors: list[BaseException] = []

    def make() -> None:
        try:
            prepare(register.address)
        except BaseException as error:  # noqa: BLE001 - looked at below
            errors.append(error)

    makers = [threading.Thread(target=make) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert errors == []
    with connect(register.address, "rekam_reporting") as connection:
        assert connection.execute("SELECT position FROM reporting.status").fetchall() == [(register.head(),)]


def test_an_older_making_is_brought_up_to_date(register: Rebuilt) -> None:
    register.as_owner("COMMENT ON SCHEMA reporting IS 'older'")
    register.as_owner("DROP VIEW reporting.status")
    register.as_owner("DROP FUNCTION reporting.status_now()")
    register.as_owner("ALTER TYPE reporting.status_row DROP ATTRIBUTE open_in_quarantine")
    prepare(register.address)
    with connect(register.address, "rekam_reporting") as connection:
        assert connection.execute("SELECT open_in_quarantine >= 0 FROM reporting.status").fetchall() == [(True,)]


# ------------------------------------------------------------------ a real client, and the page


def test_psql_asks_with_a_user_of_its_own(city: City) -> None:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("there is no psql on this machine")
    user, password = f"bi_{uuid4().hex}", uuid4().hex
    with psycopg.connect(city.address, autocommit=True) as owner:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE rekam_reporting")
        owner.execute(made.format(sql.Identifier(user), sql.Literal(password)))
    address = psycopg.conninfo.make_conninfo(city.address, user=user, passfile="")
    try:
        done = subprocess.run(
            [psql, address, "-XAt", "-c",
             "SELECT sum(truly) FROM reporting.list_reconciliation('PUSAT-2018-11', '2018-11-23')",
             "-c", "\\d+ reporting.counts_today", "-c", "SELECT * FROM vault.person"],
            env={"PGPASSWORD": password, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
    finally:
        with psycopg.connect(city.address, autocommit=True) as owner:
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))
    document = questions.reconcile(city.settings, "PUSAT-2018-11", "2018-11-23", None, None).document
    assert done.stdout.splitlines()[0] == str(document["truly"])
    assert "people who have still to be recorded" in done.stdout
    assert "permission denied for schema vault" in done.stderr


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_page_shows_what_its_question_gives(report: psycopg.Cursor[Any], question: str) -> None:
    query, _, shown = block(question).partition(";\n")
    report.execute(query.encode())
    names = [column.name for column in report.description or ()]
    rows = [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in report]
    said = [re.split(r"\s{2,}", line.removeprefix("-- ").strip()) for line in shown.strip().splitlines()]

    assert said == [names, *rows]
