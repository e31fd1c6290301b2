"""Sign-on by the office's own provider: OpenID Connect, code flow with PKCE (RFC 7636), a state and a nonce.

    1. `begin` gives the provider's address, to which the browser is sent, and what is to be remembered in its cookie
    2. the provider sends the browser back with a code and the state; `finish` exchanges the code for an ID token,
       checks it, and gives the subject, by which `users.by_subject` finds who that is here

What the provider says of itself, and its keys, are asked for when they are needed, and kept; the keys are asked for
again where a token names one that is not known. OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from events.errors import NoAnswer, Unreachable
from services import private

if TYPE_CHECKING:
    from datetime import datetime

    from services.settings import Settings

__all__ = ["Begun", "SignOn", "sign_on"]

_ALGORITHMS: Final = (
    "RS256",
    "PS256",
    "ES256",
    "Ed25519",
    "EdDSA",
)  # by which a provider signs, never by a shared secret
_LEEWAY_S: Final = 60
_LARGEST: Final = 1_000_000
_WITHIN_S: Final = 10.0
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Begun(NamedTuple):
    """What the browser keeps, unseen by scripts, while it is away: a sign-on is finished by who has begun it."""

    state: str
    nonce: str
    verifier: str


@dataclass
class SignOn:
    """One provider. `back` is our own address that it sends browsers to, as it is registered there."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    back: str
    _web: httpx.Client = field(repr=False)
    _said: dict[str, Any] | None = field(default=None, repr=False)
    _keys: KeySet | None = field(default=None, repr=False)

    def begin(self) -> tuple[str, Begun]:
        """The address to which the browser is sent, and what it is to keep. Unreachable: no provider answers."""
        begun = Begun(token_urlsafe(32), token_urlsafe(32), token_urlsafe(48))
        challenge = urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.back,
            "scope": "openid",
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        there = str(self._provider()["authorization_endpoint"])
        return f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(asked)}", begun

    def finish(self, begun: Begun, state: str, code: str, now: datetime) -> str:
        """The subject of who has signed on. NoAnswer where what came back is not what was begun, or is not sound."""
        if not hmac.compare_digest(begun.state.encode(), state.encode("utf-8", "replace")):
            raise NoAnswer("this sign-on was not begun here, or has been finished already: begin again")
        return self._subject(self._exchange(begun, code), begun, now)

    def _exchange(self, begun: Begun, code: str) -> str:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": begun.verifier,
        }
        said = self._provider()
        basic: httpx.BasicAuth | None = httpx.BasicAuth(quote(self.client, safe=""), quote(self.secret, safe=""))
        if "client_secret_basic" not in said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            basic, asked = None, {**asked, "client_id": self.client, "client_secret": self.secret}
        told = self._ask("POST", str(said["token_endpoint"]), data=asked, auth=basic)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise NoAnswer("the sign-on did not accept the code it gave: begin again")
        return token

    def _subject(self, token: str, begun: Begun, now: datetime) -> str:
        claims = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client},
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        )
        try:
            told = self._opened(token)
            claims.validate(told)
        except (JoseError, ValueError, TypeError) as error:
            raise NoAnswer(f"what the sign-on says is not sound ({type(error).__name__}): begin again") from None
        alone = told["aud"] in (self.client, [self.client])
        if told.get("azp", self.client if alone else None) != self.client:
            raise NoAnswer("what the sign-on says is meant for another program: begin again")
        return str(told["sub"])

    def _opened(self, token: str) -> dict[str, Any]:
        """The claims of a token that one of the provider's keys has signed."""
        try:
            return jwt.decode(token, self._known_keys(), algorithms=_ALGORITHMS).claims
        except InvalidKeyIdError:  # they change their keys from time to time
            self._keys = None
            return jwt.decode(token, self._known_keys(), algorithms=_ALGORITHMS).claims

    def _known_keys(self) -> KeySet:
        if self._keys is None:
            told = self._ask("GET", str(self._provider()["jwks_uri"]))
            self._keys = KeySet.import_key_set({"keys": [key for key in told.get("keys", ()) if _signs(key)]})
        return self._keys

    def _provider(self) -> dict[str, Any]:
        """What the provider says of itself, which must be about itself, and reached as safely as itself."""
        if self._said is None:
            said = self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            scheme = urlsplit(self.issuer).scheme
            safe = all(urlsplit(str(said.get(name))).scheme in {"https", scheme} for name in _ENDPOINTS)
            if said.get("issuer") != self.issuer or not safe:
                raise NoAnswer(
                    "what answers at REKAM_OIDC_ISSUER is no OpenID Connect provider of that name: set it right"
                )
            self._said = said
        return self._said

    def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._web.request(method, url, timeout=_WITHIN_S, follow_redirects=False, **more)
            told = answer.json() if len(answer.content) <= _LARGEST else None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(
                f"the sign-on does not answer, {type(error).__name__}: try again, or use a password"
            ) from None
        except ValueError:
            told = None
        if answer.status_code >= 500:
            raise Unreachable(f"the sign-on answers with {answer.status_code}: try again, or use a password")
        return told if isinstance(told, dict) and answer.status_code == 200 else {}


def _signs(key: Any) -> bool:
    """Whether a key of theirs is a public one, for signatures."""
    return isinstance(key, dict) and key.get("kty") != "oct" and key.get("use", "sig") == "sig"


def sign_on(settings: Settings, back: str, web: httpx.Client) -> SignOn | None:
    """The office's provider, or None where none is set. Asks nobody yet. WrongUse: its secret cannot be read."""
    if settings.oidc_secret_file is None:
        return None
    secret = private.password("REKAM_OIDC_SECRET_FILE", settings.oidc_secret_file)
    return SignOn(settings.oidc_issuer, settings.oidc_client, secret, back, web)
