"""Passwords, as Argon2 hashes (RFC 9106). Hashing is slow on purpose, so only so many wait for it at once."""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from events.errors import Retry, WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LONGEST", "SHORTEST", "Busy", "Passwords", "check"]

SHORTEST: Final = 12
LONGEST: Final = 1000

# OWASP's choice for one thread; 19 MiB and some 30 ms each.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
# Of a password that was drawn and thrown away: what an unknown name's password is compared with.
_NOBODYS: Final = "$argon2id$v=19$m=19456,t=2,p=1$/OO8GOMY1fUmGl6yKPqjRA$haMPnujiW4PaFe6YMgH7o1UR0MNL/pyCjJZ+dML0N5s"


class Busy(Retry):
    """Too many passwords are being looked at already; nothing was looked at."""


class Passwords:
    """Hashes `at_once` passwords at a time, in its callers' threads; `waiting` more wait, anybody else is Busy."""

    def __init__(self, at_once: int = 2, waiting: int = 16) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(at_once + waiting)

    def hash(self, password: str) -> str:
        """The hash to be kept. WrongUse as `check` says."""
        check(password)
        with self._turn():
            return _HASHER.hash(_written(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password of that hash. Of nobody, None, it takes as long, and is False."""
        with self._turn():
            try:
                same = _HASHER.verify(kept or _NOBODYS, _written(password[: LONGEST + 1]))
            except (VerificationError, InvalidHashError):
                return False
        return same and kept is not None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy("too many people are signing in at this moment: try again in a few seconds")
        try:
            with self._turns:
                yield
        finally:
            self._places.release()


def _written(password: str) -> bytes:
    """One way of writing what looks the same: keyboards differ in how they put an accent on a letter."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def check(password: str) -> None:
    """Refuse a password that is too short to be guessed only with difficulty, or longer than anybody writes."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WrongUse(f"a password has {SHORTEST} to {LONGEST} characters: choose some words that only you would")
