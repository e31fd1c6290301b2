"""The guides for operators: each command in them is there, and runs where they say, with the options that it has."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING

import psycopg
import pytest
import yaml

from events.facts import SOURCE_TOPICS
from services.processes import prepare
from tests.databases import new_database
from tests.documents import ROOT
from tests.test_docs import commands, options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = ROOT / "docs" / "runbook"
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
GUIDES = [
    *sorted(PAGES.glob("*.md")),
    *(ROOT / "docs" / f"{name}.md" for name in ("monitoring", "cluster", "deployment", "backup")),
]
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
each_page = pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)

COMPOSE = {
    "build": set(), "cp": set(), "down": {"--volumes"}, "exec": {"-T"}, "logs": {"--tail"}, "ps": set(),
    "restart": set(), "run": {"--rm", "--no-deps", "-T", "--entrypoint"}, "stop": set(),
    "up": {"--detach", "--scale", "--wait"},
}  # fmt: skip
"""Docker Compose's subcommands, each with the options that we use, of those that its reference has."""

WITH_A_WORD = {"--entrypoint", "--scale", "--tail"}

KAFKA = {
    "kafka-configs.sh": {
        "--bootstrap-server", "--alter", "--describe", "--entity-type", "--entity-name", "--add-config",
        "--delete-config",
    },
    "kafka-consumer-groups.sh": {"--bootstrap-server", "--describe", "--group"},
    "kafka-delete-records.sh": {"--bootstrap-server", "--offset-json-file"},
    "kafka-dump-log.sh": {"--files"},
    "kafka-reassign-partitions.sh": {"--bootstrap-server", "--reassignment-json-file", "--execute"},
    "kafka-storage.sh": {"--cluster-id", "--config", "--add-scram"},
    "kafka-topics.sh": {"--bootstrap-server", "--describe", "--topic", "--unavailable-partitions"},
}  # fmt: skip
"""Kafka's tools, each with the options that we use, of those that 4.3.1 says it has."""

PSQL = 'PGPASSWORD=$(cat /run/secrets/postgres-password) psql --username=rekam rekam "$@"'


def said(guide: Path) -> Iterator[list[str]]:
    """Each simple command in the indented lines, as words; without assignments before it and what is redirected."""
    text = re.sub(r"^```.*?^```", "", guide.read_text(), flags=re.DOTALL | re.MULTILINE).replace("\\\n", " ")
    for line in re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE):
        if re.match(r"(\(|for |echo |docker |rekam |curl |psql |kafka-|pip |REKAM_)", line):
            yield from parted(line)


def parted(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    redirected = False
    for word in [*lexer, ";"]:
        if set(word) <= set("();|&"):
            yield from [words] if words else []
            words = []
        elif set(word) <= set("<>"):
            redirected = True
        elif redirected:
            redirected = False
        elif words or not re.match(r"(do$|[A-Z_]+=)", word):
            words.append(word)


def named(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"}


def composed(guide: Path) -> Iterator[tuple[str, list[str], str, list[str]]]:
    """Of each line of Docker Compose the subcommand, its options, the container if it is run in one, and what is."""
    for docker, *words in said(guide):
        if docker == "docker" and words[0] == "compose":
            name, rest, options_ = words[1], words[2:], []
            while rest and rest[0].startswith("-"):
                options_.append(rest.pop(0))
                if options_[-1] in WITH_A_WORD:
                    options_.append(rest.pop(0))
            inside = name in {"run", "exec"}
            yield name, options_, rest[0] if inside else "", rest[1:] if inside else rest


def check_rekam(words: list[str]) -> None:
    there = dict(commands())
    name = " ".join(words[:2]) if " ".join(words[:2]) in there else words[0]
    assert name in there, words
    assert named(words) <= options(there[name]), words


def check_kafka(name: str, words: list[str]) -> None:
    assert name in KAFKA, name
    assert {word for word in words if word.startswith("--")} <= KAFKA[name], words


@each_guide
def test_every_command_on_a_page_is_there_with_its_options(guide: Path) -> None:
    for name, *words in said(guide):
        if name == "rekam":
            check_rekam(words)
    for name, options_, container, words in composed(guide):
        if name == "run" and container == "rekam" and "--entrypoint" not in options_:
            check_rekam(words)


@each_page
def test_what_reads_a_file_of_this_machine_is_given_it(page: Path) -> None:
    """`rekam …` there is run in a container, which has none."""
    assert [words for words in said(page) if words[0] == "rekam" and words[1] in {"publish", "backup", "restore"}] == []


@each_guide
def test_every_container_on_a_page_is_there(guide: Path) -> None:
    for name, options_, container, words in composed(guide):
        assert named(options_) <= COMPOSE[name], (name, options_)
        scaled = [option.partition("=")[0] for option in options_ if "=" in option]
        containers = [container] if container else [] if name == "cp" else words
        assert {*containers, *scaled} <= SERVICES.keys(), (name, words)


@each_page
def test_what_hangs_is_started_again_and_two_intakes_stay_two(page: Path) -> None:
    """`up` alone leaves alone what runs, and has as many intakes as the file."""
    assert [options_ for name, options_, _, _ in composed(page) if name == "up" and "--scale" not in options_] == []


@each_guide
def test_kafkas_tools_are_there_and_run_where_they_are(guide: Path) -> None:
    """Beside docker-compose.yml only in Kafka's container; in cluster.md wherever they are."""
    bare = [words for words in said(guide) if words[0].startswith("kafka-")]
    assert guide.stem == "cluster" or bare == []
    for name, *words in bare:
        check_kafka(name, words)
    health = SERVICES["kafka"]["healthcheck"]["test"]
    for _, _, container, (program, *words) in (one for one in composed(guide) if one[2] == "kafka"):
        assert container == "kafka"
        if program not in {"ls", "sh"}:
            folder, _, tool = program.rpartition("/")
            assert folder == health[1].rpartition("/")[0]
            check_kafka(tool, words)
            assert tool == "kafka-dump-log.sh" or words[:2] == health[2:], words
        kept = [word for word in words if word.startswith("/var")]
        assert all(word.startswith(f"{SERVICES['kafka']['environment']['KAFKA_LOG_DIRS']}/") for word in kept)


def statements(guide: Path) -> Iterator[str]:
    """What psql is given on a page, in the one form or the other."""
    for program, *words in said(guide):
        if program == "psql":
            assert guide.stem in {"RekamReaderBehind", "backup"}, "beside docker-compose.yml it is in a container"
            assert words[0] in {"$REKAM_DATABASE", "$REKAM_DATABASE_READ"}
            assert set(words[1::2]) == {"-c"}
            yield "; ".join(words[2::2])
    for _, _, container, words in composed(guide):
        if container == "postgres":
            assert words[:-1] == ["sh", "-c", PSQL, "-", "-c"]
            yield words[-1]


@each_guide
def test_what_psql_is_given_is_carried_out_by_a_register(guide: Path, postgres: str) -> None:
    asked = list(statements(guide))
    if not asked:
        return
    with new_database(postgres) as address:
        prepare(address)
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in asked:
                try:
                    connection.execute(statement.encode())
                except (psycopg.errors.UndefinedObject, psycopg.errors.ObjectNotInPrerequisiteState) as no_standby:
                    assert re.search("replication slot|recovery is not in progress", str(no_standby))  # noqa: PT017
                connection.execute("RESET ROLE")


def test_psql_is_run_with_what_its_container_has() -> None:
    asked = SERVICES["postgres"]["environment"]

    assert f"cat {asked['POSTGRES_PASSWORD_FILE']}" in PSQL
    assert f"--username={asked['POSTGRES_USER']} {asked['POSTGRES_DB']} " in PSQL


@pytest.mark.parametrize("page", ["RekamIntakeGone"])
def test_a_loop_over_topics_has_all_six(page: str) -> None:
    loops = [words for words in said(PAGES / f"{page}.md") if words[0] == "for"]

    assert loops == 2 * [["for", "topic", "in", *SOURCE_TOPICS]]


def test_upto_json_is_what_kafka_reads() -> None:
    (made,) = [words for words in said(PAGES / "RekamPartitionStuck.md") if words[0] == "echo"]
    (one,) = json.loads(made[1])["partitions"]

    assert one == {"topic": "rekam.death", "partition": 0, "offset": 120}
    assert json.loads(made[1])["version"] == 1


@each_guide
def test_volumes_that_are_taken_away_are_those_of_the_file(guide: Path) -> None:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    volumes = {f"{document['name']}_{name}" for name in document["volumes"]}
    for words in said(guide):
        if words[:3] == ["docker", "volume", "rm"]:
            assert set(words[3:]) <= volumes


@each_guide
def test_nothing_is_installed_by_a_name_that_a_registry_of_packages_does_not_have(guide: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert "rekam[" not in guide.read_text()
    assert set(re.findall(r"pip install '\.\[(\w+)\]'", guide.read_text())) <= extras.keys()


@pytest.mark.parametrize("module", ["broker", "tracing"])
def test_nor_does_a_message_say_so(module: str) -> None:
    assert re.findall(r"pip install '([^']*)'", (ROOT / "services" / f"{module}.py").read_text()) in (
        [".[embedded]"], [".[otel]"],
    )  # fmt: skip


@each_guide
def test_every_address_on_a_page_is_there(guide: Path) -> None:
    paths = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())["paths"]
    for program, *words in said(guide):
        if program == "curl":
            assert words[-1].removeprefix("http://127.0.0.1:8800") in paths, words
