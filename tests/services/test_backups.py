"""`rekam backup` and `rekam restore`: what comes back is the same register, and what is damaged never does."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from events.errors import Refusal
from services import postgres as embedded_postgres
from services.backups import programs
from services.backups.places import SCHEMAS
from services.postgres import Postgres
from services.processes import prepare
from tests.databases import new_database
from tests.events.examples import LIST_DECLARED, RESIDENT_LISTED
from tests.kafka.messages import captures, message, nik
from tests.register import fill
from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kafka.messages import Message

pytestmark = pytest.mark.alone

PEOPLE = 40
FACTS = 61


def line(folder: Path, keys: Path, address: str | None) -> CommandLine:
    """The command line of a register: of a database, or of the embedded one in `folder`."""
    database = {"REKAM_DATABASE": address, "REKAM_KAFKA": "127.0.0.1:1"} if address else {}
    return CommandLine(folder, {"REKAM_KEYS": str(keys), **database})


def rows(address: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(query.encode()).fetchall()


def schemas(address: str) -> list[str]:
    found = rows(address, "SELECT nspname FROM pg_namespace")
    return [name for (name,) in found if name in SCHEMAS]


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    """A list, who is on it, and half of them recorded."""
    listed = [
        message(
            RESIDENT_LISTED,
            f"l-{number}",
            nik=nik(number),
            name=f"Kenari {number:04}",
            address=f"Jalan Kenari {number}",
        )
        for number in range(PEOPLE)
    ]
    return [message(LIST_DECLARED, "list", rows=PEOPLE), *listed, *captures(FACTS - PEOPLE - 1, first=0)]


@pytest.fixture(scope="module")
def here(
    postgres: str, tmp_path_factory: pytest.TempPathFactory, messages: list[Message]
) -> Iterator[tuple[CommandLine, str]]:
    """A register with people, a user who is signed in, and one reading in its log."""
    folder = tmp_path_factory.mktemp("register")
    with new_database(postgres) as address:
        fill(address, folder / "keys", messages)  # type: ignore[arg-type]
        made = line(folder / "data", folder / "keys", address)
        made.json("user", "add", "ann", "--role", "auditor", "--generate")
        with psycopg.connect(address) as connection:
            connection.execute("INSERT INTO access.session VALUES ('x', 'ann', now(), now())")
            connection.execute(
                "INSERT INTO access.reading (who, role, action, question, people, position) "
                "VALUES ('ann', 'auditor', 'list', '{}', 3, 7)"
            )
        yield made, address


@pytest.fixture(scope="module")
def made(here: tuple[CommandLine, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "first"
    here[0].json("backup", str(folder))
    return folder


@pytest.fixture
def keys(here: tuple[CommandLine, str]) -> Path:
    return Path(here[0].settings["REKAM_KEYS"])


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """A backup that a test may damage."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def edit(folder: Path, **changes: object) -> None:
    """Somebody writes another manifest."""
    file = folder / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


# ------------------------------------------------------------------ what a backup is


def test_a_backup_says_of_which_moment_it_is(here: tuple[CommandLine, str], made: Path) -> None:
    register, _ = here
    said = json.loads((made / "manifest.json").read_text())
    proved = register.json("audit", "check")

    assert (said["position"], said["digest"]) == (FACTS, proved["digest"])
    assert said["projections"] == {"counts": FACTS, "trail": FACTS, "outstanding": FACTS}
    assert said["accounted"] == register.json("status")["accounted"]
    assert (said["postgresql"], said["format"]) == (18, 1)
    assert datetime.fromisoformat(said["made"]) <= datetime.now(UTC)


def test_a_backup_holds_no_key_and_nothing_personal_in_clear(made: Path, keys: Path, messages: list[Message]) -> None:
    stored = {
        file.name: gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in (*(made / "database").iterdir(), made / "manifest.json")
    }
    secrets = [file.read_bytes().strip() for file in keys.iterdir()]
    said = [json.loads(message.value)["data"] for message in messages if message.value]
    personal = [str(data[field]).encode() for data in said for field in ("nik", "name", "address") if field in data]
    assert len(secrets) >= 2
    assert len(personal) > 3 * PEOPLE

    everything = b"\n".join(stored.values())
    assert b"rekam.listing.resident_listed.v1" in everything, "these bytes cannot be searched"
    assert [secret for secret in secrets if secret in everything or bytes.fromhex(secret.decode()) in everything] == []
    assert [value for value in personal if value in everything] == []


def test_a_backup_is_for_its_owner_alone(made: Path) -> None:
    assert made.stat().st_mode & 0o077 == 0


def test_a_folder_with_something_in_it_is_left_alone(here: tuple[CommandLine, str], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    done = here[0].run("backup", str(tmp_path))

    assert done.code == 2
    assert f"{tmp_path} is not empty: name a new folder for each backup" in done.talk
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_where_the_disk_is_full_that_is_said_and_nothing_is_left(
    here: tuple[CommandLine, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "pg_dump"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) 18.4"; exit; }\n'
        'for word; do case "$word" in --file=*) to="${word#--file=}";; esac; done\n'
        'mkdir "$to"; echo torn > "$to/toc.dat"\n'
        'echo "pg_dump: error: could not write to file: No space left on device" >&2; exit 1\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")

    done = here[0].run("backup", str(tmp_path / "backup"))

    assert done.code == 1
    assert "the backup was broken off, and nothing is left of it" in done.talk
    assert "pg_dump ended with 1: could not write to file: No space left on device" in done.talk
    assert not (tmp_path / "backup").exists()


def test_the_programs_are_not_older_than_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = tmp_path / "bin"
    fakes.mkdir()
    for version in (15, 18):
        (fakes / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}.1"\n')
        (fakes / "pg_dump").chmod(0o755)
        monkeypatch.setenv("PATH", str(fakes))
        programs._major.cache_clear()
        assert (programs.find("pg_dump", 18) == fakes / "pg_dump") == (version == 18)


# ------------------------------------------------------------------ what comes back


def test_restored_to_a_new_database_it_is_the_same_register(
    here: tuple[CommandLine, str], made: Path, keys: Path, postgres: str, tmp_path: Path
) -> None:
    with new_database(postgres) as address:
        there = line(tmp_path / "data", keys, address)
        done = there.json("restore", str(made))

        assert (done["position"], done["digest"]) == (done["manifest"]["position"], done["manifest"]["digest"])
        assert [one for one in done["checks"] if not one["ok"]] == []
        assert there.json("audit", "check") == here[0].json("audit", "check")
        for question in (
            ("counts", "--on", "2018-11-23"),
            ("list", "outstanding", "--on", "2018-11-23"),
            ("status",),
        ):
            assert there.json(*question) == here[0].json(*question)
        assert "ann" in str(there.json("user", "list")) == str(here[0].json("user", "list"))
        assert rows(address, "SELECT who, people FROM access.reading") == [("ann", 3)]
        assert rows(address, "SELECT count(*) FROM access.session") == [(0,)], "who had signed off is signed in again"


def test_its_owners_and_rights_are_those_of_a_register_that_was_made_here(
    here: tuple[CommandLine, str], made: Path, keys: Path, postgres: str, tmp_path: Path
) -> None:
    with new_database(postgres) as address:
        line(tmp_path / "data", keys, address).json("restore", str(made))

        for query in RIGHTS:
            assert _sorted_acl(rows(address, query)) == _sorted_acl(rows(here[1], query))


_OURS = f"nspname = ANY('{{{','.join(SCHEMAS)}}}')"
RIGHTS = (
    f"""SELECT nspname, relname, relowner::regrole::text, relacl::text, relrowsecurity
        FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE {_OURS} ORDER BY 1, 2""",
    f"""SELECT nspname, attrelid::regclass::text, attname, attacl::text
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE attacl IS NOT NULL AND {_OURS} ORDER BY 1, 2, 3""",
    f"SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE {_OURS} ORDER BY 1",
    f"""SELECT nspname, proname, proowner::regrole::text, proacl::text, prosecdef, proconfig::text
        FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE {_OURS} ORDER BY 1, 2""",
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT schemaname, tablename, policyname, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2, 3",
)


def _sorted_acl(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rights are a set, and text in catalogues is a list of them."""
    return [tuple(sorted(c.split(",")) if isinstance(c, str) and "=" in c else c for c in row) for row in found]


def test_restored_to_a_new_folder_it_runs_there(
    here: tuple[CommandLine, str], made: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_postgres, "MADE_SO", (*embedded_postgres.MADE_SO, "--no-sync"))
    data = tmp_path / "data"
    (data / "restoring" / "postgres").mkdir(parents=True)  # of a restore that was killed
    data.chmod(0o700)

    there = line(data, keys, None)
    done = there.json("restore", str(made))

    assert [one for one in done["checks"] if not one["ok"]] == []
    assert not (data / "restoring").exists()
    again = there.run("restore", str(made))
    assert (again.code, "holds a register already" in again.talk) == (1, True)
    server = Postgres(data, wish=None)
    server.start()
    try:
        assert rows(server.address, "SELECT size FROM log.head") == [(FACTS,)]
        assert rows(server.address, "SHOW wal_level") == [("replica",)]
    finally:
        server.stop()


def test_a_user_who_is_no_superuser_backs_up_and_restores(
    made: Path, keys: Path, postgres: str, tmp_path: Path, messages: list[Message]
) -> None:
    name = f"office_{uuid4().hex[:8]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'a b'").format(sql.Identifier(name)))
        for (role,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname ^@ 'rekam_'").fetchall():
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))
    try:
        with new_database(postgres, name) as first, new_database(postgres, name) as second:
            old, new = (psycopg.conninfo.make_conninfo(one, user=name, password="a b") for one in (first, second))
            fill(old, tmp_path / "keys", messages[:50])  # type: ignore[arg-type]
            line(tmp_path / "data", tmp_path / "keys", old).json("backup", str(tmp_path / "backup"))

            there = line(tmp_path / "data", tmp_path / "keys", new)
            done = there.json("restore", str(tmp_path / "backup"))

            assert done["position"] == 50
            assert all(one["ok"] for one in done["checks"])
            refused = line(tmp_path / "data", keys, new).run("restore", str(made))
            assert "holds a register already" in refused.talk
        with new_database(postgres) as third:
            there = line(tmp_path / "data", tmp_path / "keys", third)
            assert there.json("restore", str(tmp_path / "backup"))["position"] == 50, "a superuser may, for another"
        with new_database(postgres, name) as third:
            address = psycopg.conninfo.make_conninfo(third, user=name, password="a b")
            refused = line(tmp_path / "data", keys, address).run("restore", str(made))
            assert refused.code == 1
            assert f"belongs to PostgreSQL's user rekam, and REKAM_DATABASE signs in as {name}" in refused.talk
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_dry_run_says_that_it_could_be_and_does_nothing(
    made: Path, keys: Path, postgres: str, tmp_path: Path
) -> None:
    with new_database(postgres) as address:
        done = line(tmp_path / "data", keys, address).run("restore", str(made), "--dry-run")

        assert done.code == 0
        assert "is whole, and the keys are its keys" in done.answer
        assert schemas(address) == []
    assert line(tmp_path / "data", keys, None).run("restore", str(made), "--dry-run").code == 0
    assert not (tmp_path / "data").exists()


# ------------------------------------------------------------------ what does not come back


def test_nothing_is_restored_over_a_register(here: tuple[CommandLine, str], made: Path) -> None:
    before = rows(here[1], "SELECT size, digest FROM log.head")

    done = here[0].run("restore", str(made))

    assert done.code == 1
    assert "holds a register already (schema" in done.talk
    assert "createdb NAME" in done.talk
    assert rows(here[1], "SELECT size, digest FROM log.head") == before


HALFWAY = """
import select
import sys
from pathlib import Path
from services.backups import restoring
from services.settings import from_environ
import os

def prove(*_):
    print("halfway", flush=True)
    while not select.select([sys.stdin], [], [], 0.1)[0]:  # a signal just before a longer wait is heard after it
        pass

restoring._proved = prove
restoring.restore(from_environ(os.environ), Path(sys.argv[1]), dry_run=False)
"""


@contextmanager
def halfway(there: CommandLine, made: Path) -> Iterator[subprocess.Popen[str]]:
    """A restore that has loaded everything, and does not come to the proof of it."""
    command = [sys.executable, "-c", HALFWAY, str(made)]
    environ = {**os.environ, **there.settings, "REKAM_DATA": str(there.data)}
    pipes = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdin=pipes, stdout=pipes, stderr=pipes, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "halfway\n"
        yield running


def test_one_that_was_killed_before_the_proof_leaves_no_register_and_the_next_begins_anew(
    made: Path, keys: Path, postgres: str, tmp_path: Path
) -> None:
    with new_database(postgres) as address:
        there = line(tmp_path / "data", keys, address)
        with halfway(there, made) as running:
            again = there.run("restore", str(made))
            assert (again.code, "being restored into" in again.talk) == (1, True)
            running.kill()

        asked = there.run("status")
        assert (asked.code, "run it again if it was broken off" in asked.talk) == (1, True)
        with pytest.raises(Refusal, match="nothing of it is proved yet"):
            prepare(address)

        assert all(one["ok"] for one in there.json("restore", str(made))["checks"])
        assert there.json("status")["position"] == FACTS
        assert rows(address, "SELECT to_regnamespace('rekam_restoring') IS NULL") == [(True,)]
        over = there.run("restore", str(made))
        assert (over.code, "holds a register already" in over.talk) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_told_to_end_leaves_nothing(
    made: Path, keys: Path, postgres: str, tmp_path: Path, number: signal.Signals
) -> None:
    with new_database(postgres) as address:
        with halfway(line(tmp_path / "data", keys, address), made) as running:
            running.send_signal(number)
            assert running.wait(60) == 128 + number

        assert schemas(address) == []
        assert rows(address, "SELECT to_regnamespace('rekam_restoring') IS NULL") == [(True,)]


@pytest.mark.parametrize(("which", "said"), [("none", "pepper is missing"), ("other", "is not the one this database")])
def test_without_its_own_keys_nothing_is_restored(
    made: Path, postgres: str, tmp_path: Path, which: str, said: str
) -> None:
    if which == "other":
        with new_database(postgres) as another:
            fill(another, tmp_path / "keys", [])
    with new_database(postgres) as address:
        done = line(tmp_path / "data", tmp_path / "keys", address).run("restore", str(made))

        assert done.code == 1
        assert said in done.talk
        assert schemas(address) == []


def _largest(folder: Path) -> Path:
    return max((folder / "database").iterdir(), key=lambda file: file.stat().st_size)


def _cut(folder: Path) -> None:
    file = _largest(folder)
    file.write_bytes(file.read_bytes()[:-10])


def _flip(folder: Path) -> None:
    file = _largest(folder)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file cut off": (_cut, "bytes. Take another copy"),
    "a bit flipped": (_flip, "was changed. Take another copy"),
    "a file gone": (lambda folder: _largest(folder).unlink(), "is missing. Take another copy"),
    "a file added": (lambda folder: (folder / "database" / "9.dat").write_text(""), "9.dat is not of it"),
    "broken off": (lambda folder: (folder / "manifest.json").unlink(), "or one that was broken off"),
    "manifest cut": (lambda folder: (folder / "manifest.json").write_text('{"format": 1, "re'), "is damaged"),
    "manifest without digest": (lambda folder: edit(folder, digest=""), "is damaged"),
    "later format": (lambda folder: edit(folder, format=2, rekam="9.0"), "made by Rekam 9.0: restore it with that one"),
    "later Rekam": (lambda folder: edit(folder, schema_version=99), "with schema version 99, this one knows"),
    "later PostgreSQL": (lambda folder: edit(folder, postgresql=99), "the backup is of PostgreSQL 99, and here is 18"),
    "no folder": (shutil.rmtree, "is no folder: name one that `rekam backup` has made"),
    # These are whole, and only what was restored shows that they are lies.
    "another digest": (lambda folder: edit(folder, digest="0" * 64), "Somebody has changed the backup"),
    "another position": (lambda folder: edit(folder, position=FACTS - 1), "Somebody has changed the backup"),
    "another tally": (lambda folder: edit(folder, accounted={}), "Somebody has changed the backup"),
}  # fmt: skip


@pytest.mark.parametrize("how", DAMAGE)
def test_what_is_damaged_is_refused_and_nothing_is_left(
    copy: Path, keys: Path, postgres: str, tmp_path: Path, how: str
) -> None:
    damage, said = DAMAGE[how]
    damage(copy)
    with new_database(postgres) as address:
        done = line(tmp_path / "data", keys, address).run("restore", str(copy))

        assert done.code == (2 if how == "no folder" else 1)
        assert said in done.talk
        assert schemas(address) == []


def test_an_entry_that_somebody_changed_in_the_database_is_noticed(
    made: Path, keys: Path, postgres: str, tmp_path: Path
) -> None:
    """Each file of such a backup has its right digest; the chain of the log has not."""
    with new_database(postgres) as address, new_database(postgres) as another:
        there = line(tmp_path / "data", keys, address)
        there.json("restore", str(made))
        with psycopg.connect(address) as connection:
            connection.execute(
                "UPDATE log.entry SET state = convert_to(replace(convert_from(state, 'utf8'), '2018', '2017'), 'utf8') "
                "WHERE notification_id = 7"
            )
        there.json("backup", str(tmp_path / "forged"))

        done = line(tmp_path / "data", keys, another).run("restore", str(tmp_path / "forged"))

        assert done.code == 1
        assert "what was restored is not what the backup says it is: digest" in done.talk
        assert schemas(another) == []


def test_keys_that_were_destroyed_later_come_back_until_they_are_destroyed_again(
    made: Path, keys: Path, postgres: str, tmp_path: Path
) -> None:
    """What docs/backup.md says has to be done by hand."""
    with new_database(postgres) as address:
        there = line(tmp_path / "data", keys, address)
        there.json("restore", str(made))
        (subject,) = rows(address, "SELECT originator_id FROM log.entry WHERE topic ~ 'resident_listed' LIMIT 1")[0]
        assert there.run("audit", "trail", subject.hex).code == 0
        with psycopg.connect(address) as connection:
            connection.execute("DELETE FROM vault.person WHERE subject = %s", [subject])

        people = there.json("list", "outstanding", "--on", "2018-11-01")["rows"]
        assert [row["name"] for row in people if row["name"] is None] == [None]
