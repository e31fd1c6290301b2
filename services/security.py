"""How clients of Kafka prove who they are, and how what they say is hidden: for aiokafka and FastStream alike.

And why a broker does not let us in, in words: aiokafka itself writes that into a log alone.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final, assert_never

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from aiokafka.protocol.metadata import MetadataRequest
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from events.errors import WrongUse
from services import private
from services.settings import host_and_port

if TYPE_CHECKING:
    from services.settings import Settings

__all__ = ["client_options", "faststream_security", "why_not"]

_PATIENCE_MS: Final = 5_000

#: By OpenSSL's number of what is wrong with a certificate; with any other it is not the authority that we trust.
_OF_CERTIFICATES: Final = {
    9: "it is not valid yet: see to the clocks",
    10: "renew it there",
    62: "name the broker in REKAM_KAFKA as the certificate does, or give it one that names it so",
    64: "name the broker in REKAM_KAFKA as the certificate does, or give it one that names it so",
}
_OF_AUTHORITIES: Final = "REKAM_KAFKA_CA_FILE is to name the authority that signed it"


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments for every aiokafka client. Holds the password: not to be shown or logged.

    WrongUse where a file named in the settings cannot be used.
    """
    options: dict[str, Any] = {"security_protocol": settings.kafka_security.upper(), "ssl_context": context(settings)}
    if settings.kafka_security.startswith("sasl"):
        options["sasl_mechanism"] = settings.kafka_mechanism
        options["sasl_plain_username"] = settings.kafka_user
        options["sasl_plain_password"] = password(settings)
    return options


def faststream_security(settings: Settings) -> BaseSecurity:
    """The same for FastStream, which without a context would silently speak plain text."""
    hidden = context(settings)
    if not settings.kafka_security.startswith("sasl"):
        return BaseSecurity(ssl_context=hidden)
    match settings.kafka_mechanism:
        case "PLAIN":
            return SASLPlaintext(settings.kafka_user, password(settings), ssl_context=hidden)
        case "SCRAM-SHA-256":
            return SASLScram256(settings.kafka_user, password(settings), ssl_context=hidden)
        case "SCRAM-SHA-512":
            return SASLScram512(settings.kafka_user, password(settings), ssl_context=hidden)
        case _:
            assert_never(settings.kafka_mechanism)


def context(settings: Settings) -> ssl.SSLContext | None:
    """None exactly where the settings say that nothing is to be hidden."""
    if not settings.kafka_security.endswith("ssl"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.kafka_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise WrongUse(
            f"REKAM_KAFKA_CA_FILE: {settings.kafka_ca_file}: {error.strerror or 'no certificates in it'}"
        ) from None


def password(settings: Settings) -> str:
    assert settings.kafka_password_file is not None  # settings.check_security
    return private.password("REKAM_KAFKA_PASSWORD_FILE", settings.kafka_password_file)


async def why_not(settings: Settings, bootstrap: str) -> str:
    """Say of each broker that does not let us in why, with the way out; empty where all of them do.

    Asked are those of `bootstrap`, and what these advertise.
    """
    waiting = list(dict.fromkeys(bootstrap.split(",")))
    said = []
    for server in waiting:
        host, port = host_and_port("REKAM_KAFKA", server)
        try:
            connection = await create_conn(host, port, request_timeout_ms=_PATIENCE_MS, **client_options(settings))
            brokers = (await connection.send(MetadataRequest([]))).brokers
            connection.close()
        except (OSError, KafkaError) as error:
            said.append(f"Kafka at {server} {_because(error, settings)}")
        else:
            advertised = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for _, host, port, *_ in brokers]
            waiting += [one for one in advertised if one not in waiting]
    return "; ".join(said)


def _because(error: OSError | KafkaError, settings: Settings) -> str:
    security, user = settings.kafka_security, settings.kafka_user
    match error:
        case ssl.SSLCertVerificationError():
            way_out = _OF_CERTIFICATES.get(error.verify_code, _OF_AUTHORITIES)
            said = f"shows a certificate that is not accepted, {error.verify_message}: {way_out}"
        case ssl.SSLError() | ConnectionResetError() if settings.kafka_security.endswith("ssl"):
            said = f"does not speak TLS as we do ({type(error).__name__}): check REKAM_KAFKA_SECURITY, now {security}"
        case SaslAuthenticationFailed():
            way_out = "check these two, and REKAM_KAFKA_MECHANISM"
            said = f"does not take REKAM_KAFKA_USER {user!r} with REKAM_KAFKA_PASSWORD_FILE: {way_out}"
        case UnsupportedSaslMechanismError():
            said = f"does not offer {settings.kafka_mechanism}: set REKAM_KAFKA_MECHANISM to one that it does"
        case KafkaConnectionError():
            said = f"closes the connection: check REKAM_KAFKA_SECURITY, now {security}"
        case TimeoutError():
            said = "does not answer in time: check REKAM_KAFKA and REKAM_KAFKA_SECURITY"
        case OSError():
            said = f"does not answer ({error.strerror or error}): check REKAM_KAFKA, or start it"
        case _:
            said = f"refuses: {error!r}"
    return said
