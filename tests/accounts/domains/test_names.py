"""What may be a domain of a shop's own, and what a Host header names."""

import pytest

from punchcard.accounts.domains.names import host_of, named_host, own_domain
from punchcard.kit.validation.invalid import InvalidValue

BASE = "https://Cards.Example:8443/"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("cards.bakery.example", "cards.bakery.example"),
        (" Cards.Bakery.Example. ", "cards.bakery.example"),
        ("bakery.example", "bakery.example"),
        ("bäckerei.example", "xn--bckerei-5wa.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("ＢＡＫＥＲＹ.example", "bakery.example"),
        ("notcards.example", "notcards.example"),
        ("example", None),
        ("", None),
        ("192.0.2.7", None),
        ("0x7f.1", None),
        ("[2001:db8::1]", None),
        ("shop.localhost", None),
        ("punchcard.internal", None),
        ("printer.local", None),
        ("cards.bakery.example:8443", None),
        ("https://cards.bakery.example", None),
        ("user@bakery.example", None),
        ("bakery.example/join", None),
        ("bakery..example", None),
        ("-bakery.example", None),
        ("bak_ery.example", None),
        ("a" * 64 + ".example", None),
        (".".join(["a" * 60] * 5), None),
        ("bakery.example\n", "bakery.example"),
        ("bak\x00ery.example", None),
    ],
)
def test_a_domain_is_kept_in_its_one_form(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(InvalidValue):
            own_domain(typed, base_url=BASE)
    else:
        assert own_domain(typed, base_url=BASE) == kept


@pytest.mark.parametrize(
    "typed", ["cards.example", "CARDS.example.", "a.cards.example", "x.y.cards.example"]
)
def test_the_servers_own_host_and_what_is_below_it_is_nobodys(typed: str) -> None:
    with pytest.raises(InvalidValue, match="belongs to the server"):
        own_domain(typed, base_url=BASE)


@pytest.mark.parametrize(
    ("header", "host"),
    [
        (b"cards.bakery.example", "cards.bakery.example"),
        (b"CARDS.Bakery.Example", "cards.bakery.example"),
        (b"cards.bakery.example.", "cards.bakery.example"),
        (b"cards.bakery.example:443", "cards.bakery.example"),
        (b"cards.bakery.example.:8443", "cards.bakery.example"),
        (b"cards.bakery.example:", "cards.bakery.example"),
        (b" cards.bakery.example\t", "cards.bakery.example"),
        (b"127.0.0.1:8000", "127.0.0.1"),
        (b"[::1]:8000", "::1"),
        (b"punchcard_web:8000", "punchcard_web"),
        (b"", None),
        (b":443", None),
        (b".", None),
        (b"..", None),
        (b"cards..bakery.example", None),
        (b".bakery.example", None),
        (b"cards.bakery.example, other.example", None),
        (b"cards.bakery.example other.example", None),
        (b"user@cards.bakery.example", None),
        (b"cards.bakery.example/", None),
        (b"cards.bakery.example:44a", None),
        (b"cards.bakery.example:443:1", None),
        (b"b\xc3\xa4ckerei.example", None),
        (b"[::1", None),
        (b"[zz]", None),
        (b"a" * 255, None),
    ],
)
def test_a_host_header_names_one_host_or_none(header: bytes, host: str | None) -> None:
    assert named_host(header) == host


def test_the_host_of_an_address_of_ours_is_as_dns_writes_it() -> None:
    assert host_of(BASE) == "cards.example"
    assert host_of("https://bäckerei.example/") == "xn--bckerei-5wa.example"
    assert host_of("http://[::1]:8000") == "::1"
