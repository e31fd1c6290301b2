"""The vault: the folder of keys at the first start and after it, and the people whose keys are kept."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from events.database import connect
from events.errors import Clash, Refusal
from events.seal import Mac, Person
from events.vault import Keys, identify, load_keys, nonces, people, unlock

if TYPE_CHECKING:
    from pathlib import Path

NIK, OTHER = "5371010101909001", "5371014101909002"
FIXED = {"pepper": bytes(range(32)).hex(), "kek-1": bytes(range(32, 64)).hex()}


def a_folder(at: Path, files: dict[str, str]) -> Path:
    at.mkdir()
    for name, line in files.items():
        (at / name).write_text(line + "\n")
    return at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "keys"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return load_keys(a_folder(tmp_path_factory.mktemp("fixed") / "keys", FIXED), None)


# ------------------------------------------------------------------ the first start


def test_the_first_start_makes_the_keys_for_the_owner_alone(folder: Path) -> None:
    load_keys(folder, None)
    assert sorted(path.name for path in folder.iterdir()) == ["kek-1", "pepper"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(bytes.fromhex(path.read_text())) == 32


def test_the_second_start_finds_the_keys_of_the_first(folder: Path) -> None:
    first = load_keys(folder, None)
    again = load_keys(folder, first.fingerprint)
    assert again.fingerprint == first.fingerprint
    assert again.nik_mac(NIK) == first.nik_mac(NIK)


def test_a_first_start_that_was_cut_off_goes_on_with_what_is_there(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "keys", {"pepper": FIXED["pepper"]})
    load_keys(folder, None)
    assert (folder / "pepper").read_text() == FIXED["pepper"] + "\n"
    assert (folder / "kek-1").exists()


def test_two_registers_have_different_keys(tmp_path: Path) -> None:
    one, other = load_keys(tmp_path / "one", None), load_keys(tmp_path / "other", None)
    assert one.fingerprint != other.fingerprint
    assert one.nik_mac(NIK) != other.nik_mac(NIK)


def test_all_that_start_first_at_once_end_with_the_same_keys(folder: Path) -> None:
    ready = Barrier(8)

    def first_start() -> str:
        ready.wait()
        return load_keys(folder, None).fingerprint

    with ThreadPoolExecutor(8) as pool:
        fingerprints = {started.result() for started in [pool.submit(first_start) for _ in range(8)]}
    assert fingerprints == {load_keys(folder, None).fingerprint}
    assert sorted(path.name for path in folder.iterdir()) == ["kek-1", "pepper"]


# ------------------------------------------------------------------ every later start


@pytest.mark.parametrize("name", ["pepper", "kek-1"])
def test_a_missing_key_is_refused_by_name_and_not_made_again(folder: Path, name: str) -> None:
    fingerprint = load_keys(folder, None).fingerprint
    (folder / name).unlink()
    with pytest.raises(Refusal, match=f"{folder / name} is missing.*backup.*REKAM_KEYS"):
        load_keys(folder, fingerprint)
    assert not (folder / name).exists()


def test_a_missing_folder_is_refused_and_not_made_again(folder: Path, keys: Keys) -> None:
    with pytest.raises(Refusal, match="pepper is missing"):
        load_keys(folder, keys.fingerprint)
    assert not folder.exists()


@pytest.mark.parametrize("name", ["pepper", "kek-1"])
def test_another_key_is_refused_by_name(tmp_path: Path, keys: Keys, name: str) -> None:
    folder = a_folder(tmp_path / "keys", {**FIXED, name: "ab" * 32})
    with pytest.raises(Refusal, match=f"{folder / name} is not the one this database was made with") as refusal:
        load_keys(folder, keys.fingerprint)
    assert "ab" * 8 not in str(refusal.value)


@pytest.mark.parametrize("line", ["", "ab" * 31, "ab" * 33, "zz" * 32, "ab " * 32, f"{'ab' * 32}\n\n{'ab' * 32}"])
@pytest.mark.parametrize("first", [True, False])
def test_a_damaged_key_is_refused_without_showing_it(tmp_path: Path, keys: Keys, line: str, first: bool) -> None:
    folder = a_folder(tmp_path / "keys", {**FIXED, "kek-1": line})
    with pytest.raises(Refusal, match=f"{folder / 'kek-1'} is damaged") as refusal:
        load_keys(folder, None if first else keys.fingerprint)
    assert not line or line[:6] not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "abc", "pepper=00", "kek-1=00", "pepper=00 kek-1=00 kek-1=11"])
def test_an_unreadable_fingerprint_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refusal, match=r"vault\.fingerprint"):
        load_keys(a_folder(tmp_path / "keys", FIXED), text)


def test_a_folder_that_cannot_be_used_is_refused_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Refusal, match="REKAM_KEYS"):
        load_keys(tmp_path / "file", None)


def test_a_newer_kek_wraps_and_the_older_still_unwraps(tmp_path: Path, keys: Keys) -> None:
    person = Person(uuid4(), bytes(32))
    old = keys.wrap(nonces(1)[0][0], person)
    newer = load_keys(a_folder(tmp_path / "keys", {**FIXED, "kek-2": "cd" * 32}), keys.fingerprint)
    assert newer.unwrap(person.subject, old) == person.key
    assert newer.unwrap(person.subject, newer.wrap(nonces(1)[0][0], person)) == person.key
    with pytest.raises(Refusal, match="kek-2"):
        keys.unwrap(person.subject, newer.wrap(nonces(1)[0][0], person))
    assert newer.fingerprint.startswith(keys.fingerprint + " kek-2=")


def test_the_fingerprint_and_the_repr_reveal_no_key(keys: Keys) -> None:
    assert repr(keys) == f"Keys({keys.fingerprint})"
    for key in FIXED.values():
        assert not any(key[at : at + 8] in keys.fingerprint for at in range(0, 64, 8))


# ------------------------------------------------------------------ what the keys give


def test_the_digests_stay_what_they_are_for_ever(keys: Keys) -> None:
    assert keys.fingerprint == "pepper=69a5131f47f7e80d5a561b06023bbc0b kek-1=f484b52e4a96a80376a47b576e14d651"
    assert keys.nik_mac(NIK).hex() == "20d36607ff66d4fcd62d3aa2cd17cb9f"
    assert keys.list_mac("PUSAT-2018-11").hex() == "1c4dec93488847d6ea9e26562e758663"
    assert keys.claim_key("urn:a", "1").hex == "e23a17a85a2ff7ea868fac4bf10f44f9"
    assert keys.content_mac(b"{}").hex() == "13e30f168fd230c74f1e569cc8ef8686"


def test_each_purpose_has_a_key_of_its_own(keys: Keys) -> None:
    plain = Mac(bytes.fromhex(FIXED["pepper"]))(NIK.encode())[:16]
    assert len({plain, keys.nik_mac(NIK), keys.list_mac(NIK), keys.content_mac(NIK.encode())}) == 4


@given(st.text(max_size=9), st.data())
def test_a_source_and_an_id_cut_at_another_place_are_another_claim(keys: Keys, text: str, data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, len(text))) for _ in range(2))
    assume(one != other)
    assert keys.claim_key(text[:one], text[one:]) != keys.claim_key(text[:other], text[other:])


def test_a_message_in_quarantine_opens_only_where_it_was_put(keys: Keys) -> None:
    sealed = keys.quarantine_seal(b"message", b"here")
    assert b"message" not in sealed
    assert keys.quarantine_open(sealed, b"here") == b"message"
    with pytest.raises(Refusal, match="quarantine"):
        keys.quarantine_open(sealed, b"there")


def test_a_wrapped_key_opens_for_its_own_subject_only(keys: Keys) -> None:
    wrapped = keys.wrap(nonces(1)[0][0], Person(uuid4(), bytes(32)))
    other = uuid4()
    with pytest.raises(Refusal, match=other.hex):
        keys.unwrap(other, wrapped)


# ------------------------------------------------------------------ people


def test_who_is_new_is_made_and_who_is_known_is_found(database: str, keys: Keys) -> None:
    one, other = keys.nik_mac(NIK), keys.nik_mac(OTHER)
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        first = identify(cursor, keys, [one])
        both = identify(cursor, keys, [one, other, one])
    assert both[one] == first[one]
    assert both[other].subject != both[one].subject
    assert both[other].key != both[one].key
    assert {len(person.key) for person in both.values()} == {32}


class Counting(psycopg.Cursor[tuple[Any, ...]]):
    statements = 0

    def execute(self, *args: Any, **kwargs: Any) -> Self:
        self.statements += 1
        return super().execute(*args, **kwargs)


def test_identifying_takes_two_statements_at_most(database: str, keys: Keys) -> None:
    macs = [os.urandom(16) for _ in range(100)]
    with connect(database, "rekam_intake") as connection, Counting(connection) as cursor:
        assert len(identify(cursor, keys, macs)) == 100
        assert cursor.statements == 2
        identify(cursor, keys, macs)
        assert cursor.statements == 3


def test_somebody_else_who_makes_the_same_person_meanwhile_is_a_clash(database: str, keys: Keys) -> None:
    class Overtaken(Counting):
        def execute(self, *args: Any, **kwargs: Any) -> Self:
            if self.statements == 1:
                with connect(database) as other, other.cursor() as faster:
                    identify(faster, keys, [keys.nik_mac(NIK)])
            return super().execute(*args, **kwargs)

    with connect(database, "rekam_intake") as connection, Overtaken(connection) as cursor:
        with pytest.raises(Clash):
            identify(cursor, keys, [keys.nik_mac(OTHER), keys.nik_mac(NIK)])
        connection.rollback()
        assert identify(cursor, keys, [keys.nik_mac(NIK)])


def test_nobody_is_asked_for_without_a_statement(database: str, keys: Keys) -> None:
    with connect(database, "rekam_intake") as connection, Counting(connection) as cursor:
        assert identify(cursor, keys, []) == {}
        assert people(cursor, keys, []) == {}
        assert cursor.statements == 0


def test_people_are_found_by_subject_and_strangers_left_out(database: str, keys: Keys) -> None:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        made = identify(cursor, keys, [keys.nik_mac(NIK), keys.list_mac("PUSAT-2018-11")])
    with connect(database, "rekam_projector") as connection, connection.cursor() as cursor:
        found = people(cursor, keys, [*(person.subject for person in made.values()), UUID(int=1)])
    assert found == {person.subject: person.key for person in made.values()}


def test_the_table_shows_neither_nik_nor_key(database: str, keys: Keys) -> None:
    with connect(database) as connection, connection.cursor() as cursor:
        person = identify(cursor, keys, [keys.nik_mac(NIK)])[keys.nik_mac(NIK)]
        row = cursor.execute("SELECT mac || uuid_send(subject) || wrapped FROM vault.person").fetchone()
    assert row is not None
    assert NIK.encode() not in row[0]
    assert person.key not in row[0]


def test_a_wrapped_key_moved_to_another_subject_is_refused(database: str, keys: Keys) -> None:
    with connect(database) as connection, connection.cursor() as cursor:
        identify(cursor, keys, [keys.nik_mac(NIK)])
        cursor.execute("UPDATE vault.person SET subject = %s", [UUID(int=1)])
        with pytest.raises(Refusal, match=UUID(int=1).hex):
            identify(cursor, keys, [keys.nik_mac(NIK)])


def test_the_first_start_notes_the_fingerprint_and_the_next_one_needs_it(database: str, folder: Path) -> None:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        first = unlock(cursor, folder)
        again = unlock(cursor, folder)
        assert again.fingerprint == first.fingerprint
        with pytest.raises(Refusal, match="pepper is missing"):
            unlock(cursor, folder / "another")
