"""The checks along the log, position by position: its numbers, its digests, and what its columns say of its bytes."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events.entry import Coordinates
from services.verdict import Alongside, Verdict, stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    import psycopg

    from events.vault import Keys
    from services.checks_offsets import Accounts
    from services.checks_watch import Watched

__all__ = ["LogCheck"]

_ENTRIES: Final = """
    SELECT notification_id, originator_id, topic, state, digest, accepted FROM log.entry ORDER BY notification_id
"""
_CLAIMS: Final = "SELECT position, key, subject, type FROM log.claim ORDER BY position"
_HEAD: Final = "SELECT size, accepted, digest FROM log.head"


class _Said(NamedTuple):
    """What of an entry's bytes stands beside them too, read without the decoder."""

    subject: str
    type: str
    source: str
    id: str
    accepted: datetime
    kafka: Coordinates | None
    resolved: bool

    def name(self, keys: Keys) -> UUID:
        return keys.claim_key(self.source, self.id)


class LogCheck:
    """`read` goes through the whole log once; then `digest` is its last entry's, computed from the bytes alone."""

    def __init__(
        self, connection: psycopg.Connection[tuple[Any, ...]], keys: Keys, accounts: Accounts, watched: Watched
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._accounts = accounts
        self._watched = watched
        self._accepted: datetime | None = None
        self.position = 0
        self.digest = bytes(32)
        self.positions = Verdict("positions_gapless")
        self.chain = Verdict("digest_chain")
        self.columns = Verdict("columns_equal_entries")
        self.accepted = Verdict("accepted_never_goes_back")
        self.claims = Verdict("claims_equal_entries")
        self._claimed = Alongside(stream(connection, _CLAIMS), self._stray)

    def verdicts(self) -> list[Verdict]:
        return [self.positions, self.chain, self.columns, self.accepted, self.claims]

    def read(self, tick: Callable[[], None]) -> None:
        for position, subject, type_, state, digest, accepted in stream(self._connection, _ENTRIES):
            self._place(position, state, digest)
            self._time(position, accepted)
            self._entry(position, subject, type_, state, accepted)
            tick()
        self._claimed.finish()
        self._accounts.finish()
        self._watched.finish()
        self._head()

    def _place(self, position: int, state: bytes | None, digest: bytes | None) -> None:
        self.positions.figure += 1
        if position != self.position + 1:
            self.positions.note(f"position {position} follows on {self.position}")
        self.position = position
        self.chain.figure += 1
        self.digest = sha256(self.digest + position.to_bytes(8, "big") + (state or b"")).digest()
        if self.digest != digest:
            self.chain.note(f"position {position}: its digest is {self.digest.hex()}, the log has {_hex(digest)}")

    def _time(self, position: int, accepted: datetime | None) -> None:
        self.accepted.figure += 1
        if accepted is None or (self._accepted is not None and accepted < self._accepted):
            self.accepted.note(f"position {position} was accepted at {accepted}, the one before at {self._accepted}")
        self._accepted = accepted or self._accepted

    def _entry(
        self, position: int, subject: UUID, type_: str | None, state: bytes | None, accepted: datetime | None
    ) -> None:
        self.columns.figure += 1
        claims = self._claimed.take(position)
        self.claims.figure += len(claims)
        said = _said(state)
        if said is None:
            self.columns.note(f"position {position}: its bytes do not say what the columns do")
            return
        beside = (("originator_id", subject.hex, said.subject), ("topic", type_, said.type),
                  ("accepted", accepted, said.accepted))  # fmt: skip
        for column, stands, kept in beside:
            if stands != kept:
                self.columns.note(f"position {position}: {column} is {stands}, the entry says {kept}")
        self._claim(position, said, claims)
        self._accounts.meet(position, said.kafka, resolved=said.resolved)
        self._watched.hear(position, said.source, said.accepted)

    def _claim(self, position: int, said: _Said, claims: list[tuple[Any, ...]]) -> None:
        if len(claims) != 1:
            self.claims.note(f"position {position}: {len(claims)} claims instead of one")
        for _, key, subject, type_ in claims[:1]:
            one, other = (key, subject.hex, type_), (said.name(self._keys), said.subject, said.type)
            if one != other:
                names = ("the event's name", "the subject", "the type")
                differ = [name for name, a, b in zip(names, one, other, strict=True) if a != b]
                self.claims.note(f"position {position}: its claim differs in {', '.join(differ)}")

    def _stray(self, claim: tuple[Any, ...]) -> None:
        self.claims.note(f"a claim names position {claim[0]}, where no entry is")

    def _head(self) -> None:
        rows = self._connection.execute(_HEAD).fetchall()
        size, accepted, digest = rows[0] if len(rows) == 1 else (None, None, None)
        if size != self.position:
            self.positions.note(f"the log's head says {size}, the last entry is {self.position}")
        if digest != self.digest:
            self.chain.note(f"the log's head has {_hex(digest)}, the last entry's digest is {self.digest.hex()}")
        if self._accepted is not None and (accepted is None or accepted < self._accepted):
            self.accepted.note(f"the log's head was accepted at {accepted}, the last entry at {self._accepted}")


def _hex(digest: bytes | None) -> str:
    return "none" if digest is None else digest.hex()


def _said(state: bytes | None) -> _Said | None:
    """None where the bytes are no JSON object, or lack one of these."""
    try:
        kept = orjson.loads(state or b"")
        name = (kept["subject"], kept["type"], str(kept["source"]), str(kept["id"]))
        at = kept.get("kafka")
        kafka = at and Coordinates(at["topic"], int(at["incarnation"]), int(at["partition"]), int(at["offset"]))
        return _Said(*name, datetime.fromisoformat(kept["accepted"]), kafka, "resolved" in kept)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
