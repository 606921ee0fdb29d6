"""The operator's certificates: in every form Apple hands them out, and what is wrong with them."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from punchcard.fakes.apple_chain import P12_PASSWORD, PASS_TYPE, TEAM, AppleChain, make_chain
from punchcard.kit.settings import Settings, load_settings
from punchcard.wallets.apple.certificates import CertificateError
from punchcard.wallets.apple.signing import PassSigner, load_signer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MONTH = timedelta(days=30)


_OTHERS: Final = make_chain()
KEY: Final = _OTHERS.key_pem
LOCKED_KEY: Final = (
    _OTHERS.holder[0]
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    .decode()
)
_REQUEST: Final = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Punchcard")]))
    .sign(_OTHERS.holder[0], hashes.SHA256())
)
CSR: Final = _REQUEST.public_bytes(Encoding.PEM).decode()
CSR_FILE: Final = base64.b64encode(_REQUEST.public_bytes(Encoding.DER)).decode()
P12_FILE: Final = base64.b64encode(_OTHERS.p12()).decode()


@pytest.fixture
def pems(settings: Settings, chain: AppleChain) -> Settings:
    """Set everything as PEM."""
    return replace(
        settings,
        apple_certificate=chain.certificate_pem,
        apple_private_key=chain.key_pem,
        apple_wwdr_certificate=chain.intermediate_pem,
    )


def complaints(signer: PassSigner | None) -> list[tuple[str, str]]:
    assert signer is not None
    return [(one.state, one.message) for one in signer.complaints(NOW, warning=MONTH)]


def test_server_without_certificates_has_no_signer(settings: Settings) -> None:
    assert load_signer(settings) is None


def test_pass_type_and_team_are_the_certificates(pems: Settings) -> None:
    signer = load_signer(pems)
    assert signer is not None
    assert (signer.pass_type_id, signer.team_id) == (PASS_TYPE, TEAM)
    assert complaints(signer) == []


def test_apples_own_files_do_as_well(chain: AppleChain, tmp_path: Path) -> None:
    (tmp_path / "pass.p12").write_bytes(chain.p12())
    (tmp_path / "wwdr.cer").write_bytes(chain.intermediate[1].public_bytes(Encoding.DER))
    environ = {
        "PUNCHCARD_DATA_DIR": str(tmp_path),
        "PUNCHCARD_APPLE_P12_FILE": str(tmp_path / "pass.p12"),
        "PUNCHCARD_APPLE_P12_PASSWORD": P12_PASSWORD,
        "PUNCHCARD_APPLE_WWDR_CERTIFICATE_FILE": str(tmp_path / "wwdr.cer"),
    }
    assert complaints(load_signer(load_settings(environ))) == []


def test_intermediate_within_the_p12_is_enough(settings: Settings, chain: AppleChain) -> None:
    p12 = base64.b64encode(chain.p12()).decode()
    assert (
        complaints(load_signer(replace(settings, apple_p12=p12, apple_p12_password=P12_PASSWORD)))
        == []
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"apple_certificate": "nonsense"}, "APPLE_CERTIFICATE is not a certificate"),
        ({"apple_private_key": ""}, "Set PUNCHCARD_APPLE_PRIVATE_KEY"),
        ({"apple_private_key": "nonsense"}, "no PEM key"),
        ({"apple_private_key_password": "unasked"}, "is not locked: unset PUNCHCARD_APPLE_PRIVATE"),
        ({"apple_wwdr_certificate": ""}, "Set PUNCHCARD_APPLE_WWDR_CERTIFICATE"),
        ({"apple_p12": "AAAA"}, "is PUNCHCARD_APPLE_P12_PASSWORD right"),
        ({"apple_certificate": " "}, "APPLE_CERTIFICATE is empty"),
        ({"apple_certificate": ""}, "Set PUNCHCARD_APPLE_CERTIFICATE"),
        ({"apple_certificate": CSR}, r"APPLE_CERTIFICATE is the request \(CSR\)"),
        ({"apple_certificate": CSR_FILE}, r"APPLE_CERTIFICATE is the request \(CSR\)"),
        ({"apple_certificate": KEY}, "APPLE_CERTIFICATE is a private key"),
        ({"apple_certificate": P12_FILE}, "set it as PUNCHCARD_APPLE_P12"),
        ({"apple_certificate": "<!doctype html><html>"}, "is a web page"),
        ({"apple_wwdr_certificate": CSR}, r"APPLE_WWDR_CERTIFICATE is the request \(CSR\)"),
        ({"apple_private_key": CSR}, r"no PEM key. It is the request \(CSR\)"),
        ({"apple_private_key": LOCKED_KEY}, "is locked: set PUNCHCARD_APPLE_PRIVATE_KEY_PASSWORD"),
        (
            {"apple_private_key": LOCKED_KEY, "apple_private_key_password": "wrong"},
            "no PEM key that PUNCHCARD_APPLE_PRIVATE_KEY_PASSWORD opens",
        ),
        ({"apple_p12": KEY}, "is PEM text, not a .p12"),
    ],
)
def test_what_cannot_be_read_says_why(pems: Settings, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(CertificateError, match=told):
        load_signer(replace(pems, **changes))


def test_key_of_another_certificate_is_refused(pems: Settings) -> None:
    with pytest.raises(CertificateError, match="does not belong"):
        load_signer(replace(pems, apple_private_key=make_chain().key_pem))


def test_other_pass_type_team_and_issuer_are_told(pems: Settings) -> None:
    other = replace(
        pems,
        apple_pass_type_id="pass.other",
        apple_team_id="OTHER",
        apple_wwdr_certificate=make_chain().intermediate_pem,
    )
    told = complaints(load_signer(other))
    assert [state for state, _ in told] == ["error"] * 3
    text = " ".join(message for _, message in told)
    assert f"pass.other, but the certificate is for {PASS_TYPE}" in text
    assert f"OTHER, but the certificate says {TEAM}" in text
    assert "which is not PUNCHCARD_APPLE_WWDR_CERTIFICATE" in text


@pytest.mark.parametrize("around", ["bag", "mark", "crlf", "chain", "utf-16"])
def test_a_certificate_is_found_whatever_stands_around_it(
    chain: AppleChain, pems: Settings, tmp_path: Path, around: str
) -> None:
    pem = chain.certificate_pem
    written = {
        "bag": b"Bag Attributes\n    friendlyName: pass\nsubject=/UID=x\n" + pem.encode(),
        "mark": b"\xef\xbb\xbf" + pem.encode(),
        "crlf": pem.replace("\n", "\r\n").encode(),
        "chain": (chain.intermediate_pem + pem).encode(),
        "utf-16": pem.encode("utf-16"),
    }
    (tmp_path / "pass.pem").write_bytes(written[around])
    environ = {
        "PUNCHCARD_DATA_DIR": str(tmp_path),
        "PUNCHCARD_APPLE_CERTIFICATE_FILE": str(tmp_path / "pass.pem"),
        "PUNCHCARD_APPLE_PRIVATE_KEY": "\ufeffBag Attributes\n" + chain.key_pem,
        "PUNCHCARD_APPLE_WWDR_CERTIFICATE": pems.apple_wwdr_certificate,
    }
    signer = load_signer(load_settings(environ))
    assert complaints(signer) == []
    assert signer is not None
    assert signer.certificate == chain.holder[1]


@pytest.mark.parametrize(
    "name", ["CERTIFICATE", "PRIVATE_KEY", "P12", "WWDR_CERTIFICATE"], ids=str.lower
)
def test_an_empty_file_is_not_the_same_as_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    environ = {
        "PUNCHCARD_DATA_DIR": str(tmp_path),
        f"PUNCHCARD_APPLE_{name}_FILE": str(tmp_path / "empty"),
    }
    with pytest.raises(CertificateError):
        load_signer(load_settings(environ))


@pytest.mark.parametrize(
    "setting", ["apple_private_key", "apple_wwdr_certificate", "apple_pass_type_id"]
)
def test_half_a_set_up_is_told(settings: Settings, pems: Settings, setting: str) -> None:
    half: dict[str, Any] = {setting: getattr(pems, setting) or "pass.lu.example"}
    with pytest.raises(CertificateError, match="Set PUNCHCARD_APPLE_CERTIFICATE"):
        load_signer(replace(settings, **half))


def test_a_developers_certificate_signs_no_passes(pems: Settings) -> None:
    developer = make_chain(pass_type=None)
    told = complaints(
        load_signer(
            replace(
                pems,
                apple_certificate=developer.certificate_pem,
                apple_private_key=developer.key_pem,
                apple_wwdr_certificate=developer.intermediate_pem,
            )
        )
    )
    assert [state for state, _ in told] == ["error"]
    assert "Apple Development: Ada (X1Y2Z3) is no pass certificate" in told[0][1]


def test_the_generation_that_is_there_is_named_beside_the_wanted_one(pems: Settings) -> None:
    ours, other = make_chain(generation="G4"), make_chain(generation="G3")
    told = complaints(
        load_signer(
            replace(
                pems,
                apple_certificate=ours.certificate_pem,
                apple_private_key=ours.key_pem,
                apple_wwdr_certificate=other.intermediate_pem,
            )
        )
    )
    assert [state for state, _ in told] == ["error"]
    assert "Relations (G4), which is not PUNCHCARD_APPLE_WWDR_CERTIFICATE" in told[0][1]
    assert "that is Example Worldwide Developer Relations (G3)" in told[0][1]
    assert "Download generation G4" in told[0][1]


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (NOW + timedelta(days=31), None),
        (NOW + timedelta(days=29), "warning"),
        (NOW - timedelta(days=1), "error"),
    ],
)
def test_end_of_the_certificate_is_told_a_month_ahead(ends: datetime, state: str | None) -> None:
    chain = make_chain(ends=ends)
    signer = PassSigner(chain.holder[0], chain.holder[1], chain.intermediate[1])
    assert [found for found, _ in complaints(signer)] == ([state] if state else [])
