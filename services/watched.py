"""What Prometheus is told of the register: a few rows of each promise, however much the register holds.

Every series is one query of `SERIES`, its labels first and its value last. Each reads rows that are few, or that an
index leads to: positions, what the schema `watch` keeps, the one entry that a view has to read next. Those that say
more than how far things are have a door of their own: what the last check said, how many were restated, and how far the
server is that questions are asked of.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from events import log
from events.calendar import WITA
from events.errors import NoAnswer, Refusal
from events.facts import SOURCE_TOPICS
from events.offsets import OUTCOMES
from projections import position
from projections.balances import balances
from projections.counts import COUNTS
from projections.figures import total
from projections.lists import check
from projections.outstanding import OUTSTANDING
from projections.reading import STANDINGS
from projections.trail import TRAIL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    import psycopg
    from prometheus_client.core import Metric

__all__ = ["MOST_SOURCES", "NAMES", "SERIES", "checked", "reader", "restated", "watched"]

MOST_SOURCES: Final = 100
"""As many sources have a series, those that were heard first: whoever makes up names takes no place of theirs."""

Row = tuple[Any, ...]


class Series(NamedTuple):
    """One metric: `labels` name all columns of the query but the last, which is the value."""

    name: str
    text: str
    labels: tuple[str, ...]
    query: str
    kind: Literal["gauge", "counter"] = "gauge"


_VIEWS: Final = " UNION ALL ".join(f"SELECT '{view.name}' AS view, position FROM {view.name}.position"
                                   for view in (COUNTS, TRAIL, OUTSTANDING))  # fmt: skip
_WAITED: Final = "greatest(extract(epoch FROM now() - {})::float8, 0)"
# Offset by offset of the newest incarnation that intake is in.
_CURSORS: Final = """
    SELECT DISTINCT ON (topic, partition) topic, partition, incarnation, next FROM intake.cursor
    ORDER BY topic, partition, incarnation DESC
"""
_RELAYED: Final = """
    SELECT topic, last, CASE topic WHEN 'rekam.log' THEN (SELECT size FROM log.head)
        WHEN 'rekam.quarantine' THEN (SELECT c.last FROM intake.counter c WHERE name = 'quarantine')
        ELSE (SELECT c.last FROM intake.counter c WHERE name = 'receipt') END AS there
    FROM intake.relayed ORDER BY topic
"""

SERIES: Final = (
    Series("rekam_log_position", "The last position of the log.", (), "SELECT size FROM log.head"),
    Series(
        "rekam_log_accepted_timestamp_seconds",
        "When the last entry was accepted.",
        (),
        "SELECT extract(epoch FROM accepted)::float8 FROM log.head",
    ),
    Series("rekam_view_position", "Position of each view.", ("view",), f"SELECT * FROM ({_VIEWS}) AS v"),
    Series(
        "rekam_view_behind_positions",
        "Positions that a view has still to read.",
        ("view",),
        f"SELECT view, size - position FROM ({_VIEWS}) AS v, log.head",
    ),
    Series(
        "rekam_view_lag_seconds",
        "How long the entry that a view reads next has been in the log; 0 where it has read all.",
        ("view",),
        f"SELECT view, coalesce((SELECT {_WAITED.format('e.accepted')} FROM log.entry e "
        f"WHERE e.notification_id = v.position + 1), 0) FROM ({_VIEWS}) AS v",
    ),
    Series(
        "rekam_relayed_position",
        "Messages passed on to each topic.",
        ("topic",),
        f"SELECT topic, last FROM ({_RELAYED}) AS r",
    ),
    Series(
        "rekam_relay_behind_messages",
        "Messages that the relay has still to pass on to each topic.",
        ("topic",),
        f"SELECT topic, greatest(there - last, 0) FROM ({_RELAYED}) AS r",
    ),
    Series(
        "rekam_relay_lag_seconds",
        "How long the message that the relay passes on next has been there; 0 where it has passed on all.",
        ("topic",),
        f"""
        SELECT topic, coalesce(CASE topic
            WHEN 'rekam.log' THEN (SELECT {_WAITED.format("e.accepted")} FROM log.entry e
                                   WHERE e.notification_id = r.last + 1)
            ELSE (SELECT {_WAITED.format("q.parked")} FROM intake.quarantine q WHERE q.number = r.last + 1) END, 0)
        FROM intake.relayed r WHERE topic IN ('rekam.log', 'rekam.quarantine') ORDER BY topic
        """,
    ),
    Series(
        "rekam_offsets",
        "Offsets accounted for, by topic and outcome.",
        ("topic", "outcome"),
        "SELECT topic, outcome, offsets FROM watch.offsets",
        "counter",
    ),
    Series(
        "rekam_intake_next_offset",
        "The first offset of each partition that is not accounted for.",
        ("topic", "partition"),
        f"SELECT topic, partition, next FROM ({_CURSORS}) AS c",
    ),
    Series(
        "rekam_intake_behind_offsets",
        "Offsets between what is accounted for and the end of the partition, as intake last asked Kafka for it.",
        ("topic", "partition"),
        f"""
        SELECT p.topic, p.partition, greatest(p."end" - coalesce(c.next, 0), 0)
        FROM watch.partition p LEFT JOIN ({_CURSORS}) AS c USING (topic, partition, incarnation)
        ORDER BY p.topic, p.partition
        """,
    ),
    Series(
        "rekam_intake_looked_timestamp_seconds",
        "When intake last asked Kafka for the end of the partition.",
        ("topic", "partition"),
        "SELECT topic, partition, extract(epoch FROM looked)::float8 FROM watch.partition ORDER BY topic, partition",
    ),
    Series(
        "rekam_topic_incarnation",
        "Which life of the topic is read: 1, and one more each time it was deleted and made again.",
        ("topic",),
        "SELECT topic, max(incarnation) FROM intake.incarnation GROUP BY topic ORDER BY topic",
    ),
    Series(
        "rekam_quarantine_open",
        "Open messages in quarantine by code.",
        ("code",),
        "SELECT code, count(*) FROM watch.parked GROUP BY code ORDER BY code",
    ),
    Series(
        "rekam_quarantine_oldest_timestamp_seconds",
        "When the oldest open message in quarantine was parked, by code.",
        ("code",),
        "SELECT code, extract(epoch FROM min(parked))::float8 FROM watch.parked GROUP BY code ORDER BY code",
    ),
    Series(
        "rekam_source_heard_timestamp_seconds",
        f"When the last fact of a source was accepted, of the {MOST_SOURCES} sources that were heard first.",
        ("source",),
        f"""
        SELECT source, extract(epoch FROM accepted)::float8
        FROM (SELECT * FROM watch.source ORDER BY first, source LIMIT {MOST_SOURCES}) AS s
        WHERE source !~ '[0-9]{{16}}'
        """,
    ),
)

_STILL: Final = ("rekam_views_standing_still", "Views to be rebuilt.")
_RESTATED: Final = (
    "rekam_restated_people",
    "How many more people, or fewer, stand so on the last day of last month than was known when it ended.",
)
_READER: Final = ("rekam_reader_position", "The last position of the log on the server that questions are asked of.")
_READER_BEHIND: Final = (
    "rekam_reader_behind_positions",
    "Positions that the log has, and that server does not show yet.",
)
_HOLDS: Final = ("rekam_check_holds", "Whether the invariant held at the last check: 1, or 0.")
_CHECKED: Final = ("rekam_check_timestamp_seconds", "When the last check was done.")
_CHECKED_AT: Final = ("rekam_check_position", "The last position of the log at the last check.")

NAMES: Final = frozenset(
    {f"{one.name}_total" if one.kind == "counter" else one.name for one in SERIES}
    | {name for name, _ in (_STILL, _RESTATED, _READER, _READER_BEHIND, _HOLDS, _CHECKED, _CHECKED_AT)}
)
"""Of all metrics that are told here."""


def watched(cursor: psycopg.Cursor[Any]) -> list[Metric]:
    """How far the log, intake, the relay and the views are, and what waits. It sets the transaction's search path."""
    found = [_family(one, cursor.execute(one.query.encode(), prepare=False).fetchall()) for one in SERIES]
    still = position.still(cursor, (COUNTS, TRAIL, OUTSTANDING))
    return [*found, GaugeMetricFamily(*_STILL, value=len(still))]


def restated(cursor: psycopg.Cursor[Any], today: date) -> list[Metric]:
    """The restated line of a report on last month, as known when it ended and as known now, over the whole register.

    By standing, people more or fewer. Nothing where there was no register yet, or a view is to be rebuilt.
    """
    begins = today.replace(day=1)
    last_day = begins - timedelta(1)
    try:
        now = position.of(cursor, COUNTS.name)
        then = min(now, log.position_at(cursor, datetime.combine(begins, time(), WITA)))
        check(cursor, last_day, then)
    except (NoAnswer, Refusal):
        return []
    before = total(balances(cursor, last_day, then))
    after = total(balances(cursor, last_day, now)) if now != then else before
    rows = [(standing, after.get(standing, 0) - before.get(standing, 0)) for standing in STANDINGS]
    return [_gauge(_RESTATED, ("standing",), rows)]


def reader(shown: int | None, head: int) -> list[Metric]:
    """How far the server is that questions are asked of, a standby maybe; nothing of one that does not answer.

    `shown` is where its log ended when it was looked at, after `head` was where the log itself did.
    """
    if shown is None:
        return []
    return [
        GaugeMetricFamily(*_READER, value=shown),
        GaugeMetricFamily(*_READER_BEHIND, value=max(head - shown, 0)),
    ]


def checked(at: datetime, document: Mapping[str, Any]) -> list[Metric]:
    """What the last `rekam audit check` said that was begun over the API."""
    rows = [(one["name"], int(one["ok"])) for one in document["checks"]]
    return [
        GaugeMetricFamily(*_CHECKED, value=at.timestamp()),
        GaugeMetricFamily(*_CHECKED_AT, value=document["position"]),
        _gauge(_HOLDS, ("invariant",), rows),
    ]


def _family(series: Series, rows: Sequence[Row]) -> Metric:
    if series.kind == "gauge":
        return _gauge((series.name, series.text), series.labels, rows)
    family = CounterMetricFamily(series.name, series.text, labels=series.labels)
    for *labels, value in _all_there(rows):
        family.add_metric(labels, value)
    return family


def _all_there(rows: Iterable[Row]) -> Iterator[Row]:
    """With a 0 for what has not happened yet: an increase is seen only of what was there before."""
    counted = {(topic, outcome): offsets for topic, outcome, offsets in rows}
    for topic in sorted({*SOURCE_TOPICS, *(topic for topic, _ in counted)}):
        for outcome in OUTCOMES:
            yield topic, outcome, counted.get((topic, outcome), 0)


def _gauge(named: tuple[str, str], labels: tuple[str, ...], rows: Iterable[Row]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(*named, labels=labels)
    for *values, value in rows:
        family.add_metric([str(one) for one in values], float(value))
    return family
