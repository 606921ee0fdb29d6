"""Where webhooks may be sent: shops' servers, and never a machine of the operator's own network."""

import ipaddress

import pytest

from punchcard.connect.webhooks.addresses import obstacle_to, read_address, webhook_address
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.kit.validation.networks import is_public, parse_networks

LAN = parse_networks("192.168.1.0/24, fd12::/16")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://shop.example/hooks?a=1", "https://shop.example/hooks?a=1"),
        ("https://Shop.Example", "https://shop.example/"),
        ("https://shop.example.:443/a", "https://shop.example/a"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        ("https://bücher.lu/%C3%A9", "https://xn--bcher-kva.lu/%C3%A9"),
        ("https://93.184.215.14/a", "https://93.184.215.14/a"),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/a",) * 2,
    ],
)
def test_an_address_of_a_shop_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert webhook_address(typed, networks=()) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "shop.example",
        "https://",
        "https:///hooks",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://shop.example/",
        "https://anna:secret@shop.example/",
        "https://anna@shop.example/",
        "https://shop.example@127.0.0.1/",
        "https://shop.example/#a",
        "https://shop.example:80/",
        "https://shop.example:22/",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example:x/",
        "https://shop.example\\@127.0.0.1/",
        "https://shop .example/",
        "https://shop.example/a\tb",
        "https://shop.example/\r\nHost: other",
        "https://shop.example/é",
        "https://-.example/",
        "https://a..example/",
        "https://" + "a" * 64 + ".example/",
        "https://shop.example/" + "a" * 2000,
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://１２７.０.０.１/",
        "https://①②⑦.0.0.1/",
        "https://0/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[2606:2800:21f::5efe:7f00:1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[::1/",
        "https://[1.2.3.4]/",
    ],
)
def test_what_leads_elsewhere_or_can_be_read_in_two_ways_is_refused(typed: str) -> None:
    with pytest.raises(InvalidValue):
        webhook_address(typed, networks=())


@pytest.mark.parametrize(
    "typed",
    [
        "http://192.168.1.20/",
        "http://192.168.1.20:81/",
        "https://192.168.1.20:22/",
        "http://[fd12::5]:9000/",
        # Where a name leads to is seen when it is used.
        "http://till.local:81/",
    ],
)
def test_a_till_on_the_operators_own_network_is_reached_if_the_operator_allows(typed: str) -> None:
    assert webhook_address(typed, networks=LAN)

    with pytest.raises(InvalidValue):
        webhook_address(typed, networks=())


@pytest.mark.parametrize(
    "typed", ["http://192.168.2.20/", "https://10.0.0.1/", "https://[::ffff:192.168.1.20]/"]
)
def test_no_other_network_is_reached_for_that(typed: str) -> None:
    with pytest.raises(InvalidValue):
        webhook_address(typed, networks=LAN)


@pytest.mark.parametrize(
    ("url", "address", "is_reached"),
    [
        ("https://till.local/", "192.168.1.20", True),
        ("http://till.local:81/", "192.168.1.20", True),
        ("https://till.local/", "192.168.2.20", False),
        ("https://till.local/", "93.184.215.14", True),
        ("http://till.local/", "93.184.215.14", False),
        ("https://till.local:81/", "93.184.215.14", False),
    ],
)
def test_what_a_name_leads_to_decides(url: str, address: str, is_reached: bool) -> None:
    number = ipaddress.ip_address(address)

    assert (obstacle_to(read_address(url), number, LAN) is None) is is_reached


def test_no_address_of_iana_s_special_ones_is_public() -> None:
    special = """0.0.0.1 10.1.2.3 100.64.0.1 100.127.255.255 127.255.255.255 169.254.0.1 172.16.0.1
        172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255
        198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
        ::1 ::2 100::1 2001::1 2001:20::1 2001:db8::1 2002::1 3fff::1 5f00::1 fc00::1 fdff::1
        fe80::1 feff::1 ff00::1 ::ffff:8.8.8.8 64:ff9b::808:808"""
    assert [one for one in special.split() if is_public(ipaddress.ip_address(one))] == []

    public = "8.8.8.8 99.255.255.255 100.128.0.1 172.15.0.1 172.32.0.1 223.255.255.255 2a00::1"
    assert all(is_public(ipaddress.ip_address(one)) for one in public.split())


def test_python_knows_no_private_address_that_we_call_public() -> None:
    # An opinion of its own, with its own gaps: whatever it calls private must not pass here.
    for block in range(0, 2**32, 2**32 // 65_536):
        address = ipaddress.IPv4Address(block)
        assert address.is_global or not is_public(address), address
