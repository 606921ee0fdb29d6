"""Templates: what people type is never taken for a page's own marks."""

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from punchcard.kit.i18n import LANGUAGES
from punchcard.web.forms import Form
from punchcard.web.templating import TEMPLATES, environment

NAMES = st.text(
    alphabet=st.one_of(
        st.characters(blacklist_categories=["Cs", "Cc"]),
        st.sampled_from("<>&\"'{}%/\u202eאب🥐"),
    ),
    min_size=1,
)
FIELD = "{% import 'parts/forms.html' as forms %}{{ forms.field(form, 'name', 'Name') }}"


@given(NAMES)
def test_a_name_stands_in_a_field_as_it_was_typed(name: str) -> None:
    page = environment("en").from_string(FIELD).render(form=Form(initial={"name": name}))
    shown = re.search(r' value="([^"]*)"', page)
    assert shown is not None
    assert unescape(shown[1]) == name
    assert page.count("<input") == 1
    assert page.count("<") == FIELD_TAGS


FIELD_TAGS = environment("en").from_string(FIELD).render(form=Form()).count("<")


@given(NAMES)
def test_a_name_stands_in_a_sentence_as_it_was_typed(name: str) -> None:
    template = environment("fr").from_string("<p>{{ _('{name} is paired.', name=name) }}</p>")
    page = template.render(name=name)
    assert unescape(page) == f"<p>{unescape(page)[3:-4]}</p>"
    assert name in unescape(page)
    assert page.count("<") == 2


def test_options_keep_their_values_and_speak_the_language_of_the_page() -> None:
    template = environment("fr").from_string(
        "{% for value, label in translated(options) %}{{ value }}:{{ label }} {% endfor %}"
    )
    assert template.render(options=[("a", "Name"), ("b", "Day")]) == "a:Nom b:Jour "


def test_a_page_that_lacks_a_value_fails_at_once() -> None:
    with pytest.raises(UndefinedError):
        environment("en").from_string("{{ nothing }}").render()


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_keeps_to_the_policy_of_the_pages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert not content.strip() or "application/json" in attributes
    assert not re.search(r"(?:src|href|action)=\"https?:", text)
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "parts/csrf.html" in form


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_can_be_read_in_every_language(path: Path, language: str) -> None:
    environment(language).get_template(path.relative_to(TEMPLATES).as_posix())
