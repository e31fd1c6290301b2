"""The catalogue: every key that is said is in it, none lies idle, and both languages say the same things."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter

import pytest
from markupsafe import Markup

import services.pages
from services.pages.words import CATALOGUE, LANGUAGES, Words

ROOM = Path(str(services.pages.__file__)).parent
TEXTS = "\n".join(file.read_text() for file in sorted(ROOM.rglob("*")) if file.suffix in {".html", ".py"})

# a key in full, `"nav.city"`, and the beginning of one that is put together, `"nav." ~ name` or `f"nav.{name}"`
WHOLE = {
    key
    for key in re.findall(r"""["']([a-z_]+\.[a-z_0-9]+)["']""", TEXTS)
    if key.split(".")[0] in {k.split(".")[0] for k in CATALOGUE}
}
BEGUN = {f"{table}." for table in re.findall(r"""["']([a-z_]+)\.(?:["'] ~|\{)""", TEXTS)}
SAID = set(re.findall(r"""(?<![\w.])[wh]\(["']([a-z_]+\.[a-z_0-9]+)["']""", TEXTS))


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_that_is_said_is_in_the_catalogue() -> None:
    assert sorted(SAID - set(CATALOGUE)) == []


def test_no_text_lies_idle() -> None:
    assert sorted(key for key in CATALOGUE if key not in WHOLE and f"{key.split('.')[0]}." not in BEGUN) == []


@pytest.mark.parametrize("key", CATALOGUE)
def test_both_languages_say_a_text_with_the_same_places(key: str) -> None:
    both = CATALOGUE[key]

    assert set(both) == set(LANGUAGES)
    assert all(both.values())
    assert places(both["id"]) == places(both["en"])


def test_a_language_writes_numbers_its_own_way() -> None:
    id_, en = Words("id"), Words("en")

    assert (id_.number(63_000), en.number(63_000)) == ("63.000", "63,000")
    assert (id_.number(-1_250), en.change(1_250), en.change(0)) == ("−1.250", "+1,250", "0")
    assert (id_.percent(0.8066), en.percent(0.8066)) == ("80,7\N{NO-BREAK SPACE}%", "80.7%")
    assert (id_.decimal(1234.5), en.decimal(1234.5)) == ("1.234,5", "1,234.5")
    assert id_.percent(None) == "–"


def test_days_and_moments_are_those_of_kupang() -> None:
    late = datetime(2018, 8, 31, 17, 5, tzinfo=UTC)

    assert Words("id").day(date(2018, 8, 31)) == "31\N{NO-BREAK SPACE}Agustus 2018"
    assert Words("en").day("2018-08-31") == "31\N{NO-BREAK SPACE}August 2018"
    assert Words("id").moment(late) == "1\N{NO-BREAK SPACE}September 2018 pukul 01.05\N{NO-BREAK SPACE}WITA"
    assert Words("en").moment(late.isoformat()) == "1\N{NO-BREAK SPACE}September 2018, 01:05\N{NO-BREAK SPACE}WITA"


def test_one_is_said_as_one() -> None:
    assert Words("en").of("reconciliation.missing", people=1) == "1 row has no name"
    assert Words("en").of("reconciliation.missing", people=2) == "2 rows have no name"


def test_what_is_put_into_a_text_is_escaped_unless_it_is_marked_up() -> None:
    said = Words("en").html("reconciliation.title", list="<script>")

    assert said == Markup("Reconciliation &lt;script&gt;")
    assert Words("en").html("reconciliation.title", list=Markup("<b>1</b>")) == Markup("Reconciliation <b>1</b>")


def test_a_place_that_is_not_filled_is_an_error() -> None:
    with pytest.raises(KeyError):
        Words("en").of("reconciliation.title")
