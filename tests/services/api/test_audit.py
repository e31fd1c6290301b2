"""What auditors ask over HTTP: the log, the readings, the anomalies with their follow-up, the check."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest

from events.log import GENESIS, chain
from services.access import readings
from services.access.roles import Caller, Role
from tests.services.api.office import ALAK, DAY, Office
from tests.services.command_line import eventually


def test_the_log_pages_by_position_to_its_end(office: Office) -> None:
    seen: list[int] = []
    page: dict[str, Any] = {"next": 1}
    while page["next"] is not None:
        page = office.json("auditor", f"/v1/log?from={page['next']}&limit=700")
        seen += [row["position"] for row in page["rows"]]

    assert seen == list(range(1, page["head"] + 1))


def test_as_json_lines_it_is_whole_and_proves_itself(office: Office) -> None:
    answer = office.ask("auditor", "/v1/log?from=1", headers={"Accept": "application/x-ndjson"})
    digest = GENESIS
    for line in answer.content.splitlines():
        row = orjson.loads(line)
        digest = chain(digest, row["position"], orjson.dumps(row["entry"]))
        assert row["digest"] == digest.hex()

    assert row["position"] == office.json("auditor", "/v1/log?limit=1")["head"]


def test_no_name_and_no_nik_is_in_the_log(office: Office) -> None:
    text = office.ask("auditor", "/v1/log?from=1", headers={"Accept": "application/x-ndjson"}).text

    assert '"nik"' not in text
    assert '"birth_date"' not in text


def test_a_stretch_that_the_log_does_not_have_is_no_answer(office: Office) -> None:
    assert office.ask("auditor", "/v1/log?from=99999999").status_code == 404
    assert office.ask("auditor", "/v1/log?from=9&to=3").status_code == 400


def test_a_reading_is_written_down_as_a_whole_or_not_at_all(office: Office) -> None:
    reading = readings.Reading("list", None, {"here": "never"}, 1, 1)

    def note(then: str) -> None:
        with office.app.state.reach.writing() as cursor:
            readings.note(cursor, Caller("supervisor", Role.SUPERVISOR), reading, [UUID(int=1)])
            cursor.execute(then.encode())

    def noted() -> int:
        rows = office.json("auditor", "/v1/readings?limit=10")["rows"]
        return [row["question"] for row in rows].count(reading.question)

    with pytest.raises(psycopg.errors.DivisionByZero):
        note("SELECT 1 / 0")
    assert noted() == 0
    note("SELECT 1")
    assert noted() == 1


def test_what_cannot_be_written_down_is_not_shown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "_NOTE", "SELECT 1 / 0")
    answer = office.ask("supervisor", f"/v1/outstanding?on={DAY}")
    assert answer.status_code == 500
    assert "rows" not in answer.text


def test_reading_the_readings_is_a_reading(office: Office) -> None:
    office.json("auditor", "/v1/readings")
    newest = office.json("auditor", "/v1/readings?limit=2")["rows"][0]

    assert (newest["who"], newest["action"]) == ("auditor", "readings")


def test_a_persons_own_history_names_who_has_looked(office: Office) -> None:
    somebody = office.json("supervisor", f"/v1/outstanding?on={DAY}&kelurahan={ALAK}&limit=1")["rows"][0]["subject"]
    office.json("officer", f"/v1/residents/{somebody}?on={DAY}&purpose=home_visit")
    history = office.json("auditor", f"/v1/residents/{somebody}/readings")["rows"]

    assert ("officer", "resident", "home_visit") in {(one["who"], one["action"], one["purpose"]) for one in history}
    assert ("supervisor", "list", None) in {(one["who"], one["action"], one["purpose"]) for one in history}


def test_anomalies_page_by_key_and_are_tallied_once(office: Office) -> None:
    first = office.json("auditor", f"/v1/anomalies?on={DAY}&limit=7")
    seen, after = list(first["cases"]), first["next"]
    while after is not None:
        page = office.json("auditor", f"/v1/anomalies?on={DAY}&limit=7&after={after}")
        assert page["tally"] is None
        seen, after = seen + page["cases"], page["next"]

    of_people = sum(one["cases"] for one in first["tally"] if not one["lists"])
    assert len(seen) == len({(one["name"], one["subject"], one["digest"]) for one in seen}) == of_people > 7


def test_a_follow_up_stands_beside_its_case_and_the_steps_before_it_stay(office: Office) -> None:
    case = office.json("auditor", "/v1/anomalies?limit=1")["cases"][0]
    step = {"subject": case["subject"], "name": case["name"]}
    for state, note in (("in_work", "asked the registry"), ("explained", "a late letter")):
        said = office.ask("supervisor", "/v1/anomalies/follow-ups", "POST", json={**step, "state": state, "note": note})
        assert said.status_code == 201, said.text

    told = office.json("auditor", "/v1/anomalies?limit=1")["cases"][0]["follow_up"]
    assert (told["state"], told["note"], told["who"]) == ("explained", "a late letter", "supervisor")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"note": "its NIK is 5371010101909001"}, 400),
        ({"state": "forgotten"}, 400),
        ({"name": "never_heard_of"}, 404),
        ({"subject": "0" * 31 + "1"}, 404),
        ({"subject": "5371010101909001"}, 400),
    ],
)
def test_a_follow_up_that_cannot_be_kept_is_refused(office: Office, wrong: dict[str, str], status: int) -> None:
    case = office.json("auditor", "/v1/anomalies?limit=1")["cases"][0]
    said = {"subject": case["subject"], "name": case["name"], "state": "open", "note": "looked at", **wrong}

    assert office.ask("supervisor", "/v1/anomalies/follow-ups", "POST", json=said).status_code == status


def test_the_register_proves_itself_when_it_is_asked_to(office: Office) -> None:
    assert office.ask("auditor", "/v1/checks", "POST").status_code == 202
    eventually(lambda: not office.json("auditor", "/v1/checks")["running"], within_s=60)
    said = office.json("auditor", "/v1/checks")

    assert said["failed"] is None
    assert said["last"]["who"] == "auditor"
    assert all(check["ok"] for check in said["last"]["checks"])
    assert len(said["last"]["digest"]) == 64
