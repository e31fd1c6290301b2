"""Rows of the schema `reporting` in the shape of the command line's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from events.errors import NoAnswer
from projections.reading import STANDINGS
from projections.transfers import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

__all__ = [
    "answered",
    "asked",
    "counted",
    "counts_rows",
    "flowed",
    "flows_rows",
    "reconciled",
    "reconciliation_rows",
    "recordings",
]

Row = dict[str, Any]


def answered(ask: Callable[..., Any], *values: Any) -> Any:
    """What was asked for, or the words of the refusal."""
    try:
        return ask(*values)
    except NoAnswer as refusal:
        return str(refusal)
    except psycopg.errors.NoDataFound as refusal:
        return refusal.diag.message_primary


def asked(cursor: psycopg.Cursor[Any], query: str, values: Sequence[Any] = ()) -> list[Row]:
    with cursor.connection.transaction(), cursor.connection.cursor(row_factory=dict_row) as reader:
        return reader.execute(query.encode(), values or None).fetchall()


def counted(cursor: psycopg.Cursor[Any], day: date | None, known: int | None = None) -> list[Row]:
    return asked(cursor, "SELECT * FROM reporting.counts_on(%s, %s)", [day, known])


def counts_rows(rows: Sequence[Row]) -> list[Row]:
    return [{"area": row["area"], "name": row["name"], **_figures(row)} for row in rows]


def _figures(row: Row) -> Row:
    standings = {standing: row[standing] for standing in STANDINGS}
    return {"standings": standings, **{name: row[name] for name in ("official", "explained", "truly")}}


def reconciled(cursor: psycopg.Cursor[Any], list_: str, day: date | None, known: int | None = None) -> list[Row]:
    return asked(cursor, "SELECT * FROM reporting.list_reconciliation(%s, %s, %s)", [list_, day, known])


def reconciliation_rows(rows: Sequence[Row], document: Row) -> list[Row]:
    """The rows of a document; what they say of the whole list is the document's own."""
    for row in rows:
        for name in ("declared", "members", "residual"):
            assert row[f"list_{name}"] == document[name]
        assert row["position"] == document["position"]
    for name in ("settled", "cleared", "official", "explained", "truly"):
        assert sum(row[name] for row in rows) == document[name]
    shown = []
    for row in rows:
        one = {"area": row["area"], "name": row["name"], "declared": row["declared"], **_figures(row)}
        if row["nowhere"] or (row["area"] == "-" and _shows_nowhere(document)):
            one["standings"] = one["standings"] | {"nowhere": row["nowhere"]}
        shown.append(one | {"settled": row["settled"], "cleared": row["cleared"]})
    return shown


def _shows_nowhere(document: Row) -> bool:
    return any("nowhere" in row["standings"] for row in document["rows"])


def flowed(cursor: psycopg.Cursor[Any]) -> dict[tuple[Account, Account], int]:
    """The rows of `flows` that the cursor has asked for."""
    return {(Account(row[4], row[6]), Account(row[7], row[9])): row[10] for row in cursor}


def flows_rows(cursor: psycopg.Cursor[Any], from_day: date, to_day: date, known: int, then: int) -> list[Row]:
    """The rows of a document, put together from `flows` and `flow_balances`, which must agree with each other."""
    values = [from_day, to_day, known, then]
    areas: dict[str, Row] = {}
    for row in asked(cursor, "SELECT * FROM reporting.flow_balances(%s, %s, %s, %s)", values):
        assert row["closing"] == row["opening"] + row["restated"] + row["came"] - row["went"]
        of_area = _area(areas, row["area"], row["name"])
        for part in ("opening", "restated", "closing"):
            of_area[part][row["standing"]] = row[part]
    for row in asked(cursor, "SELECT * FROM reporting.flows(%s, %s, %s, %s)", values):
        ends = {"from_area": row["from_area"], "from": row["from_standing"]}
        ends |= {"to_area": row["to_area"], "to": row["to_standing"]}
        for area, name in {(row["from_area"], row["from_name"]), (row["to_area"], row["to_name"])}:
            _area(areas, area, name)["flows"].append({**ends, "people": row["people"]})
    return sorted(areas.values(), key=lambda row: (row["area"] == "-", row["area"]))


def _area(areas: dict[str, Row], area: str, name: str) -> Row:
    parts = {part: dict.fromkeys(STANDINGS, 0) for part in ("opening", "restated", "closing")}
    return areas.setdefault(area, {"area": area, "name": name, **parts, "flows": []})


def recordings(cursor: psycopg.Cursor[Any], from_day: date, to_day: date, known: int) -> dict[str, tuple[int, int]]:
    """By area, all days together: recorded, and of them truly outstanding before."""
    rows = asked(
        cursor,
        """SELECT area, sum(recorded)::bigint AS recorded, sum(truly)::bigint AS truly
        FROM reporting.recordings(%s, %s, %s) GROUP BY area""",
        [from_day, to_day, known],
    )
    return {row["area"]: (row["recorded"], row["truly"]) for row in rows}
