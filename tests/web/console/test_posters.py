"""What hangs on the counter."""

from collections.abc import Callable

from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]


def test_a_poster_speaks_the_shops_language_or_two_others(visitors: Visitors, alice: Shop) -> None:
    texts = {"lb": {"card_name": "Kaffiskaart"}, "de": {"card_name": "Kaffeekarte"}}
    program = shelf.program(alice, status="active", texts=texts)
    owner = visitors(alice)
    here = f"/console/programs/{program.id}/poster"
    assert 'class="poster-name" lang="fr"' in owner.get(here).text
    page = owner.get(f"{here}?languages=lb&languages=de&languages=en&languages=xx").text
    assert "Kaffiskaart" in page
    assert "Kaffeekarte" in page
    assert 'class="poster-name" lang="en"' not in page
    assert f"/join/{program.slug}" in page


def test_a_table_card_shows_the_code_to_both_sides(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    page = visitors(alice).get(f"/console/programs/{program.id}/poster?format=tent").text
    assert page.count('class="poster-code"') == 2


def test_a_poster_warns_while_its_code_leads_nowhere(visitors: Visitors, alice: Shop) -> None:
    draft = shelf.program(alice, **shelf.POINTS)
    page = visitors(alice).get(f"/console/programs/{draft.id}/poster?lang=en")
    assert "The program is not open" in text_of(page)
    closed = shelf.program(alice, status="active", self_enrollment=False)
    page = visitors(alice).get(f"/console/programs/{closed.id}/poster?lang=en")
    assert "cannot join this program by themselves" in text_of(page)
