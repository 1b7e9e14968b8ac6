"""A certificate authority of the gateway's own, for the hosts of AWS that it answers for as a proxy.

It is made on first start and kept in a folder. Its certificate names the domains that it may vouch
for, so that who steals its key can pretend to be AWS to its user, and nobody else.
"""

import ipaddress
import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from localstack_outages.aws.wire.hostnames import domains

DAYS = 730
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "LocalStack Outages gateway")])
_LEAF_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "LocalStack Outages host")])
"""The host itself stands in the alternative name alone."""

_SLACK = timedelta(days=1)
"""Clocks differ."""

_PEM = serialization.Encoding.PEM


class Authority:
    """Issues certificates.

    :param folder: where its key and certificate are kept; made where it is not there
    :raises OSError: where they cannot be read or written
    :raises ValueError: where they are none
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ca.pem"
        """Its certificate: what clients must trust."""
        key_path = folder / "ca-key.pem"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if key_path.exists() and self.path.exists():
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError(f"{key_path} has a key of another kind")
            self._key = key
            self._certificate = x509.load_pem_x509_certificate(self.path.read_bytes())
            if self._certificate.not_valid_after_utc > datetime.now(UTC) + _SLACK:
                return
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _authority_certificate(self._key)
        _write(key_path, _private(self._key))
        _write(self.path, self._certificate.public_bytes(_PEM))

    def issue(self, host: str) -> bytes:
        """Issue a certificate for a host.

        :return: it and its key, PEM
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self._key.public_key()
        certificate = (
            _builder(key, _LEAF_NAME, self._certificate.not_valid_after_utc)
            .add_extension(x509.SubjectAlternativeName([_alternative_name(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(_PEM) + _private(key)

    @lru_cache(maxsize=512)  # noqa: B019 - there is one authority, as long as the process lives
    def tls(self, host: str) -> ssl.SSLContext:
        """Give what serves TLS as a host."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory() as folder:  # ssl reads files only
            path = Path(folder, "host.pem")
            _write(path, self.issue(host))
            context.load_cert_chain(path)
        return context


def _builder(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, ends_at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _SLACK)
        .not_valid_after(ends_at)
    )


def _authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    allowed: list[x509.GeneralName] = [x509.DNSName(domain) for domain in domains()]
    allowed += (
        x509.IPAddress(ipaddress.ip_network(network)) for network in ("127.0.0.0/8", "::1/128")
    )
    return (
        _builder(key, _NAME, datetime.now(UTC) + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(allowed, None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(_PEM, form, serialization.NoEncryption())


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read; never half of it."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    beside.replace(path)
