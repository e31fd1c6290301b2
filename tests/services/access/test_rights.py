"""The database holds the line a second time: each role reads what its people may, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from events import database
from events.database import PEOPLE, connect
from projections import position
from projections.trail import TRAIL
from projections.transfers import Account
from services.access import tables
from services.access.roles import Caller, Role
from services.processes import prepare
from services.scenario.messages import WITHDRAWN, Fact, structured
from tests.register import fill
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.rebuilds import Rebuilt

VIEWS = ("counts", "trail", "outstanding")
INTAKE = {
    f"intake.{name}"
    for name in (
        "accounted", "counter", "cursor", "incarnation", "quarantine", "receipt", "relayed", "resolution", "schema",
    )
}  # fmt: skip
WATCH = {f"watch.{name}" for name in ("offsets", "parked", "partition", "source")}
COUNTS = {
    f"counts.{name}"
    for name in (
        "account", "capture", "cell", "day_change", "declaration", "list", "listing", "month_end", "month_flow",
        "position", "posting",
    )
}  # fmt: skip
PERSONS = {
    *(f"trail.{name}" for name in ("account", "anomaly", "fact", "position", "posting")),
    *(
        f"outstanding.{name}"
        for name in (
            "account", "declaration", "identity", "particulars", "position", "posting", "sign", "withdrawal",
        )
    ),
    "vault.person",
    "vault.destroyed",
    "vault.fingerprint",
    "access.follow_up",
}  # fmt: skip
READINGS = {"access.reading", "access.seen"}
OF_ALL = {"log.head", "counts.position", "trail.position", "outstanding.position"}
WHOLE = {
    "rekam_as_reporting": OF_ALL | COUNTS,
    "rekam_as_officer": OF_ALL | COUNTS | PERSONS,
    "rekam_as_supervisor": OF_ALL
    | COUNTS
    | PERSONS
    | READINGS
    | WATCH
    | {"intake.accounted", "intake.relayed", "intake.resolution"},
    "rekam_as_auditor": OF_ALL | COUNTS | PERSONS | INTAKE | WATCH | READINGS | {"log.entry", "log.claim"},
    "rekam_as_operator": OF_ALL | INTAKE | WATCH | {"log.entry", "vault.fingerprint"},
}
COLUMNS = {role: {("log.entry", "notification_id"), ("log.entry", "accepted")} for role in PEOPLE}
COLUMNS["rekam_as_supervisor"] |= {("intake.quarantine", name) for name in ("number", "code", "outcome")}
COLUMNS["rekam_as_operator"] |= {
    ("trail.fact", name) for name in ("position", "type", "source", "valid_on", "recordedtime", "accepted")
}
OURS = ("log", "vault", "intake", "watch", "access", *VIEWS)
AREA = "53.71.01"
OFFICER = Caller("lena", Role.OFFICER, (AREA,))
OF_AN_AREA = {
    "trail": ("posting", "fact", "anomaly"),
    "outstanding": ("posting", "particulars", "sign", "identity", "withdrawal"),
}


@pytest.fixture(scope="module")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebuilt]:
    register = rebuilds.made(postgres, tmp_path_factory.mktemp("keys"))
    fill(register.address, register.folder, [structured(fact) for fact in withdrawals(register)])
    yield register
    rebuilds.dropped(postgres, register)


@pytest.fixture
def register(postgres: str, template: Rebuilt) -> Iterator[Rebuilt]:
    register = rebuilds.copied(postgres, template)
    yield register
    rebuilds.dropped(postgres, register)


def withdrawals(register: Rebuilt) -> Iterator[Fact]:
    """Of the list that is declared, and of some of its rows."""
    listed = register.as_owner(
        "SELECT source, id, recordedtime FROM trail.fact WHERE type = 'rekam.listing.list_declared.v1' OR"
        " (type = 'rekam.listing.resident_listed.v1' AND position % 5 = 0)"
    )
    for source, id_, time in listed:
        data = {"withdraws_source": source, "withdraws_id": id_, "reason": "salah ketik"}
        yield Fact(WITHDRAWN, source, f"withdrawal-of-{id_}", time, time, data)


def relations(address: str) -> list[str]:
    with connect(address) as connection:
        return [
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", [list(OURS)]
            )
        ]


def columns(address: str) -> list[tuple[str, str]]:
    with connect(address) as connection:
        return [
            (f"{schema}.{table}", column)
            for schema, table, column in connection.execute(
                "SELECT table_schema, table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = ANY(%s)",
                [list(OURS)],
            )
        ]


def allowed(connection: psycopg.Connection[Any], statement: str) -> bool:
    """Whether the role's right is enough; whatever else is wrong with the statement is no matter."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.Error:
        return True
    return True


def seen(address: str, table: str, caller: Caller) -> set[tuple[Any, ...]]:
    with connect(address, caller.database_role) as connection:
        if (accounts := caller.accounts()) is not None:
            connection.execute("SELECT set_config('rekam.accounts', %s, true)", [f"{{{','.join(map(str, accounts))}}}"])
        return set(connection.execute(f"SELECT * FROM {table}".encode()).fetchall())


# ------------------------------------------------------------------ the matrix


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_reads_its_tables_and_no_other(template: Rebuilt, role: str) -> None:
    with connect(template.address, role) as connection:
        readable = {name for name in relations(template.address) if allowed(connection, f"SELECT * FROM {name}")}

    assert readable == WHOLE[role]


@pytest.mark.parametrize("role", PEOPLE)
def test_of_the_other_tables_it_reads_the_columns_that_are_named(template: Rebuilt, role: str) -> None:
    with connect(template.address, role) as connection:
        readable = {
            (table, column)
            for table, column in columns(template.address)
            if table not in WHOLE[role] and allowed(connection, f'SELECT "{column}" FROM {table}')
        }

    assert readable == {(table, column) for table, column in COLUMNS[role] if table not in WHOLE[role]}


@pytest.mark.parametrize("role", PEOPLE)
def test_no_role_of_people_writes_anything(template: Rebuilt, role: str) -> None:
    with connect(template.address, role) as connection:
        written = [
            statement
            for table, column in columns(template.address)
            for statement in (
                f"INSERT INTO {table} DEFAULT VALUES",
                f'UPDATE {table} SET "{column}" = DEFAULT',
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
            )
            if allowed(connection, statement)
        ]
        made = allowed(connection, "CREATE TABLE access.more ()") or allowed(connection, "CREATE SCHEMA more")

    assert written == []
    assert not made


def test_who_keeps_the_users_sees_no_person(template: Rebuilt) -> None:
    with connect(template.address, "rekam_access") as connection:
        readable = {name for name in relations(template.address) if allowed(connection, f"SELECT * FROM {name}")}

    assert readable == {
        f"access.{name}" for name in ("user", "session", "token", "reading", "seen", "follow_up", "checked")
    }  # fmt: skip


@pytest.mark.parametrize("role", ["rekam_intake", "rekam_relay", "rekam_projector", "rekam_reporting", "rekam_vault"])
def test_who_keeps_the_register_sees_nothing_of_who_reads_it(template: Rebuilt, role: str) -> None:
    with connect(template.address, role) as connection:
        readable = [
            name
            for name in relations(template.address)
            if name.startswith("access.") and allowed(connection, f"SELECT * FROM {name}")
        ]

    assert readable == []


# ------------------------------------------------------------------ an officer's rows


def of_the_area(address: str, view: str) -> set[Any]:
    """Everyone who has ever stood there, by the view's own accounts."""
    with connect(address, "rekam_reader") as connection:
        return {
            subject
            for (subject,) in connection.execute(
                f"SELECT subject FROM {view}.posting JOIN {view}.account"
                f" ON number IN (from_account, to_account) WHERE area LIKE '{AREA}%'".encode()
            )
        }


@pytest.mark.parametrize(("view", "table"), [(view, table) for view in OF_AN_AREA for table in OF_AN_AREA[view]])
def test_an_officer_sees_the_people_of_their_area_alone(template: Rebuilt, view: str, table: str) -> None:
    lists = "SELECT subject FROM trail.fact WHERE type = 'rekam.listing.list_declared.v1'"
    own = of_the_area(template.address, view)
    with connect(template.address, "rekam_reader") as connection:
        of_lists = {subject for (subject,) in connection.execute(lists.encode())}
        cursor = connection.execute(f"SELECT * FROM {view}.{table}".encode())
        at = [column.name for column in cursor.description or ()].index("subject")
        everything = set(cursor.fetchall())
        expected = {row for row in everything if row[at] in own | of_lists}

    found = seen(template.address, f"{view}.{table}", OFFICER)
    assert found == expected
    assert found
    assert len(found) < len(everything)


def test_an_officer_sees_the_keys_of_the_people_of_their_area_alone(template: Rebuilt) -> None:
    found = seen(template.address, "vault.person", OFFICER)

    assert {row[1] for row in found} == of_the_area(template.address, "outstanding")
    assert len(found) < len(seen(template.address, "vault.person", Caller("ann", Role.SUPERVISOR)))


@pytest.mark.parametrize("table", ["trail.posting", "outstanding.posting", "outstanding.identity", "vault.person"])
def test_an_officer_without_an_area_sees_nobody(template: Rebuilt, table: str) -> None:
    with connect(template.address, "rekam_as_officer") as connection:
        before = connection.execute(f"SELECT * FROM {table}".encode()).fetchall()
        connection.execute("SELECT set_config('rekam.accounts', '{1,2,3}', true)")
        connection.commit()
        after = connection.execute(f"SELECT * FROM {table}".encode()).fetchall()

    assert (before, after) == ([], [])


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
@pytest.mark.parametrize("table", ["trail.fact", "outstanding.posting", "vault.person"])
def test_the_others_see_the_whole_city(template: Rebuilt, role: Role, table: str) -> None:
    whole = template.as_owner(f"SELECT * FROM {table}")

    assert seen(template.address, table, Caller("ann", role)) == set(whole)


def test_accounts_are_those_of_the_areas() -> None:
    accounts = Caller("lena", Role.OFFICER, ("53.71.01.1001", "53.71.02")).accounts()
    from projections.accounts import NUMBERS  # noqa: PLC0415

    assert accounts is not None
    assert NUMBERS[Account("53.71.01.1001", "outstanding")] in accounts
    assert NUMBERS[Account("53.71.01.1002", "outstanding")] not in accounts
    assert NUMBERS[Account("53.71.02.1009", "recorded")] in accounts
    assert not {0, NUMBERS[Account("-", "unlisted")]} & set(accounts)
    assert Caller("ann", Role.SUPERVISOR).accounts() is None


# ------------------------------------------------------------------ they stay


@pytest.mark.parametrize("view", VIEWS)
def test_a_rebuild_keeps_rights_and_bounds(register: Rebuilt, view: str) -> None:
    names = [name for name in relations(register.address) if name.startswith(f"{view}.")]

    def rights() -> Any:
        readable = {}
        for role in PEOPLE:
            with connect(register.address, role) as connection:
                readable[role] = [name for name in names if allowed(connection, f"SELECT * FROM {name}")]
        bounds = register.as_owner(
            f"SELECT tablename, policyname, roles, cmd, qual FROM pg_policies WHERE schemaname = '{view}' ORDER BY 1, 2"
        )
        return readable, bounds, {name: len(seen(register.address, name, OFFICER)) for name in names}

    before = rights()
    assert register.rebuild(view)["swapped"]
    assert rights() == before


def test_a_start_that_changes_nothing_waits_for_nobody_who_reads(register: Rebuilt) -> None:
    held = "LOCK TABLE trail.posting, trail.fact, outstanding.sign, vault.person, access.reading IN ACCESS SHARE MODE"
    with connect(register.address) as reader:
        reader.execute(held.encode())
        with psycopg.connect(register.address, options="-c lock_timeout=2s") as connection:
            tables.make(connection.cursor())
        with connect(register.address, "rekam_projector") as connection:
            connection.execute("SET lock_timeout = '2s'")
            position.make(connection.cursor(), TRAIL)


def test_a_start_that_changes_nothing_waits_for_no_vacuum_and_keeps_nobody_from_writing(
    register: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OPTIONS", database.OPTIONS.replace("lock_timeout=60s", "lock_timeout=2s"))
    tables_ = register.as_owner(
        "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace::regnamespace::text = ANY ('{log,vault,intake,watch,access,counts,trail,outstanding}')"
    )
    every = ", ".join(name for (name,) in tables_)
    with connect(register.address) as vacuum:
        vacuum.execute(f"LOCK TABLE {every} IN SHARE UPDATE EXCLUSIVE MODE".encode())
        prepare(register.address)


def test_a_database_of_an_older_rekam_gets_them(register: Rebuilt) -> None:
    people = ", ".join(PEOPLE)
    register.as_owner(f"DROP OWNED BY {people}, rekam_access; DROP SCHEMA access CASCADE")
    for view in VIEWS:
        register.as_owner(f"COMMENT ON SCHEMA {view} IS NULL")
    for table in ("trail.posting", "trail.fact", "outstanding.sign", "vault.person"):
        register.as_owner(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        register.as_owner(f"DROP POLICY IF EXISTS all_of_it ON {table}")
    register.as_owner("DROP INDEX outstanding.posting_subject")

    prepare(register.address)

    test_each_role_reads_its_tables_and_no_other(register, "rekam_as_officer")
    test_an_officer_sees_the_people_of_their_area_alone(register, "trail", "fact")
    test_an_officer_sees_the_keys_of_the_people_of_their_area_alone(register)
