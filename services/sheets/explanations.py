"""What the template's second page says of each column, in both languages, with an example that is accepted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.sheets.columns import Language

__all__ = ["EXPLAINED", "NEWCOMER", "RULES", "WORDS", "Explained"]


class Explained(NamedTuple):
    """`example` is what a cell may hold; None where the examples of the other columns leave no room for one."""

    id: str
    en: str
    example: str | int | bool | date | None

    def said(self, language: Language) -> str:
        return self.id if language == "id" else self.en


_NIK_ID: Final = "16 angka, sebagai teks"
_NIK_EN: Final = "16 digits, as text"
_DAY_ID: Final = "tanggal, hari lebih dahulu: 23/11/2018"
_DAY_EN: Final = "a day, the day of the month first: 23/11/2018"
_PLACE_ID: Final = "nama atau kode kelurahan; lihat daftar di samping"
_PLACE_EN: Final = "the name or the code of a kelurahan; see the list beside"
_REGION_ID: Final = "kode provinsi (2 angka) atau kabupaten/kota (4 angka)"
_REGION_EN: Final = "the code of a province (2 digits) or of a regency or city (4)"
_NEW_ID: Final = " Hanya untuk penduduk baru di kota ini: semua data diri, atau tidak satu pun."
_NEW_EN: Final = " Only of a newcomer to this city: all particulars, or none."

#: A field to what is said of it; where it is a closed set, its words follow.
EXPLAINED: Final[Mapping[str, Explained]] = {
    "nik": Explained(f"NIK penduduk: {_NIK_ID}.", f"The resident's NIK: {_NIK_EN}.", "5371010101909001"),
    "list": Explained("Nama daftar, sama di setiap baris.", "The list's name, the same in each row.", "PUSAT-2018-11"),
    "kind": Explained("Isi daftar: salah satu dari", "What the list holds: one of", "unrecorded"),
    "as_of": Explained(
        f"Keadaan per tanggal berapa: {_DAY_ID}.", f"The day the list is true of: {_DAY_EN}.", date(2018, 11, 1)
    ),
    "rows": Explained("Jumlah semua baris dalam daftar.", "How many rows the list has in all.", 3),
    "listed_on": Explained(
        f"Tanggal keadaan daftar: {_DAY_ID}.", f"The day the row is true of: {_DAY_EN}.", date(2018, 11, 1)
    ),
    "name": Explained("Nama lengkap.", "The full name.", "Contoh Warga"),
    "sex": Explained("Jenis kelamin: salah satu dari", "The sex: one of", "M"),
    "birth_date": Explained(f"Tanggal lahir: {_DAY_ID}.", f"The day of birth: {_DAY_EN}.", date(1990, 1, 1)),
    "ever_married": Explained(
        "Kawin atau pernah kawin: `ya` atau `tidak`, atau status perkawinan seperti `belum kawin`, `cerai mati`.",
        "Whether the resident is or ever was married: `yes` or `no`.",
        False,
    ),
    "kelurahan": Explained(f"Kelurahan tempat tinggal: {_PLACE_ID}.", f"Where they live: {_PLACE_EN}.", "Namosain"),
    "regency": Explained(
        f"Hanya kalau datang di luar kota ini, sebagai ganti kelurahan: {_REGION_ID}, misalnya 5171.",
        f"Only for an arrival outside this city, in place of the kelurahan: {_REGION_EN}, such as 5171.",
        None,
    ),
    "address": Explained("Jalan dan nomor rumah.", "The street and the number.", "Jalan Contoh 1"),
    "rt": Explained("Nomor RT, 3 angka: 001.", "The RT's number, 3 digits: 001.", "001"),
    "rw": Explained("Nomor RW, 3 angka: 002.", "The RW's number, 3 digits: 002.", "002"),
    "family_card": Explained(
        f"Nomor kartu keluarga: {_NIK_ID}.", f"The number of the family card: {_NIK_EN}.", "5371010101180001"
    ),
    "captured_on": Explained(
        f"Tanggal perekaman: {_DAY_ID}.", f"The day of the capture: {_DAY_EN}.", date(2018, 11, 20)
    ),
    "place": Explained("Tempat perekaman: salah satu dari", "Where it was done: one of", "mobile"),
    "session": Explained(
        "Nama kegiatan, misalnya jemput bola.", "A name for the round on which it was done.", "ALAK-2018-11-20"
    ),
    "status": Explained(
        "Status perekaman dari pusat, ditulis persis seperti di pusat.",
        "The centre's status of the recording, just as the centre writes it.",
        "CARD_PRINTED",
    ),
    "reported_on": Explained(
        f"Tanggal status: {_DAY_ID}.", f"The day the status is true of: {_DAY_EN}.", date(2018, 11, 20)
    ),
    "departed_on": Explained(f"Tanggal pindah: {_DAY_ID}.", f"The day of leaving: {_DAY_EN}.", date(2018, 11, 20)),
    "document_no": Explained(
        "Nomor SKPWNI, sebagai teks.", "The number of the moving-out letter, as text.", "SKPWNI/5371/20112018/0007"
    ),
    "destination": Explained(f"Tujuan: {_REGION_ID}.", f"Where to: {_REGION_EN}.", "5171"),
    "valid_until": Explained(
        f"Hari terakhir surat berlaku: {_DAY_ID}.", f"The letter's last day: {_DAY_EN}.", date(2018, 12, 20)
    ),
    "arrived_on": Explained(f"Tanggal datang: {_DAY_ID}.", f"The day of arrival: {_DAY_EN}.", date(2018, 11, 20)),
    "origin": Explained(f"Asal: {_REGION_ID}.", f"Where from: {_REGION_EN}.", "5306"),
    "moved_on": Explained(f"Tanggal pindah: {_DAY_ID}.", f"The day of the move: {_DAY_EN}.", date(2018, 11, 20)),
    "from_kelurahan": Explained(f"Kelurahan asal: {_PLACE_ID}.", f"The kelurahan left: {_PLACE_EN}.", "Namosain"),
    "to_kelurahan": Explained(
        f"Kelurahan tujuan: {_PLACE_ID}.", f"The kelurahan moved to: {_PLACE_EN}.", "Bakunase II"
    ),
    "died_on": Explained(f"Tanggal meninggal: {_DAY_ID}.", f"The day of death: {_DAY_EN}.", date(2018, 11, 20)),
    "certificate_no": Explained(
        "Nomor akta kematian, sebagai teks.", "The number of the death certificate, as text.", "5371-KM-21112018-0001"
    ),
    "found_on": Explained(f"Tanggal kunjungan: {_DAY_ID}.", f"The day of the visit: {_DAY_EN}.", date(2018, 11, 20)),
    "outcome": Explained("Hasil kunjungan: salah satu dari", "What was found at the door: one of", "moved_away"),
    "verifier": Explained("Siapa yang berkunjung.", "Who was at the door.", "Petugas 7"),
    "note": Explained("Catatan lain.", "What else there is to say of the visit.", "Rumah kosong sejak Juni"),
    "withdraws_source": Explained(
        "Sumber dari fakta yang ditarik.", "The `source` of the fact that is withdrawn.", "urn:rekam:synthetic:5371"
    ),
    "withdraws_id": Explained(
        "ID dari fakta yang ditarik, sebagai teks.", "The `id` of the fact that is withdrawn, as text.", "finding-1"
    ),
    "reason": Explained("Alasan penarikan.", "Why it does not hold.", "Salah orang"),
    "rows_by_kelurahan": Explained(
        "Satu kolom untuk setiap kelurahan: berapa baris dari daftar ada di sana. Kosong kalau tidak diketahui.",
        "One column for each kelurahan: how many of the list's rows it has. Empty where it is not known.",
        None,
    ),
    "time": Explained(
        "Kapan terjadi. Kosong: tengah malam (WITA) pada tanggal fakta itu sendiri.",
        "When it happened. Empty: midnight (WITA) of the fact's own day.",
        date(2018, 11, 21),
    ),
    "recordedtime": Explained(
        "Kapan dicatat di kantor. Kosong: sama dengan waktu kejadian.",
        "When the office wrote it down. Empty: the time it happened.",
        date(2018, 11, 22),
    ),
    "id": Explained(
        "Nama baris yang tidak pernah berubah, sebagai teks, misalnya nomor register; jangan NIK. "
        "Kosong: nama lembar dan nomornya.",
        "A name of the row that never changes, as text, such as its number in a register; not a NIK. "
        "Empty: sheet and row.",
        "register-1",
    ),
    "source": Explained(
        "Siapa yang menyatakan; kolom ini boleh ditambahkan. Tanpa kolom ini: --source.",
        "Who says it; this column may be added. Without it: --source.",
        None,
    ),
}

#: Said only of the particulars of somebody who arrives, which come all or none.
NEWCOMER: Final[Mapping[Language, str]] = {"id": _NEW_ID, "en": _NEW_EN}

#: The words of the page itself.
WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "id": {
        "column": "Kolom", "needed": "Wajib", "said": "Isi", "example": "Contoh", "yes": "ya", "no": "tidak",
        "may": "boleh ditambahkan",
        "code": "Kode", "name": "Kelurahan", "rules": "Aturan",
    },
    "en": {
        "column": "Column", "needed": "Needed", "said": "What it holds", "example": "Example", "yes": "yes",
        "no": "no", "may": "may be added", "code": "Code", "name": "Kelurahan", "rules": "Rules",
    },
}  # fmt: skip

RULES: Final[Mapping[Language, tuple[str, ...]]] = {
    "id": (
        "Satu baris, satu fakta. Judul kolom tetap di satu baris; jangan menggabungkan sel.",
        "NIK dan nomor KK adalah teks. Sebagai angka, lembar kerja hanya menyimpan 15 digit: digit ke-16 menjadi 0.",
        "Tanggal ditulis hari/bulan/tahun dengan 4 angka tahun, atau sebagai tanggal dari lembar kerja.",
        "Mengirim lembar yang sama dua kali tidak berbahaya.",
        "ID baris adalah nama berkas dan nomor baris: baris yang sudah dikirim jangan disisipi atau diurutkan.",
        "Nama berkas jangan diganti. Dengan kolom ID, baris boleh diurutkan dan berkas boleh diganti namanya.",
        "Fakta yang salah tidak diubah: fakta itu ditarik (fact_withdrawn), lalu dikirim lagi dengan ID baru.",
    ),
    "en": (
        "One row, one fact. The headings stay in one row; merge no cells.",
        "NIK and family card numbers are text. As a number a spreadsheet keeps only 15 digits: the 16th becomes 0.",
        "Days are day/month/year with all 4 digits of the year, or dates of the spreadsheet.",
        "To send the same sheet twice is harmless.",
        "A row's id is the file's name and the row's number: do not insert or sort rows among those that were sent.",
        "Do not rename the file either. With a column ID rows may be sorted and files renamed.",
        "A wrong fact is not changed: it is withdrawn (fact_withdrawn) and sent again under a new id.",
    ),
}
