"""The operator's certificates: in every form Apple hands them out, and what is wrong with them."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from punchcard.fakes.apple_chain import P12_PASSWORD, PASS_TYPE, TEAM, AppleChain, make_chain
from punchcard.kit.settings import Settings, load_settings
from punchcard.wallets.apple.signing import CertificateError, PassSigner, load_signer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MONTH = timedelta(days=30)


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
        ({"apple_private_key_password": "unasked"}, "no PEM key"),
        ({"apple_wwdr_certificate": ""}, "Set PUNCHCARD_APPLE_WWDR_CERTIFICATE"),
        ({"apple_p12": "AAAA"}, "is PUNCHCARD_APPLE_P12_PASSWORD right"),
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
