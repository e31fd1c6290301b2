"""Made-up residents of Kota Kupang: names, NIKs, family cards and addresses that belong to nobody.

Every NIK has a serial from 9000, as made-up ones must; no two residents share one. Where people live follows the
weights of the kecamatan (cards handed out in 2012–13); within a kecamatan the weights are drawn from the seed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from events.territory import KECAMATAN, KELURAHAN
from services.scenario.names import FAMILIES, MEN, STREETS, WOMEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

__all__ = ["Ages", "Resident", "Residents", "neighbour", "share"]

#: Cards handed out in 2012–13, by kecamatan: the published weights.
WEIGHTS = {
    "53.71.01": 19_972,
    "53.71.02": 29_270,
    "53.71.03": 19_143,
    "53.71.04": 24_629,
    "53.71.05": 18_775,
    "53.71.06": 10_842,
}

#: The serials of a district, day and sex: one half for the people of both lists, the other for who is on neither.
_SERIALS, _OTHER_SERIALS = range(9_000, 9_500), range(9_500, 10_000)
_TWO_DIGITS = tuple(f"{number:02d}" for number in range(100))
#: Households among people on a list: most are there alone.
_SIZES = (1, 1, 1, 2, 2, 3)
#: One in 25 was first registered in another kecamatan; one in 400 had the birth date corrected after the NIK was given.
_REGISTERED_ELSEWHERE, _CORRECTED = 0.04, 0.0025


class Resident(NamedTuple):
    """Somebody made up; `number` counts from 1 and stands in the ids of the facts about them."""

    number: int
    nik: str
    name: str
    sex: str
    birth_date: str
    ever_married: bool
    kelurahan: str
    address: str
    rt: str
    rw: str
    family_card: str


class Ages(NamedTuple):
    """The first and last birth date of a group, and how strongly it leans to the young (1 not at all)."""

    first: date
    last: date
    lean: float


class _Home(NamedTuple):
    kelurahan: str
    address: str
    rt: str
    rw: str
    family_card: str
    family: str


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total by weights, by largest remainder; of equal remainders the first gets one more."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def neighbour(kelurahan: str) -> str:
    """The next kelurahan of the same kecamatan, after the last one the first."""
    among = _WITHIN[kelurahan[:8]]
    return among[(among.index(kelurahan) + 1) % len(among)]


class Residents:
    """Makes residents, group after group; knows which numbers and NIKs are taken."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._made = 0
        self._serials = _SERIALS
        self._taken: dict[str, int] = {}
        self._pull = {kelurahan: rng.randrange(50, 150) for kelurahan in KELURAHAN}

    def others(self, rng: Random, after: int) -> Residents:
        """Make people who live where these do, of another chance, with numbers behind `after` and NIKs of their own."""
        others = Residents(rng)
        others._made = after
        others._serials = _OTHER_SERIALS
        others._pull = self._pull
        return others

    def make(self, people: int, ages: Ages) -> Iterator[Resident]:
        """So many residents, kelurahan by kelurahan and family by family, each made when it is asked for."""
        for kelurahan, count in self._spread(people):
            left = count
            while left:
                home = self._home(kelurahan)
                size = min(self._rng.choice(_SIZES), left)
                for _ in range(size):
                    yield self._person(home, ages)
                left -= size

    def _spread(self, people: int) -> Iterator[tuple[str, int]]:
        for kecamatan, part in zip(WEIGHTS, share(people, list(WEIGHTS.values())), strict=True):
            among = _WITHIN[kecamatan]
            yield from zip(among, share(part, [self._pull[kelurahan] for kelurahan in among]), strict=True)

    def _home(self, kelurahan: str) -> _Home:
        rng = self._rng
        rw = 1 + int(rng.random() * 12)
        rt = 3 * (rw - 1) + 1 + int(rng.random() * 3)
        issued = _day(rng, date(2008, 1, 1), date(2018, 10, 1))
        address = f"Jl. {rng.choice(STREETS)} No. {1 + int(rng.random() * 180)}"
        card = self._number(kelurahan[6:8], issued, 0)
        return _Home(kelurahan, address, f"{rt:03d}", f"{rw:03d}", card, rng.choice(FAMILIES))

    def _person(self, home: _Home, ages: Ages) -> Resident:
        rng = self._rng
        self._made += 1
        woman = rng.random() < 0.5
        born = _day(rng, ages.first, ages.last, ages.lean)
        given = rng.choice(WOMEN if woman else MEN)
        if rng.random() < 0.6:
            given = f"{given} {rng.choice(WOMEN if woman else MEN)}"
        return Resident(
            number=self._made,
            nik=self._nik(home.kelurahan[6:8], born, woman=woman),
            name=f"{given} {home.family}",
            sex="F" if woman else "M",
            birth_date=born.isoformat(),
            ever_married=born.year < 2000 and rng.random() < 0.45,
            kelurahan=home.kelurahan,
            address=home.address,
            rt=home.rt,
            rw=home.rw,
            family_card=home.family_card,
        )

    def _nik(self, district: str, born: date, *, woman: bool) -> str:
        odd = self._rng.random()
        if odd < _REGISTERED_ELSEWHERE:
            district = self._rng.choice(list(KECAMATAN))[6:8]
        elif odd > 1 - _CORRECTED:
            born = born.replace(day=born.day % 28 + 1)
        return self._number(district, born, 40 if woman else 0)

    def _number(self, district: str, day: date, added: int) -> str:
        """The next free number of that district and day; an OverflowError would be a day with 500 people."""
        head = f"5371{district}{_TWO_DIGITS[day.day + added]}{_TWO_DIGITS[day.month]}{_TWO_DIGITS[day.year % 100]}"
        taken = self._taken.get(head, 0)
        if taken == len(self._serials):
            raise OverflowError(f"more than {taken} made-up residents of one district, day and sex")
        self._taken[head] = taken + 1
        return f"{head}{self._serials[taken]}"


def _day(rng: Random, first: date, last: date, lean: float = 1.0) -> date:
    """A day of the span, both ends included; with a lean above 1 the late days are likelier."""
    span = last.toordinal() - first.toordinal() + 1
    return date.fromordinal(last.toordinal() - int(rng.random() ** lean * span))


_WITHIN = {kecamatan: [code for code in KELURAHAN if code.startswith(kecamatan)] for kecamatan in KECAMATAN}
