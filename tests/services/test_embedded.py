"""The embedded engines: started, stopped, killed, and started again on the same folder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from events.errors import Refusal, Unreachable
from services import child, postgres
from services.child import command_of
from services.embedded import Embedded, find, only_one
from services.settings import Settings, from_environ

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.alone

ANOTHER = """
import sys
from services.embedded import Embedded
from services.settings import from_environ
with Embedded(from_environ({"REKAM_DATA": sys.argv[1]})):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Without waiting for the disk, which matters to none of the ends that are brought about here."""
    monkeypatch.setattr(postgres, "MADE_SO", (*postgres.MADE_SO, "--no-sync"))
    monkeypatch.setattr(postgres, "OPTIONS", {**postgres.OPTIONS, "fsync": "off"})
    return from_environ({"REKAM_DATA": str(tmp_path / "data")})


@contextmanager
def another_process(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Runs the engines in a process that can be killed."""
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER, settings.data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            yield process
        finally:
            process.kill()


def make_a_table(address: str) -> None:
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept (it text)")


def has_the_table(address: str) -> bool:
    with psycopg.connect(address) as connection:
        return connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)


def make_topic(address: str, name: str) -> None:
    async def make() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=address)
        await admin.start()
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
        await admin.close()

    asyncio.run(make())


def topics(address: str) -> set[str]:
    async def ask() -> set[str]:
        async with AIOKafkaConsumer(bootstrap_servers=address) as consumer:
            known: set[str] = await consumer.topics()
            return known

    return asyncio.run(ask())


def engine_processes(settings: Settings) -> list[int]:
    """Broker first."""
    files = (settings.data / "broker.pid", settings.data / "postgres" / "postmaster.pid")
    return [int(file.read_text().split()[0]) for file in files]


def test_both_engines_answer_and_are_found_until_they_are_stopped(settings: Settings) -> None:
    with Embedded(settings) as embedded:
        found = find(settings)
        assert found == embedded.engines
        assert found.embedded
        make_a_table(found.database)
        make_topic(found.kafka, "made")
        assert topics(found.kafka) == {"made"}
        processes = engine_processes(settings)

    assert [command_of(process) for process in processes] == [None, None]
    with pytest.raises(Unreachable, match="rekam up"):
        find(settings)


def test_stopped_and_started_again_the_database_remembers_and_the_broker_has_forgotten(settings: Settings) -> None:
    with Embedded(settings) as embedded:
        first = embedded.engines
        make_a_table(first.database)
        make_topic(first.kafka, "made")

    with Embedded(settings) as embedded:
        assert embedded.engines == first
        assert has_the_table(first.database)
        assert topics(first.kafka) == set()


def test_killed_and_started_again_the_database_remembers_and_the_broker_has_forgotten(settings: Settings) -> None:
    with another_process(settings) as process:
        before = find(settings)
        make_a_table(before.database)
        make_topic(before.kafka, "made")
        processes = engine_processes(settings)
        process.kill()
        process.wait()
        with pytest.raises(Unreachable, match="rekam up"):
            find(settings)

        with Embedded(settings) as embedded:
            assert [command_of(process) for process in processes] == [None, None]
            assert has_the_table(embedded.engines.database)
            assert topics(embedded.engines.kafka) == set()


def test_a_broker_that_ends_by_itself_is_noticed_and_started_again_at_its_address(settings: Settings) -> None:
    with Embedded(settings) as embedded:
        before = embedded.engines
        make_topic(before.kafka, "made")
        assert embedded.ended() == ()

        os.kill(engine_processes(settings)[0], signal.SIGKILL)
        assert soon_ended(embedded) == ("broker",)
        assert embedded.start_again() == ("broker",)

        assert embedded.ended() == ()
        assert find(settings) == before
        assert topics(before.kafka) == set()


def test_a_database_that_ends_by_itself_comes_back_with_its_data_even_while_in_use(settings: Settings) -> None:
    with Embedded(settings) as embedded:
        before = embedded.engines
        make_a_table(before.database)

        with busy_session(before.database):
            os.kill(engine_processes(settings)[1], signal.SIGKILL)
            assert soon_ended(embedded) == ("postgres",)
            assert embedded.start_again() == ("postgres",)

        assert find(settings) == before
        assert has_the_table(before.database)


def test_a_database_in_use_comes_back_also_where_its_log_is_put_aside_meanwhile(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the log says of the sessions that are still at work stands in a new file then, at its beginning."""
    with Embedded(settings) as embedded:
        address = embedded.engines.database
        make_a_table(address)
        log = settings.data / "postgres.log"
        with log.open("a") as before:
            before.write("what was said in weeks\n" * 1_000)
        monkeypatch.setattr(child, "LONGEST_LOG_BYTES", 10_000)

        with busy_session(address):
            os.kill(engine_processes(settings)[1], signal.SIGKILL)
            assert soon_ended(embedded) == ("postgres",)
            assert embedded.start_again() == ("postgres",)

        assert has_the_table(address)
        assert log.with_name("postgres.log.1").exists()
        assert "pre-existing shared memory block" in log.read_text()


def test_a_folder_that_is_not_made_in_time_is_said_to_be_so_and_is_made_the_next_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(postgres, "START_WITHIN_S", 0.001)
        with pytest.raises(Unreachable, match=r"has not made its folder .*postgres within .* s: try again"):
            Embedded(settings).__enter__()
    assert not (settings.data / "postgres-password.given").exists()

    with Embedded(settings) as embedded:
        make_a_table(embedded.engines.database)


def soon_ended(embedded: Embedded) -> tuple[str, ...]:
    deadline = time.monotonic() + 10
    while not embedded.ended() and time.monotonic() < deadline:
        os.sched_yield()
    return embedded.ended()


@contextmanager
def busy_session(address: str) -> Iterator[None]:
    """A session at work for a second, which therefore notices late that its server was killed."""
    connection = psycopg.connect(address, autocommit=True)
    connection.pgconn.send_query(b"SELECT count(sha256(n::text::bytea)) FROM generate_series(1, 2000000) n")
    try:
        yield
    finally:
        connection.close()


def test_a_number_left_by_a_killed_database_may_be_another_programs(settings: Settings) -> None:
    with Embedded(settings):
        left = (settings.data / "postgres" / "postmaster.pid").read_text()
    with another_program() as other:
        (settings.data / "postgres" / "postmaster.pid").write_text(left.replace(left.split("\n")[0], str(other.pid), 1))

        with Embedded(settings) as embedded:
            assert embedded.ended() == ()
            assert other.poll() is None


@contextmanager
def another_program() -> Iterator[subprocess.Popen[bytes]]:
    """One that PostgreSQL could send signals to, and therefore takes for a server."""
    with subprocess.Popen(["sleep", "60"], user="nobody" if os.geteuid() == 0 else None) as program:
        try:
            yield program
        finally:
            program.kill()


def test_a_folder_of_another_major_version_is_refused_and_left_as_it_is(settings: Settings) -> None:
    with Embedded(settings):
        pass
    version = settings.data / "postgres" / "PG_VERSION"
    version.write_text("17\n")

    with pytest.raises(
        Refusal, match="was made by PostgreSQL 17, and this Rekam brings 18: run the Rekam that made it"
    ):
        Embedded(settings).__enter__()

    version.write_text("18\n")
    with Embedded(settings) as embedded:
        assert embedded.ended() == ()


def test_a_second_run_on_the_same_folder_is_refused(settings: Settings) -> None:
    with another_process(settings) as process, pytest.raises(Refusal, match=f"process {process.pid} runs the engines"):
        Embedded(settings).__enter__()


def test_engines_are_not_found_before_they_are_ready(settings: Settings) -> None:
    settings.data.mkdir(mode=0o700)

    with only_one(settings.data), pytest.raises(Unreachable, match="just being started"):
        find(settings)


def test_only_this_machine_can_reach_the_engines_and_only_with_the_password(settings: Settings) -> None:
    with Embedded(settings) as embedded:
        address = embedded.engines.database
        ports = {int((settings.data / name).read_text()) for name in ("broker-port", "postgres-port")}
        assert listening_on(ports) == {"0100007F"}
        assert str(settings.data) not in Path("/proc/net/unix").read_text()

        for password in ("", "guessed"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(address, passfile="/dev/null", password=password)


def listening_on(ports: set[int]) -> set[str]:
    """The addresses, in the kernel's notation, that these ports are listened to on."""
    rows = [line.split() for file in ("tcp", "tcp6") for line in Path("/proc/net", file).read_text().splitlines()[1:]]
    listened = [row[1].split(":") for row in rows if row[3] == "0A"]
    return {address for address, port in listened if int(port, 16) in ports}


def test_what_is_written_is_for_the_owner_alone_and_shows_no_password(settings: Settings) -> None:
    with Embedded(settings) as embedded:
        password = (settings.data / "postgres-password").read_text().strip().rpartition(":")[2]
        files = [settings.data, *settings.data.rglob("*")]
        open_to_others = [str(file) for file in files if file.stat().st_mode & 0o077]
        shown = [command_of(process) or "" for process in engine_processes(settings)]
        shown += [file.read_text() for file in settings.data.glob("*.log")]
        shown += [(settings.data / "engines.json").read_text(), repr(embedded.engines)]

    assert open_to_others == []
    assert len(password) >= 24
    assert [text for text in shown if password in text] == []


def test_a_failing_statement_leaves_no_value_in_the_log(settings: Settings) -> None:
    with Embedded(settings) as embedded, psycopg.connect(embedded.engines.database, autocommit=True) as connection:
        connection.execute("CREATE TABLE names AS SELECT 'CANARY' AS name")
        with pytest.raises(psycopg.errors.UniqueViolation, match="CANARY"):
            connection.execute("INSERT INTO names VALUES ('CANARY'); CREATE UNIQUE INDEX ON names (name)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="CANARY"):
            connection.execute("SELECT %s::int", ["CANARY"])

    assert "CANARY" not in (settings.data / "postgres.log").read_text()


def test_a_folder_with_a_long_name_and_a_space_will_do(tmp_path: Path) -> None:
    settings = from_environ({"REKAM_DATA": str(tmp_path / "a b" / ("long" * 40))})

    with Embedded(settings) as embedded:
        make_a_table(embedded.engines.database)


def test_a_folder_that_others_may_write_into_is_refused(settings: Settings) -> None:
    settings.data.mkdir()
    settings.data.chmod(0o770)

    with pytest.raises(Refusal, match="chmod go-w"), Embedded(settings):
        pass


def test_addresses_that_are_set_are_passed_on_and_nothing_is_started(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = from_environ({"REKAM_DATA": str(data), "REKAM_KAFKA": "k:9092", "REKAM_DATABASE": "postgresql://db"})

    with Embedded(settings) as embedded:
        assert embedded.engines == find(settings)
        assert (embedded.engines.kafka, embedded.engines.database) == ("k:9092", "postgresql://db")
        assert not embedded.engines.embedded
        assert embedded.ended() == ()
    assert not data.exists()


def test_with_one_address_set_only_the_other_engine_is_ours(settings: Settings) -> None:
    given = from_environ({"REKAM_DATA": str(settings.data), "REKAM_DATABASE": "postgresql://db"})

    with Embedded(given) as embedded:
        assert find(given) == embedded.engines
        assert json.loads((settings.data / "engines.json").read_text()) == {"kafka": embedded.engines.kafka}
        with pytest.raises(Unreachable, match="set the same REKAM_DATABASE"):
            find(settings)
