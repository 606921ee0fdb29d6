"""The colours of a program as a stylesheet, and that people can read what stands on them."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.web.pages import theme_css
from tests.support.pages import Visitor

HEX = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@given(background=HEX, ink=HEX, accent=HEX)
def test_whatever_colours_a_shop_chooses_its_card_can_be_read(
    background: str, ink: str, accent: str
) -> None:
    chosen = {"background_color": background, "text_color": ink, "accent_color": accent}
    found = theme_css.colours_of(chosen)
    assert found[0] == background.lower()
    assert found[2] == accent.lower()
    assert theme_css.contrast(found[0], found[1]) >= 4.5


@given(st.one_of(st.none(), st.integers(), st.text()))
def test_what_is_no_colour_is_left_out(value: object) -> None:
    branding = {"background_color": value, "text_color": value, "accent_color": value}
    assert re.fullmatch(r"/colour/([0-9a-f]{6}-?){3}\.css", theme_css.address(branding))


def test_black_on_white_stands_apart_as_far_as_can_be() -> None:
    assert theme_css.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme_css.contrast("#123456", "#123456") == 1


@ON_SQLITE
def test_the_stylesheet_sets_the_colours_and_is_kept(visitor: Visitor) -> None:
    answer = visitor.get(theme_css.address({"background_color": "#123456"}))
    assert answer.text.startswith(":root{--card:#123456;")
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]


@ON_SQLITE
@pytest.mark.parametrize("name", ["123456", "red-red-red", "123456-123456-12345}", "..%2f"])
def test_nothing_else_comes_out_of_a_colours_address(visitor: Visitor, name: str) -> None:
    answer: httpx.Response = visitor.get(f"/colour/{name}.css")
    assert answer.status_code == 404
