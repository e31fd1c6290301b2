"""A small OpenID Connect provider on 127.0.0.1, which can be told to say something wrong."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT, SECRET = "rekam at the office", "a:secret/with+signs"
BACK = f"https://{'rekam.example'}/back"


@dataclass
class Provider:
    """`told` are claims said otherwise (None: left out), `said` what it says of itself."""

    issuer: str = ""
    keys: list[ECKey] = field(default_factory=lambda: [ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})])
    told: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    signed_by: ECKey | None = None
    sub: str = "248289761001"
    now: int = 0
    asked: dict[str, str] = field(default_factory=dict)
    exchanged: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    status: int = 200

    def browse(self, address: str) -> tuple[str, str]:
        """As the browser of somebody who signs on there at once; the state and the code it comes back with."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.asked["state"], "a code"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        self.paths.append(path)
        if path == "/.well-known/openid-configuration":
            there = {"authorization_endpoint": "/in", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return self.status, {"issuer": self.issuer} | {n: self.issuer + p for n, p in there.items()} | self.said
        if path == "/keys":
            return 200, KeySet(list(self.keys)).as_dict(private=False)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        fits = (
            path == "/token"
            and (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
            and (form["code"], form["redirect_uri"]) == ("a code", self.asked["redirect_uri"])
            and challenge == self.asked["code_challenge"]
        )
        return (200, {"id_token": self.token(), "token_type": "Bearer"}) if fits else (400, {"error": "invalid_grant"})

    def token(self) -> str:
        told = {
            "iss": self.issuer,
            "aud": self.asked["client_id"],
            "sub": self.sub,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": self.asked["nonce"],
        } | self.told
        key = self.signed_by or self.keys[-1]
        claims = {name: value for name, value in told.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])


@contextmanager
def running() -> Iterator[Provider]:
    """One that runs until the block ends."""
    one = Provider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.tell(*one.answer(self.path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if "authorization" in self.headers:
                name, _, secret = b64decode(self.headers["authorization"].split()[1]).decode().partition(":")
                form |= {"client_id": parse_qs(f"x={name}")["x"][0], "client_secret": parse_qs(f"x={secret}")["x"][0]}
                form["way"] = "basic"
            one.exchanged = form
            self.tell(*one.answer(self.path, form))

        def tell(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is said about it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        one.issuer = f"http://{server.server_address[0]!s}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield one
        finally:
            server.shutdown()
            thread.join()
