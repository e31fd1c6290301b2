"""How clients of Kafka prove who they are, and how what they say is hidden: for aiokafka and FastStream alike."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, assert_never

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from events.errors import WrongUse
from services import private

if TYPE_CHECKING:
    from services.settings import Settings

__all__ = ["client_options", "faststream_security"]


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
