"""The demo goes into no register but its own: what is appended there is never taken out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from events.errors import Refusal
from services import processes, stage, visitors
from services.embedded import Engines
from services.note import Note
from services.settings import from_environ
from tests.events.desk import Desk, of
from tests.events.examples import CAPTURED

if TYPE_CHECKING:
    from pathlib import Path

MADE_UP = "urn:rekam:synthetic:5371:perekaman"
A_USER = "INSERT INTO access.user (name, role, areas) VALUES ('siti', 'auditor', '{}')"
NOTHING_YET = """
    INSERT INTO intake.incarnation (topic, incarnation) VALUES ('rekam.death', 1);
    INSERT INTO intake.accounted VALUES ('rekam.death', 1, 0, 0, 0, 'quarantined')
"""


class Place:
    """A database and a folder, to which the demo comes; the broker is its own."""

    def __init__(self, database: str, folder: Path) -> None:
        self.settings = from_environ({"REKAM_DATABASE": database, "REKAM_DATA": str(folder)})
        self.note = Note(folder / "demo.json")
        self._database = database

    def looked_at(self) -> None:
        stage.refuse_another(self.settings, self.note, Engines("127.0.0.1:1", self._database, embedded=True))

    def claimed(self) -> None:
        self.note.claim(quick=True, city=False, seed=2018)

    def holds_a_fact_of(self, source: str) -> None:
        Desk(self._database, self.settings.keys).takes(of(CAPTURED, f"of {source}", source=source))

    def does(self, statement: str) -> None:
        with psycopg.connect(self._database) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def place(empty_database: str, tmp_path: Path) -> Place:
    processes.prepare(empty_database)
    return Place(empty_database, tmp_path)


def test_a_database_with_nothing_in_it_is_taken_and_nothing_is_made_there(empty_database: str, tmp_path: Path) -> None:
    Place(empty_database, tmp_path).looked_at()

    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT to_regnamespace('log')").fetchone() == (None,)
    assert list(tmp_path.iterdir()) == []


def test_a_register_that_was_made_and_never_used_is_taken(place: Place) -> None:
    place.looked_at()


@pytest.mark.parametrize("claimed", [True, False])
def test_a_register_with_real_facts_is_refused_even_where_a_demo_was_begun_there(place: Place, claimed: bool) -> None:
    if claimed:
        place.claimed()
    place.holds_a_fact_of("urn:rekam:registry:5371:siak")
    place.holds_a_fact_of(MADE_UP)

    with pytest.raises(
        Refusal, match=r"holds facts that are not the demo's, .*: set REKAM_DATA to another folder, and"
    ):
        place.looked_at()


def test_a_demo_is_run_again_in_its_own_register_whoever_was_let_in_and_told_since(
    place: Place, empty_database: str
) -> None:
    place.claimed()
    visitors.make(empty_database)
    place.holds_a_fact_of(MADE_UP)
    place.does(A_USER)

    place.looked_at()


def test_a_demo_that_was_killed_before_its_first_fact_is_run_again(place: Place, empty_database: str) -> None:
    place.claimed()
    visitors.make(empty_database)
    place.does(NOTHING_YET)

    place.looked_at()


@pytest.mark.parametrize("of_the_demo", [True, False])
def test_users_of_a_register_where_no_demo_was_begun_keep_their_passwords(
    place: Place, empty_database: str, of_the_demo: bool
) -> None:
    visitors.make(empty_database)
    if of_the_demo:
        place.holds_a_fact_of(MADE_UP)

    with pytest.raises(Refusal, match="holds users that are not the demo's"):
        place.looked_at()


def test_users_of_a_register_without_facts_are_nobodys_in_a_folder_that_was_only_claimed(place: Place) -> None:
    """As an older Rekam did for a demo that it then refused, beside a register that was running."""
    place.claimed()
    place.does(A_USER)

    with pytest.raises(Refusal, match="holds users that are not the demo's"):
        place.looked_at()


def test_a_register_that_has_read_messages_of_others_is_refused_though_none_became_a_fact(place: Place) -> None:
    place.does(NOTHING_YET)

    with pytest.raises(Refusal, match="holds accounts of messages that are not the demo's"):
        place.looked_at()


def test_a_register_of_our_own_engine_is_named_by_its_folder(place: Place, empty_database: str, tmp_path: Path) -> None:
    place.holds_a_fact_of("urn:rekam:registry:5371:siak")
    own = from_environ({"REKAM_DATA": str(tmp_path)})

    with pytest.raises(Refusal, match=rf"the register in {tmp_path} holds facts.*another folder$"):
        stage.refuse_another(own, place.note, Engines("127.0.0.1:1", empty_database, embedded=True))
