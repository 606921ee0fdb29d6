"""A program's pictures: an uploaded one stays until it is removed, whatever a form sends back."""

from typing import Any

import pytest

from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.rules.logo_rules import (
    PictureKind,
    is_uploaded,
    kept_branding,
    picture_path,
    shown_branding,
    version_of,
)

MINE, OTHER = ProgramId("mine"), ProgramId("another")
LOGO = picture_path(PictureKind.LOGO, MINE, b"\x01" * 32)
ELSEWHERE = "https://images.example/logo.png"
SHOP = "https://shop.example"


def kept(new: dict[str, Any], **old: Any) -> dict[str, Any]:
    return kept_branding(MINE, old, new)


def test_another_picture_has_another_address() -> None:
    other = picture_path(PictureKind.LOGO, MINE, b"\x02" * 32)
    assert f"/api/v1/loyalty/programs/mine/logo.png?v={version_of(bytes([1]) * 32)}" == LOGO
    assert other != LOGO
    assert is_uploaded(LOGO)
    assert not is_uploaded(ELSEWHERE)
    assert not is_uploaded(None)


def test_what_was_uploaded_is_shown_under_the_servers_own_address() -> None:
    told = shown_branding({"logo_url": LOGO, "hero_url": ELSEWHERE, "colour": "red"}, f"{SHOP}/")
    assert told == {"logo_url": f"{SHOP}{LOGO}", "hero_url": ELSEWHERE, "colour": "red"}


@pytest.mark.parametrize(
    "sent", [{}, {"logo_url": None}, {"logo_url": LOGO}, {"logo_url": f"{SHOP}{LOGO}"}]
)
def test_an_uploaded_picture_stays_when_none_or_its_own_address_is_sent(
    sent: dict[str, Any],
) -> None:
    assert kept({**sent, "colour": "red"}, logo_url=LOGO) == {"logo_url": LOGO, "colour": "red"}


def test_the_address_of_an_upload_that_is_gone_brings_nothing_back() -> None:
    assert kept({"logo_url": LOGO}) == {}
    assert kept({"logo_url": LOGO}, logo_url=ELSEWHERE) == {}


def test_an_address_elsewhere_takes_the_place_of_an_upload() -> None:
    assert kept({"logo_url": ELSEWHERE}, logo_url=LOGO) == {"logo_url": ELSEWHERE}


@pytest.mark.parametrize(
    "address",
    [
        "http://images.example/logo.png",
        "javascript:alert(1)",
        "/etc/passwd",
        picture_path(PictureKind.LOGO, OTHER, b"\x01" * 32),
        picture_path(PictureKind.HERO, MINE, b"\x01" * 32),
        f"{SHOP}/elsewhere{LOGO}".replace("https", "http"),
    ],
)
def test_no_other_address_is_a_picture(address: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        kept({"logo_url": address}, logo_url=LOGO)
    assert refusal.value.errors[0]["loc"] == ["branding", "logo_url"]
