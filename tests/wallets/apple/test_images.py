"""Uploaded pictures: what is let in, and what is left of it."""

import io
import struct
import tracemalloc
import zipfile
import zlib
from contextlib import suppress

import pytest
from PIL import Image, ImageChops

from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import uploads
from punchcard.wallets.apple.pass_images import logo_files, mark_files, strip_files
from punchcard.wallets.apple.pkpass import build_pkpass
from punchcard.wallets.stamp_drawing import StampLook
from punchcard.wallets.uploads import (
    LONGEST_SIDE,
    ImageProportionsRefused,
    ImageRefused,
    ImageSizeRefused,
)
from tests.support.pictures import a_moving_picture, a_picture, opened

LIMIT = 1_000_000


def checked_png(content: bytes) -> bytes:
    return uploads.checked_png(content, limit_bytes=LIMIT)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_picture_becomes_a_plain_png(kind: str) -> None:
    kept = opened(checked_png(a_picture(kind)))
    assert (kept.format, kept.size) == ("PNG", (400, 200))


def test_large_picture_is_made_smaller() -> None:
    assert opened(checked_png(a_picture(size=(3000, 1500)))).size == (
        LONGEST_SIDE,
        LONGEST_SIDE // 2,
    )


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    assert b"home" not in checked_png(a_picture("JPEG", exif=exif))


def test_a_photograph_that_lies_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(checked_png(a_picture("JPEG", exif=exif))).size == (200, 400)


@pytest.mark.parametrize(
    ("kind", "mode", "colour", "shown"),
    [
        ("JPEG", "CMYK", (0, 255, 255, 0), (255, 0, 0, 255)),
        ("JPEG", "L", 128, (128, 128, 128, 255)),
        ("PNG", "1", 1, (255, 255, 255, 255)),
        ("PNG", "I;16", 0x8000, (128, 128, 128, 255)),
        ("PNG", "RGBA", (10, 20, 30, 40), (10, 20, 30, 40)),
        ("PNG", "LA", (90, 40), (90, 90, 90, 40)),
    ],
    ids=["printer's colours", "grey", "black and white", "16 bits", "see-through", "grey glass"],
)
def test_colours_look_as_they_did(
    kind: str, mode: str, colour: object, shown: tuple[int, ...]
) -> None:
    kept = opened(checked_png(a_picture(kind, mode=mode, colour=colour))).convert("RGBA")
    found = kept.getpixel((20, 20))
    assert isinstance(found, tuple)
    assert all(abs(a - b) <= 3 for a, b in zip(found, shown, strict=True)), found


def test_a_palette_with_a_see_through_colour_stays_so() -> None:
    picture = Image.new("P", (40, 40), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    content = io.BytesIO()
    picture.save(content, "PNG", transparency=1)
    assert opened(checked_png(content.getvalue())).convert("RGBA").getpixel((5, 5)) == (
        200,
        100,
        50,
        0,
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "image_refused"),
        (b"GIF89a not a picture", "image_refused"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_refused"),
        (a_picture("GIF"), "image_refused"),
        (a_picture("WEBP"), "image_refused"),
        (a_picture("PNG")[:200], "image_refused"),
        (a_picture("JPEG")[:300], "image_refused"),
        (a_picture(size=(8, 8)), "image_size_refused"),
        (a_picture("PNG", mode="1", colour=1, size=(5000, 5000)), "image_size_refused"),
        (a_moving_picture(), "image_animated"),
        (b"\x89PNG" + b"x" * 2_000_000, "image_too_large"),
    ],
    ids=[
        "empty",
        "broken",
        "svg",
        "gif",
        "webp",
        "cut",
        "cut jpeg",
        "tiny",
        "huge",
        "moving",
        "too long",
    ],
)
def test_what_is_no_picture_to_show_is_refused_and_told_why(content: bytes, code: str) -> None:
    with pytest.raises(ImageRefused) as refused:
        checked_png(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("size", "kind", "facts"),
    [
        ((16, 2000), PictureKind.LOGO, {"widest": 8, "tallest": 4}),
        ((16, 900_000), PictureKind.LOGO, {"widest": 8, "tallest": 4}),
        ((144, 3000), PictureKind.HERO, {"widest": 10, "tallest": 10}),
        ((100_000, 144), PictureKind.HERO, {"widest": 10, "tallest": 10}),
    ],
)
def test_a_picture_that_would_shrink_to_a_line_is_refused_with_a_reason(
    size: tuple[int, int], kind: PictureKind, facts: dict[str, int]
) -> None:
    with pytest.raises(ImageProportionsRefused) as refused:
        uploads.checked_png(a_picture(size=size), kind=kind, limit_bytes=LIMIT)
    assert refused.value.facts == facts


@pytest.mark.parametrize("size", [(144, 1440), (3000, 300), (1500, 150)])
def test_a_wide_picture_of_the_longest_shape_is_kept_and_would_be_taken_again(
    size: tuple[int, int],
) -> None:
    kept = uploads.checked_png(a_picture(size=size), kind=PictureKind.HERO, limit_bytes=LIMIT)
    again = uploads.checked_png(kept, kind=PictureKind.HERO, limit_bytes=LIMIT)
    assert opened(again).size == opened(kept).size


def test_small_file_that_unpacks_to_gigabytes_is_refused_unread() -> None:
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(ImageSizeRefused):
        checked_png(bomb)


@pytest.mark.parametrize(
    "bomb",
    [(b"zTXt", b"Comment\x00\x00"), (b"iCCP", b"profile\x00\x00")],
    ids=["a text", "a colour profile"],
)
def test_what_stands_beside_the_pixels_is_not_unpacked_without_bounds(
    bomb: tuple[bytes, bytes],
) -> None:
    name, before = bomb
    packed = zlib.compress(bytes(60_000_000), 1)
    assert len(packed) < LIMIT
    good = a_picture(size=(40, 40))
    end_of_header = len(SIGNATURE) + 25
    content = good[:end_of_header] + chunk(name, before + packed) + good[end_of_header:]
    tracemalloc.start()
    try:
        with suppress(ImageRefused):
            checked_png(content)
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 20_000_000


SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes) -> bytes:
    sum_ = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", sum_)


def test_logo_fits_apples_sizes() -> None:
    files = {file.name: file for file in logo_files(checked_png(a_picture()), "#ffffff")}
    assert set(files) == {
        "logo.png",
        "logo@2x.png",
        "logo@3x.png",
        "icon.png",
        "icon@2x.png",
        "icon@3x.png",
    }


COLOURS = StampLook("#14594b", "#f59e0b", "#ffffff")


@pytest.mark.one_in(4)
@pytest.mark.parametrize("target", range(1, 51))
@pytest.mark.parametrize("hero", [None, checked_png(a_picture(size=(1200, 500)))])
def test_no_phone_cuts_a_stamp_off(target: int, hero: bytes | None) -> None:
    files = {file.name: file for file in strip_files(target, target, COLOURS, hero)}
    with zipfile.ZipFile(io.BytesIO(build_pkpass(list(files.values()), lambda _: b""))) as archive:
        strip = opened(archive.read("strip@3x.png")).convert("RGB")
    assert strip.size == (1125, 432)
    # What phones from before 2025 show of it, which fill 375 x 123 points with its middle.
    left, top, right, bottom = _box_of_stamps(strip)
    assert top >= (432 - 369) // 2
    assert bottom <= 432 - (432 - 369) // 2
    assert left >= 0.08 * 1125
    assert right <= 0.92 * 1125


def _box_of_stamps(strip: Image.Image) -> tuple[int, int, int, int]:
    """Return where anything of the stamps' colour is."""
    near = [
        band.point(lambda value, wanted=wanted: 255 if abs(value - wanted) < 40 else 0)
        for band, wanted in zip(strip.split(), (0xF5, 0x9E, 0x0B), strict=True)
    ]
    found = ImageChops.darker(ImageChops.darker(near[0], near[1]), near[2]).getbbox()
    assert found is not None
    return found


def test_a_program_without_a_logo_shows_its_mark_as_logo_too() -> None:
    names = {file.name for file in mark_files(COLOURS)}
    assert {"logo.png", "logo@2x.png", "logo@3x.png"} <= names
