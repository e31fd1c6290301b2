"""The columns of a sheet: what each is called in both languages, how its cells are read, how they are to be formatted.

The reader, the empty sheet and the page that explains it all go by this one table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, Literal

from events.errors import WrongUse
from events.facts import TOPIC_OF, TYPES, VALID_ON
from services.sheets import days, digits, spellings, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.sheets.cells import Value

__all__ = [
    "ATTRIBUTES", "BY_KELURAHAN", "KINDS", "LANGUAGES", "NUMBER", "Column", "Form", "Language", "columns_of",
    "kind_named", "needed", "type_of",
]  # fmt: skip

Language = Literal["id", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")

#: The field of a list's control totals: in a sheet, a column for each kelurahan.
BY_KELURAHAN: Final = "rows_by_kelurahan"


class Form(Enum):
    """What a column holds, and so how it is formatted."""

    TEXT = auto()
    """Also numbers that are no quantities, such as a NIK or an RT: all their digits count, zeros in front too."""
    DAY = auto()
    COUNT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column that may stand in a sheet. `code` is that of a value which cannot be read.

    `field` is one of the type's data or an attribute of the event, and its name in English.
    """

    field: str
    indonesian: str
    read: Callable[[Value], Any]
    also: tuple[str, ...] = ()
    form: Form = Form.TEXT
    code: str = "bad_data"
    words: words.Words | None = None

    def heading(self, language: Language) -> str:
        return self.indonesian if language == "id" else self.field

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that is understood."""
        return (self.field, self.indonesian, *self.also)


def _day(name: str, indonesian: str, *also: str) -> Column:
    return Column(name, indonesian, days.day, also, Form.DAY)


def _text(name: str, indonesian: str, *also: str) -> Column:
    return Column(name, indonesian, words.text, also)


def _document(name: str, indonesian: str, *also: str) -> Column:
    return Column(name, indonesian, words.document, also)


def _choice(name: str, indonesian: str, of: words.Words, *also: str) -> Column:
    return Column(name, indonesian, of.read, also, words=of)


def _kelurahan(name: str, indonesian: str, *also: str) -> Column:
    return Column(name, indonesian, spellings.kelurahan, also, code="unknown_kelurahan")


def _region(name: str, indonesian: str, *also: str) -> Column:
    return Column(name, indonesian, digits.region, also)


def _neighbourhood(name: str) -> Column:
    return Column(name, name.upper(), digits.neighbourhood, (f"no {name}",))


_FIELDS: Final = (
    Column("nik", "NIK", digits.nik, ("no nik", "nomor induk kependudukan"), code="bad_nik"),
    _text("list", "Nama Daftar", "daftar"),
    _choice("kind", "Jenis Daftar", words.KIND, "jenis"),
    _day("as_of", "Per Tanggal", "tanggal", "keadaan tanggal"),
    Column("rows", "Jumlah Baris", digits.count, ("jumlah", "total"), Form.COUNT),
    _day("listed_on", "Tanggal Daftar", "tanggal terdaftar", "per tanggal"),
    _text("name", "Nama", "nama lengkap", "nama penduduk"),
    _choice("sex", "Jenis Kelamin", words.SEX, "jk", "l/p", "kelamin", "jns kelamin"),
    _day("birth_date", "Tanggal Lahir", "date of birth"),
    _choice("ever_married", "Pernah Kawin", words.MARRIED, "status kawin", "status perkawinan", "status nikah"),
    _kelurahan("kelurahan", "Kelurahan", "kel", "desa/kelurahan", "nama kelurahan", "kode kelurahan"),
    _region("regency", "Kabupaten/Kota", "kode kabupaten/kota", "kab/kota"),
    _text("address", "Alamat", "alamat lengkap", "jalan"),
    _neighbourhood("rt"),
    _neighbourhood("rw"),
    Column("family_card", "Nomor KK", digits.card, ("kk", "nokk", "no kartu keluarga", "kartu keluarga")),
    _day("captured_on", "Tanggal Perekaman", "tanggal rekam"),
    _choice("place", "Tempat Perekaman", words.PLACE, "tempat", "lokasi"),
    _text("session", "Sesi", "kegiatan"),
    _text("status", "Status", "status perekaman"),
    _day("reported_on", "Tanggal Status", "tanggal", "tanggal lapor"),
    _day("departed_on", "Tanggal Pindah", "tanggal keluar"),
    _document("document_no", "Nomor SKPWNI", "nomor surat", "nomor surat pindah", "skpwni"),
    _region("destination", "Kode Tujuan", "tujuan"),
    _day("valid_until", "Berlaku Sampai", "masa berlaku", "berlaku sampai dengan"),
    _day("arrived_on", "Tanggal Datang", "tanggal masuk"),
    _region("origin", "Kode Asal", "asal"),
    _day("moved_on", "Tanggal Pindah", "tanggal"),
    _kelurahan("from_kelurahan", "Kelurahan Asal", "dari kelurahan", "asal"),
    _kelurahan("to_kelurahan", "Kelurahan Tujuan", "ke kelurahan", "tujuan"),
    _day("died_on", "Tanggal Meninggal", "tanggal kematian", "tanggal wafat"),
    _document("certificate_no", "Nomor Akta Kematian", "nomor akta", "akta kematian"),
    _day("found_on", "Tanggal Kunjungan", "tanggal pendataan", "tanggal"),
    _choice("outcome", "Hasil", words.OUTCOME, "hasil kunjungan", "hasil pendataan", "temuan"),
    _text("verifier", "Petugas", "nama petugas"),
    _text("note", "Catatan", "keterangan", "ket"),
    _text("withdraws_source", "Sumber yang Ditarik"),
    _text("withdraws_id", "ID yang Ditarik"),
    _text("reason", "Alasan"),
)

#: What may stand beside the data, whatever the kind: the attributes of the event.
ATTRIBUTES: Final = (
    Column("time", "Waktu", days.instant, ("waktu kejadian",), Form.DAY, "bad_time"),
    Column("recordedtime", "Tanggal Catat", days.instant, ("waktu catat", "tanggal dicatat"), Form.DAY, "bad_time"),
    Column("id", "ID", words.text, ("kode baris",), code="not_cloudevents"),
    Column("source", "Sumber", words.text, code="not_cloudevents"),
)

#: The running number of an office's rows, which says nothing and is passed over.
NUMBER: Final = Column("", "No", words.text, ("no urut", "nomor urut"))

_BY_NAME: Final = {column.field: column for column in _FIELDS}


def _kind(type_: str) -> str:
    """The short name of a type; with its topic where the participle alone does not say of what."""
    _, topic, name, _ = type_.split(".")
    return f"{topic}.{name}" if name in {"registered", "reported"} else name


#: The name of each kind of fact to its type.
KINDS: Final = {_kind(type_): type_ for type_ in TYPES}
_NAMES: Final = {
    re.sub("[^a-z0-9]", "", name): type_
    for type_ in TYPES
    for name in (type_, type_[6:], type_[6:-3], type_[len(TOPIC_OF[type_]) + 1 : -3])
}


def kind_named(text: str) -> str | None:
    """The type of that name, short or full; None where there is none."""
    return _NAMES.get(re.sub("[^a-z0-9]", "", text.casefold()))


def type_of(text: str) -> str:
    """The type of that name; WrongUse, with those that there are, where there is none."""
    type_ = kind_named(text)
    if type_ is None:
        near = get_close_matches(text, KINDS, n=1)
        hint = f"is it {near[0]}? T" if near else "t"
        raise WrongUse(f"there is no kind {text!r}; {hint}here are {', '.join(KINDS)}")
    return type_


def columns_of(type_: str) -> tuple[Column, ...]:
    """The columns of the type's own data in the contract's order, without those by kelurahan."""
    return tuple(_BY_NAME[name] for name in TYPES[type_].model_fields if name != BY_KELURAHAN)


def needed(type_: str) -> frozenset[str]:
    """The fields that every row must have; a fact without a day of its own needs a time."""
    must = {name for name, one in TYPES[type_].model_fields.items() if one.is_required() and name != BY_KELURAHAN}
    return frozenset(must if VALID_ON[type_] else must | {"time"})
