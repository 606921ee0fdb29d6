"""Templates: what people type is never taken for a page's own marks."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from punchcard.kit.i18n import LANGUAGES, translate
from punchcard.web.pages.forms import Form
from punchcard.web.pages.templating import TEMPLATES, environment
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

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
    assert not re.search(r"(?:src|href|action)=\"https?:", text)
    for attributes, content in elements("script", text):
        assert not content.strip() or "application/json" in attributes
    for attributes, content in elements("form", text):
        method = re.search(r' method="(get|post|dialog)"', attributes)
        assert method is not None
        assert method[1] != "post" or "parts/csrf.html" in content


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_the_way_back_is_drawn_in_one_place(path: Path) -> None:
    draws = 'class="back"' in path.read_text(encoding="utf-8")
    assert draws is (path.name == "back.html")


def test_a_name_on_the_way_back_is_read_in_its_own_direction() -> None:
    back = (
        environment("en")
        .from_string("{% from 'parts/back.html' import back_link %}{{ back_link(href, name) }}")
        .render(href="/x?a=1&b", name="<אב>")
    )
    assert '<a class="back" href="/x?a=1&amp;b">' in back
    assert '<span dir="auto">&lt;אב&gt;</span></a>' in back


def elements(name: str, text: str) -> list[tuple[str, str]]:
    """Return attributes and content of each element; none may escape by its spelling."""
    found = re.findall(rf"<{name}\b([^>]*)>(.*?)</{name}>", text, re.DOTALL)
    assert len(found) == len(re.findall(rf"<\s*{name}\b", text, re.IGNORECASE))
    return found


def test_what_the_policy_is_about_is_found_in_the_templates() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    assert elements("script", text)
    assert [form for form, _ in elements("form", text) if 'method="post"' in form]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_can_be_read(path: Path) -> None:
    environment("en").get_template(path.relative_to(TEMPLATES).as_posix())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_real_pages_speak_every_language(
    visitors: Callable[..., Visitor], alice: Shop, language: str
) -> None:
    program = shelf.program(alice, status="active", terms_text="One stamp a coffee.")
    owner = visitors(alice, "owner", language=language)
    for path, sentence in (
        ("/forgot-password", "Forgotten password"),
        (f"/join/{program.slug}", "How it works"),
        ("/console/programs", "New program"),
    ):
        page = owner.get(path, params={"lang": language})
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.text
        assert translate(sentence, language) in text_of(page), sentence


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_breaks_the_word_e_mail(visitors: Callable[..., Visitor]) -> None:
    page = visitors().get("/sign-in?lang=de")
    label = page.text.split('<label for="email">')[1].split("</label>")[0]
    assert label.strip() == "E\u2011Mail-Adresse"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "anna.muster@shop.example",
            'anna<wbr>.muster<span class="domain">@shop<wbr>.example</span>',
        ),
        ("https://x.lu/a/b?c=1", "https://x<wbr>.lu<wbr>/a<wbr>/b<wbr>?c=1"),
        ("<b>@x.lu", '&lt;b&gt;<span class="domain">@x<wbr>.lu</span>'),
        ("12.50 and a.b", "12.50 and a.b"),
        ("1.5", "1.5"),
        ("a@b.lu and c@d.lu", "a@b.lu and c@d.lu"),
        ("@." * 5000 + " ", "@." * 5000 + " "),
        ("<i>", "&lt;i&gt;"),
        ("", ""),
    ],
    ids=lambda text: text[:24],
)
def test_only_addresses_break_before_their_signs(text: str, shown: str) -> None:
    template = environment("en").from_string("{{ breakable(text) }}")
    assert template.render(text=text) == shown


def test_a_number_that_a_till_gave_itself_is_no_receipts() -> None:
    template = environment("en").from_string("{{ told_reference(text) }}")
    assert template.render(text="R-2041") == "R-2041"
    assert template.render(text="6f1c7a52-9a0e-4a63-8f0b-6a1d1f0a7c11") == ""
    assert template.render(text=None) == ""


def test_the_code_of_a_template_is_there_once_for_all_languages() -> None:
    roots = [environment(each).get_template("base.html").root_render_func for each in LANGUAGES]
    assert len({id(root.__code__) for root in roots}) == 1
