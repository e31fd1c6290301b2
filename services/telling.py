"""How the demo tells its story: the same day as known then and as known now, and the second list beside the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.territory import area_of, name_of
from services.page import line, table
from services.showing.figures import balance

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["tell"]

_NUMBERS = ("declared", "explained", "settled", "cleared", "truly")


def tell(then: dict[str, Any], now: dict[str, Any], moved: dict[str, Any], beside: dict[str, Any]) -> None:
    """Print the story. `moved` are the flows of the day to itself: from as known then to as known now."""
    line("Kota Kupang, 23 November 2018. The residents are made up, and so is how the cleared ones split;")
    line("every figure follows from messages that went through Kafka.")
    line()
    line("1. As known that evening.")
    _reconciled(then)
    line("2. As known now.")
    _reconciled(now)
    line("3. Restated: where members and others stand on that day, by what became known later.")
    _restated(moved)
    line("4. The second list beside the first: who came back, and how they had been cleared.")
    _came_back(beside)


def _reconciled(answer: dict[str, Any]) -> None:
    balance(answer, "   ")
    line()
    kecamatan: dict[str, dict[str, int]] = {}
    for row in answer["rows"]:
        sums = kecamatan.setdefault(area_of(row["area"], "kecamatan"), dict.fromkeys(_NUMBERS, 0))
        for number in _NUMBERS:
            sums[number] += row[number] or 0
    rows = [[name_of(area), *_numbers(sums)] for area, sums in kecamatan.items()]
    head = ["kecamatan", "declared", "explained", "settled", "cleared", "truly\noutstanding", "residual"]
    table(head, [*rows, ["total", *_numbers(answer)]], zero="0")
    line()
    held = [[standing, people] for standing, people in answer["standings"].items() if people]
    table(["where the members stand", "people"], sorted(held, key=lambda row: -row[1]))
    line()


def _numbers(sums: dict[str, Any]) -> Iterable[int]:
    yield from (sums[number] for number in _NUMBERS)
    yield sums["declared"] - sums["cleared"] - sums["truly"]


def _restated(moved: dict[str, Any]) -> None:
    whole = moved["total"]
    rows = [[s, whole["opening"][s], people, whole["closing"][s]] for s, people in whole["restated"].items() if people]
    head = ["standing on 23 November", f"known at {moved['known']:,}", "restated", f"known at {moved['position']:,}"]
    table(head, [[s, before, f"{people:+,}", after] for s, before, people, after in rows])
    line()


def _came_back(beside: dict[str, Any]) -> None:
    balance(beside, "   ")
    line()
    other = beside["against"]
    line(
        f"   {other['both']:,} of its members were on {other['list']}; {other['only_here']:,} are new, and "
        f"{other['only_there']:,} have gone from it. On the eve of the new list, {other['there_on']}, they stood:"
    )
    stood: dict[str, int] = {}
    for pair in other["pairs"]:
        stood[pair["there"]] = stood.get(pair["there"], 0) + pair["people"]
    table([f"on {other['there_on']}", "people"], sorted(stood.items(), key=lambda row: -row[1]))
