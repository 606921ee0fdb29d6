"""The operator's pass certificate: read once, checked, and signing passes ever after.

Parsing a private key costs eighty times as much as a signature, so a signer is built once a
process and holds its key ready.
"""

import base64
import binascii
import ssl
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

from punchcard.kit.settings import Settings
from punchcard.wallets.apple.cms import DetachedSigner
from punchcard.wallets.platform import Complaint

_PASS_TYPE_EXTENSION: Final = ObjectIdentifier("1.2.840.113635.100.6.1.16")


class CertificateError(Exception):
    """The operator's certificates cannot be used; the text says why and what to do."""


class PassSigner:
    """Signs manifests as the operator."""

    def __init__(
        self,
        key: RSAPrivateKey,
        certificate: x509.Certificate,
        intermediate: x509.Certificate,
        *,
        pass_type_id: str = "",
        team_id: str = "",
    ) -> None:
        self.certificate = certificate
        self.intermediate = intermediate
        self.pass_type_id = pass_type_id or pass_type_of(certificate)
        self.team_id = team_id or _named(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
        self._key = key
        self._signer = DetachedSigner(key, certificate, intermediate)

    def sign(self, manifest: bytes, at: datetime) -> bytes:
        """Return the detached PKCS#7 signature (DER), with the time and Apple's intermediate."""
        return self._signer.sign(manifest, at=at)

    def complaints(self, now: datetime, *, warning: timedelta) -> Iterator[Complaint]:
        """Yield what is wrong with the certificates at `now`, or will be within `warning`."""
        yield from self._mismatches()
        if not _is_issued_by(self.certificate, self.intermediate):
            yield Complaint(
                "error",
                f"The pass certificate was issued by {self.certificate.issuer.rfc4514_string()},"
                " which is not PUNCHCARD_APPLE_WWDR_CERTIFICATE. Download that one from Apple.",
            )
        if not self._can_sign(now):
            yield Complaint("error", "A test signature could not be made with this certificate.")
        for name, certificate in (
            ("The pass certificate", self.certificate),
            ("Apple's intermediate certificate", self.intermediate),
        ):
            yield from _expiry(name, certificate, now, warning)

    def client_context(self, authorities: str = "") -> ssl.SSLContext:
        """Return how to connect to Apple's push service: with this certificate, by HTTP/2.

        `authorities` (PEM) replaces the machine's own certificate authorities.
        """
        context = ssl.create_default_context(cadata=authorities or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["h2"])
        # Python reads client certificates from files only; this one is gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(self._key_pem() + _pem(self.certificate) + _pem(self.intermediate))
            file.flush()
            context.load_cert_chain(Path(file.name))
        return context

    def _can_sign(self, now: datetime) -> bool:
        try:
            enclosed = pkcs7.load_der_pkcs7_certificates(self.sign(b"{}", now))
        except ValueError:
            return False
        return self.certificate in enclosed and self.intermediate in enclosed

    def _mismatches(self) -> Iterator[Complaint]:
        certified = pass_type_of(self.certificate)
        if self.pass_type_id != certified:
            yield Complaint(
                "error",
                f"PUNCHCARD_APPLE_PASS_TYPE_ID is {self.pass_type_id}, but the certificate is for"
                f" {certified or 'no pass type at all'}.",
            )
        team = _named(self.certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
        if self.team_id != team:
            yield Complaint(
                "error",
                f"PUNCHCARD_APPLE_TEAM_ID is {self.team_id}, but the certificate says {team}.",
            )

    def _key_pem(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def load_signer(settings: Settings) -> PassSigner | None:
    """Return the signer of these settings, or None while Apple Wallet is not set up.

    Raises CertificateError when what is set cannot be read.
    """
    if not (settings.apple_certificate or settings.apple_p12):
        return None
    key, certificate, others = _pair(settings)
    if _public_bytes(key) != _public_bytes(certificate):
        raise CertificateError("The private key does not belong to the pass certificate.")
    if settings.apple_wwdr_certificate:
        intermediate = _certificate("APPLE_WWDR_CERTIFICATE", settings.apple_wwdr_certificate)
    else:
        fitting = [other for other in others if _is_issued_by(certificate, other)]
        if not fitting:
            raise CertificateError(
                "Set PUNCHCARD_APPLE_WWDR_CERTIFICATE to Apple's intermediate certificate (WWDR)."
            )
        intermediate = fitting[0]
    return PassSigner(
        key,
        certificate,
        intermediate,
        pass_type_id=settings.apple_pass_type_id,
        team_id=settings.apple_team_id,
    )


def pass_type_of(certificate: x509.Certificate) -> str:
    """Return the pass type a certificate is for, "" if it is for none."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_PASS_TYPE_EXTENSION)
    except x509.ExtensionNotFound:
        return _named(certificate, NameOID.USER_ID)
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    # An IA5String: two bytes of tag and length, then the text.
    return extension.value.value[2:].decode("ascii", "replace")


def _pair(
    settings: Settings,
) -> tuple[RSAPrivateKey, x509.Certificate, list[x509.Certificate]]:
    if not settings.apple_p12:
        if not settings.apple_private_key:
            raise CertificateError("Set PUNCHCARD_APPLE_PRIVATE_KEY, the certificate's own key.")
        key = _private_key(settings.apple_private_key, settings.apple_private_key_password)
        return key, _certificate("APPLE_CERTIFICATE", settings.apple_certificate), []
    try:
        archive = base64.b64decode(settings.apple_p12)
        password = settings.apple_p12_password.encode() or None
        found, certificate, others = pkcs12.load_key_and_certificates(archive, password)
    except ValueError as error:
        raise CertificateError(
            "PUNCHCARD_APPLE_P12 cannot be opened: is PUNCHCARD_APPLE_P12_PASSWORD right?"
        ) from error
    if not isinstance(found, RSAPrivateKey) or certificate is None:
        raise CertificateError("PUNCHCARD_APPLE_P12 holds no RSA key with its certificate.")
    return found, certificate, others


def _private_key(text: str, password: str) -> RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(text.encode(), password.encode() or None)
    except (ValueError, TypeError) as error:
        raise CertificateError(
            "PUNCHCARD_APPLE_PRIVATE_KEY is no PEM key that"
            " PUNCHCARD_APPLE_PRIVATE_KEY_PASSWORD opens."
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise CertificateError("PUNCHCARD_APPLE_PRIVATE_KEY must be an RSA key.")
    return key


def _certificate(name: str, text: str) -> x509.Certificate:
    try:
        if text.startswith("-----"):
            return x509.load_pem_x509_certificate(text.encode())
        return x509.load_der_x509_certificate(base64.b64decode(text))
    except (ValueError, binascii.Error) as error:
        raise CertificateError(f"PUNCHCARD_{name} is not a certificate.") from error


def _expiry(
    name: str, certificate: x509.Certificate, now: datetime, warning: timedelta
) -> Iterator[Complaint]:
    ends = certificate.not_valid_after_utc
    left = (ends - now).days
    if now >= ends:
        yield Complaint("error", f"{name} expired on {ends:%Y-%m-%d}. Renew it.")
    elif now < certificate.not_valid_before_utc:
        yield Complaint(
            "error", f"{name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} only."
        )
    elif ends - now <= warning:
        yield Complaint("warning", f"{name} expires in {left} days, on {ends:%Y-%m-%d}. Renew it.")


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _named(certificate: x509.Certificate, oid: ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _public_bytes(holder: RSAPrivateKey | x509.Certificate) -> bytes:
    return holder.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
