"""Hostile messages through intake's own transaction; `make fuzz` is the same at length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.facts import TOPIC_OF
from events.quarantine import KEPT
from services.batches import Unreadable
from tests.events.examples import CAPTURED, STRUCTURED, to_json
from tests.events.test_envelope_properties import HEADERS, JSON, TOPICS, near_misses
from tests.hostile.drafts import CANARY, Message
from tests.hostile.fuzz import Run, heard, leaks
from tests.hostile.mutations import MUTATIONS, messages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 4_000
RECORDING = TOPIC_OF[CAPTURED]


@pytest.fixture
def run(empty_database: str, tmp_path: Path) -> Iterator[Run]:
    made = Run(empty_database, tmp_path / "keys")
    yield made
    made.close()


def test_every_hostile_message_is_accounted_for_and_nothing_personal_is_told(run: Run) -> None:
    with heard() as said:
        run.take(messages(seed=7, count=COUNT))
        redriven = run.redrive(100)

        assert run.judged() == []
    assert leaks(said.getvalue()) == []
    assert "cannot be understood" not in said.getvalue()
    effective = [run.outcomes()[outcome] for outcome in ("appended", "duplicate", "conflict", "quarantined")]
    assert sum(effective) == COUNT
    assert min(effective) > 10, "a seed with hardly any of one outcome shows little"
    assert redriven.total() == 100
    assert run.slowest[0] < 1, run.slowest


def test_each_mutation_is_drawn() -> None:
    drawn = {how for message in messages(7, COUNT) for how in message.how.replace(" (said before)", "").split(" + ")}

    assert drawn == set(MUTATIONS)


def test_the_same_seed_gives_the_same_messages() -> None:
    assert list(messages(3, 200)) == list(messages(3, 200))
    assert list(messages(3, 200)) != list(messages(4, 200))


ANY = st.builds(
    Message, TOPICS, HEADERS, st.none() | st.binary() | JSON.map(to_json), st.just("drawn")
) | near_misses().map(lambda miss: Message(TOPIC_OF[miss[0]], list(STRUCTURED), to_json(miss[1]), "near miss"))


def test_whatever_is_drawn_is_taken_and_accounted_for(run: Run) -> None:
    @settings(max_examples=60, deadline=None)
    @given(drawn=st.lists(ANY, min_size=1, max_size=12))
    def take(drawn: list[Message]) -> None:
        before = sum(run.outcomes().values())
        run._take(drawn)
        assert sum(run.outcomes().values()) >= before + len(drawn)

    take()

    assert run.judged() == []


def test_what_cannot_be_read_is_parked_and_can_only_be_dismissed(run: Run) -> None:
    unreadable = Message(RECORDING, [], Unreadable(f"\0{CANARY}".encode(), "for a reason"), "unreadable")
    run.take([unreadable, *messages(5, 20)])

    assert run.judged() == []
    assert run.rows("SELECT code, message FROM intake.quarantine WHERE code = 'unreadable'") == [
        ("unreadable", "the message cannot be read: for a reason")
    ]
    outcome = run.accountant.redrive(1, run._now)
    assert outcome is not None
    assert (outcome.outcome, outcome.reason) == ("quarantined", "unreadable")


def test_of_what_is_very_long_the_beginning_is_kept_and_what_an_event_is_read_by(run: Run) -> None:
    long = b"x" * (5 * KEPT)
    headers: list[tuple[str, bytes | None]] = [*((f"h{n}", long[: KEPT // 8]) for n in range(20)), *STRUCTURED]
    run.take([Message(RECORDING, headers, long, "long")])

    assert run.judged() == []
    ((kept,),) = run.rows("SELECT length(sealed) FROM intake.quarantine")
    assert kept < 2 * 4 / 3 * KEPT + 1_000
    outcome = run.accountant.redrive(1, run._now)
    assert outcome is not None
    assert outcome.reason == "too_large"


# ------------------------------------------------------------------ the judge can say no


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM intake.accounted WHERE outcome = 'appended'", "has the outcomes []"),
        ("DELETE FROM log.claim; DELETE FROM log.entry WHERE notification_id = 3", "is appended; entries None"),
        ("DELETE FROM intake.receipt", "receipts []"),
        (
            "UPDATE log.entry SET state = convert_to(replace(convert_from(state, 'UTF8'), '\"id-', '\"is-'), 'UTF8')",
            "is appended; entries [('urn",
        ),
        ("DELETE FROM intake.resolution; DELETE FROM intake.quarantine WHERE number = 1", "parked False"),
        ("UPDATE intake.accounted SET outcome = 'absent' WHERE outcome = 'duplicate'", "has the outcomes ['absent']"),
        ("UPDATE intake.quarantine SET message = 'of KENARI x' WHERE number = 2", "told: "),
        ("UPDATE intake.receipt SET reason = '5371010101909001'", "told: "),
        ("DELETE FROM counts.posting WHERE ctid IN (SELECT ctid FROM counts.posting LIMIT 1)", "timelines_equal"),
    ],
)
def test_what_is_wrong_is_noticed(run: Run, damage: str, said: str) -> None:
    run.take(messages(9, 300))
    assert run.judged() == []
    with psycopg.connect(run.address) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(damage.encode())

    assert [line for line in run.judged() if said in line]


def test_a_line_of_a_log_with_something_personal_is_noticed() -> None:
    assert leaks("fine\nof Kenari 1\nfine at offset 123456789\nNIK 5371010101909001") == [
        "of Kenari 1",
        "NIK 5371010101909001",
    ]
