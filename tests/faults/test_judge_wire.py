"""The judge can fail: what was published, or passed on, is changed beside a clean register, and it must say so."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from services.questions import list_people
from tests.faults.asking import LAST_DAY
from tests.faults.clean import LINES, SEED, judged
from tests.faults.judge import Answer, Relayed
from tests.faults.load import messages
from tests.register import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.clean import Clean


# ------------------------------------------------------------------ published otherwise than it was taken in


def with_rows(clean: Clean, folder: Path, **more: list[dict[str, Any]]) -> Clean:
    """The same register beside a folder in which these rows were added to a file of that name."""
    rows: dict[str, list[str]] = defaultdict(list)
    for file in clean.folder.iterdir():
        rows[file.name] = file.read_text().splitlines()
    for name, added in more.items():
        rows[f"{name.replace('_', '.')}.jsonl"] += [json.dumps(row) for row in added]
    for name, lines in rows.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return clean._replace(folder=folder)


def test_a_line_that_was_never_taken_in_is_lost(clean: Clean, tmp_path: Path) -> None:
    event = {"source": "s", "id": "never taken in", "type": "rekam.death.registered.v1", "data": {}}
    line = {"n": 9000, "topic": "rekam.death", "code": None, "event": event}
    verdict = judged(with_rows(clean, tmp_path, siak_published=[line]))

    assert verdict.errors == {"lost": 1}


def test_a_line_that_nobody_published_is_unexplained(clean: Clean, tmp_path: Path) -> None:
    other = with_rows(clean, tmp_path)
    file = other.folder / "siak.published.jsonl"
    lines = file.read_text().splitlines()
    ids = Counter(json.loads(line)["event"]["id"] for line in lines)
    once = next(line for line in lines if ids[json.loads(line)["event"]["id"]] == 1)
    file.write_text("".join(f"{line}\n" for line in lines if line != once))

    assert judged(other).errors["unexplained"]


def test_a_message_that_kafka_has_and_nobody_accounts_for_is_lost(clean: Clean, tmp_path: Path) -> None:
    sent = {"n": 0, "at": 2.0, "partition": 1, "offset": 70_000}

    assert judged(with_rows(clean, tmp_path, pendataan_sent=[sent])).errors == {"lost": 1}


def test_a_message_that_went_with_its_topic_is_not_lost_where_it_was_published_again(
    clean: Clean, tmp_path: Path
) -> None:
    (line,) = [m for m in messages(SEED, "pendataan", LINES) if m.n == 0]
    gone = {"n": 0, "at": 0.5, "partition": 1, "offset": 70_000}
    again = {"topic": line.topic, "from": 0.6, "until": 0.7}

    assert judged(with_rows(clean, tmp_path, pendataan_sent=[gone], topics=[again])).holds


def test_a_message_is_lost_that_was_read_as_another_before_its_topic_was_made_again(
    clean: Clean, tmp_path: Path
) -> None:
    topics = {m.n: m.topic for m in messages(SEED, "pendataan", LINES)}
    sent = [json.loads(row) for row in (clean.folder / "pendataan.sent.jsonl").read_text().splitlines()]
    others = next(row for row in sent if topics[row["n"]] == topics[0] and row["n"] != 0)
    again = {"topic": topics[0], "from": 50.0, "until": 51.0}
    other = with_rows(clean, tmp_path, pendataan_sent=[{**others, "n": 0, "at": 0.5}], topics=[again])
    new_life = (
        f"INSERT INTO intake.incarnation (topic, incarnation) VALUES ('{topics[0]}', 2)",
        f"INSERT INTO intake.cursor (topic, incarnation, partition, next) VALUES ('{topics[0]}', 2, 0, 0)",
    )

    assert judged(other, *new_life).errors == {"lost": 1}


def test_an_offset_that_is_said_to_be_absent_is_lost_also_where_its_topic_was_made_again(
    clean: Clean, tmp_path: Path
) -> None:
    again = {"topic": "rekam.recording", "from": 50.0, "until": 51.0}
    absent = (
        "UPDATE intake.accounted SET outcome = 'absent' WHERE outcome = 'quarantined' AND topic = 'rekam.recording'"
    )

    assert judged(with_rows(clean, tmp_path, topics=[again]), absent).errors["lost"]


def of_one_name(clean: Clean) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where the fact and what contradicts it were sent, of one name of the client's."""
    lines = {m.n: m for m in messages(SEED, "pendataan", LINES)}
    sent = [json.loads(row) for row in (clean.folder / "pendataan.sent.jsonl").read_text().splitlines()]
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sent:
        if lines[row["n"]].code is None:
            by_name[lines[row["n"]].name].append(row)
    return next(
        (one, other)
        for one, *others in by_name.values()
        for other in others
        if lines[one["n"]].event != lines[other["n"]].event and lines[one["n"]].topic != "rekam.correction"
    )


def test_at_one_place_in_two_lives_of_a_topic_each_of_a_name_may_have_what_the_other_deserves(
    clean: Clean, tmp_path: Path
) -> None:
    one, other = of_one_name(clean)
    exchanged = [{**other, "n": one["n"]}, {**one, "n": other["n"]}]
    topic = next(m.topic for m in messages(SEED, "pendataan", LINES) if m.n == one["n"])
    (once, anew) = (tmp_path / name for name in ("once", "anew"))
    once.mkdir()
    anew.mkdir()
    again = {"topic": topic, "from": 0.1, "until": 0.2}

    assert judged(with_rows(clean, once, pendataan_sent=exchanged)).errors == {"wrong_outcome": 2}
    assert judged(with_rows(clean, anew, pendataan_sent=exchanged, topics=[again])).holds


def test_a_publisher_that_tells_of_another_number_is_named(clean: Clean, tmp_path: Path) -> None:
    told = {"told": {"appended": 3, "duplicate": 1}, "lines": 5}

    assert judged(with_rows(clean, tmp_path, siak_sent=[told])).errors == {"told_wrong": 1}


# ------------------------------------------------------------------ passed on otherwise than it stands in the log


def without(number: int) -> Callable[[list[Relayed]], list[Relayed]]:
    return lambda some: some[:number] + some[number + 1 :]


def exchanged(some: list[Relayed], one: int, other: int) -> list[Relayed]:
    exchanged = [*some]
    exchanged[one], exchanged[other] = some[other], some[one]
    return exchanged


def of_entries(some: list[Relayed]) -> list[int]:
    return [at for at, receipt in enumerate(some) if json.loads(receipt.value)["outcome"] == "appended"]


def parked_and_resolved(some: list[Relayed]) -> tuple[int, int]:
    """Where a message is told of that was parked, and where it is told how that ended."""
    told = [json.loads(receipt.value) for receipt in some]
    places = [tuple(one[name] for name in ("topic", "incarnation", "partition", "offset")) for one in told]
    ended = next(at for at, one in enumerate(told) if one["outcome"] == "resolved")
    return places.index(places[ended]), ended


WRONGLY_PASSED_ON: dict[str, tuple[str, Callable[[list[Relayed]], list[Relayed]]]] = {
    "an entry passed over": ("rekam.log", without(7)),
    "not to the end": ("rekam.log", lambda some: some[:-1]),
    "nothing": ("rekam.log", lambda _: []),
    "two in another order": ("rekam.log", lambda some: [some[1], some[0], *some[2:]]),
    "other bytes": ("rekam.log", lambda some: [some[0]._replace(value=b"{}"), *some[1:]]),
    "a position that is not there": ("rekam.log", lambda some: [*some, some[-1]._replace(position=len(some) + 1)]),
    "an entry without its position": ("rekam.log", lambda some: [*some, some[-1]._replace(position=None)]),
    "a receipt that is not there": ("rekam.receipts", without(0)),
    "a receipt of another outcome": (
        "rekam.receipts",
        lambda some: [
            one._replace(value=one.value.replace(b"appended", b"expired")) if at == of_entries(some)[0] else one
            for at, one in enumerate(some)
        ],
    ),
    "a receipt of another message": (
        "rekam.receipts",
        lambda some: [some[0]._replace(value=json.dumps(json.loads(some[0].value) | {"id": "x"}).encode()), *some[1:]],
    ),
    "a receipt for another reason": (
        "rekam.receipts",
        lambda some: [*some, Relayed(None, json.dumps(json.loads(some[0].value) | {"reason": "erased"}).encode())],
    ),
    "two receipts in another order": ("rekam.receipts", lambda some: exchanged(some, *of_entries(some)[:2])),
    "how it ended before that it was parked": (
        "rekam.receipts",
        lambda some: exchanged(some, *parked_and_resolved(some)),
    ),
    "a parked message not told": ("rekam.quarantine", without(0)),
    "one told with another code": (
        "rekam.quarantine",
        lambda some: [Relayed(None, json.dumps(json.loads(some[0].value) | {"code": "erased"}).encode()), *some],
    ),
}


@pytest.mark.parametrize("case", WRONGLY_PASSED_ON)
def test_what_was_passed_on_wrongly_is_named(clean: Clean, case: str) -> None:
    topic, planted = WRONGLY_PASSED_ON[case]
    verdict = judged(clean._replace(relayed={**clean.relayed, topic: planted(clean.relayed[topic])}))

    assert verdict.errors.keys() == {"relayed_wrong"}, verdict.text()


def test_what_is_passed_on_twice_is_nobody_s_fault(clean: Clean) -> None:
    log = clean.relayed["rekam.log"]
    receipts = clean.relayed["rekam.receipts"]
    again = {"rekam.log": [*log[:50], *log[20:]], "rekam.receipts": [*receipts, *receipts[-9:]]}

    assert judged(clean._replace(relayed=clean.relayed | again)).holds


def test_of_a_topic_made_again_there_is_what_came_since(clean: Clean, tmp_path: Path) -> None:
    made_again = [{"topic": topic, "from": 0.1, "until": 0.2} for topic in clean.relayed]
    other = with_rows(clean, tmp_path, topics=made_again)
    since = {topic: some[9:] for topic, some in clean.relayed.items()}

    assert judged(other._replace(relayed=since)).holds
    assert judged(other._replace(relayed={topic: list[Relayed]() for topic in since})).holds
    with_a_hole = {**since, "rekam.log": without(3)(since["rekam.log"])}
    assert judged(other._replace(relayed=with_a_hole)).errors == {"relayed_wrong": 1}


# ------------------------------------------------------------------ answered otherwise than the facts mean

_POSTED = """
    SELECT area, standing, sum(net)::int FROM counts.account AS a, LATERAL (
        SELECT people * ((to_account = a.number)::int - (from_account = a.number)::int)
        FROM counts.posting WHERE valid_on <= %(on)s AND position <= %(known)s) AS posted (net)
    WHERE a.number > 0 GROUP BY area, standing
"""


def answered(clean: Clean, on: date, known: int) -> Answer:
    with psycopg.connect(clean.address) as connection:
        rows = connection.execute(_POSTED, {"on": on, "known": known}).fetchall()
    return Answer(on, known, {(area, standing): people for area, standing, people in rows if people})


def test_an_answer_of_a_past_day_is_held_against_what_was_known_then(clean: Clean) -> None:
    right = [answered(clean, date(2018, month, 1), known) for month in (3, 6, 12) for known in (40, 170, 300)]

    assert all(answer.people for answer in right[1:])
    assert judged(clean, answers=right).holds
    for known in (100, 300):
        assert judged(clean, answers=[*right, right[4]._replace(known=known)]).errors == {"wrong_answer": 1}
    one, people = next(iter(right[4].people.items()))
    assert judged(clean, answers=[right[4]._replace(people={**right[4].people, one: people + 1})]).errors == {
        "wrong_answer": 1
    }


def test_a_list_by_name_is_held_against_what_was_published_last_of_each(clean: Clean) -> None:
    settings = settings_of(clean.address, clean.keys)
    rows = list_people(settings, "outstanding", (None, None), LAST_DAY, None).document["rows"]

    assert len(rows) > 10
    assert judged(clean, listed=rows).holds
    assert judged(clean, listed=rows[1:]).errors == {"wrong_answer": 1}
    others = {"name": rows[1]["name"], "address": rows[1]["address"]}
    assert judged(clean, listed=[rows[0] | others, *rows[1:]]).errors == {"wrong_answer": 1}
