"""From a frame and a document to a page: templates that escape everything, and refuse what they were not given."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from services.pages.frame import Frame

__all__ = ["CONTENT_SECURITY_POLICY", "render", "static_file", "strong"]

#: Nothing from elsewhere, no script and no style in the page itself.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; font-src 'self'"
)


def render(template: str, frame: Frame, **document: Any) -> str:
    """Fill a template. In it `page` is the frame, `w` and `h` say a text of the catalogue, `say` is its language."""
    words = frame.words
    return (
        _environment()
        .get_template(template)
        .render({"page": frame, "say": words, "w": words.of, "h": words.html} | document)
    )


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
