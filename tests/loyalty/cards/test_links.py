"""The address of a card's page."""

from dataclasses import replace

import pytest

from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.links import CardLinks, card_sealer, public_path

SETTINGS = Settings(secret_key="a secret of 32 characters at least")
CARD_ID = "019cadc6-9a80-700a-a5da-01d01365f5bb"
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"
SEALED = card_sealer(SETTINGS).seal(TOKEN.encode(), CARD_ID)


@pytest.mark.parametrize("base_url", ["https://shop.example", "https://shop.example/"])
def test_a_cards_page_stands_behind_the_servers_address(base_url: str) -> None:
    links = CardLinks(base_url, card_sealer(SETTINGS))

    assert links.token(CardId(CARD_ID), SEALED) == TOKEN
    assert links.address(TOKEN) == f"https://shop.example{public_path(TOKEN)}"
    assert links.public_url(CardId(CARD_ID), SEALED) == links.address(TOKEN)


def test_a_seal_of_another_card_or_server_gives_no_address() -> None:
    own = CardLinks("https://shop.example", card_sealer(SETTINGS))
    elsewhere = replace(SETTINGS, secret_key="another secret of 32 characters!")
    other = CardLinks("https://shop.example", card_sealer(elsewhere))

    assert own.public_url(CardId(CARD_ID[:-1] + "c"), SEALED) is None
    assert other.public_url(CardId(CARD_ID), SEALED) is None
