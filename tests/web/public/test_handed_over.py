"""The page behind the code on a till's screen, before the card is opened on the phone."""

from collections.abc import Callable

from punchcard.context import Context
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.pages import Visitor


def test_the_page_speaks_the_cards_language_until_another_is_chosen(
    visitors: Callable[..., Visitor], api: Api, alice: Shop, context: Context
) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    till = api.with_token(alice.device())
    opening = {"program_id": program.id, "customer": {"name": "Marie", "locale": "de"}}
    url = till.post("/vendor/loyalty/cards", opening).json()["hand_over_url"]
    path = url.removeprefix(context.settings.base_url)
    guest = visitors(language="en")
    assert '<html lang="de">' in guest.get(path).text
    assert '<html lang="fr">' in guest.get(f"{path}?lang=fr").text

    guest.follow(guest.post("/language", language="lb", next=path))

    assert '<html lang="lb">' in guest.get(path).text
