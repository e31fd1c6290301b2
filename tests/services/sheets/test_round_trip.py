"""Whatever may be said can be said in a sheet: a fact that is written to one and read again is the same event."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.facts import TYPES
from events.territory import KELURAHAN, PROVINCES
from services.sheets.columns import BY_KELURAHAN, KINDS, LANGUAGES, Language, columns_of
from tests.services.sheets.paper import SOURCE, known, to_csv, to_xlsx
from tests.services.sheets.test_digits import niks

#: Texts that stay what they are: in a sheet spaces around one are lost, and XML has no control characters.
TEXTS = (
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=40)
    .map(str.strip)
    .filter(lambda text: text and not text.startswith(("=", "#")))
)
NUMBERS = st.integers(0, 999).map("{:03}".format)
DAYS = st.dates(date(1900, 3, 1), date(2026, 1, 1))
REGIONS = st.builds("{}{}".format, st.sampled_from(sorted(PROVINCES)), st.sampled_from(["", "01", "10"]))
CODES = st.sampled_from(sorted(KELURAHAN))

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "nik": niks(), "sex": st.sampled_from("MF"), "ever_married": st.booleans(), "kelurahan": CODES,
    "from_kelurahan": CODES, "to_kelurahan": CODES, "rt": NUMBERS, "rw": NUMBERS, "family_card": niks(),
    "destination": REGIONS, "origin": REGIONS, "regency": REGIONS, "rows": st.integers(0, 2**53 - 1),
    "kind": st.sampled_from(["register", "unrecorded"]),
    "place": st.sampled_from(["office", "kecamatan", "kelurahan", "mobile", "elsewhere"]),
    "outcome": st.sampled_from(["already_recorded", "moved_away", "deceased", "still_here", "not_found", "other"]),
    "withdraws_source": st.just(SOURCE),  # a source withdraws its own
    BY_KELURAHAN: st.dictionaries(CODES, st.integers(0, 10**6), min_size=1),
}  # fmt: skip
PARTICULARS = ("name", "sex", "birth_date", "ever_married", "address", "rt", "rw", "family_card")


@st.composite
def said(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Data of the kind that hold to their contract; days as `date`."""
    fields = TYPES[KINDS[kind]].model_fields
    data = {}
    for name, field in fields.items():
        if field.is_required() or draw(st.booleans()):
            day = name.endswith("_on") or name in {"birth_date", "as_of", "valid_until"}
            data[name] = draw(DAYS if day else VALUES.get(name, TEXTS))
    if data.get("valid_until", date.max) < data.get("departed_on", date.min):
        del data["valid_until"]
    if kind == "arrived":
        new = draw(st.booleans())
        data["kelurahan"] = draw(CODES)
        data.pop("regency", None)
        for name in PARTICULARS:
            data.pop(name, None)
        if new:
            data |= {name: draw(DAYS if name == "birth_date" else VALUES.get(name, TEXTS)) for name in PARTICULARS}
    return data


def rows_of(kind: str, data: dict[str, Any], language: Language) -> list[list[Any]]:
    """A header and the row that says it."""
    columns = [one for one in columns_of(KINDS[kind]) if one.field in data]
    by_kelurahan = data.get(BY_KELURAHAN, {})
    header = [one.heading(language) for one in columns] + [KELURAHAN[code] for code in by_kelurahan]
    row = [data[one.field] for one in columns] + list(by_kelurahan.values())
    return [[*header, "time"], [*row, "2018-11-21"]] if kind == "fact_withdrawn" else [header, row]


def data_of(event: Any) -> dict[str, Any]:
    return {name: value for name, value in event.data.__dict__.items() if value is not None}


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_fact_in_a_workbook_is_the_same_fact(kind: str, data: st.DataObject) -> None:
    fact = data.draw(said(kind))
    with TemporaryDirectory() as folder:
        rows = rows_of(kind, fact, data.draw(st.sampled_from(LANGUAGES)))
        (event,) = known(to_xlsx(Path(folder) / "a.xlsx", rows, kind)).events.values()

    assert data_of(event) == fact


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_fact_in_a_csv_is_the_same_fact(kind: str, data: st.DataObject) -> None:
    fact = data.draw(said(kind))
    for number in ("nik", "family_card"):  # what ends in 0 is another test's
        if fact.get(number, "").endswith("0"):
            fact[number] = f"{fact[number][:-1]}7"
    with TemporaryDirectory() as folder:
        rows = rows_of(kind, fact, data.draw(st.sampled_from(LANGUAGES)))
        file = to_csv(Path(folder) / "a.csv", rows, separator=data.draw(st.sampled_from(";,\t")))
        (event,) = known(file, kind).events.values()

    assert data_of(event) == fact
