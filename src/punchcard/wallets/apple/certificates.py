"""Certificates and keys in the forms operators have them, and what is said of every other file.

A file that is not the wanted one is named: a request, a key or a whole archive in its place are the
usual mistakes, and "not a certificate" helps with none of them.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier

_PASS_TYPE_EXTENSION: Final = ObjectIdentifier("1.2.840.113635.100.6.1.16")
_PEM_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL
)
_BYTE_ORDER_MARK: Final = "\ufeff"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

_MISTAKEN: Final = (
    (
        "CERTIFICATE REQUEST-----",
        "is the request (CSR) that was sent to Apple: set the certificate that Apple made of it.",
    ),
    ("PRIVATE KEY-----", "is a private key, not a certificate."),
    ("PUBLIC KEY-----", "is a public key, not a certificate."),
    ("BEGIN PKCS7-----", "is a PKCS#7 bundle: set the certificate in it alone."),
    ("<html", "is a web page, not a certificate: was a sign-in page downloaded?"),
)


class CertificateError(Exception):
    """The operator's certificates cannot be used; the text says why and what to do."""


def certificates_in(name: str, text: str) -> list[x509.Certificate]:
    """Return every certificate in the value of PUNCHCARD_`name`: one at least, in its order.

    PEM with whatever else stands around it (as `openssl pkcs12` writes it), or the base64 of a
    binary file. Raises CertificateError.
    """
    text = _plain(text)
    found = _PEM_CERTIFICATE.findall(text)
    try:
        if found:
            return [x509.load_pem_x509_certificate(pem.encode()) for pem in found]
        return [x509.load_der_x509_certificate(base64.b64decode(text))]
    except (ValueError, binascii.Error) as error:
        raise CertificateError(f"PUNCHCARD_{name} {_mistake(text)}") from error


def private_key_in(text: str, password: str) -> RSAPrivateKey:
    """Return the key in the value of PUNCHCARD_APPLE_PRIVATE_KEY. Raises CertificateError."""
    text = _plain(text)
    name, password_name = (
        "PUNCHCARD_APPLE_PRIVATE_KEY",
        "PUNCHCARD_APPLE_PRIVATE_KEY_PASSWORD",
    )
    if "PRIVATE KEY-----" not in text:
        raise CertificateError(f"{name} is no PEM key. {_instead_of_key(text)}".strip())
    try:
        key = serialization.load_pem_private_key(text.encode(), password.encode() or None)
    except TypeError as error:
        # The one thing it says so: a password where none is needed, or none where one is.
        told = "is not locked: unset" if password else "is locked: set"
        raise CertificateError(f"{name} {told} {password_name}.") from error
    except ValueError as error:
        told = f"is no PEM key that {password_name} opens." if password else "is a damaged PEM key."
        raise CertificateError(f"{name} {told}") from error
    if not isinstance(key, RSAPrivateKey):
        raise CertificateError(f"{name} must be an RSA key.")
    return key


def archive_in(
    text: str, password: str
) -> tuple[RSAPrivateKey, x509.Certificate, list[x509.Certificate]]:
    """Return key, certificate and what else is in PUNCHCARD_APPLE_P12. Raises CertificateError."""
    if "-----BEGIN" in text:
        raise CertificateError(
            "PUNCHCARD_APPLE_P12 is PEM text, not a .p12: set it as PUNCHCARD_APPLE_CERTIFICATE"
            " and PUNCHCARD_APPLE_PRIVATE_KEY."
        )
    try:
        archive = base64.b64decode(text)
        found, certificate, others = pkcs12.load_key_and_certificates(
            archive, password.encode() or None
        )
    except ValueError as error:
        raise CertificateError(
            "PUNCHCARD_APPLE_P12 cannot be opened: is PUNCHCARD_APPLE_P12_PASSWORD right?"
        ) from error
    if not isinstance(found, RSAPrivateKey) or certificate is None:
        raise CertificateError("PUNCHCARD_APPLE_P12 holds no RSA key with its certificate.")
    return found, certificate, others


def pass_type_of(certificate: x509.Certificate) -> str:
    """Return the pass type a certificate is for, "" if it is no pass certificate."""
    try:
        extension = certificate.extensions.get_extension_for_oid(_PASS_TYPE_EXTENSION)
    except x509.ExtensionNotFound:
        return ""
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    # An IA5String: two bytes of tag and length, then the text.
    found = extension.value.value[2:].decode("ascii", "replace")
    return found if found.startswith("pass.") else ""


def team_of(certificate: x509.Certificate) -> str:
    """Return the team a certificate was issued to."""
    return named(certificate.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)


def title_of(subject: x509.Name) -> str:
    """Return what people call the holder of a certificate, with its generation: `… (G4)`."""
    common = named(subject, NameOID.COMMON_NAME) or subject.rfc4514_string()
    generation = generation_of(subject)
    return f"{common} ({generation})" if generation else common


def generation_of(subject: x509.Name) -> str:
    """Return which of Apple's WWDR certificates a name is: G1 to G6 and so on, "" if untold."""
    unit = named(subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
    return unit if re.fullmatch(r"G\d+", unit) else ""


def named(subject: x509.Name, oid: ObjectIdentifier) -> str:
    """Return one part of a name, "" if it isn't there."""
    found = subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def public_bytes(holder: RSAPrivateKey | x509.Certificate) -> bytes:
    """Return the public key, to be compared."""
    return holder.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _plain(text: str) -> str:
    """Return a text without the marks that some editors put before it."""
    return text.removeprefix(_BYTE_ORDER_MARK).strip() if not _is_utf16(text) else _as_utf16(text)


def _is_utf16(text: str) -> bool:
    return not text.startswith("-") and _bytes_of(text)[:2] in _UTF16_MARKS


def _as_utf16(text: str) -> str:
    return _bytes_of(text).decode("utf-16", "replace").strip()


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _mistake(text: str) -> str:
    """Return what a value is that is no certificate."""
    if not text:
        return "is empty: the certificate is missing."
    told = next((told for mark, told in _MISTAKEN if mark in text), None)
    if told is not None:
        return told
    return next(_mistaken_binary(_bytes_of(text)), "is not a certificate.")


def _mistaken_binary(content: bytes) -> Iterator[str]:
    """Yield what a binary file is, if it can be told."""
    try:
        x509.load_der_x509_csr(content)
        yield _MISTAKEN[0][1]
    except ValueError:
        pass
    try:
        pkcs12.load_pkcs12(content, None)
        is_archive = True
    except ValueError as error:
        is_archive = "password" in str(error).lower()
    if is_archive:
        yield "is a .p12 with its key: set it as PUNCHCARD_APPLE_P12."


def _instead_of_key(text: str) -> str:
    if "CERTIFICATE REQUEST-----" in text:
        return "It is the request (CSR): set the key that was made with it."
    if "BEGIN CERTIFICATE-----" in text:
        return "It is a certificate: set the key that belongs to it."
    return ""
