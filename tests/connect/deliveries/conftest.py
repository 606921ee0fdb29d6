"""What deliveries are tried with: a card, who is posted to, and a sender of few at a time."""

from dataclasses import replace

import pytest

from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from tests.connect.webhook_shop import Receivers
from tests.loyalty import shelf
from tests.support.cast import Shop


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Let the server send mail, and at most four webhooks at a time."""
    return replace(
        settings,
        smtp_url="smtp://127.0.0.1:9",
        mail_from="shop@example.com",
        webhook_parallel_limit=4,
        webhook_parallel_per_endpoint=2,
    )


@pytest.fixture
def card(alice: Shop) -> CardId:
    return shelf.opened_card(alice, shelf.program(alice, **{"name": "Card", **shelf.HYBRID}))


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()
