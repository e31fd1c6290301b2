"""What aiokafka cannot read is delivered in its place, and what would fill the memory is not unpacked."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import TYPE_CHECKING, Any

import cramjam
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record import default_records
from aiokafka.record.default_records import DefaultRecordBatchBuilder, _DefaultRecordBatchBuilderPy
from aiokafka.record.util import calc_crc32c

from services import batches
from services.batches import LARGEST_UNPACKED, Unreadable, Untellable, install
from tests.hostile.drafts import NotUtf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEAD, CRC_AT, LAST_DELTA_AT = 61, 17, 23
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
Header = tuple[str, bytes | None]


BAD: list[Header] = [(NotUtf8("x"), b"1")]


@pytest.fixture(autouse=True)
def installed() -> None:
    install()


def batch(
    records: Iterable[tuple[bytes | None, Sequence[Header]]], codec: str = "none", first: int = 0, plain: bool = True
) -> bytes:
    """One batch as a broker stores it; `plain`: by the builder that takes any header's name."""
    make = _DefaultRecordBatchBuilderPy if plain else DefaultRecordBatchBuilder
    builder = make(
        magic=2, compression_type=CODECS[codec], is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=2**31 - 1,
    )  # fmt: skip
    for delta, (value, headers) in enumerate(records):
        builder.append(delta, timestamp=1_000 + delta, key=b"k", value=value, headers=list(headers))
    built = bytes(builder.build())
    return first.to_bytes(8) + built[8:]


def delivered(answer: bytes, fetch_offset: int = 0) -> list[Any]:
    """What a consumer gets of this answer of the broker."""
    records = fetcher.MemoryRecords(answer)
    read = fetcher.PartitionRecords(
        TopicPartition("t", 0), records, [], fetch_offset, None, None, True, fetcher.READ_COMMITTED
    )
    return list(read)


def values(found: list[Any]) -> list[Any]:
    return ["unreadable" if isinstance(one.value, Unreadable) else one.value for one in found]


@pytest.mark.parametrize("codec", CODECS)
def test_what_can_be_read_is_read_as_ever(codec: str) -> None:
    answer = batch([(b"one", [("a", b"1")]), (None, []), (b"three", [("b", None)])], codec)
    answer += batch([(b"four", [])], codec, first=3)

    found = delivered(answer)

    assert [one.offset for one in found] == [0, 1, 2, 3]
    assert values(found) == [b"one", None, b"three", b"four"]
    assert [one.headers for one in found] == [(("a", b"1"),), (), (("b", None),), ()]
    assert [one.timestamp for one in found] == [1_000, 1_001, 1_002, 1_000]


@pytest.mark.parametrize("codec", CODECS)
def test_a_message_with_a_header_that_is_not_utf_8_holds_up_nothing(codec: str) -> None:
    answer = batch([(b"one", []), (b"two", BAD), (b"three", []), (b"four", BAD)], codec) + batch(
        [(b"five", [])], codec, first=4
    )

    found = delivered(answer)

    assert values(found) == [b"one", "unreadable", b"three", "unreadable", b"five"]
    assert [one.offset for one in found] == [0, 1, 2, 3, 4]
    assert b"two" in found[1].value, "the message as it came is not kept"
    assert "two" not in found[1].value.why
    assert [one.timestamp for one in found] == [1_000, 1_001, 1_002, 1_003, 1_000]


def test_from_the_middle_of_a_batch_the_same_is_delivered() -> None:
    answer = batch([(b"one", BAD), (b"two", BAD), (b"three", [])])

    assert [(one.offset, one.value) for one in delivered(answer, 1)] == [
        (one.offset, one.value) for one in delivered(answer)[1:]
    ]


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
def test_a_bomb_is_not_unpacked_and_each_of_its_messages_is_told(codec: str) -> None:
    bomb = batch([(b"\0" * (LARGEST_UNPACKED // 2), []) for _ in range(3)], codec, plain=False)
    answer = bomb + batch([(b"behind", [])], codec, first=3)
    tracemalloc.start()

    found = delivered(answer)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert values(found) == ["unreadable", "unreadable", "unreadable", b"behind"]
    assert [bytes(one.value) for one in found[:3]] == [bomb, b"", b""]
    assert "32 MB" in found[0].value.why
    assert peak < 3 * LARGEST_UNPACKED


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
def test_up_to_the_bound_it_is_unpacked(codec: str) -> None:
    large = b"\0" * (LARGEST_UNPACKED - 100)

    assert delivered(batch([(large, [])], codec, plain=False))[0].value == large


PACKED_NOTHING = {
    "gzip": gzip.compress(b""),
    "lz4": bytes(cramjam.lz4.compress(b"")),
    "zstd": bytes(cramjam.zstd.compress(b"")),
}


@pytest.mark.parametrize("codec", PACKED_NOTHING)
@pytest.mark.parametrize("packed", [True, False])
def test_a_batch_with_nothing_in_it_is_parked(codec: str, packed: bool) -> None:
    answer = emptied(batch([(b"one", []), (b"two", [])]), CODECS[codec], PACKED_NOTHING[codec] if packed else b"")

    found = delivered(answer + batch([(b"behind", [])], codec, first=2))

    assert values(found) == ["unreadable", "unreadable", b"behind"]


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_with_fewer_messages_than_it_says_is_read_and_the_others_are_parked(codec: str) -> None:
    answer = says_more(batch([(b"one", []), (b"two", [])], codec), 3)

    found = delivered(answer + batch([(b"behind", [])], codec, first=3))

    assert values(found) == [b"one", b"two", "unreadable", b"behind"]
    assert [one.offset for one in found] == [0, 1, 2, 3]


def says_more(good: bytes, count: int) -> bytes:
    """The same batch, said to hold so many messages."""
    last, number = (count - 1).to_bytes(4), count.to_bytes(4)
    said = good[:LAST_DELTA_AT] + last + good[LAST_DELTA_AT + 4 : HEAD - 4] + number + good[HEAD:]
    return said[:CRC_AT] + crc(said[CRC_AT + 4 :]) + said[CRC_AT + 4 :]


def crc(data: bytes) -> bytes:
    return int(calc_crc32c(data)).to_bytes(4)


def emptied(built: bytes, codec: int, payload: bytes) -> bytes:
    """The same batch with other records, or none, as a careless or a hostile program may send it."""
    head, behind_crc = built[:HEAD], codec.to_bytes(2) + built[CRC_AT + 6 : HEAD] + payload
    length = (HEAD + len(payload) - 12).to_bytes(4)
    return head[:8] + length + head[12:CRC_AT] + crc(behind_crc) + behind_crc


def test_snappy_needs_no_bound() -> None:
    packed = batch([(b"\0" * (1 << 24), [])], "snappy", plain=False)

    assert (1 << 24) / len(packed) < 22


def untold(one: Any) -> tuple[int, int, str]:
    assert isinstance(one.value, Untellable)
    return one.offset, one.value.first, one.value.why


@pytest.mark.parametrize("fetch_offset", [0, 2, 4])
def test_a_batch_of_more_than_can_be_told_one_by_one_is_told_as_one_behind_what_was_read(
    monkeypatch: pytest.MonkeyPatch, fetch_offset: int
) -> None:
    monkeypatch.setattr(batches, "MOST", 2)
    bomb = batch([(b"\0" * (LARGEST_UNPACKED // 2), []) for _ in range(3)], "zstd", first=2, plain=False)
    answer = batch([(b"one", []), (b"two", [])]) + bomb + batch([(b"behind", [])], first=5)

    found = delivered(answer, fetch_offset)

    assert values(found[:-2]) == [b"one", b"two"][fetch_offset:]
    assert untold(found[-2]) == (4, 2, "a batch of 3 messages that does not unpack")
    told, kept = batches.parted(found)
    assert [[one.value for one in some] for some in told.values()] == ([[b"one", b"two"]] if fetch_offset == 0 else [])
    assert [one.first for one in kept.values()] == [2]


@pytest.mark.parametrize("fetch_offset", [0, 1, 2])
def test_of_a_damaged_batch_what_can_be_read_is_told_and_the_rest_as_one(
    monkeypatch: pytest.MonkeyPatch, fetch_offset: int
) -> None:
    monkeypatch.setattr(batches, "MOST", 0)

    *read, last = delivered(says_more(batch([(b"one", []), (b"two", [])]), 3), fetch_offset)

    assert values(read) == [b"one", b"two"][fetch_offset:]
    assert untold(last)[:2] == (2, 2)


@pytest.mark.parametrize("fetch_offset", [1, 2])
def test_a_batch_that_was_changed_on_its_way_is_told_as_one_wherever_it_was_asked_for(fetch_offset: int) -> None:
    good = batch([(b"two", []), (b"three", [])], first=1)
    changed = good[:-6] + bytes([good[-6] ^ 1]) + good[-5:]

    found = delivered(batch([(b"one", [])]) + changed, fetch_offset)

    offset, first, why = untold(found[-1])
    assert (offset, first) == (1 + 2**31 - 1, 1)
    assert "checksum" in why


def test_a_compression_that_nobody_knows_is_told_as_one() -> None:
    (found,) = delivered(emptied(batch([(b"one", [])]), 7, b"?"))

    assert untold(found) == (0, 0, "its compression is not known here")


def test_aiokafka_s_fast_reading_is_the_one_that_is_guarded() -> None:
    assert default_records.DefaultRecordBatch is not default_records._DefaultRecordBatchPy
