"""What an operator can set: environment variables, read once, at the edge. The table below is all there is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast, get_args
from urllib.parse import urlsplit

from events.calendar import DepartureRule
from events.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SETTINGS", "Mechanism", "Security", "Settings", "from_environ", "is_loopback", "table"]

Security = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class Setting(NamedTuple):
    name: str
    default: str  # as it would be written; empty: none
    meaning: str


SETTINGS: Final = (
    Setting("REKAM_KAFKA", "", "Kafka's bootstrap servers, `host:port,…`; empty: the embedded broker"),
    Setting("REKAM_DATABASE", "", "PostgreSQL's address, `postgresql://…`; empty: the embedded one"),
    Setting(
        "REKAM_DATABASE_READ",
        "",
        "with `REKAM_DATABASE`: where questions are asked, such as a standby's address; empty: there too",
    ),
    Setting(
        "REKAM_DATABASE_PASSWORD_FILE",
        "",
        "with `REKAM_DATABASE`, where it holds no password: file whose first line is the password",
    ),
    Setting("REKAM_DATA", ".rekam", "folder of the embedded engines and of the keys"),
    Setting("REKAM_KEYS", "", "folder of the keys; empty: `keys` in `REKAM_DATA`"),
    Setting("REKAM_API", "127.0.0.1:8800", "`host:port` that the API listens on"),
    Setting(
        "REKAM_API_URL",
        "",
        "how people reach the API, `https://…`, where that is by another address than `REKAM_API`; with https its "
        "cookies are sent over https alone",
    ),
    Setting("REKAM_OIDC_ISSUER", "", "the office's sign-on by OpenID Connect, `https://…`; empty: by password alone"),
    Setting("REKAM_OIDC_CLIENT", "", "with `REKAM_OIDC_ISSUER`: the name by which Rekam is registered there"),
    Setting("REKAM_OIDC_SECRET_FILE", "", "with `REKAM_OIDC_ISSUER`: file whose first line is its secret there"),
    Setting("REKAM_CORRECTING_SOURCES", "", "comma-separated sources that may withdraw the facts of others"),
    Setting(
        "REKAM_DEPARTURE_DAYS",
        "30",
        "how many days after departed_on a letter without `valid_until` holds: `30`, or `30,2019-01-01:45,…` with the "
        "first day of each later value",
    ),
    Setting("REKAM_KAFKA_SECURITY", "plaintext", "`plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`"),
    Setting("REKAM_KAFKA_MECHANISM", "SCRAM-SHA-512", "with `sasl_…`: `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`"),
    Setting("REKAM_KAFKA_USER", "", "with `sasl_…`: the user's name"),
    Setting("REKAM_KAFKA_PASSWORD_FILE", "", "with `sasl_…`: file whose first line is the password"),
    Setting("REKAM_KAFKA_CA_FILE", "", "with `…ssl`: certificates to trust, PEM; empty: those of the system"),
    Setting(
        "REKAM_PULSE",
        "",
        "file that `rekam run` touches after each round that went well, for a health check; empty: none",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Values that fit together; made by `from_environ`. Empty `kafka` and `database` mean the embedded engines."""

    kafka: str
    database: str = field(repr=False)  # may hold a password
    database_read: str = field(repr=False)  # empty: the same
    database_password_file: Path | None
    data: Path
    keys: Path
    api_host: str
    api_port: int
    api_given: bool  # else it is only wished for: `rekam up` takes another port where that one is taken
    api_url: str
    oidc_issuer: str
    oidc_client: str
    oidc_secret_file: Path | None
    correcting_sources: frozenset[str]
    departure_rule: DepartureRule
    kafka_security: Security
    kafka_mechanism: Mechanism
    kafka_user: str
    kafka_password_file: Path | None
    kafka_ca_file: Path | None
    pulse: Path | None


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Reads every `REKAM_…`; an empty one is as good as none. WrongUse names the setting and the way out."""
    check_names(environ)
    given = {setting.name: environ.get(setting.name, "").strip() or setting.default for setting in SETTINGS}
    check_security(environ, given)
    check_sign_on(given)
    data = Path(given["REKAM_DATA"]).absolute()
    host, port = host_and_port("REKAM_API", given["REKAM_API"])
    servers = [server.strip() for server in given["REKAM_KAFKA"].split(",")] if given["REKAM_KAFKA"] else []
    for server in servers:
        host_and_port("REKAM_KAFKA", server)
    try:
        rule = DepartureRule.parse(given["REKAM_DEPARTURE_DAYS"])
    except ValueError as error:
        raise WrongUse(f"REKAM_DEPARTURE_DAYS: {error}; write 30, or 30,2019-01-01:45") from None
    return Settings(
        kafka=",".join(servers),
        database=given["REKAM_DATABASE"],
        database_read=given["REKAM_DATABASE_READ"],
        database_password_file=file_or_none(given["REKAM_DATABASE_PASSWORD_FILE"]),
        data=data,
        keys=Path(given["REKAM_KEYS"]).absolute() if given["REKAM_KEYS"] else data / "keys",
        api_host=host,
        api_port=port,
        api_given=bool(environ.get("REKAM_API", "").strip()),
        api_url=given["REKAM_API_URL"].rstrip("/"),
        oidc_issuer=given["REKAM_OIDC_ISSUER"],
        oidc_client=given["REKAM_OIDC_CLIENT"],
        oidc_secret_file=file_or_none(given["REKAM_OIDC_SECRET_FILE"]),
        correcting_sources=frozenset(filter(None, map(str.strip, given["REKAM_CORRECTING_SOURCES"].split(",")))),
        departure_rule=rule,
        kafka_security=cast("Security", given["REKAM_KAFKA_SECURITY"]),
        kafka_mechanism=cast("Mechanism", given["REKAM_KAFKA_MECHANISM"]),
        kafka_user=given["REKAM_KAFKA_USER"],
        kafka_password_file=file_or_none(given["REKAM_KAFKA_PASSWORD_FILE"]),
        kafka_ca_file=file_or_none(given["REKAM_KAFKA_CA_FILE"]),
        pulse=file_or_none(given["REKAM_PULSE"]),
    )


def table() -> str:
    """The settings as a Markdown table, as the README shows it."""
    rows = (f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |" for name, default, meaning in SETTINGS)
    return "\n".join(("| setting | default | meaning |", "|---|---|---|", *rows))


def check_names(environ: Mapping[str, str]) -> None:
    known = [setting.name for setting in SETTINGS]
    for name in sorted(environ):
        if name.startswith("REKAM_") and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise WrongUse(f"{name} is no setting; the nearest is {nearest}")


def check_security(environ: Mapping[str, str], given: Mapping[str, str]) -> None:
    """That no setting of security is missing, or is without effect: who sets it believes to be protected."""
    for name in ("REKAM_DATABASE_PASSWORD_FILE", "REKAM_DATABASE_READ"):
        if given[name] and not given["REKAM_DATABASE"]:
            raise WrongUse(f"{name} has no effect on the embedded PostgreSQL: set REKAM_DATABASE too")
    security = one_of("REKAM_KAFKA_SECURITY", given, get_args(Security))
    one_of("REKAM_KAFKA_MECHANISM", given, get_args(Mechanism))
    if security != "plaintext" and not given["REKAM_KAFKA"]:
        raise WrongUse(f"REKAM_KAFKA_SECURITY is {security}, which the embedded broker does not know: set REKAM_KAFKA")
    sasl, ssl = security.startswith("sasl"), security.endswith("ssl")
    for name, wanted, needed in (
        ("REKAM_KAFKA_USER", sasl, sasl),
        ("REKAM_KAFKA_PASSWORD_FILE", sasl, sasl),
        ("REKAM_KAFKA_MECHANISM", sasl, False),
        ("REKAM_KAFKA_CA_FILE", ssl, False),
    ):
        is_set = bool(environ.get(name, "").strip())
        if is_set and not wanted:
            raise WrongUse(f"{name} has no effect while REKAM_KAFKA_SECURITY is {security}: change one of them")
        if needed and not is_set:
            raise WrongUse(f"REKAM_KAFKA_SECURITY is {security}, which needs {name}: set it")


def check_sign_on(given: Mapping[str, str]) -> None:
    """That the addresses are some, and that of the sign-on nothing is missing, or is without effect."""
    if given["REKAM_API_URL"]:
        http_url("REKAM_API_URL", given["REKAM_API_URL"])
        if urlsplit(given["REKAM_API_URL"]).path.strip("/"):
            raise WrongUse("REKAM_API_URL has a path; the API stands at the top of its host: leave the path away")
    issuer = given["REKAM_OIDC_ISSUER"]
    for name in ("REKAM_OIDC_CLIENT", "REKAM_OIDC_SECRET_FILE"):
        if issuer and not given[name]:
            raise WrongUse(f"REKAM_OIDC_ISSUER is set, which needs {name}: set it")
        if given[name] and not issuer:
            raise WrongUse(f"{name} has no effect without REKAM_OIDC_ISSUER: set both, or neither")
    if issuer and http_url("REKAM_OIDC_ISSUER", issuer) == "http" and not is_loopback(urlsplit(issuer).hostname or ""):
        raise WrongUse("REKAM_OIDC_ISSUER is reached by plain http, which anybody on the way could answer: use https")


def http_url(name: str, text: str) -> str:
    """The scheme of an address, which is `https://…` or `http://…` with a host and without a query."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none, a bracket without its other
        fits = False
    if not fits or parts.username is not None or parts.query or parts.fragment or not text.isascii() or " " in text:
        raise WrongUse(f"{name} is {text!r}, which is no address of a host: write https://… without a query")
    return parts.scheme


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def one_of(name: str, given: Mapping[str, str], values: tuple[str, ...]) -> str:
    if given[name] not in values:
        raise WrongUse(f"{name} is {given[name]!r}; write one of {', '.join(values)}")
    return given[name]


def host_and_port(name: str, text: str) -> tuple[str, int]:
    """From `host:port`, an IPv6 address in brackets, which are taken off."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or (":" in bare and bare == host) or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise WrongUse(f"{name} is {text!r}, which is no host:port, such as 127.0.0.1:8800")
    return bare, int(port)


def file_or_none(text: str) -> Path | None:
    return Path(text).absolute() if text else None
