"""Each command's JSON document has the shape that other people's software reads: what is added here, stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from projections.reading import STANDINGS
from tests.services.shapes import ABSENT, TALLY, one_of, wrong

if TYPE_CHECKING:
    from tests.services.command_line import CommandLine

pytestmark = pytest.mark.timeout(120)

NUMBERS = {"official": int, "explained": int, "truly": int}
AREA = {"area": str, "name": str}
ACCOUNT = {"area": str, "standing": str}
FLOW = {"from_area": str, "from": str, "to_area": str, "to": str, "people": int}

COUNTS = {
    "list": (str, None), "on": str, "by": one_of("kelurahan", "kecamatan", "city"), "position": int,
    "reading_version": int,
    "rows": [{**AREA, "standings": TALLY, **NUMBERS}],
    "total": {"standings": TALLY, **NUMBERS},
    "coverage": (None, {"official": float, "true": float}),
}  # fmt: skip
FLOWS = {
    "from": str, "to": str, "by": one_of("kelurahan", "kecamatan", "city"), "known": int, "position": int,
    "reading_version": int,
    "rows": [{**AREA, "opening": TALLY, "restated": TALLY, "flows": [FLOW], "closing": TALLY}],
    "total": {
        "opening": TALLY, "restated": TALLY, "closing": TALLY, "flows": [{"from": str, "to": str, "people": int}]
    },
}  # fmt: skip
RECONCILE = {
    "list": str, "on": str, "position": int, "reading_version": int,
    "declared": (int, None), "members": int, "residual": (int, None),
    "standings": TALLY, **NUMBERS, "settled": int, "cleared": int,
    "rows": [{**AREA, "declared": (int, None), "standings": TALLY, **NUMBERS, "settled": int, "cleared": int}],
    "anomalies": list,
    "against": (ABSENT, {
        "list": str, "there_on": str, "both": int, "only_here": int, "only_there": int,
        "pairs": [{"here": str, "there": str, "people": int}],
    }),
}  # fmt: skip
PERSON = {
    "number": int, "subject": str, "name": (str, None), "nik": (str, None), "family_card": (str, None),
    "sex": (one_of("M", "F"), None), "birth_date": (str, None), "age": (int, None), "address": (str, None),
    "rt": (str, None), "rw": (str, None), "kelurahan": str, "kelurahan_name": str, "standing": one_of(*STANDINGS),
    "reason": one_of("never", "again", "duplicate", None), "obliged_since": (str, None),
    "status": (str, None), "status_since": (str, None), "home_visit_needed": bool,
    "last_visit": (str, None), "last_outcome": (str, None), "visits": int,
}  # fmt: skip
FACT = {
    "position": int, "type": str, "source": str, "id": str, "valid_on": (str, None), "recordedtime": str,
    "accepted": str, "withdrawn_by": (int, None),
    "effect": [{"valid_on": str, "from": ACCOUNT, "to": ACCOUNT, "people": one_of(-1, 1)}], "anomalies": [str],
}  # fmt: skip
TRAIL = {
    "subject": str, "position": int, "facts": [FACT], "anomalies": [{"name": str, "facts": [int]}],
    "timeline": [{"from": str, **ACCOUNT}],
}  # fmt: skip
EXPLAIN = {**ACCOUNT, "on": str, "position": int, "people": int, "residents": [TRAIL]}
REPLAYED = {"position": int, "digest": str, "entry": dict}
CHECK = {
    "position": int, "digest": str, "projected": int, "checks": [{"name": str, "ok": one_of(True), "figure": int}]
}  # fmt: skip
STATUS = {
    "position": int,
    "accounted": dict.fromkeys(("appended", "duplicate", "conflict", "quarantined", "absent", "expired"), int),
    "projections": {"counts": int, "trail": int, "outstanding": int},
    "quarantine": TALLY,
    "relayed": {"rekam.log": int, "rekam.quarantine": int, "rekam.receipts": int},
    "kafka": str,
    "standing_still": [str],
}
CLEAR = dict
VERSION = {"type": str, "time": str, "recordedtime": str, "fact": CLEAR}
PARKED = {
    "number": int, "code": str, "message": str, "type": (str, None), "source": (str, None), "id": (str, None),
    "topic": str, "incarnation": int, "partition": int, "offset": int, "parked": str,
    "outcome": one_of("quarantined", "conflict"), "resolution": (str, None), "reason": (str, None),
    "position": (int, None),
    "stands": (ABSENT, {**VERSION, "fact": (CLEAR, ABSENT), "position": int, "accepted": str, "kafka": (dict, None)}),
    "parked_version": (ABSENT, VERSION),
    "differs": (ABSENT, [str]),
}  # fmt: skip
PUBLISHED = {
    "accepted": int, "refused": [{"file": str, "line": int, "code": str, "message": str}],
    "appended": int, "duplicate": int, "conflict": int, "quarantined": int,
}  # fmt: skip
REBUILT = {
    "views": [{
        "view": str, "position": int, "digest_in_use": str, "digest_rebuilt": str, "same": one_of(True),
        "swapped": one_of(True), "differs": list,
    }],
}  # fmt: skip

DAY = ("--on", "2018-11-23")
ASKED: list[tuple[str, Any]] = [
    ("status", STATUS),
    ("counts", COUNTS),
    ("counts --on 2018-11-23 --by kecamatan --list PUSAT-2018-11 --known {between}", COUNTS),
    ("counts --on 2018-11-23 --by city", COUNTS),
    ("flows --from 2018-11-01 --to 2018-11-23", FLOWS),
    ("flows --from 2018-11-23 --to 2019-03-31 --known {between} --then 1500 --by kecamatan", FLOWS),
    ("reconcile PUSAT-2018-11 --on 2018-11-23", RECONCILE),
    ("reconcile PUSAT-2019-03 --on 2019-03-31 --against PUSAT-2018-11", RECONCILE),
    ("list outstanding --on 2018-11-23", {"position": int, "on": str, "rows": [PERSON]}),
    ("list cleared --on 2018-11-23 --list PUSAT-2018-11", {"position": int, "on": str, "rows": [PERSON]}),
    ("list official --kelurahan 53.71.02.1001", {"position": int, "on": str, "rows": [PERSON]}),
    ("audit explain --area 53.71.04 --standing recorded --on 2018-11-23", EXPLAIN),
    ("audit check", CHECK),
    ("quarantine list", {"rows": [PARKED]}),
    ("quarantine list --all", {"rows": [PARKED]}),
    ("rebuild counts trail outstanding", REBUILT),
]


@pytest.mark.parametrize(("words", "shape"), ASKED, ids=[words for words, _ in ASKED])
def test_an_answer_has_the_shape_of_the_contract(rekam: CommandLine, between: int, words: str, shape: Any) -> None:
    assert wrong(rekam.json(*words.format(between=between).split()), shape) == []


def test_a_trail_has_the_shape_of_the_contract_by_subject(rekam: CommandLine) -> None:
    someone = rekam.json("list", "explained", *DAY)["rows"][0]["subject"]

    assert wrong(rekam.json("audit", "trail", someone), TRAIL) == []


def test_a_replay_is_json_lines_in_order_from_and_to_included(rekam: CommandLine) -> None:
    lines = [json.loads(line) for line in rekam.printed("audit", "replay", "--from", "3", "--to", "9").splitlines()]

    assert [line["position"] for line in lines] == list(range(3, 10))
    assert [wrong(line, REPLAYED) for line in lines] == [[]] * 7


def test_the_demos_document_is_the_reconciliation_it_tells_of(rekam: CommandLine) -> None:
    told = rekam.data.with_name("data.answer").read_text()

    assert told.count("\n") == 1
    document = json.loads(told)
    assert wrong(document, RECONCILE) == []
    assert document == rekam.json(
        "reconcile", "PUSAT-2018-11", *DAY, "--known", str(document["position"])
    )  # fmt: skip


def test_a_published_file_is_accounted_for_in_the_shape_of_the_contract(rekam: CommandLine) -> None:
    (rekam.data.parent / "odd.jsonl").write_text("{}\n")

    assert wrong(rekam.json("publish", str(rekam.data.parent / "odd.jsonl"), code=1), PUBLISHED) == []


def test_the_shapes_notice_what_is_missing_and_what_is_more() -> None:
    assert wrong({"a": 1}, {"a": int}) == []
    assert wrong({}, {"a": int}) == ["$.a is missing"]
    assert wrong({"a": 1, "b": 1}, {"a": int}) == ["$.b is not in the contract"]
    assert wrong({"a": True}, {"a": int}) == ["$.a is bool, not <class 'int'>"]
    assert wrong({"a": [{"b": None}]}, {"a": [{"b": (str, None)}]}) == []
