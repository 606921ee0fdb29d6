"""One-time digits, against the test vectors of RFC 6238 (appendix B) and RFC 4226 (appendix D)."""

import pytest

from punchcard.kit.secrets import totp

KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_digits_of_a_moment_are_those_of_rfc_6238(seconds: int, digits: str) -> None:
    assert totp(KEY, seconds // 30, 8) == digits


def test_the_digits_of_a_counter_are_those_of_rfc_4226() -> None:
    digits = [totp(KEY, counter, 6) for counter in range(10)]
    assert digits == [
        "755224",
        "287082",
        "359152",
        "969429",
        "338314",
        "254676",
        "287922",
        "162583",
        "399871",
        "520489",
    ]
