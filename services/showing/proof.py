"""What an auditor reads: the facts of a resident with what each changed, and the invariants with their figures."""

from __future__ import annotations

from typing import Any

from events.territory import name_of
from services.page import clean, counted, line, number, table

__all__ = ["checks", "explained", "trail"]


def trail(document: dict[str, Any]) -> None:
    """Show every fact of a resident, and where they stood since when."""
    line(f"subject {document['subject']}, as known at position {number(document['position'])}")
    width = max(len(number(fact["position"])) for fact in document["facts"])
    for fact in document["facts"]:
        line()
        _fact(fact, width)
    if document["timeline"]:
        line()
    for step in document["timeline"]:
        line(f"from {step['from']}  {_account(step)}")


def _fact(fact: dict[str, Any], width: int) -> None:
    """Show a fact, what it changed (−1 where a transfer no longer holds), and what it contradicts."""
    valid_on = f"valid on {fact['valid_on']}, " if fact["valid_on"] else ""
    written, accepted = fact["recordedtime"][:10], fact["accepted"][:19].replace("T", " ")
    name = fact["type"].removeprefix("rekam.")
    below = " " * (width + 2)
    line(f"{number(fact['position']):>{width}}  {name}  {valid_on}written down {written}, accepted {accepted} UTC")
    line(f"{below}{clean(fact['id'])} of {clean(fact['source'])}")
    for effect in fact["effect"]:
        between = f"{_account(effect['from'])} → {_account(effect['to'])}"
        line(f"{below}{effect['people']:+d}  {effect['valid_on']}  {between}")
    if fact["withdrawn_by"] is not None:
        line(f"{below}withdrawn at position {number(fact['withdrawn_by'])}")
    if fact["anomalies"]:
        line(f"{below}anomalies: {', '.join(fact['anomalies'])}")


def _account(account: dict[str, Any]) -> str:
    area, standing = account["area"], account["standing"]
    return f"{standing}" if area == "-" else f"{standing} in {name_of(area)} ({area})"


def explained(document: dict[str, Any]) -> None:
    """Show the trail of each person behind a figure."""
    where = f"{document['area']} {name_of(document['area'])}"
    who = counted(document["people"], "person stands", "people stand")
    said = f"{who} {document['standing']} in {where} on {document['on']}"
    line(f"{said}, as known at position {number(document['position'])}")
    for resident in document["residents"]:
        line()
        trail(resident)


def checks(document: dict[str, Any]) -> None:
    """Show each invariant with its figure."""
    line(f"the log at position {number(document['position'])}, digest {document['digest']}")
    line()
    rows = [["ok" if one["ok"] else "FAILED", one["name"], one["figure"]] for one in document["checks"]]
    table(["", "invariant", "figure"], rows, zero="0")
    line()
    for one in document["checks"]:
        for what in () if one["ok"] else one.get("what", ()):
            line(f"{one['name']}: {clean(str(what))}")
    failed = sum(not one["ok"] for one in document["checks"])
    line(f"{failed} of {len(document['checks'])} failed" if failed else f"all {len(document['checks'])} hold")
