"""Each phone is offered the wallet that it has, with a way to the other."""

from pathlib import Path

import pytest

from punchcard.wallets.wallet_service import PassLinks
from punchcard.web.public.badges import wallet_ways

BOTH = PassLinks(apple="https://shop.test/a", google="https://shop.test/g")
GOOGLE = PassLinks(apple=None, google="https://shop.test/g")
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15"
ANDROID = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0"
DESK = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("agent", "own", "others"),
    [
        (IPHONE, ["apple"], ["google"]),
        (ANDROID, ["google"], ["apple"]),
        (DESK, ["apple", "google"], []),
        (IPAD, ["apple", "google"], []),
        ("", ["apple", "google"], []),
    ],
)
def test_a_phone_is_offered_its_own_wallet_first(
    tmp_path: Path, agent: str, own: list[str], others: list[str]
) -> None:
    ways = wallet_ways(BOTH, tmp_path, "en", user_agent=agent, has_still_code=True)
    assert [one.wallet for one in ways.own] == own
    assert [one.wallet for one in ways.others] == others
    assert not ways.creates_pass


@pytest.mark.parametrize(
    ("agent", "has_still_code", "is_told"),
    [(IPHONE, True, True), (IPHONE, False, False), (ANDROID, True, False), (DESK, True, False)],
)
def test_an_iphone_is_told_how_to_keep_a_code_that_stays(
    tmp_path: Path, agent: str, has_still_code: bool, is_told: bool
) -> None:
    ways = wallet_ways(GOOGLE, tmp_path, "en", user_agent=agent, has_still_code=has_still_code)
    assert ways.creates_pass == is_told
