"""Good events about made-up people, and drafts of messages that they become once something was done to them.

Whatever is personal in them is a canary: a name, an address, a note or a document's number holds `Kenari`, a NIK begins
with 5371, so that either is found wherever it should not be.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.facts import TOPIC_OF, TYPES
from tests.events.examples import FACT_WITHDRAWN, LIST_DECLARED, STRUCTURED, envelope, good_data
from tests.kafka.messages import nik

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

__all__ = ["CANARY", "REMEMBERED", "Draft", "Event", "Headers", "Message", "NotUtf8", "People", "named"]

CANARY: Final = "Kenari"
PEOPLE: Final = 400
_PERSONAL: Final = ("name", "address", "note", "document_no", "certificate_no", "verifier")
_SOURCES: Final = ("urn:rekam:registry:5371:siak", "urn:rekam:registry:5371:pendataan")
REMEMBERED: Final = 200

Headers = list[tuple[str, bytes | None]]
Event = dict[str, Any]


class Message(NamedTuple):
    """As a producer hands it to Kafka; `how` names what was done to it."""

    topic: str
    headers: Headers
    value: bytes | None
    how: str


class NotUtf8(str):
    """The name of a header as a careless program in another language may write it."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


class Draft:
    """A good event, and what it becomes: first its fields are changed, then its text, its bytes and its headers."""

    def __init__(self, random: Random, event: Event) -> None:
        self.random = random
        self.event = event
        self.topic = TOPIC_OF[event["type"]]
        self.replaced: dict[str, str] = {}  # in the text, a field's JSON by what json.dumps cannot write
        self.bytes: list[Callable[[bytes], bytes | None]] = []
        self.headers: list[Callable[[Headers], Headers]] = []
        self.binary = random.random() < 0.4

    @property
    def data(self) -> Event:
        found = self.event.get("data")
        return found if isinstance(found, dict) else {}

    def field(self) -> str:
        return self.random.choice([*self.data, "nik", "list", "name"])

    def raw(self, text: str) -> str:
        """A value that stands for this JSON text."""
        mark = f"@@{len(self.replaced)}@@"
        self.replaced[json.dumps(mark)] = text
        return mark

    def message(self, how: str) -> Message:
        event, headers = self.event, list[tuple[str, bytes | None]](STRUCTURED)
        content: object = event
        if self.binary:
            content = event.get("data")
            shown = {name: value for name, value in event.items() if name != "data"}
            headers = [(f"ce_{name}", str(self._written(value)).encode()) for name, value in shown.items()]
        text = json.dumps(content, ensure_ascii=False)
        for mark, instead in self.replaced.items():
            text = text.replace(mark, instead)
        value: bytes | None = text.encode("utf-8", "surrogatepass")
        for change in self.bytes:
            value = change(value) if value is not None else None
        for change_headers in self.headers:
            headers = change_headers(headers)
        return Message(self.topic, headers, value, how)

    def _written(self, value: object) -> object:
        return value if isinstance(value, str) else json.dumps(value)


# ------------------------------------------------------------------ good ones


class People:
    """Draws good events about a few hundred people, and remembers the last ones, to repeat and to withdraw them."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.count = 0
        self.last: deque[Event] = deque(maxlen=REMEMBERED)

    def event(self) -> Event:
        random = self.random
        self.count += 1
        type_ = random.choice(list(TYPES))
        data = good_data(type_)
        if "nik" in data:
            data["nik"] = nik(random.randrange(PEOPLE))
        for name in _PERSONAL:
            if name in data:
                data[name] = f"{CANARY} {random.getrandbits(48):x}"
        if type_ in {LIST_DECLARED, "rekam.listing.resident_listed.v1"}:
            data["list"] = random.choice(["PUSAT-2018-11", "PUSAT-2019-03"])
        source = random.choice(_SOURCES)
        if type_ == FACT_WITHDRAWN:
            of = random.choice(self.last) if self.last and random.random() < 0.9 else {"source": source, "id": "none"}
            source = str(of["source"])
            data |= {"withdraws_source": source, "withdraws_id": of["id"]}
        made = envelope(type_, data, source=source, id=f"id-{self.count}-{random.getrandbits(32):x}")
        self.last.append(made)
        return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def named(message: Message) -> tuple[str | None, str | None]:
    """The source and the id that a good message has."""
    try:
        if any(name.lower() == "content-type" and (value or b"").startswith(b"application/cloudevents+json")
               for name, value in message.headers):  # fmt: skip
            event = json.loads(message.value or b"")
            return event["source"], event["id"]
        said = {name.lower(): value or b"" for name, value in message.headers}
        return said["ce_source"].decode(), said["ce_id"].decode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, None
