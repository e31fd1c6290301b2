"""A password for PostgreSQL that stands in a file, as secrets of containers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from events import database
from events.errors import Unreachable, WrongUse
from services.embedded import Embedded, find
from services.settings import Settings, from_environ

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "postgresql://rekam@db.example:5432/rekam"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Readable for everybody, as a mounted secret may be: libpq would not take it for a passfile."""
    path = tmp_path / "secret"
    path.write_text("open ' \\ sesame\nsecond line\n")
    path.chmod(0o644)
    return path


def settings_with(address: str, file: Path) -> Settings:
    return from_environ({"REKAM_KAFKA": "k:9092", "REKAM_DATABASE": address, "REKAM_DATABASE_PASSWORD_FILE": str(file)})


@pytest.mark.parametrize("address", [ADDRESS, "host=db.example port=5432 user=rekam dbname=rekam"])
def test_the_first_line_of_the_file_is_the_password(address: str, file: Path) -> None:
    settings = settings_with(address, file)

    for engines in (find(settings), Embedded(settings).engines):
        found = conninfo_to_dict(engines.database)
        assert (found["password"], found["host"], found["user"]) == ("open ' \\ sesame", "db.example", "rekam")


def test_it_is_never_shown(file: Path) -> None:
    assert "sesame" not in repr(find(settings_with(ADDRESS, file)))


def test_with_it_a_server_that_asks_for_one_lets_us_in(postgres: str, tmp_path: Path) -> None:
    address = psycopg.conninfo.make_conninfo(postgres, passfile=str(tmp_path / "none"))
    passfile = conninfo_to_dict(postgres)["passfile"]
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    with open(str(passfile)) as known:  # noqa: PTH123
        right.write_text(known.read().rpartition(":")[2])
    wrong.write_text("wrong\n")

    database.connect(find(settings_with(address, right)).database).close()
    with pytest.raises(Unreachable, match="password authentication failed"):
        database.connect(find(settings_with(address, wrong)).database)


@pytest.mark.parametrize("content", [None, b"\n", b"\xff"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(WrongUse, match=r"REKAM_DATABASE_PASSWORD_FILE: .*secret"):
        find(settings_with(ADDRESS, path))


@pytest.mark.parametrize("address", ["postgresql://rekam:canary@db.example/rekam", "user=rekam password=canary"])
def test_two_passwords_are_one_too_many(address: str, file: Path) -> None:
    with pytest.raises(WrongUse, match="REKAM_DATABASE holds a password") as said:
        find(settings_with(address, file))

    assert "canary" not in str(said.value)


def test_an_address_that_is_none_is_refused_without_the_password(file: Path) -> None:
    with pytest.raises(WrongUse, match="REKAM_DATABASE is no PostgreSQL address") as said:
        find(settings_with("not an address", file))

    assert "sesame" not in str(said.value)


def test_a_password_for_the_embedded_server_is_refused(file: Path) -> None:
    with pytest.raises(WrongUse, match="REKAM_DATABASE_PASSWORD_FILE has no effect on the embedded PostgreSQL"):
        from_environ({"REKAM_DATABASE_PASSWORD_FILE": str(file)})
