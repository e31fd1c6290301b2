from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.clean import clean_register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.clean import Clean


@pytest.fixture(scope="module")
def clean(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clean]:
    folder, keys = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("keys") / "keys"
    with clean_register(postgres, folder, keys) as made:
        yield made
