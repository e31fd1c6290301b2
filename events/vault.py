"""What can be destroyed: the keys of this register in their folder, and the key of each person in `vault.person`.

The folder holds `pepper`, which makes keyed digests, and `kek-1`, `kek-2`, …, the key-encryption keys, each 32 random
bytes as one line of hex. The newest kek wraps, each one unwraps. Each purpose has a key of its own, derived by HKDF.
All of Rekam's randomness is drawn here.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from psycopg.errors import UniqueViolation

from events.errors import Clash, Refusal
from events.seal import KEY_BYTES, NONCE_BYTES, Mac, Person, Ring, derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from psycopg import Cursor

__all__ = ["Keys", "Person", "identify", "load_keys", "make_file", "nonces", "people", "unlock"]

MAC_BYTES: Final = 16
_PEPPER: Final = "pepper"
_FIRST_KEK: Final = "kek-1"
_KEK: Final = re.compile(r"kek-([1-9][0-9]{0,8})")
_LINE: Final = re.compile(rb"([0-9a-fA-F]{64})\r?\n?")
_DRAWN: Final = 16 + KEY_BYTES + NONCE_BYTES

_KNOWN: Final = "SELECT mac, subject, wrapped FROM vault.person WHERE mac = ANY(%b)"
_OF_SUBJECTS: Final = "SELECT subject, wrapped FROM vault.person WHERE subject = ANY(%b)"
_MAKE: Final = """
    INSERT INTO vault.person (mac, subject, wrapped)
    SELECT * FROM unnest(%b::bytea[], %b::uuid[], %b::bytea[])"""  # ON CONFLICT would cost 3 µs a person
_FINGERPRINT: Final = "SELECT value FROM vault.fingerprint"
_FIRST_START: Final = "INSERT INTO vault.fingerprint (value) VALUES (%s) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Keys:
    """The keys of one register. `fingerprint` is public: `pepper=… kek-1=…`, a derived value of each file."""

    fingerprint: str
    _nik: Mac
    _list: Mac
    _claim: Mac
    _content: Mac
    _wrapping: Ring
    _parked: Ring

    def __repr__(self) -> str:
        return f"Keys({self.fingerprint})"

    def nik_mac(self, nik: str) -> bytes:
        return self._nik(nik.encode())[:MAC_BYTES]

    def list_mac(self, name: str) -> bytes:
        """A list is a subject too; its key differs from the one for a NIK, so the two never meet in the table."""
        return self._list(name.encode())[:MAC_BYTES]

    def claim_key(self, source: str, id: str) -> UUID:  # noqa: A002 - CloudEvents' name
        """By which an event's name is claimed; the length before the source keeps ("a", "bc") and ("ab", "c") apart."""
        named = source.encode()
        return UUID(bytes=self._claim(len(named).to_bytes(4) + named + id.encode())[:16])

    def content_mac(self, canonical: bytes) -> bytes:
        """Equal for what is the same event; keyed, because a content could be guessed."""
        return self._content(canonical)[:MAC_BYTES]

    def wrap(self, nonce: bytes, person: Person) -> bytes:
        return self._wrapping.seal(nonce, person.key, person.subject.bytes)

    def unwrap(self, subject: UUID, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.open(wrapped, subject.bytes)
        except Refusal as why:
            raise Refusal(f"the key of subject {subject.hex}: {why}") from None

    def quarantine_seal(self, message: bytes, aad: bytes) -> bytes:
        """`aad` says where the message stands: sealed bytes moved to another row do not open."""
        return self._parked.seal(os.urandom(NONCE_BYTES), message, aad)

    def quarantine_open(self, sealed: bytes, aad: bytes) -> bytes:
        try:
            return self._parked.open(sealed, aad)
        except Refusal as why:
            raise Refusal(f"a message in quarantine: {why}") from None


def nonces(entries: int) -> list[tuple[bytes, bytes]]:
    """A fresh pair for each entry, for its person part and for its calendar part."""
    drawn = os.urandom(2 * NONCE_BYTES * entries)
    return [
        (drawn[at : at + NONCE_BYTES], drawn[at + NONCE_BYTES : at + 2 * NONCE_BYTES])
        for at in range(0, len(drawn), 2 * NONCE_BYTES)
    ]


# ------------------------------------------------------------------ people


def identify(cur: Cursor[tuple[Any, ...]], keys: Keys, macs: Iterable[bytes]) -> dict[bytes, Person]:
    """The person behind each mac; whoever is new is made, in the transaction of `cur`, under the writer's lock.

    At most two statements, however many there are. Clash where somebody else made one of them meanwhile.
    """
    wanted = sorted(set(macs))
    if not wanted:
        return {}
    rows = cur.execute(_KNOWN, [wanted], binary=True).fetchall()
    found = {mac: Person(subject, keys.unwrap(subject, wrapped)) for mac, subject, wrapped in rows}
    unknown = [mac for mac in wanted if mac not in found]
    if unknown:
        found.update(_make(cur, keys, unknown))
    return found


def people(cur: Cursor[tuple[Any, ...]], keys: Keys, subjects: Iterable[UUID]) -> dict[UUID, bytes]:
    """The key of each subject; who has none any more is left out, and what was sealed with it stays closed."""
    wanted = list(set(subjects))
    if not wanted:
        return {}
    rows = cur.execute(_OF_SUBJECTS, [wanted], binary=True).fetchall()
    return {subject: keys.unwrap(subject, wrapped) for subject, wrapped in rows}


def _make(cur: Cursor[tuple[Any, ...]], keys: Keys, macs: list[bytes]) -> dict[bytes, Person]:
    drawn = os.urandom(_DRAWN * len(macs))
    made: dict[bytes, Person] = {}
    wrapped = []
    for mac, at in zip(macs, range(0, len(drawn), _DRAWN), strict=True):
        subject, key, nonce = drawn[at : at + 16], drawn[at + 16 : at + 48], drawn[at + 48 : at + _DRAWN]
        made[mac] = person = Person(UUID(bytes=subject, version=4), key)
        wrapped.append(keys.wrap(nonce, person))
    try:
        cur.execute(_MAKE, [macs, [person.subject for person in made.values()], wrapped])
    except UniqueViolation:
        raise Clash("another process identified the same people at the same time; roll back and try again") from None
    return made


# ------------------------------------------------------------------ the folder of keys


def unlock(cur: Cursor[tuple[Any, ...]], folder: Path) -> Keys:
    """The keys this database was made with; at the first start they are made and their fingerprint is noted.

    Commit afterwards. Refusal as `load_keys`, also where two processes began at once with two folders.
    """
    row = cur.execute(_FINGERPRINT).fetchone()
    if row is not None:
        return load_keys(folder, row[0])
    keys = load_keys(folder, None)
    cur.execute(_FIRST_START, [keys.fingerprint])
    row = cur.execute(_FINGERPRINT).fetchone()
    return keys if row is None or row[0] == keys.fingerprint else load_keys(folder, row[0])


def load_keys(folder: Path, fingerprint: str | None) -> Keys:
    """The keys in `folder`. Without a fingerprint it is the first start, and what is missing is made.

    With one, each file it names must be there and be the same; newer keks beside them are welcome, and the result's own
    fingerprint then names them too. Refusal where that is not so, or where a file is malformed. Files are made 0600 in
    a folder made 0700; of a folder that was there before, the rights are left alone.
    """
    try:
        if fingerprint is None:
            _make_missing(folder)
        expected = _parts(fingerprint) if fingerprint is not None else {}
        keks = _keks(folder, expected)
        files = {name: _read(folder, name) for name in (_PEPPER, *keks.values())}
    except OSError as error:
        raise Refusal(
            f"the folder of keys {folder} (REKAM_KEYS) cannot be used: {error.strerror or error}; "
            "make it readable and writable for the user Rekam runs as, or name another in REKAM_KEYS"
        ) from error
    public = {name: derive(key, b"rekam/fingerprint/1")[:16].hex() for name, key in files.items()}
    for name, value in expected.items():
        if public[name] != value:
            raise _refusal(folder, name, "is not the one this database was made with", "put that one back")
    shown = " ".join(f"{name}={value}" for name, value in public.items())
    return _keys(shown, files[_PEPPER], {epoch: files[name] for epoch, name in keks.items()})


def _keys(fingerprint: str, pepper: bytes, keks: Mapping[int, bytes]) -> Keys:
    purposes = (b"rekam/nik/1", b"rekam/list/1", b"rekam/claim/1", b"rekam/content/1")
    nik, list_, claim, content = (Mac(derive(pepper, info)) for info in purposes)
    wrapping, parked = (
        Ring({epoch: derive(kek, info) for epoch, kek in keks.items()})
        for info in (b"rekam/wrap/1", b"rekam/quarantine/1")
    )
    return Keys(fingerprint, nik, list_, claim, content, wrapping, parked)


def _parts(fingerprint: str) -> dict[str, str]:
    parts = dict(part.partition("=")[::2] for part in fingerprint.split())
    if _PEPPER not in parts or not any(map(_KEK.fullmatch, parts)) or len(parts) != len(fingerprint.split()):
        raise Refusal(
            f"the database's fingerprint of its keys is unreadable: {fingerprint!r}; "
            "put vault.fingerprint back from a backup"
        )
    return parts


def _keks(folder: Path, expected: Iterable[str]) -> dict[int, str]:
    """By epoch, oldest first; those a fingerprint names, whether they are there or not, and what else is there."""
    names = {*_names(folder), *expected} if folder.exists() else set(expected)
    matches = filter(None, map(_KEK.fullmatch, names))
    return dict(sorted((int(match[1]), match[0]) for match in matches))


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _read(folder: Path, name: str) -> bytes:
    try:
        line = (folder / name).read_bytes()
    except FileNotFoundError:
        raise _refusal(folder, name, "is missing", "put it back from its backup") from None
    match = _LINE.fullmatch(line)
    if match is None:
        raise _refusal(folder, name, "is damaged (not one line of 64 hex digits)", "put it back from its backup")
    return bytes.fromhex(match[1].decode())


def _refusal(folder: Path, name: str, what: str, way_out: str) -> Refusal:
    return Refusal(
        f"the key file {folder / name} {what}; {way_out}, or set REKAM_KEYS to the folder that has it. "
        "Without it nothing sealed in this database can be opened, and nobody in it recognised."
    )


def _make_missing(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        _sync(folder.parent)
    names = _names(folder)
    for name in (_PEPPER, *([] if any(map(_KEK.fullmatch, names)) else [_FIRST_KEK])):
        if name not in names:
            make_file(folder / name, os.urandom(KEY_BYTES).hex().encode() + b"\n")
    _sync(folder)


def make_file(path: Path, content: bytes) -> None:
    """Whole or not at all, and never over another: of two processes that link the name at once, one keeps its own."""
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
