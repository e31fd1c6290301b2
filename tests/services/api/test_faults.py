"""A fault of ours that nobody foresaw: nothing of it is told, it is counted, and its answer is like any other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import pytest

from services import upkeep

if TYPE_CHECKING:
    from tests.services.api.office import Office


def counted(office: Office, route: str) -> float:
    text = office.ask("operator", "/v1/metrics").text
    found = re.search(rf'_seconds_count{{method="GET",route="{re.escape(route)}",status="500"}} (\S+)', text)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize(("path", "media"), [("/v1/status", "application/problem+json"), ("/operations", "text/html")])
def test_it_is_counted_and_answered_as_everything_is(
    office: Office, monkeypatch: pytest.MonkeyPatch, path: str, media: str
) -> None:
    def fails(*_: object) -> NoReturn:
        raise KeyError("Siti Contoh")

    before = counted(office, path)
    monkeypatch.setattr(upkeep, "status_document", fails)
    answer = office.ask("operator", path)

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(media)
    assert "Siti" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert counted(office, path) == before + 1
