"""Tiles: an area each, coloured by a figure in five steps whose edges are round numbers, and 0 by itself.

They are no drawing but boxes of the page, so that they flow on any screen; the style sheet colours a step.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["STEPS", "Step", "legend", "step_of", "width_of"]

STEPS: Final = 5

_ROUND: Final = (1, 2, 2.5, 5, 10)
_FINEST: Final = 0.0001
"""No step is finer than a hundredth of a percent."""


class Step(NamedTuple):
    """A colour and the figures it stands for, from `least` up to and without `below`; of step 0 that is 0 alone."""

    number: int
    least: float
    below: float


def width_of(figures: Iterable[float], *, whole: bool = True) -> float:
    """How wide a step is so that five hold the greatest figure, rounded up to 1, 2, 2.5 or 5 times a power of ten.

    `whole`: of whole numbers, so that no step begins between two of them. Where there is nothing, a step is 1 wide.
    """
    most = max(figures, default=0)
    if most <= 0:
        return 1
    least = max(most / STEPS, _FINEST)
    power = 10.0 ** floor(log10(least))
    wide = next(one * power for one in _ROUND if one * power * STEPS > most)
    return max(float(ceil(wide)), 1.0) if whole else wide


def step_of(figure: float, width: float) -> int:
    """The step of a figure: 0 of nothing, else 1 to 5."""
    return 0 if figure <= 0 else min(int(figure / width) + 1, STEPS)


def legend(width: float) -> list[Step]:
    """Every step with the figures it stands for."""
    return [Step(0, 0, 0), *(Step(number, (number - 1) * width, number * width) for number in range(1, STEPS + 1))]
