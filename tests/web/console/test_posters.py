"""What hangs on the counter."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

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
    page = owner.get(f"{here}?languages=lb&languages=de&languages=de&languages=xx").text
    assert "Kaffiskaart" in page
    assert "Kaffeekarte" in page
    assert 'class="poster-name" lang="en"' not in page
    assert f"/join/{program.slug}" in page


def test_a_third_language_is_refused_with_what_was_ticked_and_no_sheet(
    visitors: Visitors, alice: Shop
) -> None:
    program = shelf.program(alice, status="active")
    asked = "languages=lb&languages=de&languages=en&lang=en"
    answer = visitors(alice).get(f"/console/programs/{program.id}/poster?{asked}")
    assert answer.status_code == 422
    assert "A sheet has room for two languages" in text_of(answer)
    assert 'aria-describedby="languages-fault"' in answer.text
    assert " ".join(answer.text.split()).count('" checked') == 4
    assert 'id="sheet"' not in answer.text
    assert "data-print" not in answer.text


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


def test_a_poster_and_a_pairing_code_warn_while_no_phone_can_open_them(
    visitors: Visitors, alice: Shop
) -> None:
    program = shelf.program(alice, status="active")
    owner = visitors(alice)
    poster = owner.get(f"/console/programs/{program.id}/poster?lang=en")
    owner.get("/console/terminals?lang=en")
    for page in (poster, owner.post("/console/terminals/pair")):
        assert "leads to this machine only. First, whoever runs the server" in text_of(page)


def test_a_name_that_is_the_shops_own_is_printed_once(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active", card_name="Café Alice")
    owner = visitors(alice)
    here = f"/console/programs/{program.id}/poster?languages=fr&languages=de"
    page = owner.get(here).text
    assert page.count('class="poster-name"') == 1
    assert 'class="poster-shop"' not in page
    other = shelf.program(alice, status="active", slug="other", card_name="Stammgast")
    page = owner.get(f"/console/programs/{other.id}/poster?languages=fr&languages=de").text
    assert page.count('class="poster-name"') == 1
    assert page.count('class="poster-shop"') == 1


def test_the_symbol_of_the_stamps_is_on_the_poster(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active", branding={"stamp_symbol": "pizza"})
    page = visitors(alice).get(f"/console/programs/{program.id}/poster").text
    assert page.count("lucide-pizza") == 2


def test_a_reward_on_the_way_has_its_place_on_the_poster(visitors: Visitors, alice: Shop) -> None:
    rewards = [{"at": 5, "name": "A cookie"}, {"at": 10, "name": "A coffee"}]
    program = shelf.program(alice, status="active", stamp_rewards=rewards)
    page = visitors(alice).get(f"/console/programs/{program.id}/poster").text
    assert page.split('id="sheet"')[1].count("lucide-gift") == 2


@pytest.mark.parametrize("sheet", ["a4", "a6", "window", "mirrored", "tent", "poster", "none"])
def test_every_sheet_can_be_chosen(visitors: Visitors, alice: Shop, sheet: str) -> None:
    program = shelf.program(alice, status="active")
    page = visitors(alice).get(f"/console/programs/{program.id}/poster?format={sheet}").text
    wanted = sheet if sheet != "none" else "poster"
    assert f'value="{wanted}" checked' in " ".join(page.split())
    assert ("mirrored" in page.split('id="sheet"')[0].rsplit("<article", 1)[1]) is (
        sheet == "mirrored"
    )


def test_the_code_alone_is_a_file_for_printers(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    owner = visitors(alice)
    here = f"/console/programs/{program.id}/poster/code"
    png = owner.get(f"{here}.png")
    assert png.headers["content-type"] == "image/png"
    assert f'filename="{program.slug}-qr.png"' in png.headers["content-disposition"]
    with Image.open(io.BytesIO(png.content)) as picture:
        assert min(picture.size) >= 600
    svg = owner.get(f"{here}.svg")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text.startswith("<?xml")
    assert owner.get(f"{here}.gif").status_code == 404


def test_the_code_of_another_shop_is_not_there(visitors: Visitors, alice: Shop, bob: Shop) -> None:
    program = shelf.program(alice, status="active")
    assert visitors(bob).get(f"/console/programs/{program.id}/poster/code.png").status_code == 404
