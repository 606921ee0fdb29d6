"""Rotating codes in Google Wallet: what phones make of them, and the till takes."""

from typing import Any

from punchcard.context import Context
from punchcard.kit.secrets import totp
from tests.support.drivers.till import TillDriver
from tests.wallets.google_account import Google


def test_rotating_codes_change_and_differ_from_card_to_card(
    context: Context, google: Google, alice: TillDriver
) -> None:
    program = alice.program(branding={"barcode": "rotating"})
    for card in alice.cards(program, 2):
        context.wallets.google.save_link(card)

    codes = [one["rotatingBarcode"] for one in google.fake.objects.values()]
    keys = {code["totpDetails"]["parameters"][0]["key"] for code in codes}
    assert len(keys) == 2
    assert all("barcode" not in one for one in google.fake.objects.values())


def test_the_till_takes_the_code_that_a_phone_makes_of_googles_object(
    context: Context, google: Google, alice: TillDriver
) -> None:
    context.wallets.google.save_link(alice.card(alice.program(branding={"barcode": "rotating"})))
    (shown_by_google,) = google.fake.objects.values()

    scanned = _on_the_phone(
        shown_by_google["rotatingBarcode"], int(context.clock.now().timestamp())
    )

    assert context.loyalty.rotating_codes.verify(scanned, context.clock.now())


def _on_the_phone(code: Any, seconds: int) -> str:
    """Fill in the pattern as Google's phones do."""
    details = code["totpDetails"]
    (parameter,) = details["parameters"]
    key, counter = bytes.fromhex(parameter["key"]), seconds * 1000 // int(details["periodMillis"])
    pattern = str(code["valuePattern"]).replace("{totp_timestamp_seconds}", str(seconds))
    return pattern.replace("{totp_value_0}", totp(key, counter, parameter["valueLength"]))
