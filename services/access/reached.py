"""How people reach the API, and whether what their browser sends there can be read on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from events.errors import WrongUse
from services.settings import is_loopback

if TYPE_CHECKING:
    from services.settings import Settings

__all__ = ["Reached", "reached"]


class Reached(NamedTuple):
    """`url` is the API's own, without a slash at its end; `secure`: cookies are sent over https alone."""

    url: str
    secure: bool


def reached(settings: Settings) -> Reached:
    """To be asked when the API starts. WrongUse where people would sign in over a network without https.

    An API that listens beyond this machine says by REKAM_API_URL that something before it speaks https; or, by http and
    a loopback host, that the network ends at this machine all the same, as within a container.
    """
    host = settings.api_host
    bare = f"[{host}]" if ":" in host else host
    url = settings.api_url or f"http://{bare}:{settings.api_port}"
    secure = url.startswith("https://")
    if not secure and not is_loopback(urlsplit(url).hostname or ""):
        raise WrongUse(
            f"people would reach the API at {url}, and their passwords could be read on the way: put https before it "
            "and set REKAM_API_URL to that https://… address, or let REKAM_API listen on 127.0.0.1"
        )
    return Reached(url, secure)
