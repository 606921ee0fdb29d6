"""Pictures that vendors upload: refused, or written anew as a plain PNG within bounds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets.logo_check import logo_of
from punchcard.wallets.uploads import ImageRefused, checked_png
from tests.fuzz.effort import effort
from tests.fuzz.made_up import nearly_bytes
from tests.support.pictures import a_moving_picture, a_picture, opened

LIMIT_BYTES = 200_000
LYING = bytes.fromhex("4578696600004d4d002a00000008000101120003000000010006000000000000")
"""What a camera notes that was held upright: orientation 6."""
HUGE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\xff" * 8 + b"\x08\x02"
GOOD = [
    a_picture(),
    a_picture("JPEG"),
    a_picture(mode="P", colour=3),
    a_picture(mode="RGBA", colour=(1, 2, 3, 4)),
    a_picture("JPEG", mode="CMYK", colour=(1, 2, 3, 4)),
    a_picture(mode="I;16", colour=3),
    a_picture("JPEG", exif=LYING),
    a_picture("GIF"),
    a_picture("TIFF"),
    a_moving_picture(),
]


# The library warns of damage that it reads past.
@pytest.mark.filterwarnings("default:.*:UserWarning")
@effort(250)
@given(
    st.sampled_from(GOOD).flatmap(nearly_bytes) | st.binary(max_size=300),
    st.sampled_from(PictureKind),
)
@example(b"", PictureKind.LOGO)
@example(GOOD[0][:40], PictureKind.LOGO)
@example(HUGE, PictureKind.HERO)
@example(a_picture(size=(16, 2000)), PictureKind.LOGO)
@example(a_picture(size=(144, 2000)), PictureKind.HERO)
@example(b"%!PS-Adobe", PictureKind.LOGO)
@example(b"<svg xmlns='http://www.w3.org/2000/svg'/>", PictureKind.LOGO)
def test_a_file_is_refused_or_becomes_a_plain_picture(content: bytes, kind: PictureKind) -> None:
    try:
        kept = checked_png(content, kind=kind, limit_bytes=LIMIT_BYTES)
    except ImageRefused:
        return
    picture = opened(kept)
    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    assert max(picture.size) <= 1500
    assert not picture.info
    # What was kept would be taken again, and is its own picture.
    assert opened(checked_png(kept, kind=kind, limit_bytes=10**8)).size == picture.size
    try:
        logo = logo_of(kept)
    except ImageRefused:
        return
    assert logo_of(logo) == logo
