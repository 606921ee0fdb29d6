"""Figures beside each other are read in one look: they stand in line, and none is left over."""

from contextlib import closing

import pytest
from playwright.sync_api import Browser

from tests.journeys.screen_paths import OWNER
from tests.journeys.support.engine import Engine
from tests.journeys.support.town import Town
from tests.journeys.support.visits import Visits

PLACES = """
tiles => tiles.map(tile => ({
  row: Math.round(tile.getBoundingClientRect().top),
  end: Math.round(tile.getBoundingClientRect().right),
  figure: Math.round(tile.querySelector("dd").getBoundingClientRect().top),
}))
"""


@pytest.mark.parametrize("width", [360, 820])
def test_figures_stand_in_line_whatever_their_labels_take(
    engine: Engine, browser: Browser, town: Town, width: int
) -> None:
    with engine.awake(), closing(Visits(engine, browser, town.address, town.clock)) as visits:
        page = visits.open(width=width, locale="fr")
        visits.sign_in(page, town.token(OWNER))
        page.goto("/console?lang=fr")
        tiles = page.locator(".tile").evaluate_all(PLACES)
        rows = {
            tile["row"]: {t["figure"] for t in tiles if t["row"] == tile["row"]} for tile in tiles
        }
        assert {len(heights) for heights in rows.values()} == {1}, rows
        if width == 360:
            # An odd one has the whole of its row.
            assert tiles[-1]["end"] == max(tile["end"] for tile in tiles)
