"""Whole histories: what every fact of some subjects changed, from their first fact to their last.

Each section of the log is read by itself, so several processes can read sections side by side. Nobody in it has earlier
facts elsewhere, so nothing is recalled and nothing is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events import sections
from events.entry import read_calendar, recall
from events.errors import Refusal
from events.seal import calendar_key
from projections.evidence import fact_of
from projections.postings import Subject

if TYPE_CHECKING:
    import psycopg

    from events.sections import Span
    from events.vault import Keys
    from projections.postings import Change

__all__ = ["histories"]


def histories(cursor: psycopg.Cursor[Any], keys: Keys, span: Span, up_to: int, *, noting: bool) -> list[Change]:
    """What each entry of the subjects in a span changed, up to a position (inclusive), in position order.

    Refusal as for a projector, and where an entry is about a subject outside of the span.
    """
    wrapped = sections.wrapped_keys(cursor, span)
    subjects: dict[int, Subject] = {}
    opened: dict[int, bytes] = {}
    changes = []
    for position, state in sections.entries(cursor, span, up_to):
        entry = recall(state)
        number = entry.subject.int
        subject = subjects.get(number)
        if subject is None:
            if entry.subject not in span:
                raise Refusal(f"the log's index has another subject at position {position}: run `rekam audit check`")
            subject = subjects[number] = Subject.of(noting=noting)
        calendar = None
        if entry.calendar is not None and number in wrapped:
            key = opened.get(number)
            if key is None:
                key = opened[number] = calendar_key(keys.unwrap(entry.subject, wrapped[number]))
            calendar = read_calendar(entry, entry.calendar, key)
        changes.append(subject.add(position, entry, fact_of(entry, calendar), noting=noting))
    return changes
