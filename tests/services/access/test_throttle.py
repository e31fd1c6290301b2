"""Who guesses waits longer and longer, whether there is anybody of that name or not, and memory stays bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.access.throttle import FREE_OF_A_NAME, FREE_OF_AN_ADDRESS, LONGEST_S, Throttle

NAMES = st.sampled_from(["lena", "leo", "nobody"])
ADDRESSES = st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "none"])
ATTEMPTS = st.lists(st.tuples(NAMES, ADDRESSES, st.floats(0, 100), st.booleans()), max_size=80)


def let_through(throttle: Throttle, names: list[str], addresses: list[str], now: float = 0.0) -> int:
    return sum(throttle.attempt(name, address, now) == 0 for name, address in zip(names, addresses, strict=True))


def test_two_thousand_at_once_are_let_through_a_few_times() -> None:
    addresses = [f"192.0.2.{number % 250}" for number in range(2000)]

    assert let_through(Throttle(), ["lena"] * 2000, addresses) == FREE_OF_A_NAME


def test_many_names_from_one_address_are_one_who_guesses() -> None:
    names = [f"name{number}" for number in range(2000)]

    assert let_through(Throttle(), names, ["192.0.2.1"] * 2000) == FREE_OF_AN_ADDRESS
    assert let_through(Throttle(), names, [f"2001:db8::{number:x}" for number in range(2000)]) == FREE_OF_AN_ADDRESS
    assert let_through(Throttle(), names[:50], [f"2001:db8:0:{number:x}::1" for number in range(50)]) == 50
    assert let_through(Throttle(), names, ["::ffff:192.0.2.1", "192.0.2.1"] * 1000) == FREE_OF_AN_ADDRESS


def test_pauses_grow_to_a_longest() -> None:
    throttle, now, pauses = Throttle(), 0.0, []
    for number in range(20):
        wait = throttle.attempt("lena", f"192.0.2.{number}", now)
        if wait:
            pauses.append(wait)
            now += wait
            assert throttle.attempt("lena", f"192.0.2.{number}", now) == 0

    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == LONGEST_S
    assert pauses == sorted(pauses)


def test_who_signs_in_begins_anew_but_their_address_does_not() -> None:
    throttle = Throttle()
    for _ in range(FREE_OF_AN_ADDRESS):
        assert throttle.attempt("leo", "192.0.2.9", 0.0) == 0
        throttle.succeeded("leo", "192.0.2.9", 0.0)
    guesses = sum(throttle.attempt(f"name{number}", "192.0.2.9", 0.0) == 0 for number in range(100))

    assert guesses == FREE_OF_AN_ADDRESS
    throttle.succeeded("leo", "192.0.2.9", 0.0)
    assert throttle.attempt("another", "192.0.2.9", 0.0) == 0
    assert throttle.attempt("more", "192.0.2.9", 0.0) > 0


def test_what_failed_at_an_address_is_forgotten_while_others_sign_in_there() -> None:
    throttle, names = Throttle(), [f"name{number}" for number in range(100)]
    assert let_through(throttle, names, ["192.0.2.1"] * 100) == FREE_OF_AN_ADDRESS

    for now in (1_200.0, 2_400.0, 3_601.0):
        assert throttle.attempt("leo", "192.0.2.1", now) == 0
        throttle.succeeded("leo", "192.0.2.1", now)

    assert let_through(throttle, names, ["192.0.2.1"] * 100, 3_602.0) == FREE_OF_AN_ADDRESS


def test_one_who_signs_in_takes_back_no_failure_of_another_in_between() -> None:
    throttle, names = Throttle(), [f"name{number}" for number in range(FREE_OF_AN_ADDRESS)]
    let_through(throttle, names, ["192.0.2.1"] * FREE_OF_AN_ADDRESS)
    assert throttle.attempt("leo", "192.0.2.1", 10.0) == 0
    assert throttle.attempt("somebody", "192.0.2.1", 20.0) == 0

    throttle.succeeded("leo", "192.0.2.1", 10.0)

    assert throttle.attempt("another", "192.0.2.1", 20.5) > 0


def test_after_an_hour_it_is_forgotten() -> None:
    throttle = Throttle()
    let_through(throttle, ["lena"] * 100, ["192.0.2.1"] * 100)

    assert throttle.attempt("lena", "192.0.2.1", 0.5) > 0
    assert throttle.attempt("lena", "192.0.2.1", 3601) == 0
    assert throttle.attempt("lena", "192.0.2.1", 3601) == 0


@given(ATTEMPTS)
def test_all_names_are_alike(attempts: list[tuple[str, str, float, bool]]) -> None:
    """What is said of a name depends on what was tried, never on which name it is."""
    one, other, now = Throttle(), Throttle(), 0.0
    for name, address, later, _ in attempts:
        now += later
        assert one.attempt(name, address, now) == other.attempt(name[::-1], address, now)


@given(ATTEMPTS)
def test_whoever_waits_as_told_is_let_through(attempts: list[tuple[str, str, float, bool]]) -> None:
    throttle, now = Throttle(), 0.0
    for name, address, later, succeeds in attempts:
        now += later
        wait = throttle.attempt(name, address, now)
        assert 0 <= wait <= LONGEST_S
        if wait:
            now += wait + 1e-6
            assert throttle.attempt(name, address, now) == 0
        if succeeds:
            throttle.succeeded(name, address, now)


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), max_size=60), st.integers(2, 8))
def test_it_never_grows_beyond_its_bound(attempts: list[tuple[str, str]], most: int) -> None:
    throttle = Throttle(most)
    for now, (name, address) in enumerate(attempts):
        throttle.attempt(name, address, float(now))
        assert len(throttle) <= most
