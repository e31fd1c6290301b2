"""By-name lists: everyone behind a figure, one row each, read from the view `outstanding`.

A list is opened and ordered one kelurahan at a time, in order of code with `-` at the end, so that no more than a few
thousand people are ever in the clear at once. Where the caller wants the statements of one list to see one view, also
while a rebuild swaps it, its transaction is REPEATABLE READ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.errors import WrongUse
from projections.balances import balances
from projections.ledger import STANDS
from projections.rows import AT_ONCE, Key, through
from projections.selection import kelurahan_in
from projections.transfers import NOWHERE
from projections.walking import Asking, order, remembered
from projections.wanted import IS_MEMBER, Wanted, accounts_in, check, nowhere_yet, numbers_in, refuse_unheard

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from events.vault import Keys
    from projections.recent import Recent
    from projections.walks import Walks
    from projections.wanted import Sight

__all__ = ["Cut", "Key", "Page", "Wanted", "learn", "list_answer", "page", "rows", "total"]

_MOST_ROWS: Final = 1_000
#: People that a page looks at, for those that its filters ask for; fewer where each has to be opened.
_LOOKED_AT: Final = 3_000
_OPENED: Final = 750

_COUNT: Final = f"SELECT count(*) FROM ({STANDS.format(view='outstanding')}) AS stands WHERE {IS_MEMBER}"
# Each person's postings sum to 1 in the account where they stand, so nobody has to be told from another.
_SUM: Final = """
    SELECT coalesce((SELECT sum(people) FROM outstanding.posting
                     WHERE to_account = ANY(%(accounts)b::smallint[])
                       AND valid_on <= %(day)b AND position <= %(known)b), 0)
         - coalesce((SELECT sum(people) FROM outstanding.posting
                     WHERE from_account = ANY(%(accounts)b::smallint[])
                       AND valid_on <= %(day)b AND position <= %(known)b), 0)
"""


class Cut(NamedTuple):
    """How much of a list is a page: up to `limit` rows behind a place in it, or from its beginning."""

    limit: int
    after: Key | None = None


class Page(NamedTuple):
    """Some rows of a list, and the place where the next ones are to be looked for; None where there are none.

    `sight` is for `total` of the same question in the same transaction.
    """

    rows: list[dict[str, Any]]
    next: Key | None
    sight: Sight


def list_answer(cursor: psycopg.Cursor[Any], keys: Keys, wanted: Wanted) -> dict[str, Any]:
    """The whole list. NoAnswer: a day before the register's first, a position ahead of the view, an unknown list.

    WrongUse: no such standing or area.
    """
    return {"position": wanted.known, "on": wanted.day.isoformat(), "rows": list(rows(cursor, keys, wanted))}


def rows(
    cursor: psycopg.Cursor[Any], keys: Keys, wanted: Wanted, walks: Walks | None = None, *, full: bool = False
) -> Iterator[dict[str, Any]]:
    """The rows of a list, numbered from 1, a kelurahan at a time; refused, as `list_answer` says, before the first.

    At no time are more than 500 people in the clear, and what orders the people of one kelurahan.
    """
    one = Asking(cursor, keys, wanted, walks, _check(cursor, wanted))
    for met in through(one, None, AT_ONCE, full=full):
        if met.row is not None:
            yield met.row


def page(
    cursor: psycopg.Cursor[Any],
    keys: Keys,
    wanted: Wanted,
    cut: Cut,
    walks: Walks | None = None,
    *,
    full: bool = False,
) -> Page:
    """One page. Pages laid end to end are `rows`, in the same order with the same numbers, filters or not.

    With filters it may have fewer rows than the limit, or none, and still a next one: a page looks at some 3,000
    people, or at 750 where each has to be opened. WrongUse: a limit that is none, a place that is not in this list.
    """
    if not 1 <= cut.limit <= _MOST_ROWS:
        raise WrongUse(f"limit {cut.limit}: a page has from 1 to {_MOST_ROWS} rows")
    one = Asking(cursor, keys, wanted, walks, _check(cursor, wanted))
    filters = wanted.filters
    most = _OPENED if filters.by_person else _LOOKED_AT
    found: list[dict[str, Any]] = []
    looked_at, behind = 0, cut.after
    for key, row, ahead in through(one, cut.after, cut.limit, full=full):
        if row is None:
            if len(found) == cut.limit or (filters.any and looked_at >= most):
                return Page(found, key, one.sight)
            looked_at += ahead
        elif len(found) == cut.limit:
            return Page(found, behind, one.sight)
        else:
            found.append(row)
            behind = key
    return Page(found, None, one.sight)


def learn(cursor: psycopg.Cursor[Any], keys: Keys, wanted: Wanted, walks: Walks) -> None:
    """Look once at everybody in the list, so that no page of it, now or as more becomes known, has to."""
    one = Asking(cursor, keys, wanted, walks, _check(cursor, wanted))
    for area in kelurahan_in(wanted.area):
        order(one, area)


def total(
    cursor: psycopg.Cursor[Any],
    wanted: Wanted,
    walks: Walks | None = None,
    recent: Recent | None = None,
    sight: Sight | None = None,
) -> int:
    """How many rows a list has without its filters, of the ledger alone.

    Of everybody, with `recent`, it is what the view `counts` says, much sooner; of a kelurahan of which a page was
    given it is remembered. `sight` is what such a page has said: then the question is not checked once more.
    """
    areas = kelurahan_in(wanted.area)
    seen = _check(cursor, wanted) if sight is None else sight
    found = remembered(seen, wanted, walks) if walks is not None and len(areas) == 1 else None
    if found is not None:
        return len(found.marks)
    if recent is not None and wanted.list is None:
        held = balances(cursor, wanted.day, wanted.known, recent=recent)
        return sum(held.get(account, 0) for area in areas for account in accounts_in(wanted, area))
    statement = _SUM if wanted.list is None else _COUNT
    row = cursor.execute(statement.encode(), _asked(wanted), binary=True, prepare=False).fetchone()
    with_nowhere = any(NOWHERE in accounts_in(wanted, area) for area in areas)
    return int(row[0] if row else 0) + (len(nowhere_yet(cursor, wanted)) if with_nowhere else 0)


def _check(cursor: psycopg.Cursor[Any], wanted: Wanted) -> Sight:
    _asked(wanted)  # whether the words are any
    wanted.filters.refuse_before(wanted.day)
    sight = check(cursor, wanted.day, wanted.known)
    refuse_unheard(cursor, wanted)
    return sight


def _asked(wanted: Wanted) -> dict[str, Any]:
    numbers = [number for area in kelurahan_in(wanted.area) for number in numbers_in(wanted, area)]
    return {"accounts": numbers, "day": wanted.day, "known": wanted.known, "list": wanted.list}
