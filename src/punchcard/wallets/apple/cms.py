"""Detached signatures of short files as Apple's phones check them: PKCS#7 (CMS), written by hand.

All of a signature but three things is the same for every file: the file's digest, the time, and
the RSA signature of both. Their lengths never change either, so the rest is written once. A
general builder costs as much again as it takes to sign.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

_INTEGER, _OCTETS, _NULL, _OID, _UTC_TIME = 0x02, 0x04, 0x05, 0x06, 0x17
_SEQUENCE, _SET, _CONTEXT_0 = 0x30, 0x31, 0xA0

_DATA: Final = "1.2.840.113549.1.7.1"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_RSA: Final = "1.2.840.113549.1.1.1"
_SHA256: Final = "2.16.840.1.101.3.4.2.1"

_DIGEST_BYTES: Final = 32
_TIME_BYTES: Final = 13
# A UTCTime has two digits for the year.
_LAST_YEAR: Final = 2049


class DetachedSigner:
    """Signs files with one RSA key and SHA-256, and encloses the certificates that prove it."""

    def __init__(
        self, key: RSAPrivateKey, certificate: x509.Certificate, *others: x509.Certificate
    ) -> None:
        self._key = key
        self._padding, self._hash = PKCS1v15(), hashes.SHA256()
        fixed = _attributes(b"\0" * _TIME_BYTES, b"\0" * _DIGEST_BYTES)
        # The time and the digest are the ends of the second and the third attribute.
        end = len(fixed) - _DIGEST_BYTES
        start = fixed.index(b"\0" * _TIME_BYTES)
        self._before_time = fixed[:start]
        self._before_digest = fixed[start + _TIME_BYTES : end]
        self._head, self._middle = _frame(
            [certificate, *others], attributes=fixed, signature_bytes=key.key_size // 8
        )

    def sign(self, content: bytes, *, at: datetime) -> bytes:
        """Return the signature (DER) of `content`, said to be made `at`. Raises ValueError."""
        moment = at.astimezone(UTC)
        if moment.year > _LAST_YEAR:
            raise ValueError(f"a signature cannot be dated {moment:%Y}")
        attributes = b"".join(
            (
                self._before_time,
                f"{moment:%y%m%d%H%M%SZ}".encode(),
                self._before_digest,
                hashlib.sha256(content).digest(),
            )
        )
        # They are signed as the set they are, and written as a part of what signs it.
        signature = self._key.sign(b"\x31" + attributes, self._padding, self._hash)
        return b"".join((self._head, b"\xa0", attributes, self._middle, signature))


def _attributes(time: bytes, digest: bytes) -> bytes:
    """Return length and content of the set of what is signed, in the order DER asks for."""
    attributes = (
        (_CONTENT_TYPE, _oid(_DATA)),
        (_SIGNING_TIME, _tagged(_UTC_TIME, time)),
        (_MESSAGE_DIGEST, _tagged(_OCTETS, digest)),
    )
    encoded = [_sequence(_oid(kind), _tagged(_SET, value)) for kind, value in attributes]
    return _tagged(_SET, *sorted(encoded))[1:]


def _frame(
    certificates: list[x509.Certificate], *, attributes: bytes, signature_bytes: int
) -> tuple[bytes, bytes]:
    """Return what stands before the signed attributes, and between them and the signature."""
    digest_kind = _sequence(_oid(_SHA256), _tagged(_NULL))
    # As they were issued, byte for byte: phones refuse certificates that were written anew.
    enclosed = sorted(one.public_bytes(Encoding.DER) for one in certificates)
    issuer = certificates[0].issuer.public_bytes()
    serial = certificates[0].serial_number
    written = serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)
    signed = b"\xa0" + attributes
    middle = _sequence(_oid(_RSA), _tagged(_NULL)) + _head(_OCTETS, signature_bytes)
    signer = _tagged(_INTEGER, b"\1") + _sequence(issuer, _tagged(_INTEGER, written)) + digest_kind
    rest = len(signed) + len(middle) + signature_bytes
    signers = _wrapped(_SET, _wrapped(_SEQUENCE, signer, rest), rest)
    body = (
        _tagged(_INTEGER, b"\1")
        + _tagged(_SET, digest_kind)
        + _sequence(_oid(_DATA))
        + _tagged(_CONTEXT_0, *enclosed)
        + signers
    )
    explicit = _wrapped(_CONTEXT_0, _wrapped(_SEQUENCE, body, rest), rest)
    return _wrapped(_SEQUENCE, _oid(_SIGNED_DATA) + explicit, rest), middle


def _sequence(*parts: bytes) -> bytes:
    return _tagged(_SEQUENCE, *parts)


def _tagged(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return _head(tag, len(content)) + content


def _wrapped(tag: int, start: bytes, rest: int) -> bytes:
    """Return the start of a value whose content goes on for `rest` bytes more."""
    return _head(tag, len(start) + rest) + start


def _head(tag: int, length: int) -> bytes:
    if length < 0x80:
        return bytes((tag, length))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size


def _oid(dotted: str) -> bytes:
    first, second, *others = (int(part) for part in dotted.split("."))
    content = bytearray([40 * first + second])
    for number in others:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        content += bytes(reversed(groups))
    return _tagged(_OID, bytes(content))
