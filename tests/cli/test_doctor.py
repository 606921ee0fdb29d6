"""`punchcard doctor` on the address that customers and browsers use."""

import pytest
from sqlalchemy import update

from punchcard.accounts.models import Customer
from punchcard.kit.settings import Settings
from tests.cli.conftest import Punchcard
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("base_url", "state"),
    [
        ("https://cards.example", "ok"),
        ("https://Cards.example:443/", "ok"),
        ("http://cards.example", "error"),
        ("http://192.168.1.7:8000", "warning"),
        ("http://127.0.0.1:8000", "warning"),
        ("cards.example", "error"),
        ("https://", "error"),
        ("https://user@cards.example", "error"),
    ],
)
def test_the_address_must_be_one_that_browsers_show(
    punchcard: Punchcard, base_url: str, state: str
) -> None:
    found = punchcard("doctor", "--json", base_url=base_url).json["findings"]
    [address] = [finding for finding in found if finding["subject"] == "address"]
    assert address["state"] == state
    assert base_url.lower().replace(":443/", "") in address["message"]


@pytest.mark.parametrize(
    ("base_url", "trusted", "state", "told"),
    [
        ("https://cards.example", "127.0.0.1", "ok", "A proxy elsewhere must be named"),
        ("https://cards.example", "10.0.0.2", "ok", "is believed of 10.0.0.2."),
        ("http://127.0.0.1:8000", "127.0.0.1", "ok", "is believed of 127.0.0.1."),
        ("https://cards.example", "*", "warning", "anybody may say who they are"),
    ],
)
def test_the_proxy_that_may_be_missing_is_spoken_of(
    punchcard: Punchcard, base_url: str, trusted: str, state: str, told: str
) -> None:
    settings = {"base_url": base_url, "trusted_proxies": trusted}
    found = punchcard("doctor", "--json", **settings).json["findings"]
    [proxies] = [finding for finding in found if finding["subject"] == "proxies"]
    assert proxies["state"] == state
    assert told in proxies["message"]


@pytest.mark.parametrize(
    "settings",
    [
        {"apple_private_key": "x"},
        {"apple_wwdr_certificate": "x"},
        {"apple_certificate_file": "/dev/null"},
        {"apple_pass_type_id": "pass.lu.example"},
        {"google_service_account_file": "/dev/null"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_wallet_that_is_half_set_up_is_no_wallet_that_is_off(
    punchcard: Punchcard, settings: dict[str, str]
) -> None:
    ran = punchcard("doctor", "--json", **settings)
    wallet = f"{next(iter(settings)).split('_')[0]} wallet"
    [found] = [one for one in ran.json["findings"] if one["subject"] == wallet]
    assert found["state"] == "error"
    assert ran.exit_code == 1


def test_contacts_that_nobody_can_reach_are_told_by_shop(
    punchcard: Punchcard, known_settings: Settings, alice: Shop, bob: Shop
) -> None:
    def found() -> dict[str, str]:
        findings = punchcard(
            "doctor",
            "--json",
            database_url=known_settings.database_url,
            data_dir=str(known_settings.data_dir),
        ).json["findings"]
        return next(one for one in findings if one["subject"] == "contacts")

    PagesDriver(alice).open("Marie", email="marie@example.lu")
    PagesDriver(bob).open("Otto", email="otto@example.lu")
    assert found()["state"] == "ok"
    with alice.context.database.write() as session:
        session.execute(
            update(Customer).where(Customer.vendor_id == alice.id).values(email="a..b@example.lu")
        )
    told = found()
    assert told["state"] == "warning"
    assert "cafe-alice" in told["message"]
    assert bob.slug not in told["message"]
