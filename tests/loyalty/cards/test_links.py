"""The address of a card's page."""

from dataclasses import replace

from punchcard.kit.ids import CardId, VendorId
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards.links import CardLinks, card_sealer, public_path

SETTINGS = Settings(secret_key="a secret of 32 characters at least")
CARD_ID = "019cadc6-9a80-700a-a5da-01d01365f5bb"
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"
SEALED = card_sealer(SETTINGS).seal(TOKEN.encode(), CARD_ID)


VENDOR = VendorId("019cadc6-9a80-700a-a5da-01d01365f5aa")
OTHER = VendorId("019cadc6-9a80-700a-a5da-01d01365f5ab")


def base_of(vendor_id: VendorId) -> str:
    return "https://cards.bakery.example" if vendor_id == VENDOR else "https://shop.example"


def test_a_cards_page_stands_behind_the_address_of_its_shop() -> None:
    links = CardLinks(base_of, card_sealer(SETTINGS))

    assert links.token(CardId(CARD_ID), SEALED) == TOKEN
    assert links.address(TOKEN, VENDOR) == f"https://cards.bakery.example{public_path(TOKEN)}"
    assert links.address(TOKEN, OTHER) == f"https://shop.example{public_path(TOKEN)}"
    assert links.public_url(CardId(CARD_ID), SEALED, OTHER) == links.address(TOKEN, OTHER)


def test_a_seal_of_another_card_or_server_gives_no_address() -> None:
    own = CardLinks(base_of, card_sealer(SETTINGS))
    elsewhere = replace(SETTINGS, secret_key="another secret of 32 characters!")
    other = CardLinks(base_of, card_sealer(elsewhere))

    assert own.public_url(CardId(CARD_ID[:-1] + "c"), SEALED, VENDOR) is None
    assert other.public_url(CardId(CARD_ID), SEALED, VENDOR) is None
