"""The operator's pass certificate: read once, checked, and signing passes ever after.

Parsing a private key costs eighty times as much as a signature, so a signer is built once a
process and holds its key ready.
"""

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
from cryptography.hazmat.primitives.serialization import pkcs7

from punchcard.kit.settings import Settings
from punchcard.wallets.apple.certificates import (
    CertificateError,
    archive_in,
    certificates_in,
    generation_of,
    pass_type_of,
    private_key_in,
    public_bytes,
    team_of,
    title_of,
)
from punchcard.wallets.apple.cms import DetachedSigner
from punchcard.wallets.platform import Complaint

SET_UP_BY: Final = (
    *("apple_certificate", "apple_p12", "apple_private_key", "apple_wwdr_certificate"),
    *("apple_pass_type_id", "apple_team_id", "apple_p12_password", "apple_private_key_password"),
)
"""The settings of which one is enough to say that the operator wants Apple Wallet."""


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
        self.team_id = team_id or team_of(certificate)
        self._key = key
        self._signer = DetachedSigner(key, certificate, intermediate)

    def sign(self, manifest: bytes, at: datetime) -> bytes:
        """Return the detached PKCS#7 signature (DER), with the time and Apple's intermediate."""
        return self._signer.sign(manifest, at=at)

    def complaints(self, now: datetime, *, warning: timedelta) -> Iterator[Complaint]:
        """Yield what is wrong with the certificates at `now`, or will be within `warning`."""
        yield from (Complaint("error", told) for told in self.faults(now))
        for name, certificate in (
            ("The pass certificate", self.certificate),
            ("Apple's intermediate certificate", self.intermediate),
        ):
            yield from _expiry(name, certificate, now, warning)

    def faults(self, now: datetime) -> Iterator[str]:
        """Yield what makes every pass of these certificates one that no phone takes.

        All but their end, which comes by the clock.
        """
        certified = pass_type_of(self.certificate)
        if not certified:
            yield (
                f"{title_of(self.certificate.subject)} is no pass certificate: make one for a Pass"
                " Type ID with Apple and set that."
            )
            return
        yield from self._mismatches(certified)
        if not _is_issued_by(self.certificate, self.intermediate):
            yield _wrong_intermediate(self.certificate, self.intermediate)
        if not self._can_sign(now):
            yield "A test signature could not be made with this certificate."

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

    def _mismatches(self, certified: str) -> Iterator[str]:
        if self.pass_type_id != certified:
            yield (
                f"PUNCHCARD_APPLE_PASS_TYPE_ID is {self.pass_type_id}, but the certificate is for"
                f" {certified}."
            )
        team = team_of(self.certificate)
        if self.team_id != team:
            yield f"PUNCHCARD_APPLE_TEAM_ID is {self.team_id}, but the certificate says {team}."

    def _key_pem(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def is_wanted(settings: Settings) -> bool:
    """Return whether the operator has begun to set Apple Wallet up."""
    return any(getattr(settings, name) for name in SET_UP_BY)


def load_signer(settings: Settings) -> PassSigner | None:
    """Return the signer of these settings, or None while Apple Wallet is not set up.

    Raises CertificateError when what is set cannot be read, or something lacks.
    """
    if not is_wanted(settings):
        return None
    key, certificate, others = _pair(settings)
    if public_bytes(key) != public_bytes(certificate):
        raise CertificateError("The private key does not belong to the pass certificate.")
    if settings.apple_wwdr_certificate:
        others = certificates_in("APPLE_WWDR_CERTIFICATE", settings.apple_wwdr_certificate)
    fitting = [other for other in others if _is_issued_by(certificate, other)]
    if not (fitting or settings.apple_wwdr_certificate):
        raise CertificateError(
            "Set PUNCHCARD_APPLE_WWDR_CERTIFICATE to Apple's intermediate certificate (WWDR)."
        )
    return PassSigner(
        key,
        certificate,
        (fitting or others)[0],
        pass_type_id=settings.apple_pass_type_id,
        team_id=settings.apple_team_id,
    )


def _pair(
    settings: Settings,
) -> tuple[RSAPrivateKey, x509.Certificate, list[x509.Certificate]]:
    if settings.apple_p12:
        return archive_in(settings.apple_p12, settings.apple_p12_password)
    if not settings.apple_certificate:
        raise CertificateError(
            "Set PUNCHCARD_APPLE_CERTIFICATE, the pass certificate, or PUNCHCARD_APPLE_P12."
        )
    if not settings.apple_private_key:
        raise CertificateError("Set PUNCHCARD_APPLE_PRIVATE_KEY, the certificate's own key.")
    certificates = certificates_in("APPLE_CERTIFICATE", settings.apple_certificate)
    key = private_key_in(settings.apple_private_key, settings.apple_private_key_password)
    # A file may hold the whole chain, in any order: ours is the one that the key belongs to.
    own = [one for one in certificates if public_bytes(one) == public_bytes(key)]
    certificate = (own or certificates)[0]
    return key, certificate, [one for one in certificates if one != certificate]


def _wrong_intermediate(certificate: x509.Certificate, intermediate: x509.Certificate) -> str:
    wanted, found = title_of(certificate.issuer), title_of(intermediate.subject)
    generation = generation_of(certificate.issuer)
    if wanted == found:
        return (
            f"The pass certificate was issued by {wanted}, which is not"
            " PUNCHCARD_APPLE_WWDR_CERTIFICATE: that one has the same name and another key."
            " Download it again from Apple."
        )
    return (
        f"The pass certificate was issued by {wanted}, which is not"
        f" PUNCHCARD_APPLE_WWDR_CERTIFICATE: that is {found}."
        f" Download {f'generation {generation}' if generation else 'the one named first'} from"
        " Apple."
    )


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


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
