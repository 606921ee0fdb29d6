"""Detached signatures, byte for byte, and as OpenSSL judges them."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from punchcard.fakes.apple_chain import AppleChain
from punchcard.wallets.apple.cms import DetachedSigner
from tests.wallets.apple.opened_pass import verify_detached

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONTENT_TYPE, SIGNING_TIME, MESSAGE_DIGEST = (
    bytes.fromhex("06092a864886f70d0109" + last) for last in ("03", "05", "04")
)

Node = tuple[int, bytes]


@pytest.fixture(scope="module")
def detached(chain: AppleChain) -> DetachedSigner:
    """Sign as the operator."""
    return DetachedSigner(chain.holder[0], chain.holder[1], chain.intermediate[1])


def nodes(content: bytes) -> Iterator[Node]:
    """Read DER: tag and content of each value, in the shortest form of its length."""
    place = 0
    while place < len(content):
        tag, size, start = content[place], content[place + 1], place + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(content[place + 2 : start])
            assert size >= 0x80
            assert content[place + 2] != 0
        place = start + size
        assert place <= len(content)
        yield tag, content[start:place]


def the_only(content: bytes) -> bytes:
    ((_, inner),) = nodes(content)
    return inner


def parts(signature: bytes) -> tuple[list[Node], list[Node]]:
    """Return the fields of the signed data, and those of its one signer."""
    kind, explicit = nodes(the_only(signature))
    assert kind == (6, bytes.fromhex("2a864886f70d010702"))
    data = list(nodes(the_only(explicit[1])))
    return data, list(nodes(the_only(data[-1][1])))


def test_signed_attributes_are_sorted_as_der_asks(detached: DetachedSigner) -> None:
    _, signer = parts(detached.sign(b"{}", at=NOON))
    (attributes,) = (content for tag, content in signer if tag == 0xA0)
    found = [bytes((tag, len(content))) + content for tag, content in nodes(attributes)]
    assert found == sorted(found)
    kinds = (CONTENT_TYPE, SIGNING_TIME, MESSAGE_DIGEST)
    assert [one[2:13] for one in found] == list(kinds)
    assert found[2].endswith(hashlib.sha256(b"{}").digest())


MOMENTS = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 the zone is drawn beside it
    datetime(2049, 12, 30),  # noqa: DTZ001
    timezones=st.timezones(),
)


@given(at=MOMENTS)
def test_time_of_signing_is_told_in_utc(detached: DetachedSigner, at: datetime) -> None:
    _, signer = parts(detached.sign(b"{}", at=at))
    (attributes,) = (content for tag, content in signer if tag == 0xA0)
    assert f"\x17\x0d{at.astimezone(UTC):%y%m%d%H%M%S}Z".encode() in attributes


def test_year_that_does_not_fit_is_refused(detached: DetachedSigner) -> None:
    with pytest.raises(ValueError, match="2050"):
        detached.sign(b"{}", at=datetime(2050, 1, 1, tzinfo=UTC))


def test_certificates_are_enclosed_byte_for_byte(
    detached: DetachedSigner, chain: AppleChain
) -> None:
    signature = detached.sign(b"{}", at=NOON)
    enclosed = pkcs7.load_der_pkcs7_certificates(signature)
    assert set(enclosed) == {chain.holder[1], chain.intermediate[1]}
    for certificate in enclosed:
        assert certificate.public_bytes(Encoding.DER) in signature


@given(content=st.binary(max_size=3000))
def test_content_is_bound_but_not_enclosed(detached: DetachedSigner, content: bytes) -> None:
    data, signer = parts(detached.sign(content, at=NOON))
    assert data[2] == (0x30, bytes.fromhex("06092a864886f70d010701"))
    assert hashlib.sha256(content).digest() in b"".join(inner for _, inner in signer)


@pytest.mark.parametrize("bits", [2048, 3072])
@pytest.mark.parametrize("serial", [1, 127, 128, 2**159 - 1, 2**64])
def test_openssl_verifies_every_length_of_key_and_serial_number(
    bits: int, serial: int, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Café ☕ root")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), serial)
        .not_valid_before(NOON - timedelta(days=9999))
        .not_valid_after(NOON + timedelta(days=9999))
        .sign(key, hashes.SHA256())
    )
    root = tmp_path / "root.pem"
    root.write_bytes(certificate.public_bytes(Encoding.PEM))
    content = b'{"a":"b"}\r\n'
    verify_detached(content, DetachedSigner(key, certificate).sign(content, at=NOON), root)
