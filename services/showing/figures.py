"""Figures: counts, a list that is balanced, and what flowed between two days."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from events.territory import UNLISTED, area_of, name_of
from services.page import clean, counted, line, number, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["balance", "counts", "flows", "reconciliation"]

_THREE: Final = ("official", "explained", "truly")
_SUMS: Final = ("members", "cleared", "truly", "explained", "settled", "official")
_BALANCED: Final = ("declared", "explained", "settled", "cleared", "truly")


def counts(document: dict[str, Any]) -> None:
    """Show who stands where. Truly outstanding has a column of its own, at the end of the three numbers."""
    who = "everyone stands" if document.get("list") is None else f"members of {clean(document['list'])} stand"
    line(f"Where {who} on {document['on']}, as known at position {number(document['position'])}")
    line()
    held = [name for name, people in document["total"]["standings"].items() if people and name != "outstanding"]
    head = ["area", *(name.replace("explained_", "expl.\n") for name in held), *_THREE]

    def figures(rows: Sequence[dict[str, Any]]) -> list[int]:
        standings = [sum(row["standings"].get(name, 0) for row in rows) for name in held]
        return [*standings, *(sum(row[name] for row in rows) for name in _THREE)]

    table(head, [*_by_kecamatan(document["rows"], figures), ["total", *figures([document["total"]])]])
    line()
    line("official = explained by a finding + truly outstanding")
    if document.get("coverage"):
        official, true = document["coverage"]["official"], document["coverage"]["true"]
        line(f"coverage: official {official:.1%}, true {true:.1%}")


def _by_kecamatan(
    rows: Iterable[dict[str, Any]], figures: Callable[[Sequence[dict[str, Any]]], Sequence[int]]
) -> Iterator[list[Any]]:
    """Give a line for each kecamatan with its sum, and below it one for each of its kelurahan, by the code's end."""
    for kecamatan, group in groupby(rows, lambda row: area_of(row["area"], "kecamatan")):
        some = list(group)
        yield [_named(kecamatan), *figures(some)]
        if some[0]["area"] != kecamatan:  # they are kelurahan
            for row in some:
                yield [f"  {row['area'].rpartition('.')[2]} {row['name']}", *figures([row])]


def _named(area: str) -> str:
    return f"{area} (no kelurahan)" if area == UNLISTED else f"{area} {name_of(area)}"


# ------------------------------------------------------------------ a list


def reconciliation(document: dict[str, Any]) -> None:
    """Show a list balanced to the last person, and another beside it where it was asked for."""
    balance(document)
    line()

    def figures(rows: Sequence[dict[str, Any]]) -> list[int]:
        return [sum(row[name] or 0 for row in rows) for name in _BALANCED]

    table(["area", *_BALANCED], [*_by_kecamatan(document["rows"], figures), ["total", *figures([document])]])
    line()
    held = [[standing, people] for standing, people in document["standings"].items() if people]
    table(["standing", "members"], sorted(held, key=lambda row: -row[1]))
    for anomaly in document.get("anomalies", ()):
        line(f"anomaly: {clean(str(anomaly))}")
    if "against" in document:
        _against(document, document["against"])


def balance(document: dict[str, Any], indent: str = "") -> None:
    """Say the sums that must balance."""
    figures = {name: number(document[name]) for name in _SUMS}
    if document["declared"] is None:
        declared = "no live declaration says how many rows it has"
    else:
        declared = f"{number(document['declared'])} rows declared = {figures['members']} members"
        declared += f" + residual {number(document['residual'])}"
    for said in (
        f"{clean(document['list'])} on {document['on']}, as known at position {number(document['position'])}",
        f"  {declared}",
        "  {members} members = {cleared} cleared + {truly} truly outstanding".format(**figures),
        "  {cleared} cleared = {explained} explained by a finding + {settled} settled by an event".format(**figures),
        "  {official} officially outstanding = {explained} explained + {truly} truly outstanding".format(**figures),
    ):
        line(indent + said)


def _against(document: dict[str, Any], other: dict[str, Any]) -> None:
    here, there = clean(document["list"]), clean(other["list"])
    line()
    line(f"Beside {there}: {counted(other['both'], 'person is', 'people are')} on both lists,")
    line(f"{number(other['only_here'])} only on {here}, {number(other['only_there'])} only on {there}. Who is on both:")
    line()
    head = [f"here, on {document['on']}", f"there, on {other['there_on']}", "people"]
    table(head, [[pair["here"], pair["there"], pair["people"]] for pair in other["pairs"]])


# ------------------------------------------------------------------ flows


def flows(document: dict[str, Any]) -> None:
    """Show opening, what was restated, what flowed and closing: of everyone by standing, then area by area.

    Area by area only for the truly outstanding, or it would be a wall; the JSON document has all of it.
    """
    then, now = number(document["known"]), number(document["position"])
    line(f"From {document['from']}, as known at position {then}, to {document['to']}, as known at position {now}")
    line()
    total = document["total"]
    rows = [[standing, *_part(total, standing)] for standing in total["closing"]]
    table(["everyone", "opening", "restated", "flows", "closing"], [row for row in rows if any(row[1:])])
    line()
    if total["flows"]:
        moved = sorted(total["flows"], key=lambda flow: -flow["people"])
        table(["people", "went from", "to"], [[flow["people"], flow["from"], flow["to"]] for flow in moved])
        line()
    if len(document["rows"]) > 1:
        _outstanding_by_area(document["rows"])


def _part(total: dict[str, Any], standing: str) -> tuple[int, int, int, int]:
    opening, restated, closing = (total[part].get(standing, 0) for part in ("opening", "restated", "closing"))
    return opening, restated, closing - opening - restated, closing


def _outstanding_by_area(rows: Iterable[dict[str, Any]]) -> None:
    def figures(some: Sequence[dict[str, Any]]) -> list[int]:
        return [sum(column) for column in zip(*map(_outstanding, some), strict=True)]

    table(["truly outstanding", "opening", "restated", "came", "went", "closing"], _by_kecamatan(rows, figures))


def _outstanding(row: dict[str, Any]) -> tuple[int, int, int, int, int]:
    here = (row["area"], "outstanding")
    came = sum(flow["people"] for flow in row["flows"] if (flow["to_area"], flow["to"]) == here)
    went = sum(flow["people"] for flow in row["flows"] if (flow["from_area"], flow["from"]) == here)
    opening, restated, closing = (row[part].get("outstanding", 0) for part in ("opening", "restated", "closing"))
    return opening, restated, came, went, closing
