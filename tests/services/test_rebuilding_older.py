"""A register of an older Rekam: brought up at the start, and the one view that has another shape is made anew."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import psycopg
import pytest

from events.database import connect
from events.errors import Refusal
from projections.figures import counts_answer
from services import upkeep
from services.processes import VIEWS, prepare, standing_still
from services.settings import from_environ
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.rebuilds import Rebuilt

REFUSED = "view counts was made in shape {}, this program wants 3: run `rekam rebuild counts --accept`"


@pytest.fixture(scope="module")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rebuilt]:
    register = rebuilds.made(postgres, tmp_path_factory.mktemp("keys"))
    yield register
    rebuilds.dropped(postgres, register)


@pytest.fixture
def older(postgres: str, template: Rebuilt) -> Iterator[Rebuilt]:
    """As Rekam left it before views had shapes, and months their flows, and captures a table."""
    register = rebuilds.copied(postgres, template)
    register.as_owner("DROP TABLE counts.capture, counts.day_change")
    for view in VIEWS:
        register.as_owner(f"ALTER TABLE {view}.position DROP COLUMN shape")
    register.as_owner("DROP TABLE counts.month_flow")
    register.as_owner("UPDATE intake.schema SET version = 1")
    yield register
    rebuilds.dropped(postgres, register)


def test_nothing_is_asked_of_it_before_it_is_brought_up(older: Rebuilt) -> None:
    with pytest.raises(Refusal, match="schema version 1, this program wants 4: end the older Rekam and start this one"):
        older.rebuild("counts", accept=True)


def test_counts_stands_still_until_it_is_rebuilt_and_the_other_views_go_on(older: Rebuilt) -> None:
    before = older.position("counts")
    prepare(older.address)

    assert standing_still(older.address) == [REFUSED.format(1)]
    with pytest.raises(Refusal, match=REFUSED.format(1)):
        older.take_in(views=["counts"])
    older.take_in(views=["trail", "outstanding"])

    assert older.position("counts") == before
    assert older.position("trail") == older.position("outstanding") == older.head() > before
    with connect(older.address, "rekam_reader") as connection, connection.cursor() as cursor:
        with pytest.raises(Refusal, match=REFUSED.format(1)):
            counts_answer(cursor, date(2018, 11, 23), before)
        with pytest.raises(psycopg.errors.RaiseException, match="in another shape: run `rekam rebuild counts"):
            cursor.execute("SELECT * FROM reporting.counts_on('2018-11-23')")


def test_the_status_says_that_it_stands_still_and_the_way_out(
    older: Rebuilt, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(older.address)
    here = from_environ({"REKAM_DATABASE": older.address, "REKAM_KAFKA": "127.0.0.1:1"})

    answer = upkeep.status(here)
    answer.print(as_json=False)

    assert answer.document["standing_still"] == [REFUSED.format(1)]
    assert REFUSED.format(1) in capsys.readouterr().out


def test_a_rebuild_gives_it_its_shape_and_it_goes_on(older: Rebuilt, template: Rebuilt) -> None:
    prepare(older.address)

    assert older.rebuild("counts", accept=True)["swapped"]

    assert standing_still(older.address) == []
    assert older.contents("counts") == template.contents("counts")
    older.take_in()
    assert older.position("counts") == older.head() > template.head()


def test_a_view_of_the_shape_before_is_refused_too_and_a_rebuild_names_its_captures(
    postgres: str, template: Rebuilt
) -> None:
    register = rebuilds.copied(postgres, template)
    try:
        register.as_owner("DROP TABLE counts.capture, counts.day_change")
        register.as_owner("UPDATE counts.position SET shape = 2")
        prepare(register.address)
        assert standing_still(register.address) == [REFUSED.format(2)]
        with pytest.raises(Refusal, match=REFUSED.format(2)):
            register.take_in(views=["counts"])

        found = register.rebuild("counts", accept=True)

        captured = register.as_owner("SELECT count(*) FROM log.entry WHERE topic = 'rekam.recording.captured.v1'")
        assert found["differs"] == [{"table": "capture", "in_use": 0, "rebuilt": captured[0][0]}]
        assert register.contents("counts") == template.contents("counts")
    finally:
        rebuilds.dropped(postgres, register)
