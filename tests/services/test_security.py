"""That clients of Kafka are as well protected as the settings say, whichever library they use."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from faststream.kafka.security import parse_security

from events.errors import WrongUse
from services.security import client_options, faststream_security
from services.settings import Mechanism, Security, Settings, from_environ

if TYPE_CHECKING:
    from pathlib import Path

PROTECTED: list[tuple[Security, Mechanism | None]] = [
    ("ssl", None),
    ("sasl_plaintext", "PLAIN"),
    ("sasl_plaintext", "SCRAM-SHA-512"),
    ("sasl_ssl", "PLAIN"),
    ("sasl_ssl", "SCRAM-SHA-256"),
    ("sasl_ssl", "SCRAM-SHA-512"),
]


def settings_with(security: str, mechanism: str | None, password_file: Path) -> Settings:
    environ = {"REKAM_KAFKA": "kafka.example:9093", "REKAM_KAFKA_SECURITY": security}
    if mechanism:
        environ |= {
            "REKAM_KAFKA_MECHANISM": mechanism,
            "REKAM_KAFKA_USER": "intake",
            "REKAM_KAFKA_PASSWORD_FILE": str(password_file),
        }
    return from_environ(environ)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("open sesame\nsecond line\n")
    return path


@pytest.mark.parametrize(("security", "mechanism"), PROTECTED)
def test_both_libraries_are_told_the_same(security: Security, mechanism: Mechanism | None, password_file: Path) -> None:
    settings = settings_with(security, mechanism, password_file)

    ours, theirs = client_options(settings), parse_security(faststream_security(settings))

    our_context, their_context = ours.pop("ssl_context"), theirs.pop("ssl_context")
    assert ours == theirs
    assert ours["security_protocol"] == security.upper()
    assert type(our_context) is type(their_context)


@pytest.mark.parametrize(("security", "mechanism"), [pair for pair in PROTECTED if pair[0].endswith("ssl")])
def test_ssl_always_comes_with_a_context_that_checks_the_other_side(
    security: Security, mechanism: Mechanism | None, password_file: Path
) -> None:
    settings = settings_with(security, mechanism, password_file)

    for context in (client_options(settings)["ssl_context"], faststream_security(settings).ssl_context):
        assert isinstance(context, ssl.SSLContext)
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED


def test_the_password_is_the_first_line_of_its_file(password_file: Path) -> None:
    options = client_options(settings_with("sasl_ssl", "SCRAM-SHA-512", password_file))

    assert options["sasl_plain_password"] == "open sesame"
    assert options["sasl_plain_username"] == "intake"


def test_without_security_nothing_but_plain_text_is_asked_for() -> None:
    settings = from_environ({})

    assert client_options(settings) == {"security_protocol": "PLAINTEXT", "ssl_context": None}
    assert parse_security(faststream_security(settings)) == client_options(settings)


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"\n", "is empty"), (b"\xff", "no UTF-8")])
def test_a_password_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(WrongUse, match=f"REKAM_KAFKA_PASSWORD_FILE: .*{why}"):
        client_options(settings_with("sasl_ssl", "PLAIN", path))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    settings = from_environ({"REKAM_KAFKA": "k:9093", "REKAM_KAFKA_SECURITY": "ssl", "REKAM_KAFKA_CA_FILE": str(path)})

    with pytest.raises(WrongUse, match=r"REKAM_KAFKA_CA_FILE: .*ca\.pem"):
        client_options(settings)
