"""Captures are kept as they were told, each until a withdrawal of it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from projections.evidence import Capture, Withdrawal
from tests.projections.ledger import Ledger, told, where
from tests.projections.residents import captured, withdrawn

if TYPE_CHECKING:
    from projections.reading import Fact


def test_a_capture_is_kept_with_its_place_and_its_session(ledger: Ledger) -> None:
    capture = captured("2018-11-20", written="2018-11-22")
    ledger.tell("Ani", capture)
    rows = "SELECT position, captured_on::text, place, session, recordedtime, withdrawn FROM counts.capture"
    assert ledger.cursor.execute(rows).fetchall() == [(1, "2018-11-20", *where(capture), capture.recordedtime, None)]


def test_of_two_withdrawals_of_a_capture_the_first_counts(ledger: Ledger) -> None:
    capture = captured("2018-11-20")
    ledger.tell("Ani", capture, withdrawn(capture), withdrawn(capture))
    assert ledger.cursor.execute("SELECT position, withdrawn FROM counts.capture").fetchall() == [(1, 2)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told())
def test_every_capture_of_the_log_is_there_with_its_first_withdrawal(
    ledger: Ledger, said: list[tuple[str, Fact]]
) -> None:
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor)
        made.tell_all(said, at_once=3)
        expected = []
        for subject, facts in made.history.items():
            for at, fact in facts:
                if isinstance(fact, Capture):
                    gone = [
                        later
                        for later, other in facts
                        if isinstance(other, Withdrawal)
                        and (other.withdraws_source, other.withdraws_id) == (fact.source, fact.id)
                    ]
                    expected.append((at, subject, fact.valid_on, *where(fact), min(gone, default=None)))
        rows = "SELECT position, subject, captured_on, place, session, withdrawn FROM counts.capture ORDER BY 1"
        assert made.cursor.execute(rows).fetchall() == sorted(expected, key=lambda row: row[0])
