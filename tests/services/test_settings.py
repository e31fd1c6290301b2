"""What an operator may set, and what is said when it does not fit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from events.errors import WrongUse
from services.settings import SETTINGS, from_environ, table

SASL = {
    "REKAM_KAFKA": "kafka.example:9093",
    "REKAM_KAFKA_SECURITY": "sasl_ssl",
    "REKAM_KAFKA_USER": "intake",
    "REKAM_KAFKA_PASSWORD_FILE": "/run/secrets/kafka",
}


def without(environ: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


def test_without_any_setting_the_engines_are_embedded_and_all_is_in_one_folder() -> None:
    settings = from_environ({})

    assert (settings.kafka, settings.database) == ("", "")
    assert settings.data == Path.cwd() / ".rekam"
    assert settings.keys == settings.data / "keys"
    assert (settings.api_host, settings.api_port) == ("127.0.0.1", 8800)
    assert settings.correcting_sources == frozenset()
    assert settings.departure_rule.lapses_on(date(2018, 11, 1), None) == date(2018, 12, 2)
    assert settings.kafka_security == "plaintext"


def test_each_setting_is_read() -> None:
    settings = from_environ(
        {
            **SASL,
            "REKAM_DATABASE": "postgresql://rekam@db.example/rekam",
            "REKAM_DATA": "/srv/rekam",
            "REKAM_KEYS": "/srv/keys",
            "REKAM_API": "[::1]:80",
            "REKAM_CORRECTING_SOURCES": "urn:a, urn:b,",
            "REKAM_DEPARTURE_DAYS": "30,2019-01-01:45",
            "REKAM_KAFKA_MECHANISM": "SCRAM-SHA-256",
            "REKAM_KAFKA_CA_FILE": "/etc/ca.pem",
            "REKAM_DATABASE_PASSWORD_FILE": "/run/secrets/database",
            "REKAM_PULSE": "/run/rekam/pulse",
            "PATH": "/bin",
        }
    )

    assert settings.kafka == "kafka.example:9093"
    assert settings.database == "postgresql://rekam@db.example/rekam"
    assert (settings.data, settings.keys) == (Path("/srv/rekam"), Path("/srv/keys"))
    assert (settings.api_host, settings.api_port) == ("::1", 80)
    assert settings.correcting_sources == {"urn:a", "urn:b"}
    assert settings.departure_rule.days_on(date(2019, 1, 1)) == 45
    assert (settings.kafka_security, settings.kafka_mechanism) == ("sasl_ssl", "SCRAM-SHA-256")
    assert (settings.kafka_user, settings.kafka_password_file) == ("intake", Path("/run/secrets/kafka"))
    assert settings.kafka_ca_file == Path("/etc/ca.pem")
    assert settings.database_password_file == Path("/run/secrets/database")
    assert settings.pulse == Path("/run/rekam/pulse")


def test_an_empty_setting_is_as_good_as_none() -> None:
    assert from_environ({setting.name: "" for setting in SETTINGS}) == from_environ({})


def test_an_unknown_setting_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(WrongUse, match="REKAM_DATABSE is no setting; the nearest is REKAM_DATABASE"):
        from_environ({"REKAM_DATABSE": "postgresql://"})


@pytest.mark.parametrize("text", ["8800", ":8800", "host:", "host:0", "host:65536", "host:８８", "::1:80", "a:b:80"])
def test_an_api_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="REKAM_API"):
        from_environ({"REKAM_API": text})


def test_a_bootstrap_server_without_a_port_is_refused() -> None:
    with pytest.raises(WrongUse, match=r"REKAM_KAFKA is 'two\.example'"):
        from_environ({"REKAM_KAFKA": "one.example:9092, two.example"})


@pytest.mark.parametrize("text", ["-1", "thirty", "30,45", "30,2019-13-01:45"])
def test_days_of_a_departure_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="REKAM_DEPARTURE_DAYS"):
        from_environ({"REKAM_DEPARTURE_DAYS": text})


@pytest.mark.parametrize("needed", ["REKAM_KAFKA_USER", "REKAM_KAFKA_PASSWORD_FILE"])
def test_sasl_without_user_or_password_is_refused(needed: str) -> None:
    with pytest.raises(WrongUse, match=f"needs {needed}"):
        from_environ(without(SASL, needed))


@pytest.mark.parametrize(
    ("security", "name"),
    [
        ("plaintext", "REKAM_KAFKA_USER"),
        ("plaintext", "REKAM_KAFKA_MECHANISM"),
        ("plaintext", "REKAM_KAFKA_CA_FILE"),
        ("ssl", "REKAM_KAFKA_PASSWORD_FILE"),
    ],
)
def test_a_setting_of_security_without_effect_is_refused(security: str, name: str) -> None:
    environ = {"REKAM_KAFKA": "kafka.example:9093", "REKAM_KAFKA_SECURITY": security, name: "SCRAM-SHA-512"}

    with pytest.raises(WrongUse, match=f"{name} has no effect while REKAM_KAFKA_SECURITY is {security}"):
        from_environ(environ)


def test_certificates_to_trust_without_ssl_are_refused() -> None:
    with pytest.raises(WrongUse, match="REKAM_KAFKA_CA_FILE has no effect"):
        from_environ({**SASL, "REKAM_KAFKA_SECURITY": "sasl_plaintext", "REKAM_KAFKA_CA_FILE": "/etc/ca.pem"})


def test_security_for_the_embedded_broker_is_refused() -> None:
    with pytest.raises(WrongUse, match="set REKAM_KAFKA"):
        from_environ(without(SASL, "REKAM_KAFKA"))


@pytest.mark.parametrize(("name", "value"), [("REKAM_KAFKA_SECURITY", "tls"), ("REKAM_KAFKA_MECHANISM", "GSSAPI")])
def test_a_kind_of_security_we_do_not_know_is_refused_with_those_we_do(name: str, value: str) -> None:
    with pytest.raises(WrongUse, match=f"{name} is '{value}'; write one of "):
        from_environ({**SASL, name: value})


def test_a_password_in_the_address_is_never_shown() -> None:
    settings = from_environ({"REKAM_DATABASE": "postgresql://rekam:canary@db.example/rekam"})

    assert "canary" not in repr(settings)
    assert "canary" not in str(settings)


def test_the_table_for_the_readme_has_a_row_for_each_setting() -> None:
    rows = table().splitlines()

    assert len(rows) == 2 + len(SETTINGS)
    assert "| `REKAM_API` | `127.0.0.1:8800` | `host:port` that the API listens on |" in rows
