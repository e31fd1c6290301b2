"""The check of what is watched: the rows that monitoring reads every few seconds say what they were counted from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.verdict import Verdict, stream

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

__all__ = ["Watched"]

Row = tuple[Any, ...]

_OFFSETS: Final = """
    SELECT topic, outcome, watched.offsets, counted.offsets
    FROM watch.offsets AS watched FULL JOIN (
        SELECT topic, outcome, sum(last - first + 1)::bigint AS offsets FROM intake.accounted GROUP BY topic, outcome
    ) AS counted USING (topic, outcome)
    ORDER BY topic, outcome
"""
# Open is what nothing was done about, or what was refused again, for the reason given last.
_PARKED: Final = """
    SELECT number, watched.code, open.code, watched.parked, open.parked
    FROM watch.parked AS watched FULL JOIN (
        SELECT number, coalesce(step.reason, q.code) AS code, parked
        FROM intake.quarantine AS q LEFT JOIN LATERAL (
            SELECT outcome, reason FROM intake.resolution AS r WHERE r.number = q.number ORDER BY step DESC LIMIT 1
        ) AS step ON true
        WHERE coalesce(step.outcome, 'refused') IN ('refused', 'conflict')
    ) AS open USING (number)
    ORDER BY number
"""
_SOURCES: Final = "SELECT source, first, last, accepted FROM watch.source ORDER BY first, source"


class Watched:
    """`hear` every entry of the log in order, then `finish`. Sources are not named: anybody makes one up."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._heard: dict[str, tuple[int, int, datetime]] = {}
        self.verdict = Verdict("watched_equals_accounts")

    def hear(self, position: int, source: str, accepted: datetime) -> None:
        """Take note of who said the entry, and when it was accepted."""
        first = self._heard[source][0] if source in self._heard else position
        self._heard[source] = (first, position, accepted)

    def finish(self) -> None:
        """Compare with what stands there."""
        for topic, outcome, watched, counted in stream(self._connection, _OFFSETS):
            self._compare(f"{topic}, {outcome}", watched, counted)
        for number, code, open_code, at, open_at in stream(self._connection, _PARKED):
            self._compare(f"number {number} of the quarantine", (code, at), (open_code, open_at))
        for source, *watched in stream(self._connection, _SOURCES):
            heard = self._heard.pop(source, None)
            self._compare(f"a source heard first at position {watched[0]}", tuple(watched), heard)
        for first, *_ in self._heard.values():
            self._compare(f"a source heard first at position {first}", None, first)

    def _compare(self, what: str, watched: object, counted: object) -> None:
        self.verdict.figure += 1
        if watched != counted:
            self.verdict.note(f"{what}: it is not what it was counted from")
