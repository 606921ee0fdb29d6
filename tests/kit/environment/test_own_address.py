"""Which addresses strangers reach without TLS, and which nobody reaches."""

import pytest

from punchcard.kit.environment.own_address import is_only_here, is_open_to_strangers


@pytest.mark.parametrize(
    "address", ["http://cards.example", "http://cards.example:8000", "http://8.8.8.8"]
)
def test_a_public_name_without_tls_is_open(address: str) -> None:
    assert is_open_to_strangers(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://cards.example",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://192.168.1.20",
        "http://localhost:8000",
        "http://till",
        "http://till.local",
        "http://till.fritz.lan",
    ],
)
def test_what_stays_in_the_house_or_is_private_is_not(address: str) -> None:
    assert not is_open_to_strangers(address)


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", True),
        ("http://shop.localhost", True),
        ("http://0.0.0.0:8000", True),
        ("http://192.168.1.20:8000", False),
        ("http://till.local", False),
        ("https://cards.example", False),
    ],
)
def test_no_phone_finds_what_leads_to_this_machine_only(address: str, is_here: bool) -> None:
    assert is_only_here(address) is is_here
