"""What no identity provider can be set to: told at the start, and not at the first sign-in."""

from pathlib import Path

import pytest

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.settings import load_settings

GOOD = {
    "PUNCHCARD_OIDC_ISSUER": "https://login.example/realms/shops",
    "PUNCHCARD_OIDC_CLIENT_ID": "punchcard",
}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("OIDC_ISSUER", "http://login.example", "https"),
        ("OIDC_ISSUER", "login.example", "https"),
        ("OIDC_ISSUER", "https://someone:secret@login.example", "https"),
        ("OIDC_CLIENT_ID", "", "missing"),
        ("OIDC_FOR", "admins,customers", "customers"),
        ("OIDC_REQUIRED", "owners", "owners"),
        ("OIDC_SCOPES", "email", "openid"),
    ],
)
def test_a_provider_that_cannot_be_used(tmp_path: Path, name: str, value: str, told: str) -> None:
    environ = {"PUNCHCARD_DATA_DIR": str(tmp_path), **GOOD, f"PUNCHCARD_{name}": value}

    with pytest.raises(SettingsError, match=f"PUNCHCARD_{name}: .*{told}"):
        load_settings(environ)


@pytest.mark.parametrize("issuer", [GOOD["PUNCHCARD_OIDC_ISSUER"], "http://10.0.0.7:8080"])
def test_a_provider_that_can_be_used(tmp_path: Path, issuer: str) -> None:
    environ = {**GOOD, "PUNCHCARD_DATA_DIR": str(tmp_path), "PUNCHCARD_OIDC_ISSUER": issuer}

    assert load_settings(environ).oidc_issuer == issuer
