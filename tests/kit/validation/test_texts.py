"""Lines of text as people type and paste them, and what is kept of them."""

import pytest

from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import InvalidValue


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Café Zoé ", "Café Zoé"),
        ("Cafe\u0301", "Cafe\u0301"),
        ("\u202aAnna\u202c", "Anna"),
        ("An\u00adna\u200b\ufeff", "Anna"),
        ("\u2066evil\u2069\u202egnp", "evilgnp"),
        ("نامه\u200cای", "نامه\u200cای"),
        ("👩\u200d🍳 Küche", "👩\u200d🍳 Küche"),
        ("Bravo\u00a0!", "Bravo\u00a0!"),
    ],
)
def test_a_line_keeps_what_can_be_seen(typed: str, kept: str) -> None:
    assert texts.one_line(typed) == kept
    assert texts.one_line(kept) == kept


@pytest.mark.parametrize(
    "typed", ["", " ", "\u200b", "\u200d\u200e", "\u202a\u202c", "\u3000\ufeff"]
)
def test_what_nobody_can_see_is_no_name(typed: str) -> None:
    with pytest.raises(InvalidValue, match="empty"):
        texts.one_line(typed)


def test_a_line_that_may_stay_empty_may() -> None:
    assert texts.one_line("\u200b ", minimum=0) == ""
