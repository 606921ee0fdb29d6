"""Uploaded pictures: what is let in, and what is left of it."""

import io
import struct
import zlib

import pytest
from PIL import Image

from punchcard.wallets.images import LONGEST_SIDE, ImageRefused, checked_png
from punchcard.wallets.pictures import logo_files


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 200), **more: object) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, "#aa3311").save(content, kind, **more)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_picture_becomes_a_plain_png(kind: str) -> None:
    with Image.open(io.BytesIO(checked_png(picture(kind)))) as kept:
        assert (kept.format, kept.size) == ("PNG", (400, 200))


def test_large_picture_is_made_smaller() -> None:
    with Image.open(io.BytesIO(checked_png(picture(size=(3000, 1500))))) as kept:
        assert kept.size == (LONGEST_SIDE, LONGEST_SIDE // 2)


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    assert b"home" not in checked_png(picture("JPEG", exif=exif))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture("GIF"),
        picture("PNG")[:200],
        picture(size=(8, 8)),
        b"\x89PNG" + b"x" * 2_000_000,
    ],
    ids=["empty", "broken", "svg", "gif", "cut", "tiny", "too long"],
)
def test_what_is_no_picture_for_a_pass_is_refused(content: bytes) -> None:
    with pytest.raises(ImageRefused):
        checked_png(content)


def test_small_file_that_unpacks_to_gigabytes_is_refused_unread() -> None:
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", sum_)

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(ImageRefused):
        checked_png(bomb)


def test_logo_fits_apples_sizes() -> None:
    files = {file.name: file for file in logo_files(checked_png(picture()), "#ffffff")}
    assert set(files) == {
        *("logo.png", "logo@2x.png", "logo@3x.png"),
        *("icon.png", "icon@2x.png", "icon@3x.png"),
    }
