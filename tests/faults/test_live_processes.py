"""Two servers on one PostgreSQL: the page hangs on one, the stamp is given at the other."""

from pathlib import Path

import pytest

from punchcard.kit.settings import Settings
from tests.support.open_shop import open_shop, shown
from tests.support.server_process import caller, environment_for, serving


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_page_at_one_server_shows_the_stamp_that_another_took(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    shop = open_shop(settings)
    environment = environment_for(database_url, tmp_path)
    with (
        serving(environment, tmp_path) as one,
        serving(environment, tmp_path) as other,
        caller(one.address) as page,
        caller(other.address) as till,
        shop.watch(page) as line,
    ):
        cards = shown(line)
        assert next(cards)["stamps"] == 0
        shop.stamp(till)
        assert any(card.get("stamps") == 1 for card in cards)
