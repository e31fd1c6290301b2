"""A Kafka that demands TLS and a user: everything works there, and what does not fit is named by every command."""

from __future__ import annotations

import asyncio
import gc
import json
from typing import TYPE_CHECKING

import pytest

from events.errors import Unreachable
from services.preparation import prepare
from services.processes import PROCESSES, VIEWS
from services.settings import from_environ
from services.wire import LOG_TOPIC
from tests.kafka import topics
from tests.kafka.apache import started
from tests.kafka.judge import judge
from tests.kafka.leftovers import LEFT_BY_AIOKAFKA
from tests.kafka.messages import captures
from tests.kafka.protected import MECHANISMS, PASSWORD, USER, Authority, ProtectedKafka
from tests.kafka.test_restore import all_views_stand_at
from tests.kafka.world import World, eventually
from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.timeout(120), *LEFT_BY_AIOKAFKA]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def broker(apache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProtectedKafka]:
    with started(ProtectedKafka(tmp_path_factory.mktemp("protected"))) as made:
        yield made


@pytest.fixture
def environ(broker: ProtectedKafka, database: str, tmp_path: Path) -> dict[str, str]:
    """The settings by which everything works."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return {
        "REKAM_KAFKA": broker.door("FITS"),
        "REKAM_KAFKA_SECURITY": "sasl_ssl",
        "REKAM_KAFKA_MECHANISM": "SCRAM-SHA-512",
        "REKAM_KAFKA_USER": USER,
        "REKAM_KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
        "REKAM_KAFKA_CA_FILE": str(broker.authority.file),
        "REKAM_DATABASE": database,
        "REKAM_DATA": str(tmp_path),
    }


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_process_and_a_publisher_work_by_tls_and_scram(
    broker: ProtectedKafka, environ: dict[str, str], tmp_path: Path, mechanism: str
) -> None:
    asyncio.run(topics.make_again(broker.address, topics.ALL))
    ours = environ | {"REKAM_KAFKA_MECHANISM": mechanism}
    world = World(broker.address, environ["REKAM_DATABASE"], tmp_path, ours)
    world.prepare()
    with world.running("intake", "relay", *VIEWS):
        world.takes(*world.send(*captures(20)))
        eventually(lambda: all_views_stand_at(world, 20))
        eventually(lambda: len(world.on_topic(LOG_TOPIC)) == 20)
        assert judge(world) == {"appended": 20}
        file = tmp_path / "more.jsonl"
        file.write_bytes(b"\n".join(one.value or b"" for one in captures(5, "published", 100)))
        published = CommandLine(tmp_path, ours).run("publish", str(file), "--json")

    answer = published.answer.splitlines()[-1]  # before it, here, may be what one of the processes has said meanwhile
    assert (published.code, json.loads(answer)["appended"]) == (0, 5)


# ------------------------------------------------------------------ what does not fit

WRONG = {
    "password": "does not take REKAM_KAFKA_USER 'rekam' with REKAM_KAFKA_PASSWORD_FILE",
    "user": "does not take REKAM_KAFKA_USER 'nobody' with REKAM_KAFKA_PASSWORD_FILE",
    "mechanism": "does not offer PLAIN: set REKAM_KAFKA_MECHANISM",
    "authority": "REKAM_KAFKA_CA_FILE is to name the authority that signed it",
    "expired": "certificate has expired: renew it there",
    "elsewhere": "name the broker in REKAM_KAFKA as the certificate does",
    "in the clear": "closes the connection: check REKAM_KAFKA_SECURITY, now plaintext",
    "without a user": "check REKAM_KAFKA_SECURITY, now ssl",
    "to one in the clear": "does not speak TLS as we do",
}


def wrong(what: str, broker: ProtectedKafka, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The settings with that one thing wrong."""
    (tmp_path / "another-password").write_text("another\n")
    alone = {"REKAM_KAFKA_MECHANISM": "", "REKAM_KAFKA_USER": "", "REKAM_KAFKA_PASSWORD_FILE": ""}
    changed = {
        "password": {"REKAM_KAFKA_PASSWORD_FILE": str(tmp_path / "another-password")},
        "user": {"REKAM_KAFKA_USER": "nobody"},
        "mechanism": {"REKAM_KAFKA_MECHANISM": "PLAIN"},
        "authority": {"REKAM_KAFKA_CA_FILE": str(Authority(tmp_path / "another-ca.pem").file)},
        "expired": {"REKAM_KAFKA": broker.door("EXPIRED")},
        "elsewhere": {"REKAM_KAFKA": broker.door("ELSEWHERE")},
        "in the clear": {**alone, "REKAM_KAFKA_CA_FILE": "", "REKAM_KAFKA_SECURITY": "plaintext"},
        "without a user": {**alone, "REKAM_KAFKA_SECURITY": "ssl"},
        "to one in the clear": {"REKAM_KAFKA": broker.address},
    }
    return environ | changed[what]


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_named_with_the_way_out(
    broker: ProtectedKafka, environ: dict[str, str], tmp_path: Path, what: str
) -> None:
    settings = from_environ(wrong(what, broker, environ, tmp_path))

    with pytest.raises(Unreachable) as told:
        prepare(settings, patience_s=0)
    assert WRONG[what] in str(told.value)
    assert settings.kafka in str(told.value)
    assert PASSWORD not in str(told.value)


@pytest.mark.parametrize("what", ["password", "authority", "expired", "elsewhere"])
def test_every_command_that_talks_to_kafka_says_the_same(
    broker: ProtectedKafka, environ: dict[str, str], tmp_path: Path, what: str
) -> None:
    here = CommandLine(tmp_path, wrong(what, broker, environ, tmp_path))
    file = tmp_path / "some.jsonl"
    file.write_bytes(captures(1)[0].value or b"")
    commands = [["publish", str(file)], ["up"], *(["run", name] for name in PROCESSES if name != "api")]

    for words in commands:
        done = here.run(*words)
        assert (done.code, WRONG[what] in done.talk) == (3, True), (words, done)
        assert "Traceback" not in done.talk
