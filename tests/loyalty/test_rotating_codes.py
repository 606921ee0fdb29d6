"""Codes that move: what is good when, for which card, and what a picture of one is worth."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.cards import CodeExpired
from punchcard.loyalty.operations import CardRef
from punchcard.loyalty.rotating_codes import DIGITS, PERIOD_SECONDS, RotatingCodes, as_rotating_code

NUMBER = "572483901167"
OTHER = "572483901123"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS = Settings(secret_key="a secret of 32 characters at least")
CODES = RotatingCodes(SETTINGS)


def is_refused(text: str, at: datetime) -> bool:
    try:
        return CODES.verify(text, at) is None
    except CodeExpired:
        return True


def test_a_code_names_its_number_and_holds_no_token() -> None:
    code = CODES.code_for(NUMBER, NOON)

    assert CODES.verify(code, NOON) == NUMBER
    seconds, _, rest = code.partition(".")
    assert (int(seconds), len(rest)) == (int(NOON.timestamp()), DIGITS + 1 + len(NUMBER))


@given(seconds=st.integers(0, 4_000_000_000), later=st.integers(-300, 300))
def test_a_code_is_good_for_its_period_and_the_drift_on_both_sides(
    seconds: int, later: int
) -> None:
    made = datetime.fromtimestamp(seconds, UTC)
    begins = seconds - seconds % PERIOD_SECONDS
    drift = SETTINGS.moving_code_drift_seconds
    at = made + timedelta(seconds=later)

    is_its_time = begins - drift <= seconds + later < begins + PERIOD_SECONDS + drift
    assert is_refused(CODES.code_for(NUMBER, made), at) is not is_its_time


def test_a_code_that_was_not_checked_names_no_card() -> None:
    assert CardRef.parse(CODES.code_for(NUMBER, NOON)) is None


def test_a_picture_of_yesterday_is_refused() -> None:
    with pytest.raises(CodeExpired):
        CODES.verify(CODES.code_for(NUMBER, NOON - timedelta(days=1)), NOON)


def test_an_old_picture_with_a_new_time_written_on_it_is_refused() -> None:
    old = CODES.code_for(NUMBER, NOON - timedelta(days=1))
    with pytest.raises(CodeExpired):
        CODES.verify(f"{int(NOON.timestamp())}.{old.partition('.')[2]}", NOON)


def test_one_cards_digits_are_not_anothers() -> None:
    code = CODES.code_for(NUMBER, NOON)
    with pytest.raises(CodeExpired):
        CODES.verify(code.replace(NUMBER, OTHER), NOON)


def test_a_wallet_with_a_key_of_before_goes_on_until_it_is_retired() -> None:
    changed = replace(
        SETTINGS,
        secret_key="another secret of 32 characters!",
        old_secret_keys=SETTINGS.secret_key,
    )
    old = CODES.code_for(NUMBER, NOON)
    assert RotatingCodes(changed).verify(old, NOON) == NUMBER
    assert RotatingCodes(changed).code_for(NUMBER, NOON) != old
    with pytest.raises(CodeExpired):
        RotatingCodes(replace(changed, old_secret_keys="")).verify(old, NOON)


def test_another_servers_codes_are_refused() -> None:
    elsewhere = RotatingCodes(replace(SETTINGS, secret_key="another secret of 32 characters!"))
    with pytest.raises(CodeExpired):
        CODES.verify(elsewhere.code_for(NUMBER, NOON), NOON)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "5724 8390 1167",
        "abcdefghijklmnopqrstuv",
        "https://shop.test/c/abcdefghijklmnopqrstuv",
        "anna@example.com",
        "",
        f"1772452800.1234567/{NUMBER}",
        "1772452800.12345678/572483901164",
        f"١٧٧٢٤٥٢٨٠٠.12345678/{NUMBER}",
    ],
)
def test_what_stands_still_is_no_moving_code_and_not_refused(text: str) -> None:
    assert CODES.verify(text, NOON) is None
    assert as_rotating_code(text) is None
