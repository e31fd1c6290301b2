from __future__ import annotations

import itertools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import Refused
from events.strict_json import LARGEST_VALUE, parse

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=12,
)


def code_of(value: bytes | None) -> str:
    with pytest.raises(Refused) as raised:
        parse(value)
    return raised.value.code


@given(JSON)
def test_json_is_read_as_every_reader_reads_it(value: object) -> None:
    for ascii_only in (True, False):
        assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"  ",
        b"\xff\xfe",
        b'{"a":"\xe9"}',
        b'{"\xe9":1}',
        b'["\xed\xa0\x80"]',  # a surrogate, written as if it were a character
        b'["\xc0\x80"]',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"NaN",
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a":1,"a":1}',
        rb'{"a":1,"\u0061":2}',
        b'[{"b":{"a":1,"a":2}}]',
        rb'["\ud800"]',
        rb'["\udc00"]',
        rb'["\ud800\u0041"]',
        rb'{"\udfff":1}',
        b'["a\nb"]',
        b'["\x00"]',
        b"[01]",
        b"[1.]",
        b"[+1]",
        b"[.5]",
        b"[1,]",
        b"{} {}",
        b"{'a':1}",
        b"{}//",
        b'{"a"}',
        b"[" * 201 + b"]" * 201,
        b"[" * 9_000 + b"]" * 9_000,
        b"[" + b"0" * 5_000 + b"]",
        b'["' + b"1" * 5_000,
    ],
)
def test_what_is_no_strict_json_is_refused(value: bytes | None) -> None:
    assert code_of(value) == "not_json"


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse(rb'["\ud83d\ude00"]') == ["😀"]


def test_a_value_has_at_most_32_768_bytes_whatever_they_are() -> None:
    assert parse(b"{}" + b" " * (LARGEST_VALUE - 2)) == {}
    assert code_of(b"{}" + b" " * (LARGEST_VALUE - 1)) == "too_large"
    assert code_of(b"x" * (LARGEST_VALUE + 1)) == "too_large"


@pytest.mark.parametrize(
    ("one", "other", "inner"),
    list(
        itertools.product(
            [(b"[", b"]"), (b'{"a":', b"}")], [(b"[", b"]"), (b'{"a":', b"}")], [b"1", b'"x"', b"[]", b"{}"]
        )
    ),
)
def test_200_levels_are_read_and_201_are_not(
    one: tuple[bytes, bytes], other: tuple[bytes, bytes], inner: bytes
) -> None:
    def nested(levels: int) -> bytes:
        pairs = [one if level % 2 else other for level in range(levels - (inner in (b"[]", b"{}")))]
        return b"".join(pair[0] for pair in pairs) + inner + b"".join(pair[1] for pair in reversed(pairs))

    assert parse(nested(200)) is not None
    assert code_of(nested(201)) == "not_json"


def test_many_lists_beside_each_other_are_not_deep() -> None:
    assert parse(b"[" + b"[],{}," * 500 + b'"[[[["]') is not None


@pytest.mark.parametrize("digits", [4_301, 20_000])
def test_a_number_of_very_many_digits_is_still_json(digits: int) -> None:
    number = b"9" * digits
    assert parse(b'{"a":"' + number + b'","b":1}') == {"a": number.decode(), "b": 1}
    long = parse(b'{"a\\"":"' + b"1" * 4_500 + b'","b":-' + number + b"}")
    assert isinstance(long, dict)
    assert long['a"'] == "1" * 4_500
    assert long["b"] < -(10**3_000)
    assert parse(b"[1e400]") == [float("inf")]
    assert isinstance(parse(b"[" + number + b".0]"), list)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"nama Siti":1,"nama Siti":2}', "gives a name twice"),
        (b"[" * 201 + b"]" * 201, "deeper than 200"),
        (b"[" * 300 + b"]" * 300, "deeper than 200"),
        (b'["\xe9"]', "not UTF-8"),
        (rb'["\ud800"]', "surrogate"),
        (b'["a\tb"]', "control character"),
        (b'{"a":', "ends too early"),
        (b"{} Siti", "after its end"),
        (b"{Siti}", "grammar .*line 1 column 2"),
    ],
)
def test_the_reason_names_the_place_and_shows_nothing(value: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as raised:
        parse(value)
    assert "Siti" not in raised.value.message


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused_and_nothing_else(value: bytes) -> None:
    try:
        parse(value)
    except Refused as refused:
        code = refused.code
    else:
        code = "not_json"
    assert code == "not_json"


@pytest.mark.parametrize("tail", [b'\\"', b"\\\\", b"\\u0061", b'"a', b"1,"])
@pytest.mark.parametrize("head", [b"[" + b"9" * 5_000 + b', "', b"[" + b"9" * 5_000 + b","])
def test_a_text_without_its_end_behind_a_long_number_is_looked_through_once(head: bytes, tail: bytes) -> None:
    """It took 3 s when every place in it was tried as the beginning of a text; now some tenths of a millisecond."""
    value = head + tail * ((LARGEST_VALUE - len(head)) // len(tail))
    begun = time.perf_counter()

    with pytest.raises(Refused):
        parse(value)

    assert time.perf_counter() - begun < 0.5
