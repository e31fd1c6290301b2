"""Several statements in one way to the server: the same rows, and of the first that fails the error."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from events.database import connect
from events.together import array_of, together

SUBJECTS = [UUID(int=2), UUID(int=1)]


def test_each_has_its_rows_in_the_transaction_that_is_under_way(database: str) -> None:
    asked = {"some": array_of(SUBJECTS), "least": 1}
    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT 7 AS number")
        found = together(
            cursor, ("SELECT unnest(%(some)s::uuid[])", "SELECT number FROM made WHERE number > %(least)s"), asked
        )
    assert found == [[(one,) for one in SUBJECTS], [(7,)]]


def test_the_error_of_the_first_that_fails_comes_out(database: str) -> None:
    with connect(database) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg.errors.DivisionByZero):
            together(cursor, ("SELECT 1", "SELECT 1 / 0", "SELECT 2"), {})
        connection.rollback()
        assert together(cursor, ("SELECT 1", "SELECT 2"), {}) == [[(1,)], [(2,)]]
