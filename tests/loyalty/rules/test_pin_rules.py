"""PINs a colleague would try first are refused, others are not."""

import pytest

from punchcard.loyalty.rules.pin_rules import is_pin, is_too_simple


@pytest.mark.parametrize(
    "pin",
    [
        "0000",
        "7777",
        "99999999",
        "1234",
        "0123",
        "9876",
        "7890",
        "3210",
        "12345678",
        "987654",
        "8901",
        "1212",
        "838383",
        "12341234",
        "735735",
        "1122",
        "2211",
        "112233",
        "998877",
        "1984",
        "2001",
        "1940",
        "2029",
    ],
)
def test_easy_pins_are_too_simple(pin: str) -> None:
    assert is_too_simple(pin)


@pytest.mark.parametrize(
    "pin",
    ["4711", "2580", "7391", "1357", "2468", "3377", "1939", "2030", "198412", "1235", "1123"],
)
def test_other_pins_are_fine(pin: str) -> None:
    assert not is_too_simple(pin)


@pytest.mark.parametrize(
    "text", ["123", "123456789", "12a4", "", "１２３４", "1234\n", " 1234", "12\x0034"]
)
def test_a_pin_is_four_to_eight_digits(text: str) -> None:
    assert not is_pin(text)
    assert is_pin("4711")
