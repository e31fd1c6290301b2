"""A real Apache Kafka that nobody talks to in the clear: TLS by an authority of the test's own, users by SCRAM.

It has three doors, each with another certificate of the same authority: one that fits, one that has expired, and one of
another host.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services import private
from tests.kafka.apache import ApacheKafka, format_folder, jars

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MECHANISMS", "PASSWORD", "USER", "Authority", "ProtectedKafka"]

USER: Final = "rekam"
PASSWORD: Final = "open sesame of the test"
MECHANISMS: Final = ("SCRAM-SHA-256", "SCRAM-SHA-512")
DOORS: Final = ("FITS", "EXPIRED", "ELSEWHERE")
PRIVATE: Final = serialization.PrivateFormat.PKCS8
PEM: Final = serialization.Encoding.PEM
SECRETLESS: Final = serialization.NoEncryption()


class Pair(NamedTuple):
    """A key, and the certificate for it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        return self.key.private_bytes(PEM, PRIVATE, SECRETLESS) + self.certificate.public_bytes(PEM)


class Authority:
    """Signs certificates of brokers; `file` is what clients are to trust."""

    def __init__(self, file: Path) -> None:
        self.file = file
        key, name = ec.generate_private_key(ec.SECP256R1()), named("An authority of tests")
        built = begun(name, name, key, *about_now()).add_extension(x509.BasicConstraints(True, None), critical=True)
        built = built.add_extension(use(of_an_authority=True), critical=True)
        self._own = Pair(key, built.sign(key, hashes.SHA256()))
        file.write_bytes(self._own.certificate.public_bytes(PEM))

    def signed(self, host: str, first: datetime, last: datetime) -> Pair:
        """A certificate for that address, valid from the one moment to the other."""
        key = ec.generate_private_key(ec.SECP256R1())
        built = begun(self._own.certificate.subject, named(host), key, first, last)
        built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._own.key.public_key())
        built = built.add_extension(identifier, critical=False)
        return Pair(key, built.sign(self._own.key, hashes.SHA256()))


class ProtectedKafka(ApacheKafka):
    """`address` is for the test itself, in the clear; Rekam comes by one of the doors."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "ca.pem")
        self.doors = {door: private.port_for(folder / f"{door}-port") for door in DOORS}
        super().__init__(folder, {"sasl.enabled.mechanisms": ",".join(MECHANISMS), **self._keys(folder)})

    def door(self, name: str) -> str:
        return f"127.0.0.1:{self.doors[name]}"

    def make(self) -> None:
        """Format it with a user, as docs/cluster.md does; a user made so is there before the broker is."""
        users = [f"{name}=[name={USER},password={PASSWORD}]" for name in MECHANISMS]
        format_folder(self.data, jars(), *(word for one in users for word in ("--add-scram", one)))

    def reached_at(self) -> dict[str, str]:
        said = super().reached_at()
        for setting in ("listeners", "advertised.listeners"):
            said[setting] = ",".join((said[setting], *(f"{name}://{self.door(name)}" for name in DOORS)))
        protocols = (self.settings["listener.security.protocol.map"], *(f"{name}:SASL_SSL" for name in DOORS))
        return {
            **said,
            "listener.security.protocol.map": ",".join(protocols),
            "inter.broker.listener.name": "PLAINTEXT",
        }

    def _keys(self, folder: Path) -> dict[str, str]:
        first, last = about_now()
        certificates = {
            "FITS": self.authority.signed("127.0.0.1", first, last),
            "EXPIRED": self.authority.signed("127.0.0.1", first, datetime.now(UTC) - timedelta(hours=1)),
            "ELSEWHERE": self.authority.signed("192.0.2.1", first, last),
        }
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        settings: dict[str, str] = {}
        for name, pair in certificates.items():
            file = folder / f"{name}.pem"
            private.write(file, pair.pem().decode())
            of = f"listener.name.{name.lower()}"
            settings |= {f"{of}.ssl.keystore.type": "PEM", f"{of}.ssl.keystore.location": str(file)}
            settings |= {f"{of}.{mechanism.lower()}.sasl.jaas.config": login for mechanism in MECHANISMS}
        return settings


def begun(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey, first: datetime, last: datetime
) -> x509.CertificateBuilder:
    built = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), first, last)
    return built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def use(*, of_an_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not of_an_authority, key_cert_sign=of_an_authority, crl_sign=of_an_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def about_now() -> tuple[datetime, datetime]:
    return datetime.now(UTC) - timedelta(days=2), datetime.now(UTC) + timedelta(days=2)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
