"""Real messages, broken in every way that we could think of; the same seed gives the same messages."""

from __future__ import annotations

import json
from collections import deque
from random import Random
from typing import TYPE_CHECKING, Final

from events.facts import SOURCE_TOPICS, TOPIC_OF
from events.strict_json import LARGEST_VALUE
from tests.events.examples import FACT_WITHDRAWN
from tests.hostile.drafts import CANARY, REMEMBERED, Draft, Event, Headers, Message, People

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["GOOD", "MUTATIONS", "messages"]

GOOD: Final = "nothing"
"""What was done to a message that is as it should be, and was not said before."""

# ------------------------------------------------------------------ what is done to them

Mutation = "Callable[[Draft], None]"
MUTATIONS: dict[str, Callable[[Draft], None]] = {}


def mutation(made: Callable[[Draft], None]) -> Callable[[Draft], None]:
    MUTATIONS[made.__name__.replace("_", " ")] = made
    return made


_TEXTS: Final = (
    "", " ", "\t\n", "\x00", "a\x00b", "\x1b[2J", "\u202e5371", "\u200b", "e\u0301" * 20, "\ufeff", "\ufffe", "\uffff",
    "'; DROP TABLE log.entry; --", "%s%n{0}${jndi:x}", "../../etc/passwd", "<script>alert(1)</script>", "=1+1",
    "\N{GRINNING FACE}" * 500, "\u0665\u0663\u0667\u0661" * 4, "\uff15" * 16, "null", "NaN", "true", "\\", '"',
    "A" * 2000, "A" * 2001, "\N{GRINNING FACE}" * 2000, "A" * 30_000, "\U0010ffff", "0", "-1", "1e5",
)  # fmt: skip
_DAYS: Final = (
    "0000-00-00", "0001-01-01", "1849-12-31", "1850-01-01", "2018-02-30", "2018-1-1", "20181120", "2199-12-31",
    "2200-01-01", "9999-12-31", "99999-01-01", "2018-11-20T00:00:00Z", "\u0662018-11-20", "2018-11-20 ", "-2018-11-20",
)  # fmt: skip
_TIMES: Final = (
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2018-11-21T09:12:60+08:00", "2018-11-21T24:00:00Z",
    "2018-11-21T09:12:00", "2018-11-21T09:12:00.1234567Z", "2018-11-21t09:12:00z", "2018-11-21T09:12:00+99:99",
    "2199-01-01T00:00:00Z", "1542762720", "",
)  # fmt: skip
_JSON: Final = (
    "NaN", "Infinity", "-Infinity", "1e999", "-0", "1.0", "1E400", "0x10", "01", "+1", ".5", "1.", "'a'", "None",
    "9" * 30, "9" * 4_000, "9" * 5_000, "-" + "9" * 20_000, "1" + "0" * 400 + ".5", "[]", "{}", "[[]]", "true", "null",
    '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\uD83D\\uDE00"', '"\\u12"', '"\\x41"', '"a\nb"', "/**/1", "1,",
)  # fmt: skip


@mutation
def nothing(draft: Draft) -> None:
    """As it was: repeats and conflicts come from these, too."""


@mutation
def field_left_out(draft: Draft) -> None:
    draft.data.pop(draft.field(), None)


@mutation
def field_added(draft: Draft) -> None:
    draft.data[draft.random.choice(["nama", "NIK", "nik ", "", "x" * 300, CANARY])] = f"{CANARY} x"


@mutation
def field_of_another_kind(draft: Draft) -> None:
    draft.data[draft.field()] = draft.random.choice([None, True, 0, -1, 2**53, 1.5, [], {}, [CANARY], {"nik": CANARY}])


@mutation
def text_that_is_odd(draft: Draft) -> None:
    draft.data[draft.field()] = draft.random.choice(_TEXTS)


@mutation
def day_that_is_odd(draft: Draft) -> None:
    days = [name for name in draft.data if name.endswith(("_on", "_until", "_date", "as_of"))]
    if days:
        draft.data[draft.random.choice(days)] = draft.random.choice(_DAYS)


@mutation
def time_that_is_odd(draft: Draft) -> None:
    draft.event[draft.random.choice(["time", "recordedtime"])] = draft.random.choice(_TIMES)


@mutation
def nik_that_is_odd(draft: Draft) -> None:
    if "nik" in draft.data:
        good = "".join(digit for digit in str(draft.data["nik"]) if digit in "0123456789")
        draft.data["nik"] = draft.random.choice(
            [good[:-1], good + "1", f" {good}", good[:6] + "999999" + good[12:], good[:-4] + "0000", [good]]
        )


@mutation
def kelurahan_that_is_none(draft: Draft) -> None:
    for name in draft.data:
        if name.endswith("kelurahan"):
            draft.data[name] = draft.random.choice(["53.71.99.9999", "5371011001", "", 5371, {"53.71.01.1001": -1}])


@mutation
def numbers_that_are_odd(draft: Draft) -> None:
    if "rows" in draft.data:
        draft.data["rows"] = draft.random.choice([-1, 2**53 - 1, 2**53, 2**63, 2**64, 10**30, 1.0, "3", True])
        draft.data["rows_by_kelurahan"] = draft.random.choice([{}, {"53.71.01.1001": 2**53 - 1}, [], None])


@mutation
def json_that_is_odd(draft: Draft) -> None:
    draft.data[draft.field()] = draft.raw(draft.random.choice(_JSON))


@mutation
def name_given_twice(draft: Draft) -> None:
    field = draft.field()
    again = draft.random.choice([field, "".join(f"\\u{ord(letter):04x}" for letter in field)])
    draft.data[field] = draft.raw(f'"{CANARY}", "{again}": "{CANARY}"')


@mutation
def nested_deeply(draft: Draft) -> None:
    deep = draft.random.choice([50, 198, 199, 200, 201, 1_000, 16_000])
    opened, closed = draft.random.choice([("[", "]"), ('{"a":', "}")])
    text = f"{opened * deep}1{closed * deep}" if deep < 10_000 else opened * deep
    target = draft.event if draft.random.random() < 0.5 else draft.data
    target["traceparent"] = draft.raw(text)


@mutation
def as_long_as_may_be(draft: Draft) -> None:
    length = LARGEST_VALUE + draft.random.choice([-1, 0, 1, 2, 1_000])
    draft.bytes.append(lambda value: value + b" " * max(0, length - len(value)))


@mutation
def much_too_long(draft: Draft) -> None:
    if draft.random.random() < 0.1:
        filler = draft.random.choice([b" ", b"[", b"\xff", CANARY.encode()])
        draft.bytes.append(lambda value: value + filler * (900_000 // len(filler)))


@mutation
def slow_to_look_through(draft: Draft) -> None:
    """What a pattern that begins anew at each place would take seconds for."""
    digits = draft.random.choice([b"9" * 5_000, b"1e999", b",".join([b"9" * 3_999] * 3 + [b"9" * 4_400])])
    tail = draft.random.choice([b'\\"', b"\\\\", b'"a', b"[],", b"{},", b"9,", b"\\u0061"])
    draft.bytes.append(lambda _: b"[" + digits + b', "' + tail * ((32_000 - len(digits)) // len(tail)))


@mutation
def attribute_left_out(draft: Draft) -> None:
    draft.event.pop(draft.random.choice(list(draft.event)), None)


@mutation
def attribute_that_is_odd(draft: Draft) -> None:
    draft.event[draft.random.choice(["specversion", "datacontenttype", "subject", "data_base64", "dataschema"])] = (
        draft.random.choice(["1.0", "0.3", "", None, 1, CANARY, ["1.0"]])
    )


@mutation
def names_that_are_odd(draft: Draft) -> None:
    draft.event[draft.random.choice(["source", "id"])] = draft.random.choice(
        ["", "a" * 500, "a" * 501, "\N{GRINNING FACE}" * 500, "a\x00b", "a\nb", "\u2028", "\u202e", " ", 7, None]
    )


@mutation
def type_that_is_none(draft: Draft) -> None:
    draft.event["type"] = draft.random.choice(
        ["", "rekam.death.registered.v2", "x" * 500, "rekam.", "REKAM.DEATH.REGISTERED.V1", 7, None]
    )


@mutation
def another_topic(draft: Draft) -> None:
    draft.topic = draft.random.choice(SOURCE_TOPICS)


@mutation
def no_event(draft: Draft) -> None:
    instead = draft.random.choice([b"", b"[]", b"null", b"0", b'"x"', b"{}", b"[{}]", b"\x00", b"\xff\xfe", None, b" "])
    draft.bytes.append(lambda _: instead)


@mutation
def withdraws_itself_or_in_a_circle(draft: Draft) -> None:
    event = draft.event
    event["type"] = FACT_WITHDRAWN
    draft.topic = TOPIC_OF[FACT_WITHDRAWN]
    number = draft.random.randrange(40)
    event["id"] = f"circle-{number}"
    of = draft.random.choice([number, (number + 1) % 40])
    event["data"] = {"withdraws_source": event.get("source"), "withdraws_id": f"circle-{of}", "reason": "x"}


@mutation
def bits_flipped(draft: Draft) -> None:
    places = [draft.random.random() for _ in range(draft.random.choice([1, 1, 2, 8]))]

    def flip(value: bytes) -> bytes:
        changed = bytearray(value)
        for place in places:
            if changed:
                changed[int(place * len(changed))] ^= 1 << int(place * 8)
        return bytes(changed)

    draft.bytes.append(flip)


@mutation
def cut_or_doubled(draft: Draft) -> None:
    place, how = draft.random.random(), draft.random.choice(["cut", "head", "doubled", "inserted"])

    def change(value: bytes) -> bytes:
        at = int(place * len(value))
        return {
            "cut": value[:at],
            "head": value[at:],
            "doubled": value + value,
            "inserted": value[:at] + b"\xc3\x28\x00\xf5" + value[at:],
        }[how]

    draft.bytes.append(change)


@mutation
def another_encoding(draft: Draft) -> None:
    how = draft.random.choice(["utf-16", "utf-32", "utf-8-sig", "utf-7"])
    draft.bytes.append(lambda value: value.decode("utf-8", "replace").encode(how, "replace"))


@mutation
def headers_that_are_odd(draft: Draft) -> None:
    odd: list[Headers] = [
        [],
        [("content-type", None)],
        [("content-type", b"application/cloudevents-batch+json")],
        [("CONTENT-TYPE", b"application/json")],
        [("content-type", b"\xff\xfe")],
        [("ce_id", b"\xff"), ("CE_ID", b"2")],
        [("ce_", b""), ("", b""), ("ce_source", None)],
        [("ce_nik", CANARY.encode()), ("\N{GRINNING FACE}", b"1")],
        [("x" * 30_000, b"y" * 30_000)],
        [(f"h{number}", b"") for number in range(2_000)],
        [("ce_type", b"\x00"), ("ce_specversion", b"1.0\n")],
    ]
    chosen, replace = draft.random.choice(odd), draft.random.random() < 0.3
    draft.headers.append(lambda headers: chosen if replace else headers + chosen)


# ------------------------------------------------------------------ a stream of them


def messages(seed: int, count: int) -> Iterator[Message]:
    """That many; a fifth are good ones, some said before, the others have one to three things wrong."""
    random = Random(seed)
    people = People(random)
    kinds = list(MUTATIONS)
    said: deque[Event] = deque(maxlen=REMEMBERED)
    for _ in range(count):
        again = bool(said) and random.random() < 0.15
        event = json.loads(json.dumps(random.choice(said))) if again else people.event()
        said.append(json.loads(json.dumps(event)))
        if again and random.random() < 0.5:
            event["time"] = "2018-11-21T09:12:01+08:00"
        draft = Draft(random, event)
        hows = [GOOD] if random.random() < 0.2 else random.choices(kinds, k=random.choice([1, 1, 1, 2, 3]))
        for how in hows:
            MUTATIONS[how](draft)
        yield draft.message(" + ".join(hows) + (" (said before)" if again else ""))
