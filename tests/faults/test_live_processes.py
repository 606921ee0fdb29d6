"""Two servers on one PostgreSQL: the page hangs on one, the stamp is given at the other."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from punchcard.context import build_context
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard
from tests.loyalty import shelf
from tests.support import cast
from tests.support.server_process import caller, environment_for, serving

EASY = {"status": "active", "pin_policy": "off", "cooldown_minutes": 0}


def prepare(settings: Settings) -> tuple[str, str, str]:
    """Open Café Alice with one card; returns an API key, the card's id and its token."""
    with closing(build_context(settings)) as context:
        alice = cast.open_cafe_alice(context)
        card_id = shelf.opened_card(alice, shelf.program(alice, **EASY))
        with context.database.read() as session:
            sealed = session.get_one(LoyaltyCard, card_id).token_sealed
        token = context.loyalty.card_sealer.open(sealed, card_id)
        assert token is not None
        return alice.api_key("loyalty:operate"), card_id, token.decode()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_page_at_one_server_shows_the_stamp_that_another_took(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    key, card_id, token = prepare(settings)
    environment = environment_for(database_url, tmp_path)
    with (
        serving(environment, tmp_path) as one,
        serving(environment, tmp_path) as other,
        caller(one.address) as page,
        caller(other.address) as till,
        page.stream("GET", f"/api/v1/loyalty/cards/{token}/events") as answer,
    ):
        cards = (
            json.loads(line.removeprefix("data: "))
            for line in answer.iter_lines()
            if line.startswith("data: ")
        )
        assert next(cards)["stamps"] == 0
        stamped = till.post(
            "/api/v1/vendor/loyalty/stamp",
            json={"card": card_id},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert stamped.status_code == 201
        assert next(cards)["stamps"] == 1
