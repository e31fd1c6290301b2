"""Batches as the broker gives them, read so that nothing in one can hold up what stands behind it.

A broker takes what no client here can read: a header whose name is not UTF-8, or a batch of a kilobyte that unpacks to
gigabytes. aiokafka falls over the first for ever, and unpacks the second into memory. Here such a message is delivered
all the same, in its place, as an `Unreadable`; a batch that cannot be unpacked is that many of them.

aiokafka has no setting for either. So its reading of a fetched answer is wrapped, and of its codecs those that unpack
without bound are replaced, by `install`; tests see to it that both are still what aiokafka uses.
"""

from __future__ import annotations

import struct
import zlib
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import cramjam
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LARGEST_UNPACKED", "MOST", "Unpackable", "Unreadable", "install"]

LARGEST_UNPACKED: Final = 32 * 1024 * 1024
"""Bytes of a batch once it is unpacked. A value has at most 32,768, so that is 1,000 of the largest."""

MOST: Final = 100_000
"""Messages that a batch may be said to hold which cannot be unpacked; of more, nobody tells one by one."""

_HEADER_NAME: Final = "it has a header whose name is not UTF-8: write header names in UTF-8"
_DAMAGED: Final = "its bytes are not those of a Kafka message: look at the program that sends"
_PACKED: Final = (
    f"its batch cannot be unpacked, or unpacks to more than {LARGEST_UNPACKED // 1024 // 1024} MB: send smaller batches"
)
_LENGTH_AT: Final = 8
_MAGIC_AT: Final = 16
_NOT_IN_LENGTH: Final = 12
_FIRST_ROOM: Final = 32
_GROWS: Final = 8


class Unpackable(Exception):  # noqa: N818 - what it is
    """A batch that is too large once unpacked, or does not unpack."""


class Unreadable(bytes):
    """The bytes of a message that cannot be read, as they came; `why` shows none of them.

    Of a batch that cannot be unpacked the first message has the whole batch, the others have nothing.
    """

    why: str

    def __new__(cls, raw: bytes, why: str) -> Self:
        made = super().__new__(cls, raw)
        made.why = why
        return made


class _Placed(NamedTuple):
    """As much of a record as aiokafka asks for."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: Unreadable
    key: None = None
    headers: tuple[()] = ()
    checksum: None = None


def install() -> None:
    """To be called before a consumer is made; again and again, if one likes."""
    fetcher.MemoryRecords = _Answer
    for module in {default_records, __import__(default_records.DefaultRecordBatch.__module__, fromlist=["_"])}:
        module.gzip_decode = _gunzip
        module.lz4_decode = _bounded(cramjam.lz4)
        module.zstd_decode = _bounded(cramjam.zstd)  # snappy unpacks to 21 times as much at the most


class _Answer:
    """What one answer of the broker holds of a partition, in place of aiokafka's MemoryRecords."""

    def __init__(self, answer: bytes) -> None:
        self._answer = memoryview(answer)
        self._at = 0
        self._batches = MemoryRecords(answer)

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def size_in_bytes(self) -> int:
        return int(self._batches.size_in_bytes())

    def next_batch(self) -> Any:
        begin = self._at
        self._at += _NOT_IN_LENGTH + struct.unpack_from(">i", self._answer, begin + _LENGTH_AT)[0]
        batch = self._batches.next_batch()
        return batch if self._answer[begin + _MAGIC_AT] < 2 else _Batch(batch, self._answer[begin : self._at])


class _Batch:
    """A batch that always tells of each of its offsets; everything else is asked of aiokafka's own."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read, behind = 0, int(self._batch.base_offset)
        try:
            for record in self._batch:
                yield record
                read, behind = read + 1, record.offset + 1
        except (Unpackable, cramjam.DecompressionError):
            yield from self._none_from(behind, _PACKED)
        except (UnicodeDecodeError, CorruptRecordException):
            try:
                for record in islice(_OneByOne(self._raw), read, None):
                    yield record
                    behind = record.offset + 1
            except (CorruptRecordException, IndexError):  # its messages end before it says that they do
                yield from self._none_from(behind, _DAMAGED)

    def _none_from(self, first: int, why: str) -> Iterator[_Placed]:
        batch = self._batch
        count = batch.next_offset - first
        if count > MOST:
            raise Unpackable(f"a batch of {count:,} messages that does not unpack")
        for at in range(count):
            raw = Unreadable(b"" if at else bytes(self._raw), why)
            yield _Placed(first + at, batch.max_timestamp, batch.timestamp_type, raw)


class _OneByOne(default_records._DefaultRecordBatchPy):  # type: ignore[misc] # noqa: SLF001
    """aiokafka's slower reading of a batch; a message that it falls over is passed by its length, and told."""

    _pos: int

    def __next__(self) -> Any:
        begin = self._pos
        try:
            return super().__next__()
        except CorruptRecordException as error:
            if self._next_record_index >= self._num_records:
                raise
            length, start = decode_varint(self._buffer, begin)
            end = start + length
            if length <= 0 or end > len(self._buffer):
                raise
            _, at = decode_varint(self._buffer, start)  # attributes
            later, at = decode_varint(self._buffer, at)
            delta, _ = decode_varint(self._buffer, at)
            self._pos = end
            self._next_record_index += 1
            why = _HEADER_NAME if isinstance(error.__cause__, UnicodeDecodeError) else _DAMAGED
            raw = Unreadable(bytes(self._buffer[begin:end]), why)
            return _Placed(self.base_offset + delta, self.first_timestamp + later, self.timestamp_type, raw)


# ------------------------------------------------------------------ codecs


def _gunzip(packed: bytes) -> bytes:
    unpacked = bytearray()
    rest = bytes(packed)
    while rest:
        member = zlib.decompressobj(wbits=31)
        try:
            unpacked += member.decompress(rest, LARGEST_UNPACKED + 1 - len(unpacked))
        except zlib.error as error:
            raise Unpackable(str(error)) from None
        if len(unpacked) > LARGEST_UNPACKED or not member.eof:
            raise Unpackable("gzip: too large, or cut off")
        rest = member.unused_data
    return bytes(unpacked)


def _bounded(codec: Any) -> Callable[[bytes], bytes]:
    """Unpacks into a room of a usual size, then into larger ones: what a batch says of its own size may be a lie."""

    def unpack(packed: bytes) -> bytes:
        room = min(_FIRST_ROOM * max(1, len(packed)), LARGEST_UNPACKED)
        while True:
            into = bytearray(room)
            try:
                return bytes(memoryview(into)[: codec.decompress_into(packed, into)])
            except cramjam.DecompressionError as error:
                if room == LARGEST_UNPACKED:
                    raise Unpackable(str(error)) from None
                room = min(_GROWS * room, LARGEST_UNPACKED)

    return unpack
