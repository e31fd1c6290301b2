"""What Prometheus is told: what `rekam status` says, and more; by few rows; and of nobody."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from events.database import connect
from projections.flows import flows_answer
from services import scenario, watched
from services.processes import prepare
from services.watched import NAMES, SERIES
from tests import register
from tests.register import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.api.office import Office

LARGE = {"entry", "claim", "accounted", "quarantine", "resolution", "receipt", "fact", "posting", "person"}

Told = dict[str, dict[tuple[str, ...], float]]


def told(text: str) -> Told:
    """Each metric's value by the values of its labels, in the order of their names."""
    return {
        sample.name: {
            tuple(value for _, value in sorted(one.labels.items())): one.value
            for one in family.samples
            if one.name == sample.name
        }
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(office: Office) -> Told:
    answer = office.ask("operator", "/v1/metrics")
    assert answer.status_code == 200, answer.text
    return told(answer.text)


@pytest.fixture
def rows(office: Office) -> Any:
    def ask(query: str) -> list[tuple[Any, ...]]:
        with connect(office.database, "rekam_reader") as connection:
            return connection.execute(query.encode()).fetchall()

    return ask


# ------------------------------------------------------------------ the same as status


def test_it_says_what_status_says(office: Office) -> None:
    status = office.json("operator", "/v1/status")
    found = scraped(office)

    assert found["rekam_log_position"] == {(): status["position"]}
    assert found["rekam_view_position"] == {(view,): at for view, at in status["projections"].items()}
    assert found["rekam_relayed_position"] == {(topic,): last for topic, last in status["relayed"].items()}
    assert found["rekam_quarantine_open"] == {(code,): n for code, n in status["quarantine"].items()}
    assert found["rekam_views_standing_still"] == {(): 0}
    outcomes = dict.fromkeys(status["accounted"], 0.0)
    for (outcome, _), offsets in found["rekam_offsets_total"].items():
        outcomes[outcome] += offsets
    assert outcomes == status["accounted"]
    assert outcomes["appended"] > 0


def test_what_never_happened_is_0_and_not_missing(office: Office) -> None:
    found = scraped(office)["rekam_offsets_total"]

    assert found["expired", "rekam.death"] == 0
    assert len(found) == 36


def test_times_are_in_seconds_since_1970(office: Office, rows: Any) -> None:
    found = scraped(office)
    ((accepted,),) = rows("SELECT accepted FROM log.head")

    assert found["rekam_log_accepted_timestamp_seconds"] == {(): accepted.timestamp()}
    heard = rows("SELECT source, max(accepted) FROM trail.fact GROUP BY source")
    assert found["rekam_source_heard_timestamp_seconds"] == {
        (source,): datetime.fromisoformat(at).timestamp() for source, at in heard
    }
    oldest = rows("SELECT code, min(parked) FROM watch.parked GROUP BY code")
    assert found["rekam_quarantine_oldest_timestamp_seconds"] == {(code,): at.timestamp() for code, at in oldest}


def test_where_all_is_read_nothing_is_late_and_what_is_not_passed_on_is(office: Office) -> None:
    found = scraped(office)

    assert set(found["rekam_view_lag_seconds"].values()) == set(found["rekam_view_behind_positions"].values()) == {0}
    waits = found["rekam_relay_behind_messages"]
    assert waits[("rekam.log",)] == found["rekam_log_position"][()]
    assert waits[("rekam.receipts",)] > waits[("rekam.quarantine",)] > 0
    assert all(lag > 3600 for lag in found["rekam_relay_lag_seconds"].values())  # all was taken in the past


def test_a_check_is_told_with_each_invariant(office: Office) -> None:
    checks = [
        {"name": "digest_chain", "ok": True, "figure": 7},
        {"name": "accepted_never_goes_back", "ok": False, "figure": 7, "wrong": 1, "what": ["position 3"]},
    ]
    document = {"position": 7, "digest": "", "checks": checks}
    with connect(office.database, "rekam_access") as connection:
        note = "INSERT INTO access.checked (who, document) VALUES ('auditor', %s)"
        connection.execute(note, [json.dumps(document)])
    began = datetime.now(UTC)

    found = scraped(office)
    assert found["rekam_check_position"] == {(): 7}
    assert found["rekam_check_holds"] == {("digest_chain",): 1, ("accepted_never_goes_back",): 0}
    assert abs(found["rekam_check_timestamp_seconds"][()] - began.timestamp()) < 60


def test_every_metric_has_its_name_in_the_list(office: Office) -> None:
    named = {name for name in scraped(office) if name.startswith("rekam_") and "http" not in name}

    assert named <= NAMES
    assert {one.name for one in SERIES if one.kind == "gauge"} - named == {
        "rekam_intake_behind_offsets", "rekam_intake_looked_timestamp_seconds",  # no intake runs here
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_name_follows_the_conventions(name: str) -> None:
    """Base units at the end, and `_total` of what only grows."""
    assert re.fullmatch(r"rekam_[a-z_]+", name)
    assert not re.search(r"_(milliseconds|ms|minutes|hours|days|percent|count|sum|bucket)(_|$)", name)
    if "timestamp" in name:
        assert name.endswith("_timestamp_seconds")


# ------------------------------------------------------------------ what it costs, and whom it names


@pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
def test_no_large_table_is_read_through(office: Office, series: watched.Series) -> None:
    """Where an index leads to the rows, the planner takes it as soon as the table is not tiny; here it is told to."""
    with connect(office.database, "rekam_as_operator") as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) {series.query}".encode()).fetchone()
    assert plan is not None
    walked = [
        node["Relation Name"]
        for node in nodes(plan[0][0]["Plan"])
        if "Relation Name" in node and not {"Index Cond", "Recheck Cond"} & node.keys()
    ]

    assert set(walked) & LARGE == set()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("table", ["intake.accounted", "intake.quarantine", "log.entry"])
def test_a_plan_that_reads_a_large_table_would_be_found(office: Office, table: str) -> None:
    bad = SERIES[0]._replace(query=f"SELECT count(*) FROM {table}")

    with pytest.raises(AssertionError):
        test_no_large_table_is_read_through(office, bad)


def test_sources_that_anybody_makes_up_take_no_place_and_none_looks_like_a_nik(
    empty_database: str, tmp_path: Path
) -> None:
    prepare(empty_database)
    with connect(empty_database) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO watch.source SELECT 'made-up-' || n, n, n, now() FROM generate_series(3, 500) AS n "
            "UNION ALL VALUES ('urn:real', 1, 900, now()), ('urn:5371010101909001', 2, 901, now())"
        )
        (family,) = [one for one in watched.watched(cursor) if one.name == "rekam_source_heard_timestamp_seconds"]

    sources = [sample.labels["source"] for sample in family.samples]
    assert sources[0] == "urn:real"
    assert len(sources) == watched.MOST_SOURCES - 1
    assert "5371010101909001" not in " ".join(sources)


# ------------------------------------------------------------------ lag


def test_what_waits_is_counted_and_timed(empty_database: str, tmp_path: Path) -> None:
    """Intake has taken everything in, no view has followed; Kafka has more."""
    fill(empty_database, tmp_path / "keys", list(scenario.phase_one(1, scenario.QUICK))[:40], views=())
    with connect(empty_database) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE log.entry SET accepted = now() - notification_id * interval '1 minute'")
        cursor.execute("UPDATE trail.position SET position = 4")
        cursor.execute(
            'INSERT INTO watch.partition (topic, partition, incarnation, "end", looked) '
            "SELECT topic, partition, incarnation, next + 3, now() FROM intake.cursor"
        )
        cursor.execute('UPDATE watch.partition SET incarnation = incarnation + 1, "end" = 5 WHERE partition = 1')
        found = {one.name: {tuple(s.labels.values()): s.value for s in one.samples} for one in watched.watched(cursor)}
        ((size,),) = cursor.execute("SELECT size FROM log.head").fetchall()
        partitions = cursor.execute("SELECT topic, partition, next FROM intake.cursor").fetchall()

    assert found["rekam_view_behind_positions"] == {("counts",): size, ("trail",): size - 4, ("outstanding",): size}
    lags = found["rekam_view_lag_seconds"]
    assert {view: round(lag / 60) for (view,), lag in lags.items()} == {"counts": 1, "trail": 5, "outstanding": 1}
    assert found["rekam_intake_next_offset"] == {(topic, str(n)): next_ for topic, n, next_ in partitions}
    # of a topic that was made again nothing was read yet
    assert found["rekam_intake_behind_offsets"] == {(topic, str(n)): 5 if n else 3 for topic, n, _ in partitions}


# ------------------------------------------------------------------ restated


def test_what_is_restated_is_the_line_of_the_report(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setattr(register, "ACCEPTED", datetime(2018, 11, 23, 9, tzinfo=UTC))
    fill(empty_database, keys, scenario.phase_one(1, scenario.QUICK))
    with connect(empty_database, "rekam_reader") as connection, connection.cursor() as cursor:
        ((then,),) = cursor.execute("SELECT size FROM log.head").fetchall()
    monkeypatch.setattr(register, "ACCEPTED", datetime(2019, 4, 1, 9, tzinfo=UTC))
    fill(empty_database, keys, scenario.phase_two(1, scenario.QUICK))
    last_day = date(2018, 11, 30)

    with connect(empty_database, "rekam_reader") as connection, connection.cursor() as cursor:
        ((now,),) = cursor.execute("SELECT size FROM log.head").fetchall()
        (family,) = watched.restated(cursor, last_day + timedelta(20))
        report = flows_answer(cursor, last_day, last_day, then, now)
        assert watched.restated(cursor, date(2018, 11, 5)) == []  # the register's first day is later

    line = {sample.labels["standing"]: sample.value for sample in family.samples}
    assert {standing: people for standing, people in line.items() if people} == {
        standing: people for standing, people in report["total"]["restated"].items() if people
    }
    assert line["recorded"] > 0
