"""What Prometheus is told: what `rekam status` says, and more; by few rows; and of nobody."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from events.database import connect
from projections.flows import flows_answer
from services import scenario, watched
from services.api import reach
from services.api.app import make_app
from services.api.metering import Meter
from services.processes import prepare
from services.watched import NAMES, SERIES
from tests import register
from tests.register import fill
from tests.services.api.office import Office, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


# ------------------------------------------------------------------ where questions are asked of another server

READER = {"rekam_reader_position", "rekam_reader_behind_positions"}
NOWHERE = "postgresql://rekam@127.0.0.1:1/rekam"


@contextmanager
def asked_at(office: Office, address: str) -> Iterator[Office]:
    """The same office, by an API that asks its questions at `address`."""
    app = make_app(replace(office.settings, database_read=address))
    app.state.ready = True
    with served(app) as url:
        yield replace(office, url=url, app=app)


def lasting(found: Told) -> Told:
    """Of the register itself; not what is told of a moment that goes by."""
    return {name: told for name, told in found.items() if name in NAMES - READER and "lag" not in name}


def test_where_there_is_one_server_nothing_is_behind(office: Office) -> None:
    found = scraped(office)

    assert found["rekam_reader_position"] == found["rekam_log_position"]
    assert found["rekam_reader_behind_positions"] == {(): 0}


def test_of_a_standby_that_is_behind_only_that_is_told_and_the_rest_is_the_primarys(
    office: Office, empty_database: str
) -> None:
    """The other database stands for one that has followed for a while, and is cut off."""
    fill(empty_database, office.settings.keys, list(scenario.phase_one(1, scenario.QUICK))[:40])
    with connect(empty_database, "rekam_reader") as connection:
        ((size,),) = connection.execute("SELECT size FROM log.head").fetchall()
    with asked_at(office, empty_database) as behind:
        found = scraped(behind)
        shown = behind.json("supervisor", "/v1/status")["position"]

    assert lasting(found) == lasting(scraped(office))
    assert found["rekam_reader_position"] == {(): size} == {(): shown}
    assert found["rekam_reader_behind_positions"] == {(): found["rekam_log_position"][()] - size}


@pytest.mark.parametrize("gone", ["", NOWHERE])
def test_a_standby_without_a_register_or_that_does_not_answer_hides_nothing_of_the_primary(
    office: Office, empty_database: str, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    monkeypatch.setattr(reach, "_PATIENCE_S", 0.5)
    with asked_at(office, gone or empty_database) as alone:
        found = scraped(alone)

    assert lasting(found) == lasting(scraped(office))
    assert READER & found.keys() == set()


# ------------------------------------------------------------------ answers


def test_classes_of_answers_are_there_before_the_first_answer() -> None:
    """A rate does not see the fault with which a series begins."""
    told_ = told(generate_latest(Meter().registry).decode())

    assert told_["rekam_http_answers_total"] == {("2xx",): 0, ("3xx",): 0, ("4xx",): 0, ("5xx",): 0}


def test_every_answer_is_counted_in_its_class(office: Office) -> None:
    before = scraped(office)["rekam_http_answers_total"]
    assert office.ask(None, "/v1/counts").status_code == 401
    after = scraped(office)["rekam_http_answers_total"]

    assert {name: after[name] - before[name] for name in after} == {("2xx",): 1, ("3xx",): 0, ("4xx",): 1, ("5xx",): 0}


def test_a_fault_is_counted_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scraped(office)["rekam_http_answers_total"]
    monkeypatch.setattr(office.app.state.reach, "question", None)
    assert office.ask("supervisor", "/v1/status").status_code == 500
    monkeypatch.undo()

    assert scraped(office)["rekam_http_answers_total"]["5xx",] == before["5xx",] + 1


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
