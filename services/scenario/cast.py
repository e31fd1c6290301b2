"""Who plays what: how many of the members stand how on 23 November 2018, and what becomes of them later.

Published are 63,000 members, of whom 30,000 had really not been recorded, and 67,042 four months later. How the 33,000
split into card, moved and died was not published: THE SPLIT BELOW IS MADE UP, and so is every other number here.
Each fact is drawn so that the figures follow from the messages; nothing reads a figure from here to print it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

from services.scenario.residents import Ages, Resident, Residents, neighbour, share

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "FIRST_LIST",
    "QUICK",
    "SECOND_LIST",
    "WHOLE",
    "Cast",
    "Scale",
    "cast",
    "few",
    "first_members",
    "first_rows",
    "stream",
]

Scale = Fraction
WHOLE, QUICK = Fraction(1), Fraction(1, 100)

FIRST_LIST, SECOND_LIST = "PUSAT-2018-11", "PUSAT-2019-03"

#: Published.
_MEMBERS, _CLEARED, _SECOND_ROWS = 63_000, 33_000, 67_042

#: Made up: how the 33,000 had been cleared by 23 November. The first three are settled by an event, the others
#: explained by a finding at the door.
_SPLIT = {
    "captured": 3_600,
    "left": 1_300,
    "died": 700,
    "found_recorded": 14_600,
    "found_moved": 9_800,
    "found_deceased": 3_000,
}

#: Made up: what else happens among the 30,000; the first six groups by 23 November, the others later. Whoever is in
#: none of these groups is only on the list.
_AMONG_OUTSTANDING = {
    "failed": 700,
    "duplicate": 200,
    "visited": 2_000,
    "moved": 120,
    "mistaken": 60,
    "withdrawn_early": 10,
    "moved_late": 60,
    "mistaken_late": 80,
    "lapsing": 250,
    "leaving": 80,
    "dying": 120,
    "moving": 200,
    "revisited": 300,
    "recorded_late": 100,
    "recorded_since": 3_400,
}

_LEAST = 2
"""In the smallest scenario too each of these groups has two people: one for each order of a pair of facts."""

_ADULTS = Ages(date(1930, 1, 1), date(2001, 10, 31), 2.2)
_OLD = "1972-01-01"


@dataclass(frozen=True, slots=True)
class Cast:
    """The members of the first list by role; `residents` goes on making newcomers that collide with none of them.

    A role's people are in random order, so that the first few of them are a sample.
    """

    members: list[Resident]
    roles: dict[str, list[Resident]]
    residents: Residents
    scale: Scale

    @property
    def second_rows(self) -> int:
        """How many rows the second list has."""
        return round(_SECOND_ROWS * self.scale)

    def few(self, people: int) -> int:
        """A number of people at this scale, but never nobody."""
        return few(people, self.scale)

    def moved_by(self, role: str) -> dict[int, str]:
        """Where the people of a role moved to before 23 November: within the kecamatan."""
        return {resident.number: neighbour(resident.kelurahan) for resident in self.roles[role]}


def few(people: int, scale: Scale) -> int:
    """A number of people at a scale, but never nobody."""
    return max(_LEAST, round(people * scale))


def first_members(residents: Residents, scale: Scale) -> Iterator[Resident]:
    """The members of the first list: the first that `residents` make."""
    return residents.make(first_rows(scale), _ADULTS)


def first_rows(scale: Scale) -> int:
    """How many rows the first list has."""
    return round(_MEMBERS * scale)


def stream(seed: int, purpose: str) -> Random:
    """Chance of its own for each purpose: drawing more for one never shifts another."""
    return Random(f"rekam/{seed}/{purpose}")  # noqa: S311 - made-up people need the same data again, not secrecy


def cast(seed: int, scale: Scale) -> Cast:
    """The same people in the same roles for the same seed and scale."""
    residents = Residents(stream(seed, "residents"))
    members = list(first_members(residents, scale))
    pool = list(members)
    stream(seed, "roles").shuffle(pool)
    sizes = dict(zip(_SPLIT, share(round(_CLEARED * scale), list(_SPLIT.values())), strict=True))
    dead = sizes["died"] + sizes["found_deceased"]
    pool.sort(key=lambda resident: resident.birth_date >= _OLD)  # stable: the old first, otherwise as shuffled
    elders, pool = pool[:dead], pool[dead:]
    stream(seed, "others").shuffle(pool)
    pool = elders + pool
    roles: dict[str, list[Resident]] = {}
    for role in ("died", "found_deceased", "captured", "left", "found_recorded", "found_moved"):
        roles[role], pool = pool[: sizes[role]], pool[sizes[role] :]
    roles["outstanding"] = list(pool)
    made = Cast(members, roles, residents, scale)
    for role, people in _AMONG_OUTSTANDING.items():
        roles[role], pool = _taken(pool, made.few(people))
    roles["plain"] = pool
    return made


def _taken(pool: list[Resident], people: int) -> tuple[list[Resident], list[Resident]]:
    if people > len(pool):
        raise ValueError("the scenario needs a scale of 1/100 or more")
    return pool[:people], pool[people:]
