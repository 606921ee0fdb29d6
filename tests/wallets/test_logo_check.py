"""Logos of odd shapes: what a card can carry, and what it cannot."""

import io

import pytest
from PIL import Image

from punchcard.wallets.logo_check import LogoBlank, LogoTooSmall, logo_of
from punchcard.wallets.png import png_of
from punchcard.wallets.uploads import ImageProportionsRefused, ImageRefused

RED = (200, 20, 20, 255)


def picture(width: int, height: int, colour: tuple[int, ...] = RED) -> Image.Image:
    return Image.new("RGBA", (width, height), colour)


def framed(inner: Image.Image, width: int, height: int) -> bytes:
    """Put a picture into the middle of nothing."""
    whole = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    whole.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    return png_of(whole)


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as opened:
        return opened.size


@pytest.mark.parametrize("size", [(400, 200), (200, 200), (160, 20), (50, 200), (16, 16)])
def test_a_logo_in_ordinary_proportions_stays_as_it_is(size: tuple[int, int]) -> None:
    png = png_of(picture(*size))
    assert logo_of(png) == png


@pytest.mark.parametrize("size", [(1024, 20), (20, 1024), (1000, 124), (100, 401)])
def test_a_logo_that_would_be_a_line_is_refused_with_a_reason(size: tuple[int, int]) -> None:
    with pytest.raises(ImageProportionsRefused) as refused:
        logo_of(png_of(picture(*size)))
    assert refused.value.facts == {"widest": 8, "tallest": 4}


@pytest.mark.parametrize("alpha", [0, 1, 8])
def test_a_logo_in_which_nothing_can_be_seen_is_refused(alpha: int) -> None:
    with pytest.raises(LogoBlank):
        logo_of(png_of(picture(200, 100, (0, 0, 0, alpha))))


def test_empty_margins_are_cut_off() -> None:
    assert size_of(logo_of(framed(picture(120, 60), 1000, 1000))) == (120, 60)


def test_what_is_left_within_the_margins_is_judged() -> None:
    with pytest.raises(ImageProportionsRefused):
        logo_of(framed(picture(900, 20), 1000, 1000))
    with pytest.raises(LogoTooSmall) as refused:
        logo_of(framed(picture(8, 9), 1000, 1000))
    assert refused.value.facts == {"width": 8, "height": 9, "least_pixels": 16}
    assert issubclass(LogoBlank, ImageRefused)
