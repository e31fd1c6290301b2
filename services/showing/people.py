"""A list by name, as an officer reads it: kelurahan by kelurahan, in the order somebody walks, two lines a person."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from services.page import WIDE, clean, counted, line, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["people"]

_REASONS: Final = {
    "never": "never recorded",
    "again": "to be recorded again",
    "duplicate": "a duplicate, to be resolved first",
}


def people(document: dict[str, Any]) -> None:
    """Show everyone on the list."""
    for area, group in groupby(document["rows"], lambda row: row["kelurahan"]):
        rows = list(group)
        line(f"{area} {rows[0]['kelurahan_name']}: {number(len(rows))}")
        width = max(len(_name(row)) for row in rows)
        for row in rows:
            line(f"{row['number']:>6,}  {_name(row):<{width}}  {'  '.join(_known(row))}")
            for folded in _folded(_said(row)):
                line(f"{'':8}{folded}")
        line()
    known = f"as known at position {number(document['position'])}"
    line(f"{counted(len(document['rows']), 'person', 'people')} on {document['on']}, {known}")


def _folded(parts: Iterable[str]) -> Iterator[str]:
    """Join them with points, in as many lines as they need."""
    said = ""
    for part in parts:
        longer = f"{said} · {part}" if said else part
        if said and len(longer) > WIDE - 8:
            yield said
            longer = part
        said = longer
    yield said


def _name(row: dict[str, Any]) -> str:
    return clean(row["name"] or "(no name is known)")


def _known(row: dict[str, Any]) -> Iterator[str]:
    if row["nik"]:
        yield row["nik"]
    if row["sex"]:
        yield row["sex"]
    if row["birth_date"]:
        yield row["birth_date"] if row["age"] is None else f"{row['birth_date']} ({row['age']})"
    if row["rw"]:
        yield clean(f"RW {row['rw']} RT {row['rt']}")
    if row["address"]:
        yield clean(row["address"])


def _said(row: dict[str, Any]) -> Iterator[str]:
    yield row["standing"]
    if row["reason"]:
        yield _REASONS.get(row["reason"], row["reason"])
    if row["status"]:
        yield f"{clean(row['status'])} since {row['status_since']}"
    if row["obliged_since"]:
        yield f"obliged since {row['obliged_since']}"
    if row["family_card"]:
        yield f"family card {row['family_card']}"
    if row["visits"]:
        times = "visited" if row["visits"] == 1 else f"visited {row['visits']} times, last"
        yield f"{times} {row['last_visit']}: {row['last_outcome']}"
    if row["home_visit_needed"]:
        yield "needs a home visit"
