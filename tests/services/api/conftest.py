"""One office for the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.api.office import Office, opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def office(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(postgres, tmp_path_factory.mktemp("office") / "keys") as office:
        yield office
