"""How each answer looks to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.page import line, table
from services.talk import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.embedded import Engines

__all__ = [
    "addresses",
    "checks",
    "counts",
    "explained",
    "flows",
    "invite",
    "parked",
    "people",
    "published",
    "rebuilt",
    "reconciliation",
    "redriven",
    "status",
    "trail",
]


# ------------------------------------------------------------------ counts


def counts(document: dict[str, Any]) -> None:
    """Show who stands where."""
    standings = _held([*document["rows"], document["total"]])
    head = ["area", "name", *standings, "official", "explained", "truly"]
    whole = {"area": "total", "name": "", **document["total"]}
    rows = [_row(row, standings) for row in [*document["rows"], whole]]
    table(head, rows, f"on {document['on']}, as known at position {document['position']}")
    if document.get("coverage"):
        official, true = document["coverage"]["official"], document["coverage"]["true"]
        line(f"coverage: official {official:.1%}, true {true:.1%}")


def _held(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Find the standings that anybody has, in their own order."""
    found: dict[str, bool] = {}
    for row in rows:
        for standing, people_ in row["standings"].items():
            found[standing] = found.get(standing, False) or people_ != 0
    return [standing for standing, any_ in found.items() if any_]


def _row(row: dict[str, Any], standings: Sequence[str]) -> list[Any]:
    numbers = [row["standings"].get(standing, 0) for standing in standings]
    return [row["area"], row["name"], *numbers, row["official"], row["explained"], row["truly"]]


def reconciliation(document: dict[str, Any]) -> None:
    """Show a list balanced to the last person, and another beside it where it was asked for."""
    line(balance(document))
    standings = _held([*document["rows"], document])
    head = ["area", "name", "declared", *standings, "official", "explained", "truly"]
    rows = [_listed(row, standings) for row in document["rows"]]
    whole = {**document, "area": "total", "name": ""}
    table(head, [*rows, _listed(whole, standings)])
    for anomaly in document.get("anomalies", ()):
        line(f"anomaly: {anomaly}")
    if "against" in document:
        _against(document)


def balance(document: dict[str, Any]) -> str:
    """Say the sentence that must balance."""
    declared = "no" if document["declared"] is None else f"{document['declared']:,}"
    residual = "unknown" if document["residual"] is None else f"{document['residual']:,}"
    return (
        f"{document['list']} on {document['on']}, as known at position {document['position']:,}: "
        f"{declared} rows declared, {document['members']:,} members = {document['cleared']:,} cleared "
        f"({document['explained']:,} explained by a finding, {document['settled']:,} settled by an event) + "
        f"{document['truly']:,} truly outstanding; residual {residual}"
    )


def _listed(row: dict[str, Any], standings: Sequence[str]) -> list[Any]:
    area, name, *numbers = _row(row, standings)
    return [area, name, row["declared"], *numbers]


def _against(document: dict[str, Any]) -> None:
    other = document["against"]
    line(
        f"beside {other['list']}: {other['both']:,} people on both, {other['only_here']:,} only on {document['list']}, "
        f"{other['only_there']:,} only on {other['list']}"
    )
    head = [f"on {document['on']}", f"on {other['there_on']}", "people"]
    table(head, [[pair["here"], pair["there"], pair["people"]] for pair in other["pairs"]])


def flows(document: dict[str, Any]) -> None:
    """Show opening, what was restated, what flowed and closing, area by area."""
    for row in document["rows"]:
        title = f"{row['area']} {row.get('name', '')}"
        standings = dict.fromkeys([*row["opening"], *row["restated"], *row["closing"]])
        change = {standing: row["closing"].get(standing, 0) - row["opening"].get(standing, 0) for standing in standings}
        table(
            ["standing", "opening", "restated", "flows", "closing"],
            [
                [s, row["opening"].get(s, 0), row["restated"].get(s, 0), change[s] - row["restated"].get(s, 0),
                 row["closing"].get(s, 0)]
                for s in standings if any(row[part].get(s) for part in ("opening", "restated", "closing"))
            ],
            f"{title}: from {document['from']} to {document['to']}, as known at position {document['position']}",
        )  # fmt: skip
        for flow in row["flows"]:
            where = "" if flow["from_area"] == flow["to_area"] else f"   {flow['from_area']} → {flow['to_area']}"
            line(f"  {flow['people']:>7,}  {flow['from']} → {flow['to']}{where}")


def people(document: dict[str, Any]) -> None:
    """Show a list by name."""
    columns = (
        "number", "name", "nik", "family_card", "sex", "birth_date", "age", "address", "rt", "rw", "kelurahan",
        "standing", "status", "reason", "obliged_since", "home_visit_needed", "last_visit", "last_outcome", "visits",
    )  # fmt: skip
    table(columns, [[row.get(column) for column in columns] for row in document["rows"]])
    line(f"{len(document['rows']):,} people, as known at position {document['position']:,}")


# ------------------------------------------------------------------ audit


def trail(document: dict[str, Any]) -> None:
    """Show every fact of a resident, and where they stood since when."""
    line(f"subject {document['subject']}, as known at position {document['position']:,}")
    table(
        ["position", "type", "valid_on", "recorded", "accepted", "source", "id", "withdrawn_by", "anomalies"],
        [
            [fact["position"], fact["type"].removeprefix("rekam."), fact["valid_on"], fact["recordedtime"][:10],
             fact["accepted"][:19], fact["source"], fact["id"], fact["withdrawn_by"], ", ".join(fact["anomalies"])]
            for fact in document["facts"]
        ],
    )  # fmt: skip
    table(
        ["position", "from day", "was", "became", "people"],
        [
            [fact["position"], effect["valid_on"], effect["from"], effect["to"], f"{effect['people']:+d}"]
            for fact in document["facts"]
            for effect in fact["effect"]
        ],
        "what each changed",
    )
    rows = [[step["from"], step["area"], step["standing"]] for step in document["timeline"]]
    table(["from day", "area", "standing"], rows, "stands")


def explained(document: dict[str, Any]) -> None:
    """Show the trail of each person behind a figure."""
    for resident in document["residents"]:
        trail(resident)
        line()
    line(f"{document['people']:,} people stand {document['standing']} in {document['area']} on {document['on']}")


def checks(document: dict[str, Any]) -> None:
    """Show each invariant with its figure."""
    rows = [["ok" if one["ok"] else "FAILED", one["name"], one["figure"]] for one in document["checks"]]
    table(
        ["", "invariant", "figure"], rows, f"the log at position {document['position']:,}, digest {document['digest']}"
    )
    for one in document["checks"]:
        for what in () if one["ok"] else one.get("what", ()):
            line(f"  {one['name']}: {what}")
    failed = sum(not one["ok"] for one in document["checks"])
    line(f"{failed} of {len(document['checks'])} failed" if failed else f"all {len(document['checks'])} hold")


# ------------------------------------------------------------------ operations


def published(document: dict[str, Any]) -> None:
    """Show what became of what was published."""
    for one in document["refused"]:
        line(f"{one['file']}:{one['line']}: {one['code']}: {one['message']}")
    ended = ", ".join(
        f"{document[outcome]:,} {outcome}" for outcome in ("appended", "duplicate", "conflict", "quarantined")
    )
    line(f"{document['accepted']:,} accepted, {len(document['refused']):,} refused: {ended}")


def status(document: dict[str, Any]) -> None:
    """Show how far everything is."""
    head = document["position"]
    table(
        ["", "position", "behind"], [["log", head, 0], *([n, p, head - p] for n, p in document["projections"].items())]
    )
    table(["outcome", "offsets"], document["accounted"].items())
    table(["open in quarantine", "messages"], document["quarantine"].items())
    table(["relayed to", "up to"], document["relayed"].items())


def parked(document: dict[str, Any]) -> None:
    """Show the parked messages."""
    columns = (
        "number",
        "code",
        "type",
        "source",
        "id",
        "topic",
        "partition",
        "offset",
        "parked",
        "resolution",
        "message",
    )
    table(columns, [[row[column] for column in columns] for row in document["rows"]])
    for row in document["rows"]:
        if "stands" in row:
            stands = row["stands"]
            line(
                f"  {row['number']}: the id stands at position {stands['position']}, {stands['type']}, {stands['time']}"
            )
    line(f"{len(document['rows']):,} messages")


def redriven(document: dict[str, Any]) -> None:
    """Show what came of each."""
    for row in document["rows"]:
        place = f" at position {row['position']}" if row.get("position") else ""
        line(f"{row['number']}: {row['outcome']}{place}")


def rebuilt(document: dict[str, Any]) -> None:
    """Show what came of each rebuild."""
    for view in document["views"]:
        how = "is the same" if view["same"] else "differs"
        end = "swapped" if view["swapped"] else "left as it was; --accept takes the new one"
        line(f"{view['view']} at position {view['position']:,} {how}: {end}")
        for part in view["differs"]:
            line(f"  {part['table']}: {part['in_use']} rows in use, {part['rebuilt']} rebuilt")


def addresses(engines: Engines) -> None:
    """Say where the engines are."""
    where = "embedded broker" if engines.embedded else "broker"
    say(f"Kafka at {engines.kafka} ({where})")


def invite(engines: Engines) -> None:
    """Say what can be asked from another shell while everything is up."""
    addresses(engines)
    say("Everything stays up until Ctrl-C. Ask from another shell, in this folder:")
    for question in (
        "rekam reconcile PUSAT-2018-11 --on 2018-11-23",
        "rekam counts --on 2018-11-23 --by kecamatan",
        "rekam list outstanding --kelurahan 53.71.01.1001 --on 2018-11-23",
        "rekam status",
        "rekam audit check",
    ):
        say(f"  .venv/bin/{question}")
