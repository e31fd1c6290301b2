"""Whose a token or a session is, is looked up once a second at most; and what has changed holds within that second."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from events import database
from events.errors import Unreachable
from services.access import tokens, users
from services.access.passwords import Passwords
from services.access.roles import Caller, Role
from services.api.holders import LASTS_S, Holders
from tests.services.api.office import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.services.api.office import Office

ANNA = Caller("anna", Role.SUPERVISOR)


class Looks:
    """Finds what it is told to find, and counts."""

    def __init__(self, found: Caller | None = ANNA) -> None:
        self.found = found
        self.times = 0

    def __call__(self, _: str) -> Caller | None:
        self.times += 1
        return self.found


def asked(ask: Callable[[Holders], Awaitable[object]]) -> None:
    async def run() -> None:
        await ask(Holders())

    asyncio.run(run())


def test_within_a_second_nobody_looks_again() -> None:
    look = Looks()

    async def ask(holders: Holders) -> None:
        assert await holders.of("secret", look, 10.0) == ANNA
        assert await holders.of("secret", look, 10.0 + 0.99 * LASTS_S) == ANNA
        assert look.times == 1

    asked(ask)


def test_after_a_second_what_has_changed_is_seen() -> None:
    look = Looks()

    async def ask(holders: Holders) -> None:
        await holders.of("secret", look, 10.0)
        look.found = Caller("anna", Role.AUDITOR)
        assert await holders.of("secret", look, 10.0 + LASTS_S) == look.found
        look.found = None
        assert await holders.of("secret", look, 10.0 + 2 * LASTS_S) is None

    asked(ask)


def test_of_many_at_once_one_looks() -> None:
    look = Looks()

    async def ask(holders: Holders) -> None:
        found = await asyncio.gather(*(holders.of("secret", look, 10.0) for _ in range(50)))
        assert found == [ANNA] * 50
        assert look.times == 1

    asked(ask)


def test_nobody_is_remembered_to_be_nobody() -> None:
    look = Looks(None)

    async def ask(holders: Holders) -> None:
        assert await holders.of("secret", look, 10.0) is None
        look.found = ANNA
        assert await holders.of("secret", look, 10.1) == ANNA

    asked(ask)


def test_a_look_that_failed_is_not_remembered() -> None:
    look = Looks()

    def failing(_: str) -> Caller | None:
        raise Unreachable("no database")

    async def ask(holders: Holders) -> None:
        with pytest.raises(Unreachable):
            await holders.of("secret", failing, 10.0)
        assert await holders.of("secret", look, 10.1) == ANNA

    asked(ask)


def test_one_who_asks_and_goes_away_takes_nothing_from_the_others() -> None:
    look = Looks()

    async def ask(holders: Holders) -> None:
        gone = asyncio.ensure_future(holders.of("secret", look, 10.0))
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(holders.of("secret", look, 10.0))
        gone.cancel()
        assert await waiting == ANNA
        assert look.times == 1

    asked(ask)


def test_who_has_signed_out_is_looked_for_again() -> None:
    look = Looks()

    async def ask(holders: Holders) -> None:
        await holders.of("secret", look, 10.0)
        holders.forget("secret")
        look.found = None
        assert await holders.of("secret", look, 10.1) is None

    asked(ask)


def test_of_very_many_the_first_are_forgotten() -> None:
    look = Looks()

    async def ask(holders: Holders) -> None:
        for number in range(1_100):
            await holders.of(f"secret {number}", look, 10.0)
        assert len(holders) == 1_000

    asked(ask)


def test_a_user_who_is_disabled_is_nobody_within_a_second(office: Office) -> None:
    name, key = f"leaving-{uuid4().hex[:8]}", tokens.load_key(office.settings.keys)
    with database.connect(office.database, "rekam_access") as connection, connection.cursor() as cursor:
        user = users.add(cursor, users.check(name, Role.REPORTING, ()), Passwords().hash(PASSWORD))
        office.tokens[name] = tokens.issue(cursor, key, user, 1, user.added).token
    assert office.ask(name, "/v1/lists").status_code == 200

    with database.connect(office.database, "rekam_access") as connection, connection.cursor() as cursor:
        users.disable(cursor, name)
    disabled = time.monotonic()

    while office.ask(name, "/v1/lists").status_code != 401:
        assert time.monotonic() - disabled < LASTS_S
