"""Pages of the stand-ins: whatever a card says, it is only text."""

import html
from typing import Any

import pytest

from punchcard.fakes import pages
from punchcard.fakes.google_page import save_page

EVIL = "</h1><script>alert(1)</script>\"'&"


def a_class(**others: Any) -> dict[str, Any]:
    return {"issuerName": EVIL, "programName": EVIL, "hexBackgroundColor": "#f3e9ec", **others}


def an_object(**others: Any) -> dict[str, Any]:
    points = {"label": EVIL, "balance": {"string": EVIL}}
    return {"id": "1.c.2", "state": "ACTIVE", "loyaltyPoints": points, **others}


def text_of(of_class: dict[str, Any], thing: dict[str, Any]) -> str:
    return bytes(save_page(of_class, thing, has_buttons=True).body).decode()


def test_whatever_a_card_says_is_shown_as_text() -> None:
    barcode = {"type": "QR_CODE", "value": EVIL, "alternateText": EVIL}
    text = text_of(a_class(), an_object(accountName=EVIL, barcode=barcode))
    assert "<script" not in text
    assert text.count(html.escape(EVIL)) == 7


def test_what_is_no_colour_never_reaches_the_style() -> None:
    assert "url(" not in text_of(a_class(hexBackgroundColor="url(//x)"), an_object())
    assert pages.colours(".a", "red; } * {") == ""


@pytest.mark.parametrize(("background", "text"), [("#f3e9ec", "#000000"), ("#3b2a20", "#ffffff")])
def test_text_without_a_colour_of_its_own_can_be_read(background: str, text: str) -> None:
    assert f"color: {text};" in pages.colours(".card", background)


def test_a_picture_s_address_can_not_widen_what_the_page_may_load() -> None:
    for url in ("https://shop.test/logo.png?v=1", "https://shop.test; script-src *", "x"):
        policy = pages.page("A", "", pictures_from=[url]).headers["Content-Security-Policy"]
        assert "script-src" not in policy
    assert (
        "img-src 'self' data: https://shop.test;"
        in pages.page("A", "", pictures_from=["https://shop.test/logo.png"]).headers[
            "Content-Security-Policy"
        ]
    )


def test_a_card_that_is_over_looks_so_and_has_no_code() -> None:
    text = text_of(a_class(), an_object(state="INACTIVE"))
    assert 'class="card void"' in text
    assert "no code to scan" in text


def test_a_code_that_moves_is_told_as_such() -> None:
    moving = {"type": "QR_CODE", "valuePattern": "{totp}/x", "alternateText": "1"}
    assert "moving QR_CODE" in text_of(a_class(), an_object(rotatingBarcode=moving))


def test_a_card_is_shown_in_its_own_language() -> None:
    def localized(*pairs: tuple[str, str]) -> dict[str, Any]:
        values = [{"language": language, "value": value} for language, value in pairs]
        return {"defaultValue": values[0], "translatedValues": values[1:]}

    names = localized(("fr", "Carte café"), ("de", "Kaffeekarte"))
    label = localized(("de", "Stempel"), ("fr", "Tampons"))
    points = {"label": "Stempel", "localizedLabel": label, "balance": {"string": "1/10"}}
    text = text_of(a_class(localizedProgramName=names), an_object(loyaltyPoints=points))
    assert "Kaffeekarte" in text
    assert "Carte" not in text
