"""Base64 for addresses: every content has one text, and every other text is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64


@given(st.binary(max_size=60))
def test_what_was_written_is_read(content: bytes) -> None:
    assert from_url_base64(to_url_base64(content)) == content


@given(st.text(max_size=20) | st.text("ABab01-_=+/ ", max_size=8))
def test_what_is_read_is_written_the_same(text: str) -> None:
    content = from_url_base64(text)
    assert content is None or to_url_base64(content) == text


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q Q", "QQ!", "Q", "QQ\n", "é", "\ud800", "++"])
def test_another_spelling_is_none(text: str) -> None:
    assert from_url_base64(text) is None
