"""The judge can fail: after a clean run each kind of error is planted in the database, and the judge must name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.clean import LINES, judged
from tests.faults.judge import ERRORS

if TYPE_CHECKING:
    from tests.faults.clean import Clean

VIEWS = ("counts", "trail", "outstanding")


def one(change: str, table: str, which: str = "true") -> str:
    """A statement about one row."""
    return f"{change} WHERE ctid = (SELECT ctid FROM {table} WHERE {which} ORDER BY ctid LIMIT 1)"


def delete(table: str, which: str = "true") -> str:
    return one(f"DELETE FROM {table}", table, which)


def update(table: str, to: str, which: str = "true") -> str:
    return one(f"UPDATE {table} SET {to}", table, which)


def copied(table: str, columns: str, values: str, which: str = "true") -> str:
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {which} LIMIT 1"


# ------------------------------------------------------------------ clean


def test_a_clean_run_holds_and_something_was_looked_at(clean: Clean) -> None:
    verdict = judged(clean)

    assert verdict.holds, verdict.text()
    assert verdict.messages.total() == 2 * LINES
    assert verdict.people.total() > 40
    assert {"appended", "duplicate", "conflict", "parked: not_json", "parked: waits_for_target"} <= set(
        verdict.messages
    )
    assert "lost 0, doubled 0, unexplained 0" in verdict.text()
    assert verdict.document()["holds"] is True


# ------------------------------------------------------------------ planted

_STATE = "convert_to(replace(convert_from(state, 'UTF8'), '\"valid_on\":\"2018-', '\"valid_on\":\"2017-'), 'UTF8')"
_WITH_A_DAY = "convert_from(state, 'UTF8') LIKE '%\"valid_on\":\"2018-%'"
_WITH_A_PLACE = "convert_from(state, 'UTF8') LIKE '%{\"place\"%'"
_EMPTY = "convert_to(regexp_replace(convert_from(state, 'UTF8'), '\"fact\":\\{[^}]*\\}', '\"fact\":{}'), 'UTF8')"
_UNSEALED = "convert_to(regexp_replace(convert_from(state, 'UTF8'), ',\"person\":\"[^\"]*\"', ''), 'UTF8')"
_A_REPEAT = "outcome = 'duplicate', reason = NULL, position = q.position"
_CONFLICT = "q.outcome = 'conflict'"
_RECEIPT = 'number, topic, incarnation, partition, "offset", source, id, outcome, reason'
_A_RECEIPT = """
    SELECT 100000, k->>'topic', (k->>'incarnation')::int, (k->>'partition')::int, (k->>'offset')::bigint,
        said->>'source', said->>'id', 'conflict', 'conflict'
    FROM log.entry, LATERAL (SELECT convert_from(state, 'UTF8')::jsonb) AS bytes (said),
        LATERAL (SELECT said->'kafka') AS at (k)
"""
_OF_ONE = '(r.topic, r.incarnation, r.partition, r."offset") = (q.topic, q.incarnation, q.partition, q."offset")'
_REFUSED = "outcome = 'quarantined' AND topic = 'rekam.recording'"
_SAME = "position, subject, captured_on, place, recordedtime, source, id"
_LAST = "notification_id = (SELECT size FROM log.head)"
_ENTRY = "originator_id, originator_version, topic, state, notification_id, digest, accepted"
_POSTING = "position, subject, valid_on, from_account, to_account, people"
_COORDINATES = "topic, incarnation, partition, first, last, outcome"

PLANTED = {
    "a dropped append": ("skipped", [delete("log.entry", "notification_id = 40")]),
    "the last append dropped with its claim": (
        "lost",
        [
            "DELETE FROM log.claim WHERE position = (SELECT size FROM log.head)",
            f"DELETE FROM log.entry WHERE {_LAST}",
            "UPDATE log.head SET size = size - 1",
        ],
    ),
    "a message appended twice": (
        "doubled",
        [
            copied(
                "log.entry",
                _ENTRY,
                "originator_id, 1000, topic, state, (SELECT size + 1 FROM log.head), digest, accepted",
            ),
            "UPDATE log.head SET size = size + 1",
        ],
    ),
    "a skipped position": (
        "skipped",
        [
            f"UPDATE log.entry SET notification_id = notification_id + 1 WHERE {_LAST}",
            "UPDATE log.head SET size = size + 1",
        ],
    ),
    "a swallowed offset": ("swallowed", [update("intake.accounted", "first = first + 1", "last > first")]),
    "an offset accounted for twice": (
        "swallowed",
        [
            copied(
                "intake.accounted", _COORDINATES, "topic, incarnation, partition, last, last, outcome", "last > first"
            )
        ],
    ),
    "a range that is gone": ("swallowed", [delete("intake.accounted", "outcome = 'appended'")]),
    "a message said to be absent": (
        "lost",
        [
            update("intake.accounted", "outcome = 'absent'", "outcome = 'duplicate'"),
            f"UPDATE intake.accounted SET outcome = 'absent' WHERE {_REFUSED}",
        ],
    ),
    "a message said to have expired": (
        "lost",
        [f"UPDATE intake.accounted SET outcome = 'expired' WHERE {_REFUSED}"],
    ),
    "a life of a topic that nobody began": (
        "unexplained",
        [
            "INSERT INTO intake.incarnation (topic, incarnation) VALUES ('rekam.death', 2)",
            "INSERT INTO intake.cursor (topic, incarnation, partition, next) VALUES ('rekam.death', 2, 0, 0)",
        ],
    ),
    "a conflict told as a repeat": (
        "wrong_outcome",
        [
            f"UPDATE intake.receipt AS r SET {_A_REPEAT} FROM intake.quarantine AS q WHERE {_OF_ONE} AND {_CONFLICT}",
            "UPDATE intake.accounted SET outcome = 'duplicate' WHERE outcome = 'conflict'",
            "DELETE FROM intake.quarantine WHERE outcome = 'conflict'",
        ],
    ),
    "a message told as parked for another reason": (
        "wrong_code",
        [
            "UPDATE intake.receipt SET reason = 'bad_nik' WHERE reason = 'bad_data'",
        ],
    ),
    "an appended message that is told as a conflict too": (
        "doubled",
        [f"INSERT INTO intake.receipt ({_RECEIPT}) {_A_RECEIPT} WHERE notification_id = 11"],
    ),
    "an entry that lacks what is kept in clear": ("changed", [update("log.entry", f"state = {_EMPTY}", _WITH_A_PLACE)]),
    "an entry without what is sealed": ("changed", [update("log.entry", f"state = {_UNSEALED}", _WITH_A_PLACE)]),
    "an entry accepted tomorrow": (
        "went_back",
        [f"UPDATE log.entry SET accepted = now() + interval '1 day' WHERE {_LAST}"],
    ),
    "changed bytes": ("broken_chain", [update("log.entry", f"state = {_STATE}", _WITH_A_DAY)]),
    "a changed digest": ("broken_chain", [update("log.entry", "digest = sha256('x')", "notification_id = 9")]),
    "a changed digest of the head": ("broken_chain", ["UPDATE log.head SET digest = sha256('x')"]),
    "a fact that nobody said so": ("changed", [update("log.entry", f"state = {_STATE}", _WITH_A_DAY)]),
    "a time that goes back": (
        "went_back",
        ["UPDATE log.entry SET accepted = '2000-01-01Z' WHERE notification_id = 30"],
    ),
    "an entry of another subject": (
        "mixed_up",
        ["UPDATE log.entry SET originator_id = gen_random_uuid() WHERE notification_id = 20"],
    ),
    "a repeat of another fact": (
        "lost",
        [update("intake.receipt", "position = 1", "outcome = 'duplicate' AND position > 1")],
    ),
    "a repeat without a receipt": ("lost", [delete("intake.receipt", "outcome = 'duplicate'")]),
    "a receipt given twice": (
        "doubled",
        [
            copied(
                "intake.receipt",
                'number, topic, incarnation, partition, "offset", source, id, outcome, position, reason',
                'number + 100000, topic, incarnation, partition, "offset", source, id, outcome, position, reason',
                "outcome = 'duplicate'",
            )
        ],
    ),
    "a parked message that is gone": (
        "lost",
        [delete("intake.quarantine", "number NOT IN (SELECT number FROM intake.resolution)")],
    ),
    "a parked message of nobody": (
        "unexplained",
        [update("intake.quarantine", "id = 'nobody''s'", "code = 'bad_data'")],
    ),
    "a message parked for another reason": (
        "wrong_code",
        [update("intake.quarantine", "code = 'bad_nik'", "code = 'bad_data'")],
    ),
    "a view behind the log": ("torn_view", ["UPDATE trail.position SET position = position - 1"]),
    "a view at another digest": ("torn_view", ["UPDATE counts.position SET digest = sha256('x')"]),
    "a torn view: a row is missing": ("torn_view", [delete("trail.fact")]),
    "a torn view: a listing is missing": ("torn_view", [delete("counts.listing")]),
    "a torn view: postings are missing": (
        "torn_view",
        ["DELETE FROM outstanding.posting WHERE position > (SELECT size - 50 FROM log.head)"],
    ),
    "a row twice": (
        "doubled",
        [copied("counts.capture", _SAME, _SAME)],
    ),
    "a sum of a block that is not there": ("torn_view", ["INSERT INTO counts.cell VALUES ('2018-01-01', 0, 0, 20, 1)"]),
    "somebody in two accounts": (
        "two_accounts",
        [copied("trail.posting", _POSTING, "position, subject, valid_on, 0, to_account + 1, 1", "from_account = 0")],
    ),
    "somebody in no account": (
        "two_accounts",
        ["DELETE FROM counts.posting WHERE subject = (SELECT subject FROM counts.posting LIMIT 1)"],
    ),
    "somebody of whom there is no fact": (
        "unbalanced",
        [
            copied(
                "counts.posting",
                _POSTING,
                "position, gen_random_uuid(), valid_on, from_account, to_account, 1",
                "from_account = 0",
            )
        ],
    ),
    "a posting of another day": ("wrong_postings", [update("outstanding.posting", "valid_on = valid_on + 1")]),
    "one view with another balance": ("views_differ", [delete("trail.posting", "from_account = 0")]),
}
PLANTED |= {
    f"a doubled posting in {view}": ("doubled", [copied(f"{view}.posting", _POSTING, _POSTING)]) for view in VIEWS
}


@pytest.mark.parametrize("case", PLANTED)
def test_what_is_planted_is_named(clean: Clean, case: str) -> None:
    error, statements = PLANTED[case]
    verdict = judged(clean, *statements)

    assert not verdict.holds
    assert verdict.errors[error], verdict.text()
    assert verdict.examples[error][0] in verdict.text()


def test_every_error_has_been_planted() -> None:
    assert {error for error, _ in PLANTED.values()} | {"told_wrong", "relayed_wrong", "wrong_answer"} == set(ERRORS)
