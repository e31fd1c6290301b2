"""The words made-up residents are put together from: given names, family names of Timor and around, streets."""

from __future__ import annotations

__all__ = ["FAMILIES", "MEN", "STREETS", "VERIFIERS", "WOMEN"]

_MEN = (
    "Yohanes Petrus Melkianus Marthen Yusuf Simon Daniel Markus Agustinus Soleman Imanuel Oktovianus Yeremias Gerson "
    "Frengki Robinson Adrianus Benyamin Kristian Dominggus Elias Filmon Gabriel Herman Isak Jefri Kornelis Lukas "
    "Matheos Nikodemus Obed Paulus Rafael Stefanus Thomas Urbanus Viktor Welem Yakobus Zakarias Ahmad Rahman Budi "
    "Wayan Semuel Ferdinan Aleksander Bernadus"
)
_WOMEN = (
    "Maria Yuliana Marselina Adriana Yosina Martha Dorkas Novita Yanti Ferderika Agustina Bernadete Kristina Debora "
    "Elisabet Fransina Getrudis Herlina Ida Juliana Katarina Lusia Margarita Naomi Orpa Paulina Rosalia Selfina "
    "Theresia Ursula Veronika Wilhelmina Yakoba Yumina Siti Fatima Nyoman Sarlota Antonia Blandina Dortia Emerensiana "
    "Helena Mince Norma Rut Sofia Welmince"
)
_FAMILIES = (
    "Nalle Foenay Tahun Manafe Ndolu Bessie Lay Ballo Taneo Banu Nenobais Tefa Benu Kolo Neno Sonbai Mella Adoe Ndun "
    "Dethan Pellokila Haning Bengu Radja Riwu Djami Lede Kana Hina Dima Fanggidae Amalo Messakh Saudale Doko Tallo "
    "Lema Koroh Nubatonis Nope Oematan Snae Tabun Ulu Bani Boimau Faot Kase Lakapu Missa Nomleni Oenunu Pah Selan "
    "Tafuli Usfinit Atolan Bait Feoh Giri Hede Kopong Lamak Mau Nahak Bria Seran Klau Bere Lopo"
)
MEN, WOMEN, FAMILIES = tuple(_MEN.split()), tuple(_WOMEN.split()), tuple(_FAMILIES.split())
STREETS = (
    "Cendana", "Lontar", "Sasando", "Flamboyan", "Bougenville", "Kelapa", "Asam", "Gewang", "Kesambi", "Beringin",
    "Mawar", "Melati", "Anggrek", "Kenanga", "Nangka", "Mangga", "Bakau", "Karang", "Pantai", "Bukit", "Mata Air",
    "Pelita", "Harapan", "Damai", "Persatuan", "Perintis", "Nelayan", "Rajawali", "Cakalang", "Merpati",
)  # fmt: skip
VERIFIERS = tuple(f"Petugas pendataan {letter}{number}" for letter in "ABCDEF" for number in range(1, 9))
