"""Questions are asked of a standby: an answer is of the standby's own position, and what is written goes elsewhere."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

from events import database
from events.errors import Unreachable, WrongUse
from services import questions, rebuilding, scenario, upkeep
from services.account import Accountant
from services.api.app import make_app
from services.ask import asking
from services.embedded import find
from services.settings import from_environ
from tests.kafka.messages import captures
from tests.kafka.world import eventually
from tests.register import fill, settings_of
from tests.replication import Pair, pair
from tests.services.api.office import LIST, Office, made_users, served
from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from services.settings import Settings

pytestmark = pytest.mark.alone

DAY = "2018-11-23"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    settings = {"max_standby_streaming_delay": "1s", "hot_standby_feedback": "on", "wal_receiver_status_interval": "1s"}
    with pair(tmp_path_factory.mktemp("pair"), **settings) as both:
        yield both


@pytest.fixture(scope="module")
def office(servers: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An API that asks the standby, and writes to the primary."""
    address = servers.primary.address
    keys = tmp_path_factory.mktemp("standby") / "keys"
    fill(address, keys, scenario.phase_one(1, scenario.QUICK))
    settings = replace(settings_of(address, keys), database_read=servers.standby.address)
    tokens = made_users(settings, address)
    servers.caught_up()
    app = make_app(settings)
    app.state.ready = True
    with served(app) as url:
        yield Office(url, address, settings, app, tokens)


class Said(NamedTuple):
    """A message that names itself."""

    topic: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None
    source: str | None
    id: str


def more(office: Office, name: str) -> int:
    """Some facts more, appended and projected on the primary; where its log then ends."""
    fill(office.database, office.settings.keys, [Said(*one[:4], one.id or "") for one in captures(3, name, 700)])
    with database.connect(office.database, "rekam_reader") as connection:
        row = connection.execute("SELECT size FROM log.head").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def behind(servers: Pair) -> Iterator[None]:
    """The standby gets everything, and shows nothing of it until the end of the block."""
    with psycopg.connect(servers.standby.address, autocommit=True) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        eventually(lambda: connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() == ("paused",))
        try:
            yield
        finally:
            connection.execute("SELECT pg_wal_replay_resume()")


def said(number: int) -> str:
    """A number as a page in Indonesian has it."""
    return f"{number:,}".replace(",", ".")


def position(office: Office, path: str = f"/v1/counts?on={DAY}") -> int:
    return int(office.json("supervisor", path)["position"])


# ------------------------------------------------------------------ what is shown


def test_an_answer_carries_the_position_of_the_standby_that_gave_it(office: Office, servers: Pair) -> None:
    before = position(office)
    with behind(servers):
        ahead = more(office, "ahead")

        assert (position(office), ahead) == (before, before + 3)
        page = office.ask("supervisor", f"/?on={DAY}").text
        assert (said(before) in page, said(ahead) in page) == (True, False)
        assert upkeep.status(office.settings).document["position"] == ahead
        assert questions.counts(office.settings, DAY, None, "city", None).document["position"] == before
    eventually(lambda: position(office) == ahead)


def test_who_waits_for_a_position_waits_until_the_standby_shows_it(office: Office, servers: Pair) -> None:
    found: list[int] = []
    with behind(servers):
        ahead = more(office, "waited")
        asking_ = threading.Thread(target=lambda: found.append(position(office, f"/v1/counts?on={DAY}&wait={ahead}")))
        asking_.start()
        eventually(lambda: office.app.state.watch._waiting > 0)
        eventually(lambda: office.app.state.watch._last.head >= 0)
        assert found == []
    asking_.join(20)

    assert found == [ahead]


def test_a_position_that_the_primary_does_not_have_either_is_not_waited_for(office: Office, servers: Pair) -> None:
    with behind(servers):
        ahead = more(office, "none")
        answer = office.ask("supervisor", f"/v1/counts?wait={ahead + 1}")

    assert answer.status_code == 404
    assert f"the log, which ends at {ahead}" in answer.json()["detail"]


def test_who_has_read_is_written_down_at_the_primary(office: Office, servers: Pair) -> None:
    def readings() -> int:
        with database.connect(office.database, "rekam_access") as connection:
            row = connection.execute("SELECT count(*) FROM access.reading").fetchone()
        assert row is not None
        return int(row[0])

    before = readings()
    office.json("supervisor", "/v1/outstanding?limit=1&purpose=supervision")

    assert readings() == before + 1


# ------------------------------------------------------------------ every way of asking


ASKED = [
    f"counts --on {DAY}", f"counts --on {DAY} --list {LIST}", f"flows --from 2018-11-01 --to {DAY}",
    f"reconcile {LIST} --on {DAY}", f"list outstanding --kelurahan 53.71.01.1001 --on {DAY}",
    f"audit explain --area 53.71.01.1001 --standing recorded --on {DAY}", "audit replay --from 1 --to 3",
]  # fmt: skip


@pytest.mark.parametrize("words", ASKED)
def test_every_command_that_asks_can_ask_a_standby(office: Office, servers: Pair, words: str) -> None:
    nowhere = "postgresql://rekam@127.0.0.1:1/rekam"  # as if the primary were away
    here = CommandLine(office.settings.keys.parent, environ_of(office, nowhere, servers.standby.address))
    servers.caught_up()

    assert here.run(*words.split()).code == 0


def test_the_log_is_checked_on_the_standby(office: Office, servers: Pair) -> None:
    servers.caught_up()
    here = CommandLine(office.settings.keys.parent, environ_of(office, office.database, servers.standby.address))

    assert all(one["ok"] for one in here.json("audit", "check")["checks"])


def test_a_backup_is_made_of_the_primary_whoever_is_asked(office: Office, servers: Pair, tmp_path: Path) -> None:
    here = CommandLine(office.settings.keys.parent, environ_of(office, office.database, servers.standby.address))

    assert here.json("backup", str(tmp_path / "backup"))["position"] > 0


def environ_of(office: Office, primary: str, standby: str) -> dict[str, str]:
    return {
        "REKAM_KAFKA": "127.0.0.1:1",
        "REKAM_DATABASE": primary,
        "REKAM_DATABASE_READ": standby,
        "REKAM_KEYS": str(office.settings.keys),
    }


# ------------------------------------------------------------------ where the two are in each other's way


def test_a_question_that_holds_up_a_rebuild_on_the_standby_is_broken_off_and_may_be_asked_again(
    office: Office, servers: Pair
) -> None:
    servers.caught_up()
    with pytest.raises(Unreachable, match="the standby had to go on with what the primary did"):
        ask_while_the_primary_rebuilds(office)

    servers.caught_up()
    answered = questions.counts(office.settings, DAY, None, "city", None).document

    assert answered == questions.counts(of_the_primary(office), DAY, None, "city", None).document


def ask_while_the_primary_rebuilds(office: Office) -> None:
    """One question that goes on for longer than the standby waits for it; the test's own time ends it at the latest."""
    with asking(office.settings) as question:
        rebuilding.rebuild(of_the_primary(office), ["counts"], accept=True)
        while True:
            question.cursor.execute("SELECT count(*) FROM counts.posting")


def of_the_primary(office: Office) -> Settings:
    return replace(office.settings, database_read="")


# ------------------------------------------------------------------ a wrong address


def test_what_writes_refuses_a_standby_and_says_so(office: Office, servers: Pair) -> None:
    servers.caught_up()
    only = settings_of(servers.standby.address, office.settings.keys)

    with pytest.raises(Unreachable, match="REKAM_DATABASE leads to a standby, which cannot be written to"):
        Accountant(only, servers.standby.address)
    with pytest.raises(Unreachable, match="REKAM_DATABASE leads to a standby"):
        upkeep.dismiss(only, [1], "no")


@pytest.mark.parametrize("other_way_round", [False, True])
def test_of_two_servers_the_one_is_found_that_can_be_written_to(
    office: Office, servers: Pair, other_way_round: bool
) -> None:
    ports = [servers.primary.port, servers.standby.port]
    named = ",".join(f"127.0.0.1:{port}" for port in (reversed(ports) if other_way_round else ports))
    address = f"postgresql://rekam@{named}/rekam?passfile={servers.primary.passfile}"

    with database.connect(address, "rekam_intake") as connection:
        assert connection.info.port == servers.primary.port


def test_a_standby_without_a_database_is_refused() -> None:
    with pytest.raises(WrongUse, match="REKAM_DATABASE_READ has no effect on the embedded PostgreSQL"):
        from_environ({"REKAM_DATABASE_READ": "postgresql://standby.example/rekam"})


def test_an_address_to_read_from_that_is_none_is_named() -> None:
    wrong = {"REKAM_KAFKA": "k:1", "REKAM_DATABASE": "postgresql://a/rekam", "REKAM_DATABASE_READ": "not an address"}

    with pytest.raises(WrongUse, match="REKAM_DATABASE_READ is no PostgreSQL address"):
        find(from_environ(wrong))


def test_a_server_that_vanished_is_noticed_soon_unless_the_address_says_otherwise() -> None:
    said = psycopg.conninfo.conninfo_to_dict(database.completed("postgresql://a/rekam?tcp_user_timeout=1000"))

    assert (said["keepalives_idle"], said["tcp_user_timeout"]) == ("15", "1000")
    assert said["target_session_attrs"] == "read-write"
    assert "target_session_attrs" not in psycopg.conninfo.conninfo_to_dict(
        database.completed("postgresql://a/rekam", reading=True)
    )
