"""From a frame and a document to a page: templates that escape everything, and refuse what they were not given."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.pages.frame import Frame

__all__ = ["parts", "render", "static_file", "strong"]

_FLUSH: Final = "\x1c"
"""Where a part of a page ends; no text that is shown holds this character, which is a separator of files."""


def render(template: str, frame: Frame, **document: Any) -> str:
    """Fill a template. In it `page` is the frame, `w` and `h` say a text of the catalogue, `say` is its language."""
    return "".join(parts(template, frame, **document))


def parts(template: str, frame: Frame, **document: Any) -> Iterator[str]:
    """Fill it in parts: each ends where the template says `{{ flush }}`, before what takes long to find out."""
    words = frame.words
    told = {"page": frame, "say": words, "w": words.of, "h": words.html, "flush": _FLUSH} | document
    some: list[str] = []
    for piece in _environment().get_template(template).generate(told):
        before, flushed, behind = piece.partition(_FLUSH)
        some.append(before)
        if flushed:
            yield "".join(some)
            some = [behind]
    yield "".join(some)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("services.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"static": static_file, "strong": strong}
    return made


def strong(said: object) -> Markup:
    """A value that stands out in a sentence."""
    return Markup("<strong>{}</strong>").format(said)


@lru_cache(maxsize=16)
def static_file(name: str) -> str:
    """The address of a file that comes with the pages; with its digest, so that it may be kept for ever."""
    content = (files(__package__) / "static" / name).read_bytes()
    return f"/static/{name}?{sha256(content).hexdigest()[:12]}"
