"""docker-compose.yml and the Dockerfile, without an engine: they are well-formed, and all that they name is real.

The schema is the Compose Specification's own, with its licence beside it. That the processes run together with these
very settings is in tests/kafka/test_composed.py.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import pytest
import typer.main

from services import postgres
from services.access.reached import reached
from services.cli import app
from services.processes import PROCESSES
from services.settings import SETTINGS, from_environ
from services.tracing import tracing
from tests.compose import COMPOSE, CONTAINERS, OURS, SECRETS, Container, in_order, instructions
from tests.documents import ROOT, block
from tests.kafka.apache import POM

if TYPE_CHECKING:
    from pathlib import Path

PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SPECIFICATION: Final = json.loads((ROOT / "tests" / "compose_spec" / "compose-spec.json").read_text())

#: What the images' own start-up scripts read.
OF_POSTGRES: Final = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}
OF_KAFKA: Final = {"CLUSTER_ID", "KAFKA_HEAP_OPTS"}

#: What OpenTelemetry reads; where nothing is set outside they are empty, and nothing is traced.
OF_TRACES: Final = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"}

each_of_ours = pytest.mark.parametrize("container", OURS.values(), ids=OURS)
each = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)


def options_of_the_server() -> dict[str, str]:
    """What follows `-c` in PostgreSQL's command."""
    program, *rest = CONTAINERS["postgres"].command
    assert program == "postgres"
    assert rest[::2] == ["-c"] * (len(rest) // 2)
    return dict(option.split("=", 1) for option in rest[1::2])


# ------------------------------------------------------------------ the file


def test_the_file_is_what_the_specification_asks_for() -> None:
    validator = jsonschema.Draft202012Validator(SPECIFICATION)

    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(COMPOSE)] == []


def test_a_misspelt_word_would_be_noticed() -> None:
    wrong = COMPOSE | {"services": {"intake": {"image": "rekam", "comand": ["run"]}}}

    assert not jsonschema.Draft202012Validator(SPECIFICATION).is_valid(wrong)


def test_each_process_has_a_container_and_there_are_no_others() -> None:
    assert set(CONTAINERS) == {*PROCESSES, "prepare", "postgres", "kafka", "rekam"}
    assert set(OURS) == {*PROCESSES, "prepare", "rekam"}


def test_every_volume_and_secret_that_is_used_is_declared_and_the_other_way_round() -> None:
    volumes = {name for one in CONTAINERS.values() for name, _, _ in one.volumes}
    secrets = {name for one in CONTAINERS.values() for name in one.said.get("secrets", ())}

    assert volumes == set(COMPOSE["volumes"])
    assert secrets == set(COMPOSE["secrets"])


@each
def test_every_image_has_an_exact_version(container: Container) -> None:
    assert re.fullmatch(r"[a-z/]+:\d+(\.\d+){1,2}", container.image)


def test_the_versions_are_those_that_the_tests_run() -> None:
    kafka = re.search(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([\d.]+)<", POM.read_text())

    assert kafka is not None
    assert CONTAINERS["kafka"].image == f"apache/kafka:{kafka[1]}"
    assert CONTAINERS["postgres"].image.startswith(f"postgres:{postgres.MAJOR}.")
    assert {one.image for one in OURS.values()} == {f"rekam:{PROJECT['version']}"}


@each
def test_nothing_is_reached_from_another_machine(container: Container) -> None:
    assert [port for port in container.said.get("ports", ()) if not port.startswith("127.0.0.1:")] == []
    assert "network_mode" not in container.said


@each
def test_no_password_stands_in_the_file(container: Container) -> None:
    assert [name for name in container.environ if "PASSWORD" in name and not name.endswith("_FILE")] == []
    assert not re.search(r"//[^/@]*:[^/@]*@", container.environ.get("REKAM_DATABASE", ""))


def test_secrets_are_files_that_git_and_the_image_leave_out() -> None:
    files = [secret["file"] for secret in COMPOSE["secrets"].values()]

    assert [file for file in files if not file.startswith("./secrets/")] == []
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert not any(line.startswith("!secrets") for line in (ROOT / ".dockerignore").read_text().splitlines())


def test_the_documents_make_the_secret_once_where_nobody_else_can_get_at_it(tmp_path: Path) -> None:
    file = tmp_path / COMPOSE["secrets"]["postgres-password"]["file"]
    made = []
    for _ in range(2):
        subprocess.run(["sh", "-eu", "-c", f"umask 077\n{block('secrets')}"], cwd=tmp_path, check=True)
        made.append(file.read_text())

    assert made[0] == made[1]
    assert len(made[0].strip()) == 32
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o644  # the users inside of containers have other numbers


# ------------------------------------------------------------------ the order


def test_engines_come_first_then_what_is_made_in_them_then_the_processes() -> None:
    ordered = in_order(*PROCESSES)

    assert set(ordered[:2]) == {"postgres", "kafka"}
    assert ordered[2:] == ["prepare", *PROCESSES]


@each
def test_what_is_waited_for_can_come(container: Container) -> None:
    for name, condition in container.waits_for.items():
        if condition == "service_healthy":
            assert CONTAINERS[name].health, f"{name} has no health check"
        else:
            assert condition == "service_completed_successfully"
            assert "restart" not in CONTAINERS[name].said, f"{name} would never be done"


# ------------------------------------------------------------------ our containers


@pytest.mark.parametrize("container", [one for one in OURS.values() if one.command], ids=lambda one: one.name)
def test_every_command_is_one_of_the_command_lines(container: Container) -> None:
    name, *words = container.command
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]

    assert command.make_context(name, list(words)).params.get("process", name) == container.name


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_runs_under_its_own_name(process: str) -> None:
    assert CONTAINERS[process].command == ["run", process]


@each_of_ours
def test_its_settings_are_settings_and_fit_together(container: Container) -> None:
    settings = from_environ(container.environ)

    assert set(container.environ) <= {setting.name for setting in SETTINGS} | OF_TRACES
    assert settings.kafka
    assert settings.database
    assert settings.pulse is not None


def test_every_setting_that_can_matter_to_a_container_is_there() -> None:
    given = set(OURS["intake"].environ) | set(OURS["api"].environ)
    left_out = {setting.name for setting in SETTINGS} - given

    # the embedded engines' folder, a standby, and a Kafka and a sign-on of the office's own, with passwords
    of_their_own = {name for name in left_out if name.startswith(("REKAM_KAFKA_", "REKAM_OIDC_"))}
    assert left_out == {"REKAM_DATA", "REKAM_DATABASE_READ"} | of_their_own


@each_of_ours
def test_where_traces_go_is_said_from_outside_and_without_it_nobody_traces(container: Container) -> None:
    said = container.said["environment"]

    assert {name: said[name] for name in OF_TRACES} == {name: f"${{{name}:-}}" for name in OF_TRACES}
    with tracing(container.name, container.environ) as traces:
        assert traces.sent({1: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) == {}


def test_the_api_listens_within_its_container_and_is_reached_from_this_machine_alone() -> None:
    api = CONTAINERS["api"]

    assert api.environ["REKAM_API"] == "0.0.0.0:8800"
    assert api.said["ports"] == ["127.0.0.1:8800:8800"]
    assert not reached(from_environ(api.environ)).secure


@each_of_ours
def test_every_place_that_is_named_is_mounted(container: Container) -> None:
    places = [value for value in container.environ.values() if value.startswith("/")]
    lost = [place for place in places if not any(place.startswith(f"{mount}") for mount in container.mounts)]

    assert lost == ([container.environ["REKAM_KEYS"]] if container.name == "relay" else [])


def test_only_the_one_shot_makes_keys_and_who_opens_nothing_has_none() -> None:
    writes = [one.name for one in OURS.values() for name, _, may_write in one.volumes if name == "keys" and may_write]
    without = [one.name for one in OURS.values() if "keys" not in one.mounts.values()]

    assert writes == ["prepare"]
    assert without == ["relay"]


@each_of_ours
def test_it_may_do_no_more_than_it_must(container: Container) -> None:
    said = container.said

    assert said["read_only"] is True
    assert said["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in said["security_opt"]
    assert said["init"] is True  # Linux passes no signal to a first process that has not asked for it yet
    assert "privileged" not in said
    assert "user" not in said  # it is the image's


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_started_again_and_is_asked_how_it_is(process: str) -> None:
    container = CONTAINERS[process]

    assert container.said["restart"] == "unless-stopped"
    assert container.health[0] == "CMD-SHELL"
    assert container.environ["REKAM_PULSE"] in container.health[1]


# ------------------------------------------------------------------ the engines


def test_postgres_is_told_what_the_laptops_is_told() -> None:
    """But for where it listens and how big it is, which are the container's business."""
    own = {"listen_addresses", "unix_socket_directories", "shared_buffers", "max_connections", "log_checkpoints",
           "dynamic_shared_memory_type", "log_timezone"}  # fmt: skip

    assert options_of_the_server() == {name: value for name, value in postgres.OPTIONS.items() if name not in own}
    assert set(CONTAINERS["postgres"].environ["POSTGRES_INITDB_ARGS"].split()) < set(postgres.MADE_SO)


def test_postgres_has_the_user_and_the_database_that_ours_ask_for_with_one_password() -> None:
    environ = CONTAINERS["postgres"].environ

    assert set(environ) == OF_POSTGRES
    asked = f"postgresql://{environ['POSTGRES_USER']}@postgres:5432/{environ['POSTGRES_DB']}"
    assert {one.environ["REKAM_DATABASE"] for one in OURS.values()} == {asked}
    files = {one.environ["REKAM_DATABASE_PASSWORD_FILE"] for one in OURS.values()}
    assert files == {environ["POSTGRES_PASSWORD_FILE"]} == {f"{SECRETS}/postgres-password"}


def test_postgres_keeps_its_data_where_the_image_of_18_has_them() -> None:
    assert CONTAINERS["postgres"].volumes == [("postgres", "/var/lib/postgresql", True)]


def test_kafka_is_told_only_what_its_start_up_hands_on() -> None:
    assert {name for name in CONTAINERS["kafka"].environ if not name.startswith("KAFKA_")} <= OF_KAFKA
    assert CONTAINERS["kafka"].environ["KAFKA_LOG_DIRS"] in CONTAINERS["kafka"].mounts


def test_kafka_tells_containers_and_this_machine_each_its_own_address() -> None:
    advertised = dict(one.split("://") for one in CONTAINERS["kafka"].environ["KAFKA_ADVERTISED_LISTENERS"].split(","))

    assert {one.environ["REKAM_KAFKA"] for one in OURS.values()} == {advertised["INSIDE"]}
    assert CONTAINERS["kafka"].said["ports"] == [f"{advertised['HOST']}:{advertised['HOST'].rpartition(':')[2]}"]


# ------------------------------------------------------------------ the image


def words_of(instruction: str) -> list[str]:
    return [rest for word, rest in instructions() if word == instruction]


def test_the_image_is_built_on_one_exact_python_that_fits_the_project() -> None:
    bases = {re.split(r" AS ", rest)[0] for rest in words_of("FROM")}
    (base,) = bases
    version = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-slim-[a-z]+", base)
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"])

    assert version is not None
    assert least is not None
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


def test_everything_that_is_copied_is_there_and_let_through() -> None:
    copied = [place for rest in words_of("COPY") if not rest.startswith("--from") for place in rest.split()[:-1]]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert [place for place in copied if not (ROOT / place).exists()] == []
    assert set(copied) == let_through


def test_what_runs_is_not_root_and_has_a_folder_of_its_own_for_the_keys() -> None:
    (user,) = words_of("USER")
    (folder,) = words_of("WORKDIR")[1:]
    number = user.partition(":")[0]

    assert int(number) > 0
    assert any(f"--uid {number}" in rest and f"--mode=0700 {folder}" in rest for rest in words_of("RUN"))
    assert {place for one in OURS.values() for name, place, _ in one.volumes if name == "keys"} == {folder}


def test_the_image_says_which_version_it_is() -> None:
    (label,) = words_of("LABEL")
    said = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', label))

    assert said["version"] == PROJECT["version"]
    assert (said["title"], said["description"]) == (PROJECT["name"], PROJECT["description"])
    assert said["licenses"] == PROJECT["license"]


def test_the_image_starts_the_command_line() -> None:
    assert words_of("ENTRYPOINT") == [json.dumps(list(PROJECT["scripts"]))]


def test_all_that_is_fetched_for_the_image_is_pinned_by_hash() -> None:
    installs = [part for rest in words_of("RUN") for part in rest.split("&&") if "pip install" in part]

    assert len(installs) == 2
    assert "--require-hashes -r requirements-production.txt" in installs[0]
    assert "--no-deps --no-build-isolation ." in installs[1]


# ------------------------------------------------------------------ what is installed in it


def pins(file: str) -> dict[str, set[str]]:
    """Each pin to its hashes."""
    text = (ROOT / file).read_text()
    found = re.findall(r"^([a-z0-9-]+==[^ ;\\]+)([^\n]*\\\n(?: +--hash=\S+(?: \\)?\n)+)", text, re.MULTILINE)
    return {pin: set(re.findall(r"--hash=(\S+)", rest)) for pin, rest in found}


def test_production_has_what_the_tests_have_been_run_with_and_no_more_than_it_needs() -> None:
    production, all_of_it = pins("requirements-production.txt"), pins("requirements.txt")
    names = {pin.partition("==")[0] for pin in production}
    optional = dict(PROJECT["optional-dependencies"])
    needed = {re.split(r"[\[>=]", one)[0] for one in [*PROJECT["dependencies"], *optional.pop("otel")]}
    extras = {re.split(r"[\[>=]", one)[0] for extra in optional.values() for one in extra}

    assert production.items() <= all_of_it.items()
    assert needed <= names
    assert names & extras == {"setuptools"}  # which builds the package


def test_every_production_pin_has_a_hash_and_no_place_to_get_it_from() -> None:
    text = (ROOT / "requirements-production.txt").read_text()

    assert len(pins("requirements-production.txt")) == len(re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE))
    assert re.findall(r"^\s*(?:-i\b|--(?:extra-)?index-url|--find-links|-f\b).*|\w+://.*", text, re.MULTILINE) == []
