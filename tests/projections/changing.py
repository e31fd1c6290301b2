"""What a batch of facts changes, from each subject's whole history: the projectors' memory, without its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.postings import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from events.entry import Entry
    from projections.postings import Change
    from projections.reading import Fact

__all__ = ["changes"]


def changes(
    history: Mapping[UUID, Sequence[tuple[int, Fact]]],
    batch: Sequence[tuple[int, Entry, Fact]],
) -> list[Change]:
    """One change for each fact of `batch`, which is in order of position, in that order.

    `history` has for each subject of the batch the facts that the log holds before the batch; facts at or after its
    first position are passed over, so a reader that has run ahead of the batch does no harm. Each subject's history
    is read once and each new fact once.
    """
    subjects: dict[UUID, Subject] = {}
    changed = []
    for position, entry, fact in batch:
        subject = subjects.get(entry.subject)
        if subject is None:
            first = batch[0][0]
            earlier = [fact for at, fact in history.get(entry.subject, ()) if at < first]
            subject = subjects[entry.subject] = Subject.of(earlier)
        changed.append(subject.add(position, entry, fact))
    return changed
