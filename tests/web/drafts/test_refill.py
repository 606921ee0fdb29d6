"""What was typed goes back into its form, and into nothing else of the page."""

import pytest

from punchcard.web.drafts.refill import Typed, refill


def filled(form: str, *fields: tuple[str, str], action: str = "/here") -> str | None:
    """Return a page with one form to /here after it was filled in again."""
    return refill(
        f'<main>\n<form method="post" action="/here">\n{form}\n</form></main>',
        Typed(action, fields),
    )


@pytest.mark.parametrize(
    ("field", "sent", "after"),
    [
        ('<input name="a" value="old">', [("a", "new")], '<input name="a" value="new">'),
        ('<input name="a">', [("a", '"><b>')], '<input name="a" value="&#34;&gt;&lt;b&gt;">'),
        ('<input name="a" value="old">', [("a", "")], '<input name="a" value="">'),
        ("<input name=a>", [("b", "x")], "<input name=a>"),
        (
            '<textarea name="a">x &lt;</textarea>',
            [("a", "\n</textarea>")],
            "\n\n&lt;/textarea&gt;<",
        ),
        (
            '<select name="a"><option value="1" selected>1</option><option value="2">2</option>',
            [("a", "2")],
            '<option value="1">1</option><option value="2" selected>2</option>',
        ),
        ('<input type="checkbox" name="a" checked>', [("b", "x")], 'name="a">'),
        ('<input type="checkbox" name="a" value="2">', [("a", "1"), ("a", "2")], '="2" checked>'),
        ('<input type="radio" name="a" value="2" checked>', [("a", "1")], 'value="2">'),
        ('<input type="radio" name="a" value="2" checked>', [("b", "1")], 'value="2" checked>'),
        ('<input type="hidden" name="shown" value="{}">', [("shown", "{1}")], 'value="{1}"'),
        ('<input type="hidden" name="next" value="/">', [("next", "/evil")], 'value="/"'),
        ('<input type="password" name="a">', [("a", "secret")], '<input type="password" name="a">'),
        ('<input name="a" disabled>', [("a", "x")], '<input name="a" disabled>'),
        ('<details class="d"><input name="a"></details>', [("a", "x")], '<details class="d">'),
    ],
)
def test_each_kind_of_field_holds_what_was_sent(
    field: str, sent: list[tuple[str, str]], after: str
) -> None:
    page = filled(field, *sent)
    assert page is not None
    assert after in page


def test_other_forms_and_the_rest_of_the_page_stay_byte_for_byte() -> None:
    around = (
        '<p title="1 &lt; 2">ä &amp; b</p>\n<form action="/other"><input name="a" value="1"></form>'
        '<form id="f" action="/here" method="post"><input name="a"></form><input name="b" form="f">'
        '<form action="/last"><input name="b"></form>'
    )
    page = refill(around, Typed("/here", [("a", "x"), ("b", "y")]))
    assert page == around.replace('<input name="a">', '<input name="a" value="x">').replace(
        '<input name="b" form="f">', '<input name="b" form="f" value="y">'
    )


def test_a_form_that_is_folded_away_is_opened() -> None:
    folded = '<details><form action="/here"><input name="a"></form></details>'
    page = refill(folded, Typed("/here", [("a", "x")]))
    assert page == '<details open><form action="/here"><input name="a" value="x"></form></details>'


def test_a_preview_finds_the_form_whose_fields_it_took() -> None:
    form = '<input type="hidden" name="shown" value="{}"><input name="a">'
    page = filled(form, ("shown", "{}"), ("a", "x"), action="/here/preview")
    assert page is not None
    assert '<input name="a" value="x">' in page


def test_a_page_without_the_form_is_left_alone() -> None:
    assert filled('<input name="a">', ("a", "x"), action="/elsewhere") is None
