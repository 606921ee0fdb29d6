"""Origins: two addresses of one server are alike, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.origins import is_same_server, origin_of, parse_origins


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://karte.example.lu", "https://karte.example.lu"),
        ("https://karte.example.lu/", "https://karte.example.lu"),
        ("HTTPS://Karte.Example.LU:443/join/x?y#z", "https://karte.example.lu"),
        ("http://karte.example.lu:80", "http://karte.example.lu"),
        ("http://karte.example.lu:443", "http://karte.example.lu:443"),
        ("https://karte.example.lu:8443/", "https://karte.example.lu:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
        ("https://Bäckerei.example", "https://xn--bckerei-5wa.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://xn--bckerei-5wa.example", "https://xn--bckerei-5wa.example"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "null",
        "karte.example.lu",
        "//karte.example.lu",
        "http://",
        "http:///x",
        "http://[",
        "http://[::1",
        "http://[x]",
        "http://a:b",
        "http://a:65536",
        "http://a:-1",
        "ftp://karte.example.lu",
        "file:///x",
        "http://user@karte.example.lu",
        "http://a b",
        "http://a<b>.example",
        "http://ä\ud800.example",
        "http://" + "a" * 300,
    ],
)
def test_what_has_no_origin_has_none(address: str) -> None:
    assert origin_of(address) is None


def test_a_list_of_origins_is_read_as_browsers_send_them() -> None:
    text = " https://Shop.example:443/ ,, http://localhost:3000, https://shop.example,"
    assert parse_origins(text) == {"https://shop.example", "http://localhost:3000"}
    assert parse_origins("") == frozenset()


@pytest.mark.parametrize(
    "one",
    [
        "*",
        "null",
        "shop.example",
        "https://*.shop.example",
        "https://*",
        "https://shop.example/shop",
        "https://shop.example//",
        "https://shop.example?",
        "https://shop.example#",
        "https://shop.exa\tmple",
        "https://shop.example https://other.example",
        "https://user@shop.example",
        "file:///shop",
    ],
)
def test_what_is_more_or_less_than_an_origin_is_refused(one: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        parse_origins(f"https://good.example, {one}")


@pytest.mark.parametrize(
    ("origin", "host", "is_same"),
    [
        ("https://karte.example.lu", "karte.example.lu", True),
        ("https://karte.example.lu", "KARTE.example.lu:443", True),
        ("http://karte.example.lu", "karte.example.lu:80", True),
        ("https://karte.example.lu", "karte.example.lu:80", False),
        ("https://karte.example.lu:8443", "karte.example.lu:8443", True),
        ("https://karte.example.lu:8443", "karte.example.lu", False),
        ("https://karte.example.lu.evil.example", "karte.example.lu", False),
        ("https://karte.example.lu", "127.0.0.1:8000", False),
        ("https://karte.example.lu", "", False),
        ("https://karte.example.lu", "evil@karte.example.lu", False),
        ("null", "null", False),
    ],
)
def test_a_server_is_known_by_the_host_it_was_asked_for(
    origin: str, host: str, is_same: bool
) -> None:
    assert is_same_server(origin, host) is is_same


@given(st.text())
def test_an_origin_holds_nothing_that_a_page_or_header_must_escape(text: str) -> None:
    for address in (text, "http://" + text):
        origin = origin_of(address) or ""
        assert set(origin) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_:/[]")
        assert origin == "" or origin_of(origin) == origin
