"""What is called flat, and that it is noticed when something is not."""

from __future__ import annotations

import pytest

from tests.soak.flat import KINDS, judged
from tests.soak.run import Report

FACTS = [float(1_000 * look) for look in range(40)]
LEVEL = [100.0] * 40


@pytest.mark.parametrize("kind", [kind for kind, rule in KINDS.items() if not rule.by_fact])
def test_what_stays_as_it_is_is_flat(kind: str) -> None:
    (verdict,) = judged({(kind, "it"): LEVEL}, FACTS)

    assert (verdict.start, verdict.end, verdict.flat) == (100, 100, True)


@pytest.mark.parametrize("kind", [kind for kind, rule in KINDS.items() if not rule.by_fact])
def test_what_grows_with_each_look_is_not(kind: str) -> None:
    (verdict,) = judged({(kind, "it"): [10_000.0 * 1.5**look for look in range(40)]}, FACTS)

    assert not verdict.flat


def test_one_handle_a_minute_is_noticed_within_an_hour() -> None:
    (verdict,) = judged({("handles", "api"): [20.0 + look for look in range(60)]}, [0.0] * 60)

    assert not verdict.flat


@pytest.mark.parametrize("kind", [kind for kind, rule in KINDS.items() if rule.by_fact])
def test_what_each_fact_adds_to_is_flat_when_it_adds_the_same(kind: str) -> None:
    (verdict,) = judged({(kind, "it"): [7 + 200 * facts for facts in FACTS]}, FACTS)

    assert (verdict.start, verdict.end, verdict.flat) == (200, 200, True)


@pytest.mark.parametrize("kind", [kind for kind, rule in KINDS.items() if rule.by_fact])
def test_and_not_when_it_adds_ever_more(kind: str) -> None:
    (verdict,) = judged({(kind, "it"): [facts**2 for facts in FACTS]}, FACTS)

    assert not verdict.flat


def test_a_peak_in_the_middle_is_passed_over_and_one_that_stays_is_not() -> None:
    passes, stays = [*LEVEL], [*LEVEL]
    passes[20] = 1_000.0
    stays[-4:] = [1_000.0] * 4

    there, here = judged({("memory", "passes"): passes, ("memory", "stays"): stays}, FACTS)

    assert (there.flat, here.flat) == (True, False)


def test_a_series_that_does_not_go_with_the_facts_is_refused() -> None:
    with pytest.raises(ValueError, match="memory of intake: 3 figures, at 40"):
        judged({("memory", "intake"): [1.0, 2.0, 3.0]}, FACTS)


def test_what_some_look_did_not_find_is_told() -> None:
    report = Report(1)
    every, some = {("lag", "it"): 1.0}, {("lag", "it"): 1.0, ("latency", "it"): 5.0}
    report.looks = [(at, 1_000 * at, some if at else every) for at in range(9)]

    assert report.missing() == ["not flat: latency of it, looks without it: 1"]
    assert report.missing()[0] in report.text()
