"""Violations to plant in a register, and which invariants each of them breaks."""

from __future__ import annotations

__all__ = ["ALONE", "TOGETHER", "WATCHED"]

WATCHED = "watched_equals_accounts"


def one(change: str, table: str, which: str = "true") -> str:
    """A statement about one row of a table."""
    return f"{change} WHERE ctid = (SELECT ctid FROM {table} WHERE {which} ORDER BY ctid LIMIT 1)"


def update(table: str, to: str, which: str = "true") -> str:
    return one(f"UPDATE {table} SET {to}", table, which)


def delete(table: str, which: str = "true") -> str:
    return one(f"DELETE FROM {table}", table, which)


def everywhere(statement: str) -> tuple[str, ...]:
    """In the postings of each view."""
    return tuple(statement.replace("VIEW", view) for view in ("counts", "trail", "outstanding"))


_LATER = "convert_to(replace(convert_from(state, 'UTF8'), '\"time\":\"2018-', '\"time\":\"2017-'), 'UTF8')"
_LONELY = "originator_id IN (SELECT originator_id FROM log.entry GROUP BY 1 HAVING count(*) = 1)"
_LAST = "position = (SELECT max(position) FROM VIEW.posting WHERE people = 1) AND people = 1"

ALONE = {
    "positions_gapless": [
        ("UPDATE log.head SET size = size + 1",),
    ],
    "digest_chain": [
        (update("log.entry", f"state = {_LATER}", "convert_from(state, 'UTF8') LIKE '%\"time\":\"2018-%'"),),
        (update("log.entry", "digest = sha256('another')", "notification_id = 30"),),
        ("UPDATE log.head SET digest = sha256('another')",),
    ],
    "columns_equal_entries": [
        (update("log.entry", "topic = 'rekam.status.v1'", "notification_id = 7"),),
        (update("log.entry", "accepted = accepted - interval '1 microsecond'", "notification_id = 1"),),
    ],
    "accepted_never_goes_back": [
        ("UPDATE log.head SET accepted = accepted - interval '1 microsecond'",),
    ],
    "claims_equal_entries": [
        (delete("log.claim"),),
        (update("log.claim", "subject = gen_random_uuid()"),),
        (update("log.claim", "type = 'rekam.status.v1'"),),
        (update("log.claim", "key = gen_random_uuid()"),),
        (update("log.claim", "position = position + 1"),),
        ("INSERT INTO log.claim SELECT gen_random_uuid(), 10, subject, type, content FROM log.claim LIMIT 1",),
        ("INSERT INTO log.claim SELECT gen_random_uuid(), 1000000, subject, type, content FROM log.claim LIMIT 1",),
    ],
    "versions_gapless": [
        (update("log.entry", "originator_version = 2", _LONELY),),
    ],
    "offsets_accounted_once": [
        (update("intake.cursor", '"next" = "next" + 1'),),
        (delete("intake.cursor"),),
        (delete("intake.accounted", "outcome = 'absent'"),),
        (
            (
                "INSERT INTO intake.accounted SELECT topic, incarnation, partition, first + 1, first + 1, 'absent' "
                "FROM intake.accounted WHERE last > first LIMIT 1"
            ),
        ),
    ],
    "entries_equal_offsets": [
        (update("intake.accounted", "outcome = 'absent'", "outcome = 'appended'"),),
        (update("intake.accounted", "outcome = 'appended'", "outcome = 'absent'"),),
    ],
    "quarantine_equals_offsets": [
        (delete("intake.quarantine", "number NOT IN (SELECT number FROM intake.resolution)"),),
        (update("intake.quarantine", "outcome = 'conflict'", "outcome = 'quarantined'"),),
        (update("intake.quarantine", '"offset" = "offset" + 100000', "waits_for IS NULL"),),
        ("UPDATE intake.counter SET last = last + 1 WHERE name = 'quarantine'",),
    ],
    "receipts_equal_offsets": [
        (delete("intake.receipt", "outcome = 'duplicate'"),),
        (delete("intake.receipt", "outcome = 'quarantined'"),),
        (update("intake.receipt", "position = 1000000", "position IS NOT NULL"),),
        ("UPDATE intake.counter SET last = last + 1 WHERE name = 'receipt'",),
    ],
    "resolutions_end_once": [
        (update("intake.resolution", "position = position + 1"),),
        (update("intake.resolution", "step = 2"),),
        ("INSERT INTO intake.resolution SELECT number, step + 1, at, 'dismissed', NULL, 'x' FROM intake.resolution",),
    ],
    "nothing_waits_for_a_known_target": [
        (
            (
                "UPDATE intake.quarantine SET waits_for = (SELECT key FROM log.claim WHERE position = 1) "
                "WHERE waits_for IS NOT NULL AND number NOT IN (SELECT number FROM intake.resolution)"
            ),
        ),
    ],
    WATCHED: [
        (update("watch.offsets", "offsets = offsets + 1"),),
        (delete("watch.offsets"),),
        ("INSERT INTO watch.offsets VALUES ('rekam.death', 'made up', 1)",),
        (delete("watch.parked"),),
        (update("watch.parked", "code = 'made_up'"),),
        (update("watch.parked", "parked = parked + interval '1 microsecond'"),),
        ("INSERT INTO watch.parked SELECT number + 1000000, code, parked FROM watch.parked LIMIT 1",),
        (delete("watch.source"),),
        (update("watch.source", "first = first + 1"),),
        (update("watch.source", "last = last - 1"),),
        (update("watch.source", "accepted = accepted + interval '1 microsecond'"),),
        ("INSERT INTO watch.source SELECT 'made up', first, last, accepted FROM watch.source LIMIT 1",),
    ],
    "subjects_have_keys": [
        (delete("vault.person"),),
        (update("vault.person", "wrapped = (SELECT wrapped FROM vault.person ORDER BY ctid DESC LIMIT 1)"),),
        ("INSERT INTO vault.person VALUES ('x', gen_random_uuid(), 'x')",),
    ],
    "views_stand_in_the_log": [
        ("UPDATE trail.position SET digest = sha256('another')",),
        ("UPDATE outstanding.position SET reading_version = 0",),
        ("UPDATE outstanding.position SET position = 1000000",),
    ],
    "lists_equal_log": [
        (update("counts.listing", "list = 2", "list = 1"),),
        (delete("counts.listing"),),
        (update("counts.listing", "withdrawn = position + 1", "withdrawn IS NULL"),),
        (delete("counts.capture"),),
        (update("counts.capture", "place = 'elsewhere'", "place <> 'elsewhere'"),),
        (update("counts.capture", "session = 'another'"),),
        (update("counts.capture", "captured_on = captured_on + 1"),),
        (update("counts.capture", "withdrawn = position + 1", "withdrawn IS NULL"),),
        (update("counts.declaration", "withdrawn = position + 1"),),
        (update("counts.declaration", "rows = rows + 1"),),
        (update("counts.declaration", "rows_by_kelurahan = '{}'"),),
        (update("outstanding.declaration", "as_of = as_of + 1"),),
    ],
    "trail_equals_log": [
        (delete("trail.fact"),),
        (update("trail.fact", "recordedtime = accepted", "recordedtime <> accepted"),),
        (delete("trail.anomaly"),),
        (update("trail.anomaly", "people = -people"),),
        ("INSERT INTO trail.anomaly VALUES (1, gen_random_uuid(), 'never_listed', '[]', 1)",),
    ],
    "outstanding_equals_log": [
        (update("outstanding.sign", "word = 'refused'", "word = 'not_found'"),),
        (delete("outstanding.particulars"),),
        (delete("outstanding.identity"),),
        (update("outstanding.identity", "person = person || 'x'"),),
        (delete("outstanding.withdrawal"),),
    ],
    "projections_agree": [
        (update("trail.posting", "valid_on = valid_on + 1"),),
        (delete("trail.posting"),),
        ("INSERT INTO trail.posting SELECT * FROM trail.posting WHERE position = 1",),
        ("INSERT INTO outstanding.account VALUES (20000, '53.99', 'recorded')",),
    ],
    "sums_equal_postings": [
        (update("counts.cell", "people = people + 1"),),
        (delete("counts.cell"),),
        ("INSERT INTO counts.cell SELECT valid_on, 1000, from_account, to_account, people FROM counts.cell LIMIT 1",),
        (update("counts.month_end", "balances[3] = balances[3] + 1"),),
        ("INSERT INTO counts.month_end SELECT 1000, month, balances FROM counts.month_end LIMIT 1",),
        (update("counts.month_flow", "people[1] = people[1] + 1"),),
        (delete("counts.month_flow"),),
        ("INSERT INTO counts.month_flow SELECT month, 1000, '{1}', '{2}', '{3}' FROM counts.month_flow LIMIT 1",),
        (update("counts.day_change", "truly = truly + 1"),),
        (update("counts.day_change", "recorded = recorded + 1"),),
        (delete("counts.day_change"),),
        ("INSERT INTO counts.day_change SELECT day, 1000, 1, 1, 1, 1 FROM counts.day_change LIMIT 1",),
        ("UPDATE counts.position SET shape = 2",),
    ],
}

# What breaks one of these breaks another too, since each follows from the rest of the ledger.
_POSTED = "timelines_equal_postings"
_CLOSES = "closing_equals_opening_and_flows"
TOGETHER = {
    "a posting of another day": (
        {_POSTED},
        everywhere(update("VIEW.posting", "valid_on = valid_on - 1", _LAST)),
    ),
    "a posting that is gone": (
        {_POSTED, _CLOSES, "no_balance_is_negative", "counts_equal_lists"},
        everywhere(delete("VIEW.posting", _LAST)),
    ),
    "a posting that counts twice": (
        {_POSTED, _CLOSES},
        everywhere(update("VIEW.posting", "people = 2", _LAST)),
    ),
    "a posting to no account": (
        {_POSTED, _CLOSES, "ledger_sums_to_zero", "no_balance_is_negative", "counts_equal_lists"},
        everywhere(update("VIEW.posting", "to_account = 20000", _LAST)),
    ),
    "somebody who came from nowhere and is not in the log": (
        {_POSTED, _CLOSES, "ledger_sums_to_zero"},
        everywhere(
            "INSERT INTO VIEW.posting SELECT position, '00000000-0000-4000-8000-000000000000', valid_on, 0, 20, 1 "
            f"FROM VIEW.posting WHERE {_LAST} LIMIT 1"
        ),
    ),
    "somebody who left where nobody stood": (
        {_POSTED, _CLOSES, "no_balance_is_negative", "counts_equal_lists"},
        everywhere(
            "INSERT INTO VIEW.posting SELECT position, subject, date '1900-01-01', 30, 31, 1 "
            f"FROM VIEW.posting WHERE {_LAST} LIMIT 1"
        ),
    ),
    "a name that is not on the list": (
        {"counts_equal_lists", "projections_agree"},
        (delete("outstanding.posting", "position = 1 OR position = 2"),),
    ),
    "an account of another name": (
        {_POSTED, _CLOSES, "projections_agree"},
        ("UPDATE counts.account SET area = 'x' WHERE number = (SELECT max(to_account) FROM counts.posting)",),
    ),
    "the end of the log": (
        {
            "positions_gapless", "digest_chain", "claims_equal_entries", "resolutions_end_once",
            "views_stand_in_the_log", _POSTED, _CLOSES, "trail_equals_log", "outstanding_equals_log",
        },
        ("DELETE FROM log.entry WHERE notification_id = (SELECT size FROM log.head)",),
    ),
    "an entry of another subject": (
        {
            "columns_equal_entries", "versions_gapless", "subjects_have_keys", _POSTED, _CLOSES, "lists_equal_log",
            "trail_equals_log", "outstanding_equals_log",
        },
        ("UPDATE log.entry SET originator_id = gen_random_uuid() WHERE notification_id = 20",),
    ),
    "a time that goes back": (
        {"accepted_never_goes_back", "columns_equal_entries"},
        ("UPDATE log.entry SET accepted = '2000-01-01T00:00:00Z' WHERE notification_id = 20",),
    ),
    "bytes that are no entry": (
        {"digest_chain", "columns_equal_entries", "entries_can_be_read", "entries_equal_offsets"},
        ("UPDATE log.entry SET state = '{}' WHERE notification_id = 20",),
    ),
}  # fmt: skip
