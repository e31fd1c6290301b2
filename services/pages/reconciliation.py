"""The first screen, from documents to what its template shows: a list balanced, drawn, by area, beside another."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.errors import NothingYet
from events.territory import UNLISTED, area_of, name_of
from projections.reading import EXPLAINED, OFFICIAL, STANDINGS
from services.pages.pictures.bars import Share, bar, coverage
from services.pages.pictures.split import TALL, WIDE, Group, Part, Whole, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markupsafe import Markup

    from services.pages.frame import Frame

__all__ = [
    "Came",
    "Restated",
    "Row",
    "beside",
    "came_back",
    "pictures",
    "restated",
    "restated_between",
    "rows",
    "shown",
]

_SETTLED: Final = (*(standing for standing in STANDINGS if standing not in OFFICIAL), "nowhere")
_MARK: Final = 0.8
"""In November 2018 the province's election supervisors named the cities in which fewer had been recorded."""

_DRAWN: Final = ("truly", "explained", "settled")
_FIGURES: Final = ("declared", "explained", "settled", "truly")


class Row(NamedTuple):
    """An area's figures; `level` is kecamatan or kelurahan, `-` is shown as a kecamatan."""

    area: str
    name: str
    level: str
    figures: Mapping[str, int]


class Restated(NamedTuple):
    """What one figure was, as known then, what became known later, and so what it is."""

    word: str
    then: int
    now: int

    @property
    def change(self) -> int:
        return self.now - self.then


class Came(NamedTuple):
    """People of both lists, by how they stood on the earlier one before the later one named them."""

    standing: str
    people: int
    still: int


def shown(
    frame: Frame, document: Mapping[str, Any], lists: Sequence[Mapping[str, Any]], *, every: bool
) -> dict[str, Any]:
    """What the template is given first: the list itself. What takes longer it asks for when it comes to it."""
    kinds = {one["list"]: one["kind"] for one in lists}
    some = list(rows(document, every=every))
    most = max((sum(row.figures[name] for name in _DRAWN) for row in some), default=0)
    return {
        "list": document,
        "lists": lists,
        "following": "following",
        "kind": kinds.get(document["list"]),
        "pictures": pictures(document, frame),
        "every": every,
        "rows": some,
        "bar": lambda row: bar([(kind, row.figures[kind]) for kind in _DRAWN], most),
    }


def covered(document: Mapping[str, Any] | None, frame: Frame) -> dict[str, Any] | None:
    """What the template is given of the coverage of a register; None where there is none."""
    if document is None:
        return None
    return {"list": document["list"], "picture": _coverage(document["coverage"], frame)}


def two_lists(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the template is given of a list beside an earlier one, of the answer `reconcile` with `against`."""
    return None if document is None else _beside(document)


def _beside(document: Mapping[str, Any]) -> dict[str, Any]:
    against = document["against"]
    return {
        "later": document["list"],
        "earlier": against["list"],
        "members": document["members"],
        "came": came_back(against),
        **{name: against[name] for name in ("both", "only_here", "only_there", "there_on")},
    }


def _coverage(shares: Mapping[str, float], frame: Frame) -> Markup:
    w, percent = frame.words.of, frame.words.percent
    said = {name: percent(share) for name, share in shares.items()}
    drawn = [Share(name, share, f"{said[name]} {w(f'coverage.{name}')}") for name, share in shares.items()]
    title = (w("coverage.title"), w("coverage.description", **said))
    return coverage(drawn, Share("mark", _MARK, w("coverage.mark")), title)


def pictures(document: Mapping[str, Any], frame: Frame) -> list[Markup]:
    """The list as a picture, in both shapes."""
    w, number = frame.words.of, frame.words.number
    groups = _groups(document, frame)
    residual = document["residual"] or 0
    beside = w("reconciliation.missing" if residual > 0 else "reconciliation.too_many", people=abs(residual))
    whole = Whole(w("split.whole"), document["declared"], document["members"], beside if residual else "")
    figures = {name: document[name] for name in ("members", "truly", "explained", "settled")}
    said = (w("split.title", list=document["list"]), w("split.description", **figures))
    return [split(whole, groups, shape, said, number) for shape in (WIDE, TALL)]


def _groups(document: Mapping[str, Any], frame: Frame) -> list[Group]:
    def part(kind: str, word: str, people: int, standing: str) -> Part:
        return Part(kind, frame.words.of(word), people, frame.behind(standing))

    def of_each(kind: str, standings: Sequence[str]) -> tuple[Part, ...]:
        held = document["standings"]
        some = sorted((one for one in standings if held.get(one)), key=lambda one: -held[one])
        return tuple(part(kind, f"standing.{one}", held[one], one) for one in some)

    return [
        Group(part("truly", "standing.outstanding", document["truly"], "outstanding")),
        Group(
            part("explained", "figure.explained", document["explained"], "explained"), of_each("explained", EXPLAINED)
        ),
        Group(part("settled", "figure.settled", document["settled"], "settled"), of_each("settled", _SETTLED)),
    ]


def rows(document: Mapping[str, Any], *, every: bool) -> Iterator[Row]:
    """Every kecamatan with its sum, below it its kelurahan where `every` is asked for; the unlisted at the end."""
    for kecamatan, group in groupby(document["rows"], lambda row: area_of(row["area"], "kecamatan")):
        some = list(group)
        figures = {name: sum(row[name] or 0 for row in some) for name in _FIGURES}
        yield Row(kecamatan, name_of(kecamatan), "kecamatan", figures)
        if every and kecamatan != UNLISTED:
            for row in some:
                of_row = {name: row[name] or 0 for name in _FIGURES}
                yield Row(row["area"], row["name"], "kelurahan", of_row)


def restated(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[Restated], list[Restated]]:
    """The three numbers, then and now; and every standing that has changed."""
    three = [Restated(f"figure.{name}", then[name], now[name]) for name in ("official", "explained", "truly")]
    before, after = then["standings"], now["standings"]
    each = (Restated(f"standing.{one}", before.get(one, 0), after.get(one, 0)) for one in (*STANDINGS, "nowhere"))
    return three, [one for one in each if one.change]


def restated_between(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the template of the restated line is given; None where nothing was known then.

    Its `now` is None where the register has no answer about the day any more: there is nothing to compare with.
    """
    if then is None:
        return None
    if now is None:
        return {"then": then["position"], "now": None, "three": [], "changed": []}
    three, changed = restated(then.get("total", then), now.get("total", now))
    return {"then": then["position"], "now": now["position"], "three": three, "changed": changed}


def newest(lists: Sequence[Mapping[str, Any]]) -> str:
    """The list that is shown where none is asked for: the newest of those not recorded, or of the registers."""
    known = [one for one in lists if one["as_of"] is not None]
    if not known:
        raise NothingYet("no list is declared yet, so there is nothing to reconcile: declare a list")
    return str(max(known, key=lambda one: (one["kind"] == "unrecorded", one["as_of"], one["list"]))["list"])


def beside(lists: Sequence[Mapping[str, Any]], chosen: str) -> tuple[str, str] | None:
    """Which two lists are laid beside each other, the later first: the chosen one's next, or it and the one before."""
    declared = [one for one in lists if one["kind"] == "unrecorded"]
    names = [one["list"] for one in sorted(declared, key=lambda one: (one["as_of"], one["list"]))]
    if chosen not in names or len(names) == 1:
        return None
    at = max(names.index(chosen), 0)
    later = min(at + 1, len(names) - 1)
    return names[later], names[later - 1]


def came_back(against: Mapping[str, Any]) -> list[Came]:
    """Who is on both lists, by how they stood on the eve of the later; `still`: now truly outstanding. Most first."""
    found: dict[str, list[int]] = {}
    for pair in against["pairs"]:
        people = found.setdefault(pair["there"], [0, 0])
        people[0] += pair["people"]
        people[1] += pair["people"] if pair["here"] == "outstanding" else 0
    return sorted((Came(standing, *people) for standing, people in found.items()), key=lambda one: -one.people)
