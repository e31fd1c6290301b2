"""The alerts: each is raised by what it is about and by nothing else, by metrics that there are, and has its page."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
import yaml
from aiokafka import TopicPartition

from events.facts import SOURCE_TOPICS
from services import batches
from services.processes import prepare
from services.watched import NAMES
from tests.databases import new_database
from tests.documents import ROOT, part, table_rows
from tests.test_docs import commands, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

RULES = ROOT / "docs" / "alerts" / "rekam.rules.yml"
PAGES = ROOT / "docs" / "runbook"
ANSWERS = {"rekam_http_request_seconds", "rekam_http_answers_total"}
REQUESTS = {"rekam_http_request_seconds_bucket", "rekam_http_answers_total"}
PARTS = ("What it means", "Look first", "What to do", "When to worry")

MINUTE, HOUR = 60, 3600
POSITION = "rekam_log_position"
LAST = "rekam_log_accepted_timestamp_seconds"
LOOKED = 'rekam_intake_looked_timestamp_seconds{topic="rekam.death",partition="0"}'
LOOKED_BESIDE = 'rekam_intake_looked_timestamp_seconds{topic="rekam.death",partition="1"}'
READER = "rekam_reader_position"
NEXT = 'rekam_intake_next_offset{topic="rekam.death",partition="0"}'
BEHIND = 'rekam_intake_behind_offsets{topic="rekam.death",partition="0"}'
LATE = 'rekam_view_lag_seconds{view="counts"}'
RELAY = 'rekam_relay_lag_seconds{topic="rekam.log"}'
RECEIPTS = 'rekam_relay_behind_messages{topic="rekam.receipts"}'
RELAYED = 'rekam_relayed_position{topic="rekam.receipts"}'
HEARD = 'rekam_source_heard_timestamp_seconds{source="urn:rekam:registry:5371:siak"}'
OLDEST = 'rekam_quarantine_oldest_timestamp_seconds{code="bad_nik"}'
HOLDS = 'rekam_check_holds{invariant="digest_chain"}'
CHECKED = "rekam_check_timestamp_seconds"
INCARNATION = 'rekam_topic_incarnation{topic="rekam.death"}'


def outcome(name: str) -> str:
    return f'rekam_offsets_total{{topic="rekam.death",outcome="{name}"}}'


def restated(standing: str) -> str:
    return f'rekam_restated_people{{standing="{standing}"}}'


def answers(class_: str) -> str:
    return f'rekam_http_answers_total{{class="{class_}"}}'


def begun(le: str) -> str:
    return f'rekam_http_request_seconds_bucket{{route="/v1/counts",method="GET",status="200",le="{le}"}}'


STANDS = "{value}x{count}"
GROWS = "0+{step}x{count}"
NOW = GROWS.replace("{step}", "{every}")  # it is always this very moment


def always(value: int) -> str:
    return STANDS.replace("{value}", str(value))


def growing(by: int, first: int = 0) -> str:
    return f"{first}+{by}x{{count}}"


HEALTHY: dict[str, str] = {
    POSITION: growing(30),
    LAST: NOW,
    LOOKED: NOW,
    LOOKED_BESIDE: NOW,
    READER: growing(30),
    NEXT: growing(30),
    BEHIND: always(0),
    LATE: always(0),
    RELAY: always(0),
    RECEIPTS: always(0),
    RELAYED: growing(3),
    HEARD: NOW,
    HOLDS: always(1),
    CHECKED: NOW,
    INCARNATION: always(1),
    outcome("appended"): growing(30),
    outcome("duplicate"): growing(2),
    outcome("quarantined"): growing(1),
    outcome("conflict"): always(0),
    outcome("expired"): always(0),
    restated("recorded"): always(440),
    restated("explained_recorded"): always(-440),
    "rekam_views_standing_still": always(0),
    answers("2xx"): growing(600),
    answers("4xx"): growing(20),
    answers("5xx"): always(0),
    begun("0.5"): growing(600),
    begun("2.5"): growing(600),
    begun("+Inf"): growing(600),
}


class Case(NamedTuple):
    """What differs from a register that is well (None: is not there), and when it is looked at."""

    differs: Mapping[str, str | None]
    every: int = MINUTE
    at: int = 90 * MINUTE


RAISED = {
    "RekamDoesNotAnswer": Case(dict.fromkeys(HEALTHY)),
    "RekamIntakeGone": Case({LOOKED: always(60), LOOKED_BESIDE: always(60)}),
    "RekamIntakeBehind": Case({BEHIND: always(5001)}),
    "RekamPartitionStuck": Case({BEHIND: always(3), NEXT: always(70)}),
    "RekamOffsetsExpired": Case({outcome("expired"): "0x60 1x60"}),
    "RekamTopicMadeAgain": Case({INCARNATION: "1x60 2x60"}),
    "RekamMessagesRefused": Case({outcome("quarantined"): growing(5)}),
    "RekamConflict": Case({outcome("conflict"): "0x60 1x60"}),
    "RekamQuarantineOld": Case({OLDEST: always(0)}, HOUR, 73 * HOUR),
    "RekamRelayLate": Case({RELAY: always(31)}),
    "RekamViewLate": Case({LATE: always(31)}),
    "RekamReaderBehind": Case({READER: "0+30x60 1800x60"}),
    "RekamViewStandsStill": Case({"rekam_views_standing_still": always(1)}),
    "RekamRestatedMuch": Case({
        restated("recorded"): always(1100),
        restated("explained_recorded"): always(-1100),
    }),
    "RekamLogSilent": Case({LAST: always(0), POSITION: always(7)}, HOUR, 67 * HOUR),
    "RekamSourceSilent": Case({HEARD: always(0)}, HOUR, 97 * HOUR),
    "RekamLogWentBack": Case({POSITION: "900x60 800+30x60", READER: "900x60 800+30x60"}),
    "RekamCheckFailed": Case({HOLDS: always(0)}),
    "RekamCheckOld": Case({CHECKED: always(0)}, HOUR, 40 * HOUR),
    "RekamApiSlow": Case({begun("0.5"): growing(590), begun("2.5"): growing(590)}),
    "RekamApiFails": Case({answers("5xx"): growing(7)}),
}  # fmt: skip

# Seven a minute from the 80th on, each the first of its route: so the series of a route and a status say it.
FIRST_FAULTS = {
    f'rekam_http_request_seconds_count{{route="/{at}/{one}",method="GET",status="500"}}': f"_x{at} 1x30"
    for at in range(80, 90)
    for one in range(7)
}
NOBODY_MOVED = {restated("recorded"): always(0), restated("explained_recorded"): always(0)}
IN_TURN = " ".join("600" if minute > 20 and minute % 2 else str(30 * minute) for minute in range(100))

ALSO = {
    "of receipts, that none is passed on": ("RekamRelayLate", Case({RECEIPTS: always(4), RELAYED: always(9)})),
    "that no check was ever made": ("RekamCheckOld", Case({CHECKED: None, HOLDS: None})),
    "that no intake has ever run": (
        "RekamIntakeGone",
        Case({LOOKED: None, LOOKED_BESIDE: None, NEXT: None, BEHIND: None}),
    ),
    "one partition that nobody asks about, beside others": ("RekamIntakeGone", Case({LOOKED: always(60)})),
    "people who are newly listed": (
        "RekamRestatedMuch",
        Case(NOBODY_MOVED | {restated("outstanding"): always(1500)}),
    ),
    "people who are on no list any more": (
        "RekamRestatedMuch",
        Case(NOBODY_MOVED | {restated("outstanding"): always(-1500)}),
    ),
    "a standby that does not answer": ("RekamReaderBehind", Case({READER: None})),
    "a standby that is asked in turn with its primary": ("RekamReaderBehind", Case({READER: IN_TURN})),
    "faults that are each the first of their kind": (
        "RekamApiFails",
        Case(FIRST_FAULTS | {answers("5xx"): "0x79 7+7x30"}),
    ),
    "a partition that was never read from": ("RekamPartitionStuck", Case({BEHIND: always(3), NEXT: None})),
}
QUIET = {
    "a register that is well": Case({}),
    "one that is well for a week": Case({}, HOUR, 160 * HOUR),
    "an empty one": Case(
        {POSITION: always(0), READER: always(0), LAST: always(0), HEARD: None, NEXT: None}, HOUR, 100 * HOUR
    ),
    "a standby that is a minute behind": Case({READER: growing(30, -30)}),
    "people of whom some moved and some were newly listed": Case({restated("outstanding"): always(500)}),
    "much that waits and goes on": Case({BEHIND: always(4000)}),
    "a view that was late for a minute": Case({LATE: "0x88 40x1 0x60"}),
    "receipts that wait and go on": Case({RECEIPTS: always(400)}),
    "few messages, all of them refused": Case({
        outcome("appended"): always(0), outcome("duplicate"): always(0), outcome("quarantined"): growing(1),
    }),
    "answers of which some are refusals": Case({answers("4xx"): growing(500)}),
}  # fmt: skip


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def promtool() -> str:
    """Where it is; skipped without it, but not where CI must not overlook it."""
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must test the alerts: promtool is in apt's package prometheus")
        pytest.skip("no promtool: it comes with Prometheus")
    return found


def expecting(case: Case, alerts: list[str]) -> dict[str, Any]:
    """A unit test of promtool: at that time just these alerts are raised."""
    count = case.at // case.every + 1
    given = {**HEALTHY, **case.differs}
    return {
        "interval": f"{case.every}s",
        "input_series": [
            {"series": name, "values": values.format(every=case.every, count=count)}
            for name, values in given.items()
            if values is not None
        ],
        "promql_expr_test": [
            {
                "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{case.at}s",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in alerts],
            }
        ],
    }


def run(folder: Path, case: Case, alerts: list[str]) -> None:
    tests = [expecting(case, alerts)]
    promtool_finds(folder, {"rule_files": [str(RULES)], "evaluation_interval": f"{case.every}s", "tests": tests})


def promtool_finds(folder: Path, document: dict[str, Any]) -> None:
    """Its tests hold."""
    file = folder / "test.yml"
    file.write_text(json.dumps(document))
    done = subprocess.run([promtool(), "test", "rules", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_the_rules_good() -> None:
    done = subprocess.run([promtool(), "check", "rules", RULES], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried() -> None:
    assert [rule["alert"] for rule in rules()] == list(dict.fromkeys(rule["alert"] for rule in rules()))
    assert set(RAISED) == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("alert", RAISED)
def test_an_alert_is_raised_by_what_it_is_about_and_by_nothing_else(alert: str, tmp_path: Path) -> None:
    run(tmp_path, RAISED[alert], [alert])


@pytest.mark.parametrize("name", ALSO)
def test_it_is_raised_also_by(name: str, tmp_path: Path) -> None:
    alert, case = ALSO[name]
    run(tmp_path, case, [alert])


@pytest.mark.parametrize("name", QUIET)
def test_no_alert_is_raised_by(name: str, tmp_path: Path) -> None:
    run(tmp_path, QUIET[name], [])


@pytest.mark.parametrize(
    ("looked", "labels", "said"),
    [
        ("0x90", {"topic": "rekam.death", "partition": "0"}, "rekam.death, partition 0"),
        (None, {}, "anything"),
    ],
)
def test_who_is_woken_reads_about_what_nobody_asks(
    looked: str | None, labels: dict[str, str], said: str, tmp_path: Path
) -> None:
    (rule,) = [rule for rule in rules() if rule["alert"] == "RekamIntakeGone"]
    raised = {
        "exp_labels": {"severity": "critical", **labels},
        "exp_annotations": rule["annotations"] | {"summary": f"No intake asks Kafka about {said}"},
    }
    given = {POSITION: "1x90"} | ({} if looked is None else {LOOKED: looked})
    test_ = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in given.items()],
        "alert_rule_test": [{"eval_time": "1h", "alertname": "RekamIntakeGone", "exp_alerts": [raised]}],
    }
    promtool_finds(tmp_path, {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test_]})


def test_the_rules_ask_for_metrics_that_there_are() -> None:
    asked = {name for rule in rules() for name in re.findall(r"\brekam_[a-z_]+", rule["expr"])}

    assert asked - (NAMES | REQUESTS) == set()


def test_every_metric_is_documented() -> None:
    documented = set(table_rows("docs/monitoring.md", "metric"))

    assert {name.partition("{")[0] for name in documented} == NAMES | ANSWERS


# ------------------------------------------------------------------ the pages


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}

    assert {rule["alert"] for rule in rules()} == pages


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_leads_to_its_page(rule: dict[str, Any]) -> None:
    said = rule["annotations"]

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert said["summary"]
    assert said["description"].endswith(".")
    assert said["runbook_url"] == f"https://rekam.example/docs/runbook/{rule['alert']}.md"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_page_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    page = (PAGES / f"{rule['alert']}.md").read_text()
    parts = re.split(r"^## (.*)$", page, flags=re.MULTILINE)

    assert page.startswith(f"# {rule['alert']}\n")
    assert f"**{rule['labels']['severity']}**" in parts[0]
    assert tuple(parts[1::2]) == PARTS
    assert all(part.strip() for part in parts[2::2])
    assert re.search(r"^    (rekam|docker compose|curl|psql)", parts[4], re.MULTILINE), "nothing to look at"


def test_the_pages_are_listed() -> None:
    listed = re.findall(r"\]\((Rekam\w+)\.md\)", (PAGES / "README.md").read_text())

    assert listed == [rule["alert"] for rule in rules()]


# ------------------------------------------------------------------ the check's invariants

CHECKS = sorted(table_rows("docs/auditors.md", "invariant"))  # tests/test_docs.py holds it against the checks


@pytest.mark.parametrize("check", CHECKS)
def test_for_each_check_that_fails_there_is_something_to_do(check: str) -> None:
    rows = table_rows("docs/runbook/RekamCheckFailed.md", "does not hold").values()
    (row,) = [cells for cells in (row.split("|") for row in rows) if f"`{check}`" in cells[1]]
    steps = re.findall(r"^(\d)\. \*\*", (PAGES / "RekamCheckFailed.md").read_text(), re.MULTILINE)

    assert row[2].strip()
    assert row[3].split()[0].strip(",") in {*steps, "`rekam"}


def test_nothing_is_done_about_a_check_that_there_is_not() -> None:
    rows = table_rows("docs/runbook/RekamCheckFailed.md", "does not hold").values()

    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])) == CHECKS


# ------------------------------------------------------------------ what cannot be read


@pytest.mark.parametrize("why", [batches._CHANGED, batches._CODEC, "a batch of 100,001 messages that does not unpack"])
def test_who_reads_why_a_partition_is_set_aside_is_led_to_its_row_and_not_told_to_delete(why: str) -> None:
    said = batches.Untellable(7, why).said_at(TopicPartition("rekam.death", 0))
    page = re.search(r"docs/runbook/\w+\.md", said)
    rows = table_rows("docs/runbook/RekamPartitionStuck.md", "the line says")

    assert page is not None
    assert (ROOT / page[0]).name == "RekamPartitionStuck.md"
    assert "kafka-delete-records" not in said
    assert [head for head in rows if re.match(head.replace("…", ".*"), why)]


# ------------------------------------------------------------------ the commands on the pages

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


def test_the_scrape_that_is_documented_is_one(tmp_path: Path) -> None:
    block = part("docs/monitoring.md", "scrape").removeprefix("```yaml\n").removesuffix("```")
    (tmp_path / "prometheus.yml").write_text(block.replace("docs/alerts/", f"{RULES.parent}/"))
    (tmp_path / "token").touch()
    done = subprocess.run(
        [promtool(), "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
