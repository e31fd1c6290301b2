"""`rekam prepare` where it cannot do what it is for; where it can, see tests/kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from events.errors import Unreachable, WrongUse
from services.preparation import prepare
from services.settings import from_environ

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = {"REKAM_KAFKA": "127.0.0.1:1", "REKAM_DATABASE": "postgresql://rekam@127.0.0.1:1/rekam"}


@pytest.mark.parametrize("missing", ENGINES)
def test_engines_without_an_address_are_not_its_business(missing: str, tmp_path: Path) -> None:
    given = {name: value for name, value in ENGINES.items() if name != missing}
    settings = from_environ({**given, "REKAM_DATA": str(tmp_path / "data")})

    with pytest.raises(WrongUse, match=f"{missing} is empty, .* run that, or set {missing}"):
        prepare(settings)
    assert not (tmp_path / "data").exists()


def test_a_database_that_does_not_come_is_waited_for_and_then_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Unreachable, match="PostgreSQL does not answer"):
        prepare(from_environ({**ENGINES, "REKAM_DATA": str(tmp_path)}), patience_s=1.2)

    assert capsys.readouterr().err.count("waiting: PostgreSQL does not answer") == 1


def test_a_kafka_that_does_not_come_is_named_and_what_was_made_stays(tmp_path: Path, empty_database: str) -> None:
    settings = from_environ({**ENGINES, "REKAM_DATABASE": empty_database, "REKAM_DATA": str(tmp_path)})

    for _ in range(2):
        with pytest.raises(Unreachable, match=r"Kafka at 127\.0\.0\.1:1 does not answer"):
            prepare(settings, patience_s=0)
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["kek-1", "pepper", "token-1"]
