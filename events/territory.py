"""The territory: the areas of Kota Kupang, the regencies of its province, the provinces of the country.

Codes are the Ministry of Home Affairs' own, with dots. The statistics bureau numbers districts differently: its codes
are never joined with these.
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "CITY",
    "CITY_NAME",
    "KECAMATAN",
    "KELURAHAN",
    "PROVINCES",
    "REGENCIES",
    "UNLISTED",
    "Level",
    "area_of",
    "name_of",
]

Level = Literal["kelurahan", "kecamatan", "city"]

CITY: Final = "53.71"
CITY_NAME: Final = "Kota Kupang"

#: The area of a resident who is on no list and has moved nowhere: no kelurahan is known.
UNLISTED: Final = "-"

#: Province code to name.
PROVINCES: Final[dict[str, str]] = {
    "11": "Aceh",
    "12": "Sumatera Utara",
    "13": "Sumatera Barat",
    "14": "Riau",
    "15": "Jambi",
    "16": "Sumatera Selatan",
    "17": "Bengkulu",
    "18": "Lampung",
    "19": "Kepulauan Bangka Belitung",
    "21": "Kepulauan Riau",
    "31": "Daerah Khusus Ibukota Jakarta",
    "32": "Jawa Barat",
    "33": "Jawa Tengah",
    "34": "Daerah Istimewa Yogyakarta",
    "35": "Jawa Timur",
    "36": "Banten",
    "51": "Bali",
    "52": "Nusa Tenggara Barat",
    "53": "Nusa Tenggara Timur",
    "61": "Kalimantan Barat",
    "62": "Kalimantan Tengah",
    "63": "Kalimantan Selatan",
    "64": "Kalimantan Timur",
    "65": "Kalimantan Utara",
    "71": "Sulawesi Utara",
    "72": "Sulawesi Tengah",
    "73": "Sulawesi Selatan",
    "74": "Sulawesi Tenggara",
    "75": "Gorontalo",
    "76": "Sulawesi Barat",
    "81": "Maluku",
    "82": "Maluku Utara",
    "91": "Papua",
    "92": "Papua Barat",
    "93": "Papua Selatan",
    "94": "Papua Tengah",
    "95": "Papua Pegunungan",
    "96": "Papua Barat Daya",
}

#: The regencies and cities of Nusa Tenggara Timur (53), code to name.
REGENCIES: Final[dict[str, str]] = {
    "53.01": "Kabupaten Kupang",
    "53.02": "Kabupaten Timor Tengah Selatan",
    "53.03": "Kabupaten Timor Tengah Utara",
    "53.04": "Kabupaten Belu",
    "53.05": "Kabupaten Alor",
    "53.06": "Kabupaten Flores Timur",
    "53.07": "Kabupaten Sikka",
    "53.08": "Kabupaten Ende",
    "53.09": "Kabupaten Ngada",
    "53.10": "Kabupaten Manggarai",
    "53.11": "Kabupaten Sumba Timur",
    "53.12": "Kabupaten Sumba Barat",
    "53.13": "Kabupaten Lembata",
    "53.14": "Kabupaten Rote Ndao",
    "53.15": "Kabupaten Manggarai Barat",
    "53.16": "Kabupaten Nagekeo",
    "53.17": "Kabupaten Sumba Tengah",
    "53.18": "Kabupaten Sumba Barat Daya",
    "53.19": "Kabupaten Manggarai Timur",
    "53.20": "Kabupaten Sabu Raijua",
    "53.21": "Kabupaten Malaka",
    "53.71": "Kota Kupang",
}

#: The 6 kecamatan of the city, code to name.
KECAMATAN: Final[dict[str, str]] = {
    "53.71.01": "Alak",
    "53.71.02": "Maulafa",
    "53.71.03": "Kelapa Lima",
    "53.71.04": "Oebobo",
    "53.71.05": "Kota Raja",
    "53.71.06": "Kota Lama",
}

#: The 51 kelurahan of the city, code to name; the first 8 characters of a code are its kecamatan.
KELURAHAN: Final[dict[str, str]] = {
    "53.71.01.1001": "Namosain",
    "53.71.01.1002": "Nunbaun Sabu",
    "53.71.01.1003": "Nunbaun Delha",
    "53.71.01.1004": "Nunhila",
    "53.71.01.1005": "Fatufeto",
    "53.71.01.1006": "Manutapen",
    "53.71.01.1007": "Mantasi",
    "53.71.01.1008": "Alak",
    "53.71.01.1009": "Batu Plat",
    "53.71.01.1010": "Manulai II",
    "53.71.01.1011": "Naioni",
    "53.71.01.1012": "Penkase Oeleta",
    "53.71.02.1001": "Oepura",
    "53.71.02.1002": "Maulafa",
    "53.71.02.1003": "Penfui",
    "53.71.02.1004": "Naimata",
    "53.71.02.1005": "Bello",
    "53.71.02.1006": "Fatukoa",
    "53.71.02.1007": "Kolhua",
    "53.71.02.1008": "Sikumana",
    "53.71.02.1009": "Naikolan",
    "53.71.03.1001": "Kelapa Lima",
    "53.71.03.1010": "Oesapa",
    "53.71.03.1011": "Lasiana",
    "53.71.03.1014": "Oesapa Barat",
    "53.71.03.1015": "Oesapa Selatan",
    "53.71.04.1001": "Oebobo",
    "53.71.04.1008": "Oetete",
    "53.71.04.1009": "Oebufu",
    "53.71.04.1010": "Liliba",
    "53.71.04.1011": "Fatululi",
    "53.71.04.1013": "Kayu Putih",
    "53.71.04.1014": "Tuak Daun Merah",
    "53.71.05.1001": "Bakunase",
    "53.71.05.1002": "Bakunase Dua",
    "53.71.05.1003": "Airnona",
    "53.71.05.1004": "Naikoten Satu",
    "53.71.05.1005": "Naikoten Dua",
    "53.71.05.1006": "Kuanino",
    "53.71.05.1007": "Nunleu",
    "53.71.05.1008": "Fontein",
    "53.71.06.1001": "Airmata",
    "53.71.06.1002": "Lai Lai Bisi Kopan",
    "53.71.06.1003": "Bonipoi",
    "53.71.06.1004": "Solor",
    "53.71.06.1005": "Tode Kisar",
    "53.71.06.1006": "Merdeka",
    "53.71.06.1007": "Oeba",
    "53.71.06.1008": "Fatubesi",
    "53.71.06.1009": "Pasir Panjang",
    "53.71.06.1010": "Nefonaek",
}

_LENGTH: Final[dict[Level, int]] = {"kelurahan": len("53.71.01.1001"), "kecamatan": len("53.71.01"), "city": len(CITY)}
_NAMES: Final = {UNLISTED: UNLISTED, CITY: CITY_NAME, **KECAMATAN, **KELURAHAN}


def area_of(kelurahan: str, level: Level) -> str:
    """The area of that level which the kelurahan lies in; people without a kelurahan (`-`) are `-` at every level."""
    return kelurahan[: _LENGTH[level]]


def name_of(area: str) -> str:
    """The name of a kelurahan, a kecamatan, the city or `-`; KeyError for a code that is none of them."""
    return _NAMES[area]
