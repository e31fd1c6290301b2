"""How a command ends when PostgreSQL ends in the midst of it: as where it cannot be reached at all."""

from __future__ import annotations

import psycopg
import pytest

from services import cli


def ended(monkeypatch: pytest.MonkeyPatch, error: Exception) -> object:
    def app(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    with pytest.raises(SystemExit) as end:
        cli.main([])
    return end.value.code


@pytest.mark.parametrize(
    "error", [psycopg.errors.AdminShutdown("5371010101909001"), psycopg.OperationalError("5371010101909001")]
)
def test_a_database_that_goes_away_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: psycopg.Error
) -> None:
    assert ended(monkeypatch, error) == 3
    said = capsys.readouterr().err
    assert f"went away in the midst of it, or has no room: {type(error).__name__}" in said
    assert "5371010101909001" not in said


def test_what_no_retry_mends_is_exit_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(monkeypatch, psycopg.errors.UndefinedTable("5371010101909001")) == 1
    said = capsys.readouterr().err
    assert "UndefinedTable" in said
    assert "5371010101909001" not in said
