"""Bytes as texts for addresses and cookies (RFC 4648, section 5): each has one spelling."""

import base64
import binascii


def to_url_base64(content: bytes) -> str:
    """Return `content` in letters, digits, `-` and `_`, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def from_url_base64(text: str) -> bytes | None:
    """Return what `to_url_base64` made `text` of; None for what it never makes.

    Python's own reader skips what is no base64, and takes several last letters for one: with it a
    secret would have many spellings.
    """
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return content if to_url_base64(content) == text else None
