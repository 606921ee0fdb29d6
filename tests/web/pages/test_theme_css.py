"""The colours of a program as a stylesheet, and that people can read what stands on them."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.web.pages import theme_css
from tests.support.pages import Visitor

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@given(st.one_of(st.none(), st.integers(), st.text()))
def test_what_is_no_colour_is_left_out(value: object) -> None:
    branding = {"background_color": value, "text_color": value, "accent_color": value}
    assert re.fullmatch(r"/colour/([0-9a-f]{6}-?){3}\.css", theme_css.address(branding))


@ON_SQLITE
def test_the_stylesheet_sets_the_colours_and_is_kept(visitor: Visitor) -> None:
    answer = visitor.get(theme_css.address({"background_color": "#123456"}))
    assert answer.text.startswith(":root{--card:#123456;")
    assert "--card-shade:#000000" in answer.text
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]


@ON_SQLITE
def test_a_light_card_is_shaded_light_and_printed_in_a_darker_colour(visitor: Visitor) -> None:
    style = visitor.get(theme_css.address({"background_color": "#ffffff"})).text
    assert "--card-shade:#ffffff" in style
    assert "--card-on-paper:#ffffff" not in style


@ON_SQLITE
@pytest.mark.parametrize("name", ["123456", "red-red-red", "123456-123456-12345}", "..%2f"])
def test_nothing_else_comes_out_of_a_colours_address(visitor: Visitor, name: str) -> None:
    answer: httpx.Response = visitor.get(f"/colour/{name}.css")
    assert answer.status_code == 404
