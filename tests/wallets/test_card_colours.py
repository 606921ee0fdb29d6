"""Whatever colours a shop chooses, its card and its passes can be read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.wallets.card_colours import card_colours, contrast
from punchcard.wallets.pass_content import pass_content
from tests.wallets.facts import card, program

HEX = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)


@given(background=HEX, ink=HEX, accent=HEX)
def test_letters_and_stamps_stand_out_on_every_background(
    background: str, ink: str, accent: str
) -> None:
    chosen = {"background_color": background, "text_color": ink, "accent_color": accent}
    found = card_colours(chosen)
    assert found.background == background.lower()
    assert contrast(found.background, found.ink) >= 4.5
    assert contrast(found.background, found.accent) >= 3
    assert contrast("#ffffff", found.on_paper) >= 3
    assert (
        card_colours(
            {
                "background_color": found.background,
                "text_color": found.ink,
                "accent_color": found.accent,
            }
        )
        == found
    )


@pytest.mark.parametrize(
    ("background", "accent", "shown"),
    [
        ("#14594b", "#f2b84b", "#f2b84b"),
        ("#3b2a20", "#e0a458", "#e0a458"),
        ("#f7ecd7", "#b5762a", "#b5762a"),
    ],
)
def test_a_colour_that_stands_out_stays_as_chosen(background: str, accent: str, shown: str) -> None:
    assert card_colours({"background_color": background, "accent_color": accent}).accent == shown


@pytest.mark.parametrize(
    ("background", "accent", "printed"),
    [
        ("#14594b", "#f2b84b", "#14594b"),
        # A pale card is printed in the colour of its stamps: darkened it would be grey.
        ("#f7ecd7", "#a8651f", "#a8651f"),
    ],
)
def test_paper_shows_the_colour_that_the_card_is_known_by(
    background: str, accent: str, printed: str
) -> None:
    assert (
        card_colours({"background_color": background, "accent_color": accent}).on_paper == printed
    )


@pytest.mark.parametrize(
    ("background", "accent"),
    [("#ffffff", "#ffffff"), ("#ffeb3b", "#fff8e1"), ("#777777", "#777777")],
)
def test_a_pass_shows_stamps_where_the_shop_chose_invisible_ones(
    background: str, accent: str
) -> None:
    branding = {"background_color": background, "text_color": background, "accent_color": accent}
    content = pass_content(program(branding=branding), card(), "en")
    assert contrast(content.background_color, content.accent_color) >= 3
    assert contrast(content.background_color, content.text_color) >= 4.5


@given(st.one_of(st.none(), st.integers(), st.text()))
def test_what_is_no_colour_counts_as_none(value: Any) -> None:
    branding = {"background_color": value, "text_color": value, "accent_color": value}
    if not str(value).startswith("#"):
        assert card_colours(branding) == card_colours(None)


def test_black_on_white_stands_apart_as_far_as_can_be() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == 1
