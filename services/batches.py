"""Batches as the broker gives them, read so that nothing in one can hold up what stands behind it.

A broker takes what no client here can read: a header whose name is not UTF-8, or a batch of a kilobyte that unpacks to
gigabytes. aiokafka falls over the first for ever, and unpacks the second into memory. Here such a message is delivered
all the same, in its place, as an `Unreadable`; a batch that cannot be unpacked is that many of them. For one that may
not even be told message by message an `Untellable` stands in its last place: an error would take along what was read
before it of the same answer, and again each time.

aiokafka has no setting for either. So its reading of a fetched answer is wrapped, and of its codecs those that unpack
without bound are replaced, by `install`; tests see to it that both are still what aiokafka uses.
"""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

import cramjam
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record import default_records
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aiokafka import ConsumerRecord

__all__ = ["LARGEST_UNPACKED", "MOST", "Unreadable", "Untellable", "install", "parted"]

Record: TypeAlias = "ConsumerRecord[Any, Any]"

LARGEST_UNPACKED: Final = 32 * 1024 * 1024
"""Bytes of a batch once it is unpacked. A value has at most 32,768, so that is 1,000 of the largest."""

MOST: Final = 100_000
"""Messages that a batch may be said to hold which cannot be unpacked; of more, nobody tells one by one."""

_HEADER_NAME: Final = "it has a header whose name is not UTF-8: write header names in UTF-8"
_DAMAGED: Final = "its bytes are not those of a Kafka message: look at the program that sends"
_PACKED: Final = (
    f"its batch cannot be unpacked, or unpacks to more than {LARGEST_UNPACKED // 1024 // 1024} MB: send smaller batches"
)
_CODEC: Final = "its compression is not known here"
_CHANGED: Final = "its checksum is not that of its bytes, so the broker's disk, or what carries it, has changed it"
_FARTHEST: Final = 2**31 - 1
"""The last place that a batch may have, behind its first."""

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


class Untellable(bytes):
    """Stands for a batch from `first` on, in its last place or behind it."""

    first: int
    why: str

    def __new__(cls, first: int, why: str) -> Self:
        made = super().__new__(cls)
        made.first, made.why = first, why
        return made

    def said_at(self, partition: TopicPartition) -> str:
        """What stands in the way of all that is behind it there, and where the way out is.

        There is more than one, by the reason: what a disk has changed another broker may have as it was sent.
        """
        return (
            f"{partition.topic}[{partition.partition}] cannot be read from offset {self.first} on: {self.why}. It is "
            "tried again; what to do, before anything is deleted, says docs/runbook/RekamPartitionStuck.md"
        )


class _Placed(NamedTuple):
    """As much of a record as aiokafka asks for."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: Unreadable | Untellable
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


def parted(records: Iterable[Record]) -> tuple[dict[TopicPartition, list[Record]], dict[TopicPartition, Untellable]]:
    """What was delivered by partition, up to what cannot be told there, if anything: that by itself."""
    told: dict[TopicPartition, list[Record]] = defaultdict(list)
    untold: dict[TopicPartition, Untellable] = {}
    for record in records:
        tp = TopicPartition(record.topic, record.partition)
        if isinstance(record.value, Untellable):
            untold.setdefault(tp, record.value)
        elif tp not in untold:  # what is behind it comes again, once it can be told
            told[tp].append(record)
    return told, untold


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
    """A batch that always tells of each of its offsets, or that it cannot; the rest is asked of aiokafka's own."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw
        self._is_as_sent = bool(batch.validate_crc())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def validate_crc(self) -> bool:
        """What is not as it was sent is told below: from here aiokafka would raise an error."""
        return True

    @property
    def is_control_batch(self) -> bool:
        return self._is_as_sent and bool(self._batch.is_control_batch)

    @property
    def producer_id(self) -> int | None:
        return self._batch.producer_id if self._is_as_sent else None

    @property
    def next_offset(self) -> int:
        """The checksum is over how far it reaches too, but not over where it begins."""
        return int(self._batch.next_offset if self._is_as_sent else self._batch.base_offset + _FARTHEST + 1)

    def __iter__(self) -> Iterator[Any]:
        if not self._is_as_sent:
            yield self._untellable(int(self._batch.base_offset), _CHANGED)
            return
        read, behind, why = 0, int(self._batch.base_offset), ""
        try:
            for record in self._batch:
                yield record
                read, behind = read + 1, record.offset + 1
        except UnsupportedCodecError:
            yield self._untellable(behind, _CODEC)
        except (Unpackable, cramjam.DecompressionError):
            why = _PACKED
        except (UnicodeDecodeError, CorruptRecordException):
            try:
                for record in islice(_OneByOne(self._raw), read, None):
                    yield record
                    behind = record.offset + 1
            except (CorruptRecordException, IndexError, ValueError):  # its messages end before it says that they do
                why = _DAMAGED
        if why:
            yield from self._none_from(behind, why)

    def _none_from(self, first: int, why: str) -> Iterator[_Placed]:
        count = self.next_offset - first
        if count > MOST:
            yield self._untellable(first, f"a batch of {count:,} messages that does not unpack")
            return
        for at in range(count):
            raw = Unreadable(b"" if at else bytes(self._raw), why)
            yield _Placed(first + at, self._batch.max_timestamp, self._batch.timestamp_type, raw)

    def _untellable(self, first: int, why: str) -> _Placed:
        marker = Untellable(first, why)
        return _Placed(self.next_offset - 1, self._batch.max_timestamp, self._batch.timestamp_type, marker)


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
