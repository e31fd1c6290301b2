"""A past position has its answer for ever, also where the register's first day has moved behind that day since."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from services.pages.words import LANGUAGES, Words
from services.scenario.messages import CENTRE, DECLARED, LISTED, WITHDRAWN, Fact, Form, structured
from tests.register import fill
from tests.services.api.office import Office, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from services.pages.words import Language

LIST, DAY = "PUSAT-2018-11", "2018-06-01"
AREA = "53.71.01.1001"


class Moved(NamedTuple):
    """A register whose first day was after DAY only behind position `then`."""

    office: Office
    then: int


def fact(form: Form, id_: str, day: str, data: dict[str, Any]) -> Any:
    moment = f"{day}T09:00:00+08:00"
    return structured(Fact(form, CENTRE, id_, moment, moment, data))


def declared(id_: str, as_of: str) -> Any:
    rows = {"rows": 1, "rows_by_kelurahan": {AREA: 1}}
    return fact(DECLARED, id_, "2018-11-02", {"list": LIST, "kind": "unrecorded", "as_of": as_of, **rows})


def listed() -> Any:
    said = {"name": "Contoh Warga", "sex": "M", "birth_date": "1990-01-01", "ever_married": False}
    lives = {"address": "Jalan Contoh 1", "rt": "001", "rw": "002", "kelurahan": AREA}
    row = {"nik": "5371010101909001", "list": LIST, "listed_on": "2018-01-01", **said, **lives}
    return fact(LISTED, "row-1", "2018-11-02", row)


@pytest.fixture(scope="module", params=["declared again", "withdrawn alone"])
def moved(request: pytest.FixtureRequest, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """A list was declared for a wrong, early day; then that was withdrawn."""
    folder = tmp_path_factory.mktemp("moved") / "keys"
    with opened(postgres, folder, [declared("wrong", "2018-01-01"), listed()]) as office:
        then = office.json("supervisor", "/v1/counts")["position"]
        why = {"withdraws_source": CENTRE, "withdraws_id": "wrong", "reason": "salah ketik"}
        later = [fact(WITHDRAWN, "withdrawal-1", "2018-11-03", why)]
        if request.param == "declared again":
            later.append(declared("right", "2018-11-01"))
        fill(office.database, folder, later)
        yield Moved(office, then)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/", "/city"])
def test_a_past_position_is_shown_and_that_there_is_nothing_to_compare(
    moved: Moved, path: str, language: Language
) -> None:
    office, asked = moved.office, {"on": DAY, "known": str(moved.then)}
    now = office.json("supervisor", "/v1/status")["position"]
    answer = office.ask("supervisor", path, params=asked, headers={"Cookie": f"rekam-language={language}"})

    assert answer.status_code == office.ask("supervisor", "/v1/counts", params=asked).status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    words = Words(language)
    said = words.of("restated.nothing_now", day=words.day(DAY), then=moved.then, now=now)
    assert said in re.sub(r"<[^>]+>", "", answer.text)


def test_now_the_day_has_no_answer(moved: Moved) -> None:
    assert moved.office.ask("supervisor", "/v1/counts", params={"on": DAY}).status_code == 404
