from __future__ import annotations

from collections import Counter

import pytest

from events.territory import CITY, KECAMATAN, KELURAHAN, PROVINCES, REGENCIES, area_of, name_of


def test_the_city_has_51_kelurahan_in_6_kecamatan() -> None:
    assert Counter(name_of(code[:8]) for code in KELURAHAN) == {
        "Alak": 12,
        "Maulafa": 9,
        "Kelapa Lima": 5,
        "Oebobo": 7,
        "Kota Raja": 8,
        "Kota Lama": 10,
    }
    assert list(KECAMATAN) == [f"53.71.0{n}" for n in range(1, 7)]
    assert len(set(KELURAHAN.values())) == len(KELURAHAN) == 51


def test_the_country_has_38_provinces_and_the_province_22_regencies() -> None:
    assert len(PROVINCES) == 38
    assert len(REGENCIES) == 22
    assert REGENCIES[CITY] == "Kota Kupang"
    assert all(code.startswith("53.") for code in REGENCIES)


def test_codes_are_in_order() -> None:
    for table in (PROVINCES, REGENCIES, KECAMATAN, KELURAHAN):
        assert list(table) == sorted(table)


@pytest.mark.parametrize("kelurahan", KELURAHAN)
def test_a_kelurahan_lies_in_its_kecamatan_and_in_the_city(kelurahan: str) -> None:
    assert area_of(kelurahan, "kelurahan") == kelurahan
    assert area_of(kelurahan, "kecamatan") in KECAMATAN
    assert area_of(kelurahan, "city") == CITY


def test_people_without_a_kelurahan_are_a_row_of_their_own_at_every_level() -> None:
    assert {area_of("-", "kelurahan"), area_of("-", "kecamatan"), area_of("-", "city")} == {"-"}
    assert name_of("-") == "-"


def test_areas_have_names() -> None:
    assert [name_of(area) for area in ("53.71", "53.71.04", "53.71.04.1014")] == [
        "Kota Kupang",
        "Oebobo",
        "Tuak Daun Merah",
    ]
    with pytest.raises(KeyError):
        name_of("53.71.09")
