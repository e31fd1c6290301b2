"""Sealing: what was sealed opens with the same key in the same place, and nowhere else."""

from __future__ import annotations

import hmac
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import assume, given
from hypothesis import strategies as st

from events.errors import Refusal
from events.seal import (
    SEALED_BYTES,
    Mac,
    Person,
    Ring,
    associated_data,
    calendar_key,
    open_sealed,
    person_key,
    person_keys,
    seal,
)

KEY = bytes(range(32))
NONCE = bytes(12)
AAD = b"where it stands"

keys = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=12, max_size=12)
texts = st.text(max_size=20)
places = st.tuples(st.integers(0, 65_535), st.uuids(), texts, texts, texts)


@given(keys, nonces, st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_opens_again(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> None:
    sealed = seal(key, nonce, text, aad)
    assert sealed[:12] == nonce
    assert len(sealed) == len(text) + SEALED_BYTES
    assert open_sealed(key, sealed, aad) == text


@given(st.binary(max_size=60), st.data())
def test_with_any_bit_flipped_it_does_not_open(text: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, NONCE, text, AAD))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Refusal, match="does not open"):
        open_sealed(KEY, bytes(sealed), AAD)


@given(st.binary(max_size=50))
def test_with_other_associated_data_it_does_not_open(aad: bytes) -> None:
    assume(aad != AAD)
    with pytest.raises(Refusal, match="does not open"):
        open_sealed(KEY, seal(KEY, NONCE, b"text", AAD), aad)


@given(keys)
def test_with_another_key_it_does_not_open(key: bytes) -> None:
    assume(key != KEY)
    with pytest.raises(Refusal, match="does not open"):
        open_sealed(key, seal(KEY, NONCE, b"text", AAD), AAD)


@pytest.mark.parametrize("length", [0, 11, 12, 27])
def test_what_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(Refusal, match="cut short"):
        open_sealed(KEY, seal(KEY, NONCE, b"text", AAD)[:length], AAD)


@given(places, places)
def test_two_places_never_have_the_same_associated_data(
    one: tuple[int, UUID, str, str, str], other: tuple[int, UUID, str, str, str]
) -> None:
    assert (associated_data(*one) == associated_data(*other)) == (one == other)


@given(st.integers(0, 65_535), st.uuids(), texts, st.data())
def test_a_text_cut_at_another_place_has_other_associated_data(
    version: int, subject: UUID, text: str, data: st.DataObject
) -> None:
    at = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    one, other = data.draw(at), data.draw(at)
    assume(one != other)

    def cut(where: list[int]) -> bytes:
        return associated_data(version, subject, text[: where[0]], text[where[0] : where[1]], text[where[1] :])

    assert cut(one) != cut(other)


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_the_mac_is_hmac_sha_256_however_often_it_is_used(key: bytes, message: bytes) -> None:
    mac = Mac(key)
    assert mac(message) == mac(message) == hmac.digest(key, message, "sha256")


def test_a_mac_refuses_a_key_that_would_have_to_be_hashed_first() -> None:
    with pytest.raises(ValueError, match="64"):
        Mac(bytes(65))


@given(keys)
def test_the_two_keys_of_a_person_are_those_of_hkdf(key: bytes) -> None:
    def expand(info: bytes) -> bytes:
        return HKDFExpand(algorithm=SHA256(), length=32, info=info).derive(key)

    assert person_keys(key) == (expand(b"rekam/person/1"), expand(b"rekam/calendar/1"))
    assert person_keys(key) == (person_key(key), calendar_key(key))


def test_a_ring_seals_with_its_newest_key_and_opens_with_each() -> None:
    older, both = Ring({1: KEY}), Ring({1: KEY, 2: bytes(32)})
    assert both.open(older.seal(NONCE, b"text", AAD), AAD) == b"text"
    newer = both.seal(NONCE, b"text", AAD)
    assert int.from_bytes(newer[:4]) == 2
    assert both.open(newer, AAD) == b"text"


def test_a_ring_without_the_epoch_names_the_key_that_is_missing() -> None:
    sealed = Ring({3: KEY}).seal(NONCE, b"text", AAD)
    with pytest.raises(Refusal, match="kek-3"):
        Ring({1: KEY}).open(sealed, AAD)


@given(st.data())
def test_with_any_bit_flipped_a_ring_does_not_open_it(data: st.DataObject) -> None:
    ring = Ring({1: KEY, 2: bytes(32)})
    sealed = bytearray(ring.seal(NONCE, b"text", AAD))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Refusal):
        ring.open(bytes(sealed), AAD)


def test_the_repr_of_a_person_does_not_show_the_key() -> None:
    person = Person(UUID(int=7), KEY)
    assert KEY.hex() not in repr(person)
    assert repr(KEY) not in repr(person)
