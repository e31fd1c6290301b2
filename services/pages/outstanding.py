"""The screen of a list by name: what it is the list of, who of it is asked for, and the rows as somebody walks."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.territory import CITY, KECAMATAN, KELURAHAN, UNLISTED, area_of, name_of
from projections.reading import STANDINGS
from projections.selection import WORDS, standings_behind
from services.pages.frame import address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from services.api.asked_people import AskedPeople
    from services.pages.frame import Frame

__all__ = [
    "AT_RISK_AGE",
    "FILTERS",
    "Group",
    "Shortcut",
    "area_name",
    "areas",
    "explain",
    "files",
    "groups",
    "is_kelurahan",
    "printed",
    "shortcuts",
    "shown",
    "standing_word",
    "standings",
    "to_print",
    "whole",
]

#: The filters of DOMAIN.md, in the order of the form.
FILTERS: Final = ("rw", "rt", "age_from", "age_to", "reason", "not_visited_for", "home_visit_needed", "leaves_before")
AT_RISK_AGE: Final = 23
"""The centre blocked whoever was this old and had not been recorded by the end of 2018."""

_MONTH: Final = 30
_DECEMBER: Final = 12
#: Standings by which a list may be asked for, the likeliest first.
_ASKED: Final = ("outstanding", "official", *(word for word in WORDS if word != "official"), *STANDINGS[:-1])


class Group(NamedTuple):
    """People of one RT, in the order of the list; `rw` and `rt` are None where they are not known."""

    kelurahan: str
    name: str
    rw: str | None
    rt: str | None
    first: bool
    rows: Sequence[Mapping[str, Any]]


class Shortcut(NamedTuple):
    """A filter that is asked for often: its word, its link, and whether it is on; then the link takes it away."""

    word: str
    value: Any
    href: str
    on: bool


def shown(frame: Frame, document: Mapping[str, Any], lists: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the template is given. `lists` are all declared ones, so that one can be chosen."""
    rows = document["rows"]
    filtered = [name for name in FILTERS if frame.query.get(name)]
    return {
        "list": document,
        "standing": standing_word(document["standing"]),
        "where": area_name(frame, document["kelurahan"], document["areas"]),
        "groups": list(groups(rows)),
        "span": (rows[0]["number"], rows[-1]["number"]) if rows else None,
        "later": "after" in frame.query,
        "filtered": filtered,
        "lists": [one["list"] for one in lists],
        "standings": standings(),
        "areas": areas(document["areas"]),
        "shortcuts": list(shortcuts(frame)),
        "files": files(frame),
        "print": address("/list/print", whole(frame)),
        "explain": explain(frame, document),
    }


def printed(frame: Frame, asked: AskedPeople, rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """What the page on paper is given: all rows of a kelurahan, and when it was made."""
    return {
        "list": asked.list,
        "people": len(rows),
        "standing": standing_word(asked.standing),
        "where": area_name(frame, asked.kelurahan, ()),
        "filtered": [name for name in FILTERS if frame.query.get(name)],
        "groups": groups(rows),
        "now": now,
        "back": address("/list", whole(frame)),
    }


def to_print(frame: Frame, of_reader: Sequence[str]) -> dict[str, Any]:
    """What the page is given on which a kelurahan is chosen."""
    return {"areas": areas(of_reader), "back": address("/list", whole(frame))}


def is_kelurahan(area: str) -> bool:
    """Whether it is one kelurahan, or `-`: as much as is printed at once."""
    return area in KELURAHAN or area == UNLISTED


def standing_word(standing: str) -> str:
    """The key of what a standing, or a word for several, is called."""
    return f"figure.{standing}" if standing in WORDS else f"standing.{standing}"


def standings() -> list[tuple[str, str]]:
    """What may be asked for: every standing and every word for several, each with the key of what it is called."""
    return [(one, standing_word(one)) for one in _ASKED]


def area_name(frame: Frame, area: str | None, areas_of: Sequence[str]) -> str:
    """Where; without an area all that the reader may see."""
    if area is None and areas_of:
        return ", ".join(name_of(one) for one in areas_of)
    if area == UNLISTED:
        return frame.words.of("word.unlisted_area")
    return name_of(area or CITY)


def groups(rows: Iterable[Mapping[str, Any]]) -> Iterator[Group]:
    """By kelurahan, RW and RT as the rows follow each other; `first` is the first group of its kelurahan here."""
    before = None
    for (kelurahan, rw, rt), some in groupby(rows, lambda row: (row["kelurahan"], row["rw"], row["rt"])):
        yield Group(kelurahan, name_of(kelurahan), rw, rt, kelurahan != before, list(some))
        before = kelurahan


def areas(of_reader: Sequence[str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Every kecamatan with its kelurahan that may be chosen; an officer's own where there are `of_reader`."""

    def may(code: str) -> bool:
        return not of_reader or code in of_reader or area_of(code, "kecamatan") in of_reader

    made = []
    for kecamatan in sorted(KECAMATAN):
        some = [(code, name_of(code)) for code in sorted(KELURAHAN) if area_of(code, "kecamatan") == kecamatan]
        some = [one for one in some if may(one[0])]
        if some:
            made.append((kecamatan if may(kecamatan) else "", name_of(kecamatan), some))
    return made


def shortcuts(frame: Frame) -> Iterator[Shortcut]:
    """What an office asks for most: who is at risk, who has not been visited, who turns 17 within the year."""
    asked = frame.query
    for word, name, value in (
        ("list.at_risk", "age_from", str(AT_RISK_AGE)),
        ("list.not_visited", "not_visited_for", str(_MONTH)),
        ("list.visit_needed", "home_visit_needed", "true"),
        ("list.again", "reason", "again"),
    ):
        on = asked.get(name) == value
        href = frame.here(**{name: None if on else value, "after": None})
        yield Shortcut(word, value, href, on)
    if frame.day is not None:
        until = frame.day.replace(month=_DECEMBER, day=31)
        until = until if frame.day < until else (until + timedelta(days=1)).replace(month=_DECEMBER, day=31)
        here = {"standing": "underage", "leaves_before": until.isoformat()}
        on = all(asked.get(name) == value for name, value in here.items())
        href = frame.here(**(dict.fromkeys(here) if on else here), after=None)
        yield Shortcut("list.turning", until, href, on)


def whole(frame: Frame) -> dict[str, object]:
    """What was asked for, but for the page of it, on the very day and at the very position that are shown."""
    return {name: said for name, said in frame.query.items() if name not in {"after", "limit"}} | frame.pinned


def explain(frame: Frame, document: Mapping[str, Any]) -> str | None:
    """The facts behind the figure, on the very day and at the very position that are shown; None where there are none.

    That is for a list's, and for one that is no single area's: of a part of the city, or of the city and the unlisted.
    """
    area = document["kelurahan"] or (None if document["areas"] else _everywhere(document["standing"]))
    if document["list"] is not None or area is None:
        return None
    return frame.to("/audit/figure", standing=document["standing"], kelurahan=area, **frame.pinned)


def _everywhere(standing: str) -> str | None:
    """The area in which all are who stand so; None where some are in the city, and others, unlisted, outside of it."""
    standings = standings_behind(standing)
    if "unlisted" not in standings:
        return CITY
    return UNLISTED if len(standings) == 1 else None


def files(frame: Frame) -> list[tuple[str, str]]:
    """The list as a file, with the filters and the purpose asked for: word and link."""
    asked = {**whole(frame), "language": frame.words.language}
    path = "/v1/outstanding/export"
    return [
        ("list.csv", address(path, {**asked, "format": "csv"})),
        ("list.csv_semicolon", address(path, {**asked, "format": "csv", "separator": "semicolon"})),
        ("list.xlsx", address(path, {**asked, "format": "xlsx"})),
    ]
