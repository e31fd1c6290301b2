"""What every page is told beside its document: who reads, in which language, what was asked, and as known when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from events.territory import CITY
from services.access.roles import Operation
from services.pages.words import LANGUAGES, Words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from services.access.roles import Caller

__all__ = ["MENU", "Frame", "address"]

#: Path, and the operation that whoever sees the screen may do; the screen's name is the word `nav.…`.
MENU: Final = {
    "reconciliation": ("/", Operation.COUNTS),
    "city": ("/city", Operation.COUNTS),
    "pace": ("/pace", Operation.COUNTS),
    "list": ("/list", Operation.PERSONS),
    "audit": ("/audit", Operation.ANOMALIES),
    "operations": ("/operations", Operation.STATUS),
}

_CARRIED: Final = ("on", "known")
"""What stays when somebody goes on to another screen: the day, and as known when."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One page's frame. `query` is what was asked, as it was written; `csrf` goes with every form that changes a thing.

    `day`, `position` and `accepted` are what the question came to, `head` is where the views are now; a page that is
    about no day has none of them.
    """

    words: Words
    path: str
    caller: Caller | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    position: int | None = None
    accepted: datetime | None = None
    reading_version: int | None = None
    csrf: str = ""
    head: int | None = None

    def may(self, operation: str) -> bool:
        """Whether whoever reads may do that, an operation by name; nobody may do anything before they sign in."""
        return self.caller is not None and self.caller.may(Operation(operation))

    def menu(self) -> list[tuple[str, str, bool]]:
        """The screens that the reader may see: name, link, and whether this is it."""
        return [
            (name, self.to(path), self.path == path or (path != "/" and self.path.startswith(f"{path}/")))
            for name, (path, operation) in MENU.items()
            if self.may(operation)
        ]

    def asking(self, **said: str) -> Frame:
        """The frame of the same page, had that been asked too."""
        return replace(self, query={**self.query, **said})

    def to(self, path: str, **said: object) -> str:
        """Another screen, of the same day and as known at the same time unless said otherwise."""
        carried = {name: self.query[name] for name in _CARRIED if name in self.query}
        return address(path, carried | said)

    def here(self, **said: object) -> str:
        """Change this page by that; None leaves a parameter out."""
        return address(self.path, {**self.query, **said})

    def behind(self, standing: str, area: str | None = None, **said: object) -> str | None:
        """The by-name list behind a figure, of the very day and position shown.

        None for whoever may not see persons, or not all of those; an officer sees the areas that are theirs.
        """
        if self.caller is None or not self.may(Operation.PERSONS) or not self.caller.may_see(area or CITY):
            return None
        asked = {"standing": standing, "kelurahan": area, "list": self.query.get("list")}
        return address("/list", asked | self.pinned | said)

    @property
    def pinned(self) -> dict[str, object]:
        """The very day and position shown, for links that lead to the same figures; where none are, what was asked."""
        if self.day is None:
            return {name: self.query.get(name) for name in _CARRIED}
        return {"on": self.day, "known": self.position}

    @property
    def other_language(self) -> str:
        return next(one for one in LANGUAGES if one != self.words.language)

    @property
    def is_now(self) -> bool:
        return not any(name in self.query for name in _CARRIED)


def address(path: str, said: Mapping[str, object]) -> str:
    """A path with its query; what is None or empty is left out."""
    query = urlencode({name: str(value) for name, value in said.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path
