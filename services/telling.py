"""How the demo tells its story: the same day as known then and as known now, and the second list beside the first.

Where the whole register was published, it comes first: what part of the obliged has been recorded, counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from events.territory import area_of, name_of
from projections.figures import covered
from services import page
from services.page import line, table
from services.showing.figures import balance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from projections.lists import Membership

__all__ = ["Registered", "tell"]

_NUMBERS = ("declared", "explained", "settled", "cleared", "truly")


class Registered(NamedTuple):
    """The whole register, and `counts` of its members.

    On its own day, as known when it had come; on the day of the story, as known that evening; the same as known now.
    """

    on_list: Membership
    counts: Sequence[dict[str, Any]]


def tell(
    then: dict[str, Any],
    now: dict[str, Any],
    moved: dict[str, Any],
    beside: dict[str, Any],
    registered: Registered | None = None,
) -> None:
    """Print the story. `moved` are the flows of the day to itself: from as known then to as known now."""
    line("Kota Kupang, 23 November 2018. The residents are made up, and so is how the cleared ones split;")
    line("every figure follows from messages that went through Kafka.")
    line()
    if registered is not None:
        _covered(registered)
    line("1. As known that evening.")
    _reconciled(then)
    line("2. As known now.")
    _reconciled(now)
    line("3. Restated: where members and others stand on that day, by what became known later.")
    _restated(moved)
    line("4. The second list beside the first: who came back, and how they had been cleared.")
    _came_back(beside)


def _covered(registered: Registered) -> None:
    on_list = registered.on_list
    declared, members = page.number(on_list.declared or 0), page.number(on_list.members)
    at_first, then, _ = registered.counts
    underage = page.number(at_first["total"]["standings"]["underage"])
    line(f"0. The whole register, {at_first['list']}: what part of the obliged has been recorded.")
    line(
        f"   {declared} rows declared = {members} members + residual {on_list.residual}, {underage} of them not yet 17"
    )
    line(
        "   The mark is 80%: in November 2018 the province's election supervisors named Kota Kupang among those below."
    )
    line()
    head = ["official:\nobliged", "\nrecorded", "\ncoverage", "true:\nobliged", "\nrecorded", "\ncoverage"]
    moments = [[answer["on"], answer["position"], *_twice(answer)] for answer in registered.counts]
    table(["\non", "\nknown at", *head], moments)
    line()
    line("   official: as the registries have it. true: whoever was found to have been recorded counts as recorded,")
    line("   and whoever was found to have moved away or died no longer counts as obliged here.")
    line()
    rows = [[row["name"], *_twice(row)] for row in then["rows"] if covered(row["standings"])["official"].obliged]
    table([f"on {then['on']},\nas known at {then['position']:,}", *head], [*rows, ["total", *_twice(then)]])
    line()
    line("   to ask again: rekam counts --by city --list {list} --on {on} --known {position}".format(**then))
    line()


def _twice(counted: Mapping[str, Any]) -> Iterable[int | str]:
    """Obliged, recorded and coverage: as the registries have it, and counting rightly whom a finding has explained."""
    standings = counted["total"]["standings"] if "total" in counted else counted["standings"]
    for recorded, obliged in covered(standings).values():
        yield from (obliged, recorded, f"{recorded / obliged:.1%}" if obliged else "")


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
