"""A timeline as double entry: one transfer of a person for each step, from the account before it to its own.

`nowhere` is the contra account: everyone comes from it, so all balances with it sum to zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from projections.reading import Step

__all__ = ["NOWHERE", "Account", "Transfer", "difference", "transfers"]


class Account(NamedTuple):
    """`area` is a kelurahan's code, or `-` for the unlisted and for `nowhere`."""

    area: str
    standing: str


class Transfer(NamedTuple):
    """On `valid_on` the person leaves `from_` and stands in `to`, that day included."""

    valid_on: date
    from_: Account
    to: Account


NOWHERE: Final = Account("-", "nowhere")


def transfers(timeline: tuple[Step, ...]) -> frozenset[Transfer]:
    """The transfers of one resident: at most one a day, and they chain from `nowhere` to the last standing."""
    made = []
    before = NOWHERE
    for day, area, standing in timeline:
        account = Account(area, standing)
        made.append(Transfer(day, before, account))
        before = account
    return frozenset(made)


def difference(before: frozenset[Transfer], after: frozenset[Transfer]) -> tuple[tuple[Transfer, int], ...]:
    """What to post: +1 for a transfer that is new, −1 for one that no longer holds, on its own pair of accounts.

    Turning a cancelled transfer round instead (+1 from `to` to `from_`) would give the same balances, and read as a
    flow that never was: a late death that cancels a recording would show as an un-recording. In order of
    (valid_on, people, from, to), so that the same change is always the same text.
    """
    if before == after:
        return ()
    posted = [(transfer, -1) for transfer in before - after]
    posted += [(transfer, 1) for transfer in after - before]
    posted.sort(key=lambda post: (post[0].valid_on, post[1], post[0].from_, post[0].to))
    return tuple(posted)
