"""The judge can fail: what was published, or passed on, is changed beside a clean register, and it must say so."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.clean import LINES, SEED, judged
from tests.faults.judge import Relayed
from tests.faults.load import messages

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
