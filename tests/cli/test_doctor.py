"""`punchcard doctor` on the address that customers and browsers use."""

import pytest

from tests.cli.conftest import Punchcard


@pytest.mark.parametrize(
    ("base_url", "state"),
    [
        ("https://cards.example", "ok"),
        ("https://cards.example/", "ok"),
        ("http://cards.example", "warning"),
        ("cards.example", "error"),
        ("https://", "error"),
        ("https://user@cards.example", "error"),
    ],
)
def test_the_address_must_be_one_that_browsers_show(
    punchcard: Punchcard, base_url: str, state: str
) -> None:
    punchcard("migrate")
    found = punchcard("doctor", "--json", base_url=base_url).json["findings"]
    [address] = [finding for finding in found if finding["subject"] == "address"]
    assert address["state"] == state
    assert base_url in address["message"]
