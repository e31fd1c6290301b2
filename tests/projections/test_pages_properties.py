"""Pages laid end to end are the list, whoever is asked for, whatever was remembered of other questions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.by_name import Cut, Wanted, page, rows, total
from projections.filters import REASONS, Filters
from projections.people import counted
from projections.walks import Walks
from tests.projections.register import Register
from tests.projections.residents import FIRST_DAY, HERE, declared, residents

if TYPE_CHECKING:
    from datetime import date

    from projections.reading import Fact
    from tests.projections.register import Told

LIST = "PUSAT-2018-11"
NIKS = [f"537101010190{n}" for n in range(9001, 9013)]
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))
PARTICULARS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Ani", "ani", "Budi"]),
        "rw": st.sampled_from(["1", "002", "2", "010", "Lama 3"]),
        "rt": st.sampled_from(["1", "001", "02"]),
        "birth_date": st.sampled_from(["1973-05-01", "1995-11-03", "2001-11-05"]),
        "family_card": st.sampled_from(["5371010101180001", "5371010101180002"]),
    }
)

on_a_register = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def populations(draw: st.DrawFn) -> list[Told]:
    """A list and what is said of twelve people, mixed; the same person may be told of with other particulars."""
    of_people: list[tuple[str, Fact]] = [(nik, fact) for nik in NIKS for fact in draw(residents(most=4))]
    told = [(who, fact, draw(PARTICULARS)) for who, fact in draw(st.permutations(of_people))]
    return [(LIST, declared(FIRST_DAY.isoformat(), 4, {HERE: 4}), {}), *told]


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    from_, to = sorted(draw(st.tuples(st.integers(15, 50), st.integers(15, 50))))
    asked: dict[str, st.SearchStrategy[Any]] = {
        "rw": st.sampled_from(["2", "001", "10", "Lama 3"]),
        "rt": st.sampled_from(["1", "2"]),
        "age_from": st.just(from_),
        "age_to": st.just(to),
        "reason": st.sampled_from(REASONS),
        "not_visited_for": st.integers(1, 9),
        "home_visit_needed": st.booleans(),
    }
    some = draw(st.sets(st.sampled_from(sorted(asked)), max_size=2))
    return Filters(**{name: draw(asked[name]) for name in some})


def asked_for(row: dict[str, Any], filters: Filters, day: date) -> bool:
    """What the filters mean, said of the finished row."""
    visited = None if row["last_visit"] is None else (day - day.fromisoformat(row["last_visit"])).days
    return all(
        asked is None or held
        for asked, held in (
            (filters.rw, counted(row["rw"] or "") == counted(filters.rw or "")),
            (filters.rt, counted(row["rt"] or "") == counted(filters.rt or "")),
            (filters.age_from, row["age"] is not None and row["age"] >= (filters.age_from or 0)),
            (filters.age_to, row["age"] is not None and row["age"] <= (filters.age_to or 0)),
            (filters.reason, row["reason"] == filters.reason),
            (filters.not_visited_for, visited is None or visited >= (filters.not_visited_for or 0)),
            (filters.home_visit_needed, row["home_visit_needed"] is filters.home_visit_needed),
        )
    )


def laid(made: Register, wanted: Wanted, limit: int, walks: Walks | None) -> list[dict[str, Any]]:
    found, after = [], None
    while True:
        some, after, _ = page(made.cursor, made.keys, wanted, Cut(limit, after), walks)
        assert len(some) <= limit
        found += some
        if after is None:
            return found
        assert wanted.filters.any or len(some) == limit


@on_a_register
@given(told=populations(), day=DAYS, limit=st.integers(1, 13), asked=filters(), data=st.data())
def test_pages_laid_end_to_end_are_the_list_filtered(
    register: Register, told: list[Told], day: date, limit: int, asked: Filters, data: st.DataObject
) -> None:
    walks = Walks(data.draw(st.sampled_from([1, 300, 1_000_000])))
    with register.cursor.connection.transaction(force_rollback=True):
        made = Register(register.cursor, register.keys)
        made.tell_all(told)
        heard = any(getattr(fact, "list", None) == "L" for _, fact, _ in told)
        for known in data.draw(st.lists(st.integers(made.position // 2 + 1, made.position), min_size=1, max_size=3)):
            for word in data.draw(st.sets(st.sampled_from(["official", "cleared", "underage"]), min_size=1)):
                on_list = "L" if heard and known == made.position and data.draw(st.booleans()) else None
                wanted = Wanted(word, day, known, list=on_list)
                whole = list(rows(made.cursor, made.keys, wanted))
                assert [row["number"] for row in whole] == list(range(1, len(whole) + 1))
                assert laid(made, wanted, limit, walks) == whole
                assert total(made.cursor, wanted) == len(whole)
                assert total(made.cursor, wanted, walks) == len(whole)
                only = Wanted(word, day, known, None, on_list, asked)
                let = [row for row in whole if asked_for(row, asked, day)]
                filtered = laid(made, only, limit, data.draw(st.sampled_from([walks, None])))
                assert [row["subject"] for row in filtered] == [row["subject"] for row in let]
                assert [row["number"] for row in filtered] == list(range(1, len(let) + 1))
                assert filtered == list(rows(made.cursor, made.keys, only, walks))
