"""The signed form of receipts: vectors that anybody can check, and nothing but that form."""

from datetime import UTC, datetime
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.connect.claims.receipt_texts import (
    is_signed_with,
    mac_of,
    parse_receipt,
    receipt_text,
)

SECRET = "prk_bm90LWEtc2VjcmV0LW9mLWFueS1zaG9w"
AT = datetime(2026, 3, 2, 9, 26, 53, tzinfo=UTC)
# docs/connections.md shows the same: made with OpenSSL, not with this code.
VECTORS = [
    ("7HK2M9QR", 1250, "R-1042", "7HK2M9QR.1250.R-1042.1772443613"),
    ("7HK2M9QR", 5, "A.1.2026~x_y", "7HK2M9QR.5.A.1.2026~x_y.1772443613"),
    ("7HK2M9QR", 0, "TEST", "7HK2M9QR.0.TEST.1772443613"),
]
MACS = ["WgX3zmCuzxOpaK2VZT748g", "r6yM7AJW--Xi6raqz4MaZA", "4VW7RSdcNpO5hW1Q6pwCKg"]
REFERENCES = st.text("ABCabc019._~-", min_size=1, max_size=64)


@pytest.mark.parametrize(("vector", "mac"), list(zip(VECTORS, MACS, strict=True)))
def test_the_vectors_of_the_documentation(vector: tuple[str, int, str, str], mac: str) -> None:
    key, minor, reference, signed = vector
    text = receipt_text(key, SECRET, amount_minor=minor, reference=reference, occurred_at=AT)

    assert text == f"{signed}.{mac}"
    receipt = parse_receipt(text)
    assert receipt is not None
    assert (receipt.key, receipt.amount_minor, receipt.reference) == (key, minor, reference)
    assert (receipt.occurred_at, receipt.is_test) == (AT, minor == 0)
    assert is_signed_with(receipt, SECRET)
    assert not is_signed_with(receipt, SECRET[:-1])


@given(minor=st.integers(0, 10**12), reference=REFERENCES, unix=st.integers(10**8, 10**10))
def test_what_is_printed_is_read_again(minor: int, reference: str, unix: int) -> None:
    at = datetime.fromtimestamp(unix, UTC)
    text = receipt_text("7HK2M9QR", SECRET, amount_minor=minor, reference=reference, occurred_at=at)
    receipt = parse_receipt(text)

    assert receipt is not None
    assert receipt[1:4] == (minor, reference, at)
    assert is_signed_with(receipt, SECRET)


@given(reference=REFERENCES, data=st.data())
def test_a_receipt_with_another_sign_in_it_is_not_genuine(
    reference: str, data: st.DataObject
) -> None:
    text = receipt_text("7HK2M9QR", SECRET, amount_minor=1250, reference=reference, occurred_at=AT)
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from("AZaz09._~-").filter(lambda one: one != text[place]))
    receipt = parse_receipt(text[:place] + sign + text[place + 1 :])

    assert receipt is None or not is_signed_with(receipt, SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7HK2M-9QRT4",
        "7HK2M9QR.1250.R-1.1772443613",
        "7HK2M9QR.01250.R-1.1772443613.{mac}",
        "7HK2M9QR.-5.R-1.1772443613.{mac}",
        "7HK2M9QR.1250..1772443613.{mac}",
        "7HK2M9QR.1250.R 1.1772443613.{mac}",
        "7HK2M9QR.1250.Ré.1772443613.{mac}",
        "7HK2M9QR.1250.R-1.1772443613.{mac}=",
        "7HK2M9QR.1250.R-1.1772443613.{mac}A",
        "7HK2M9QR.1250.R-1.017724436.{mac}",
        "7HK2M9QR.1250.R-1.177244361300.{mac}",
        "7HK2M9QR.1000000000001.R-1.1772443613.{mac}",
        "7hk2m9qr.1250.R-1.1772443613.{mac}",
        "7HK2M9QU.1250.R-1.1772443613.{mac}",
        "7HK2M9QR.1250." + "R" * 65 + ".1772443613.{mac}",
        "7HK2M9QR.1250.R-1.1772443613.{mac}\n",
        "٧HK2M9QR.1250.R-1.1772443613.{mac}",
    ],
)
def test_any_other_text_is_no_signed_receipt(text: str) -> None:
    mac = mac_of("7HK2M9QR.1250.R-1.1772443613", SECRET)
    assert parse_receipt(text.format(mac=mac)) is None


def test_the_last_sign_of_a_mac_has_one_spelling() -> None:
    text = receipt_text("7HK2M9QR", SECRET, amount_minor=5, reference="R-1", occurred_at=AT)
    others = [parse_receipt(text[:-1] + sign) for sign in ascii_letters + digits + "-_"]
    genuine = [one.mac for one in others if one is not None and is_signed_with(one, SECRET)]
    assert genuine == [text.rpartition(".")[2]]
