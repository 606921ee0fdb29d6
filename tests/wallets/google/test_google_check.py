"""What the operator is told about Google Wallet before a customer finds out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from punchcard.fakes.google import TOKEN_PATH, Fault
from punchcard.kit.clock import ManualClock, SystemClock
from punchcard.kit.settings import Settings
from punchcard.wallets.google import holder_check
from tests.cli.conftest import Punchcard, punchcard
from tests.wallets.google_account import EMAIL, ISSUER, Google, open_google

__all__ = ["punchcard"]

Told = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def told(google: Google, settings: Settings, clock: ManualClock) -> Told:
    """Check a server that uses our Google, with other settings if need be."""

    def check(**others: Any) -> list[tuple[str, str]]:
        chosen = replace(google.settings(settings), **others)
        return [(one.state, one.message) for one in holder_check.complaints(chosen, clock)]

    return check


def test_a_server_that_is_let_in_has_nothing_to_hear(told: Told, google: Google) -> None:
    assert told() == []
    assert google.fake.count("POST", TOKEN_PATH) == 1
    assert google.fake.count("GET", f"/{ISSUER}.") == 1
    assert google.fake.count("PATCH") == 0


@pytest.mark.parametrize(
    ("others", "part"),
    [
        ({"google_issuer_id": ""}, "PUNCHCARD_GOOGLE_ISSUER_ID is missing"),
        ({"google_service_account": ""}, "PUNCHCARD_GOOGLE_SERVICE_ACCOUNT is missing"),
        ({"google_issuer_id": "BCR2DN4T"}, "digits only"),
        ({"google_service_account": "{}"}, "not the JSON key file"),
    ],
    ids=["no issuer", "no account", "a merchant's id", "no key"],
)
def test_half_a_set_up_is_told_without_asking_google(
    told: Told, google: Google, others: dict[str, str], part: str
) -> None:
    ((state, message),) = told(**others)
    assert state == "error"
    assert part in message
    assert google.fake.requests == []


def test_another_issuers_number_is_told(told: Told) -> None:
    ((state, message),) = told(google_issuer_id="3388000000099999999")
    assert state == "error"
    assert "does not let it act for issuer 3388000000099999999" in message
    assert "Invite the service account as a Developer" in message


def test_a_key_that_was_deleted_is_told(told: Told, google: Google, settings: Settings) -> None:
    account = json.loads(google.settings(settings).google_service_account)
    account["client_email"] = "somebody@else.example"
    ((state, message),) = told(google_service_account=json.dumps(account))
    assert state == "error"
    assert "Was the key deleted" in message
    assert "invalid_grant" in message


@pytest.mark.parametrize(
    ("faults", "part"),
    [
        ([Fault(503, path=TOKEN_PATH)], "cannot be reached for a token"),
        ([Fault(401), Fault(401)], f"Google knows {EMAIL}"),
        ([Fault(400)], "does not know issuer"),
        ([Fault(503)], "its Wallet API does not answer"),
    ],
    ids=["no token", "401", "400", "503"],
)
def test_each_refusal_has_its_own_words(
    told: Told, google: Google, faults: list[Fault], part: str
) -> None:
    google.fake.script(*faults)
    ((state, message),) = told()
    assert state == "error"
    assert part in message


def test_without_https_google_sends_no_notices(told: Told) -> None:
    ((state, message),) = told(base_url="http://shop.test")
    assert state == "warning"
    assert "https" in message


@pytest.fixture
def todays_google() -> Iterator[Google]:
    """Serve a Google that lives by the machine's clock, as a command does."""
    with open_google(SystemClock()) as opened:
        yield opened


def test_doctor_asks_google_only_when_it_is_set_up(
    punchcard: Punchcard, todays_google: Google, settings: Settings
) -> None:
    punchcard("migrate")
    before = _finding(punchcard)
    settings_of_google = [one.name for one in fields(Settings) if one.name.startswith("google_")]
    names = [name for name in settings_of_google if "url" in name]
    chosen = todays_google.settings(settings)
    given = {name: str(getattr(chosen, name)) for name in [*names, "google_issuer_id", "base_url"]}

    after = _finding(punchcard, **given, google_service_account=chosen.google_service_account)

    assert (before["state"], before["message"][:10]) == ("ok", "Not set up")
    assert (after["state"], after["message"]) == (
        "ok",
        f"Google gives a token and lets it act for issuer {ISSUER}.",
    )
    assert todays_google.fake.count("POST", TOKEN_PATH) == 1


def _finding(punchcard: Punchcard, **settings: str) -> dict[str, str]:
    findings = punchcard("doctor", "--json", **settings).json["findings"]
    (found,) = [one for one in findings if one["subject"] == "google wallet"]
    return dict(found)
