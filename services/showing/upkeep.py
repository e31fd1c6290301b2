"""What an operator reads: how far everything is, what became of messages, what is parked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from events.territory import KELURAHAN, name_of
from services.page import clean, counted, line, number, table
from services.talk import say

if TYPE_CHECKING:
    from services.embedded import Engines

__all__ = ["addresses", "dashboard", "invite", "parked", "published", "rebuilt", "redriven", "status"]

_MOST: Final = 100
"""As many refusals are shown; a program reads them all."""

_OUTCOMES: Final = ("appended", "duplicate", "conflict", "quarantined")


def published(document: dict[str, Any]) -> None:
    """Show what became of what was published, and before it, of a dry run of sheets, how their rows were understood."""
    for row in document.get("understood", ()):
        _understood(row)
    for one in document["refused"][:_MOST]:
        cell = f" ({one['cell']})" if one.get("cell") else ""
        page = f" [{clean(one['sheet'])}]" if one.get("sheet") else ""
        line(f"{clean(one['file'])}{page}:{one['line']}{cell}: {one['code']}: {clean(one['message'])}")
    if len(document["refused"]) > _MOST:
        line(f"… and {number(len(document['refused']) - _MOST)} more; --json has them all")
    refused = len({(one["file"], one.get("sheet"), one["line"]) for one in document["refused"]})
    ended = ", ".join(f"{number(document[outcome])} {outcome}" for outcome in _OUTCOMES if document[outcome])
    sent = ended or "nothing was sent"
    line(f"{number(document['accepted'])} accepted, {number(refused)} refused: {sent}")


def _understood(row: dict[str, Any]) -> None:
    page = f" [{clean(row['sheet'])}]" if row["sheet"] else ""
    line(f"{clean(row['file'])}{page}:{row['line']}: {row['type'].removeprefix('rekam.')}")
    shown = {**row["data"], "id": row["id"], "source": row["source"], "time": row["time"]}
    if row["recordedtime"] != row["time"]:
        shown["recordedtime"] = row["recordedtime"]
    if "rows_by_kelurahan" in shown:
        by_kelurahan = shown["rows_by_kelurahan"]
        shown["rows_by_kelurahan"] = (
            f"{number(sum(by_kelurahan.values()))} in {counted(len(by_kelurahan), 'kelurahan', 'kelurahan')}"
        )
    for name, value in shown.items():
        area = f" {name_of(value)}" if name.endswith("kelurahan") and value in KELURAHAN else ""
        line(f"  {name:<18} {clean(str(value))}{area}")
    line()


def status(document: dict[str, Any]) -> None:
    """Show how far everything is."""
    head = document["position"]
    line(f"The log is at position {number(head)}; Kafka at {document['kafka']}")
    line()
    table(["view", "position", "behind"], [[n, p, head - p] for n, p in document["projections"].items()], zero="0")
    for why in document["standing_still"]:
        line(why)
    line()
    table(["relayed to", "messages"], document["relayed"].items(), zero="0")
    line()
    table(["messages from Kafka", "offsets"], document["accounted"].items(), zero="0")
    line()
    if document["quarantine"]:
        table(["open in quarantine", "messages"], document["quarantine"].items())
    else:
        line("Nothing is open in quarantine.")


def parked(document: dict[str, Any]) -> None:
    """Show the parked messages, of a conflict both versions."""
    for row in document["rows"]:
        _parked(row)
        line()
    messages = counted(len(document["rows"]), "message", "messages")
    line(messages if document["rows"] else "Nothing is open in quarantine.")


def _parked(row: dict[str, Any]) -> None:
    place = f"{row['topic']}, partition {row['partition']}, offset {row['offset']}"
    line(f"{row['number']:>6,}  {row['code']}  {place}, parked {row['parked'][:19].replace('T', ' ')} UTC")
    below = " " * 8
    named = [clean(row[part]) for part in ("type", "id", "source") if row[part]]
    if named:
        line(below + "  ".join(named))
    line(below + clean(row["message"]))
    if "stands" in row:
        _versions(row, below)
    if row["resolution"]:
        at = f" at position {number(row['position'])}" if row["resolution"] != "dismissed" and row["position"] else ""
        why = f": {clean(row['reason'])}" if row["reason"] else ""
        line(f"{below}→ {row['resolution']}{at}{why}")


def _versions(row: dict[str, Any], below: str) -> None:
    line(f"{below}stands at position {number(row['stands']['position'])}: {_version(row['stands'])}")
    if "parked_version" in row:
        line(f"{below}parked: {_version(row['parked_version'])}")
        line(f"{below}they differ in {', '.join(row['differs']) or 'nothing that is still kept'}")


def _version(version: dict[str, Any]) -> str:
    clear = ", ".join(f"{name} {clean(str(value))}" for name, value in version.get("fact", {}).items())
    return f"{version['type'].removeprefix('rekam.')}, time {version['time']}" + (f", {clear}" if clear else "")


def redriven(document: dict[str, Any]) -> None:
    """Show what came of each."""
    for row in document["rows"]:
        place = f" at position {number(row['position'])}" if row.get("position") else ""
        said = "there is no open message of that number" if row["outcome"] == "not_open" else row["outcome"]
        line(f"{number(row['number'])}: {said}{place}")


def rebuilt(document: dict[str, Any]) -> None:
    """Show what came of each rebuild."""
    for view in document["views"]:
        how = "is the same" if view["same"] else "differs"
        end = "swapped" if view["swapped"] else "left as it was; --accept takes the new one"
        line(f"{view['view']} at position {number(view['position'])} {how}: {end}")
        for part in view["differs"]:
            in_use = "no" if part["in_use"] is None else number(part["in_use"])
            line(f"  {part['table']}: {in_use} rows in use, {number(part['rebuilt'])} rebuilt")


def addresses(engines: Engines) -> None:
    """Say where the engines are."""
    where = "embedded broker" if engines.embedded else "broker"
    say(f"Kafka at {engines.kafka} ({where})")


def dashboard(api: str, password: str) -> None:
    """Say where the demo's dashboard is, and who may look at it: the password is of this run, and shown here alone."""
    say(f"The dashboard, live while facts arrive: http://{api}/")
    say(f"  sign in as supervisor, with the password {password}")
    say("  or, with the same one, as officer (of Oebobo), auditor, operator or reporting, and see what each may see")


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
