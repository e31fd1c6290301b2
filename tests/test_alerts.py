"""The alerts: each is raised by what it is about and by nothing else, by metrics that there are, and has its page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml
from aiokafka import TopicPartition

from services import batches
from services.watched import NAMES
from tests.documents import ROOT, part, table_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
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


# ------------------------------------------------------------------ the scrape


def test_the_scrape_that_is_documented_is_one(tmp_path: Path) -> None:
    block = part("docs/monitoring.md", "scrape").removeprefix("```yaml\n").removesuffix("```")
    (tmp_path / "prometheus.yml").write_text(block.replace("docs/alerts/", f"{RULES.parent}/"))
    (tmp_path / "token").touch()
    done = subprocess.run(
        [promtool(), "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
