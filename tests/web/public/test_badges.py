"""The ways into wallets: the makers' own badges, where the operator has put them."""

import pytest

from punchcard.context import Context
from punchcard.wallets.wallet_service import PassLinks
from punchcard.web.public.badges import wallet_buttons
from tests.support.pages import Visitor

BADGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="110" height="35"><!-- as drawn --></svg>'
BOTH = PassLinks(apple="/c/x.pkpass", google="/c/x/google")


def put(context: Context, name: str, content: bytes = BADGE) -> None:
    folder = context.settings.data_dir / "badges"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def test_without_artwork_each_wallet_is_offered_in_plain_words(context: Context) -> None:
    buttons = wallet_buttons(BOTH, context.settings.data_dir, "en")

    assert [button.words for button in buttons] == ["Add to Apple Wallet", "Add to Google Wallet"]
    assert [button.badge for button in buttons] == [None, None]


def test_a_wallet_that_is_off_has_no_button_whatever_artwork_there_is(context: Context) -> None:
    put(context, "apple-en.svg")

    assert wallet_buttons(PassLinks(apple=None, google=None), context.settings.data_dir, "en") == []


def test_the_badge_is_in_the_pages_language_or_else_in_english(context: Context) -> None:
    put(context, "apple-en.svg")
    put(context, "apple-fr.svg")

    def shown(language: str) -> list[str | None]:
        buttons = wallet_buttons(BOTH, context.settings.data_dir, language)
        return [button.badge for button in buttons]

    assert shown("fr") == ["/badges/apple-fr.svg", None]
    assert shown("lb") == ["/badges/apple-en.svg", None]


def test_a_badge_is_served_as_it_was_put_there_and_can_do_nothing(
    visitor: Visitor, context: Context
) -> None:
    put(context, "google-de.svg")

    answer = visitor.get("/badges/google-de.svg")

    assert answer.content == BADGE
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["apple-en.png", "apple-xx.svg", "../secret_key", "%2e%2e%2fsecret_key", "apple-de.svg"]
)
def test_nothing_else_of_the_data_directory_is_served(
    visitor: Visitor, context: Context, name: str
) -> None:
    put(context, "apple-en.png")
    put(context, "apple-de.svg", BADGE * 2000)

    assert visitor.get(f"/badges/{name}").status_code == 404
