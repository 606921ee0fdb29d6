"""Certificates as Apple would issue them, made here: root, intermediate, pass certificate."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

PASS_TYPE: Final = "pass.example.punchcard"  # noqa: S105 a name
TEAM: Final = "TEAM123456"
P12_PASSWORD: Final = "p12 password"  # noqa: S105 it guards a key that guards nothing

_PASS_SIGNING: Final = ObjectIdentifier("1.2.840.113635.100.4.14")
_PASS_TYPE_EXTENSION: Final = ObjectIdentifier("1.2.840.113635.100.6.1.16")
_LONG: Final = timedelta(days=3650)

Pair = tuple[rsa.RSAPrivateKey, x509.Certificate]


@dataclass(frozen=True)
class AppleChain:
    """Everything an operator would have, and the push service's own certificate."""

    root: Pair
    intermediate: Pair
    holder: Pair
    server: Pair

    @property
    def root_pem(self) -> str:
        """Return the root, which verifies everything else."""
        return _pem(self.root[1])

    @property
    def intermediate_pem(self) -> str:
        """Return the certificate that stands for Apple's WWDR."""
        return _pem(self.intermediate[1])

    @property
    def certificate_pem(self) -> str:
        """Return the pass certificate."""
        return _pem(self.holder[1])

    @property
    def key_pem(self) -> str:
        """Return the pass certificate's key."""
        return key_pem(self.holder[0])

    @property
    def server_pem(self) -> str:
        """Return certificate and key of the push service."""
        return _pem(self.server[1]) + key_pem(self.server[0])

    def p12(self) -> bytes:
        """Return the pass certificate, its key and the intermediate as one .p12."""
        return pkcs12.serialize_key_and_certificates(
            b"pass",
            self.holder[0],
            self.holder[1],
            [self.intermediate[1]],
            BestAvailableEncryption(P12_PASSWORD.encode()),
        )


def make_chain(
    *,
    pass_type: str | None = PASS_TYPE,
    team: str = TEAM,
    ends: datetime | None = None,
    generation: str = "",
) -> AppleChain:
    """Make a chain; the pass certificate is valid until `ends`, ten years ahead if not given.

    Without a pass type it is a developer's certificate. `generation` is the intermediate's.
    """
    root = _issue("Example Root CA", None, is_authority=True)
    name = "Example Worldwide Developer Relations"
    intermediate = _issue(name, root, is_authority=True, unit=generation)
    common = f"Pass Type ID: {pass_type}" if pass_type else "Apple Development: Ada (X1Y2Z3)"
    holder = _issue(common, intermediate, ends=ends, pass_type=pass_type, unit=team, user="X1Y2Z3")
    return AppleChain(root, intermediate, holder, _issue("localhost", root, is_server=True))


def key_pem(key: rsa.RSAPrivateKey) -> str:
    """Return a key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _issue(
    name: str,
    issuer: Pair | None,
    *,
    is_authority: bool = False,
    is_server: bool = False,
    ends: datetime | None = None,
    pass_type: str | None = None,
    unit: str = "",
    user: str = "",
) -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = _subject(name, user=pass_type or user, unit=unit)
    # Long before today: tests stand still in the past.
    starts = datetime(2020, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends or datetime.now(UTC) + _LONG)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                (issuer[0] if issuer else key).public_key()
            ),
            critical=False,
        )
        .add_extension(_usage(is_authority), critical=True)
    )
    if is_server:
        names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if pass_type is not None:
        builder = _for_passes(builder, pass_type)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def _subject(name: str, *, user: str, unit: str) -> x509.Name:
    parts = [
        (NameOID.USER_ID, user),
        (NameOID.COMMON_NAME, name),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
    ]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


def _for_passes(builder: x509.CertificateBuilder, pass_type: str) -> x509.CertificateBuilder:
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, _PASS_SIGNING])
    text = pass_type.encode("ascii")
    # An IA5String.
    value = x509.UnrecognizedExtension(_PASS_TYPE_EXTENSION, bytes([0x16, len(text)]) + text)
    return builder.add_extension(uses, critical=True).add_extension(value, critical=False)


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
