"""Where a proof is looked for: a TXT record over real DNS messages, and a file at the domain."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from punchcard.connect.domains.proofs import DomainProofs, dns_texts
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from tests.support.own_domains import DOMAIN, Internet

RECORD = f"_punchcard.{DOMAIN}"
FILE = f"https://{DOMAIN}/.well-known/punchcard-domain"
ZONE = {
    f"{RECORD}.": ['"v=spf1 -all"', '"punchcard-domain=abc"'],
    "_punchcard.long.example.": ['"punchcard-" "domain=abc"'],
    "_punchcard.empty.example.": [],
}


@pytest.fixture
def resolver() -> Iterator[dns.resolver.Resolver]:
    """Ask a name server of this machine, which knows ZONE and refuses what is in no zone."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                wire, sender = server.recvfrom(4096)
                if not wire:
                    return
                server.sendto(_answer(wire), sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers = ["127.0.0.1"]
        asked.port = server.getsockname()[1]
        yield asked
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as last:
            last.sendto(b"", server.getsockname())
        thread.join()


def _answer(wire: bytes) -> bytes:
    asked = dns.message.from_wire(wire)
    answer = dns.message.make_response(asked)
    name = asked.question[0].name.to_text()
    if name not in ZONE:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif ZONE[name]:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *ZONE[name]))
    return answer.to_wire()


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (RECORD, ["v=spf1 -all", "punchcard-domain=abc"]),
        ("_punchcard.long.example", ["punchcard-domain=abc"]),
        ("_punchcard.empty.example", []),
        ("_punchcard.unknown.example", []),
        (f"_punchcard.{'a' * 64}.example", []),
    ],
)
def test_name_servers_are_asked_for_texts(
    resolver: dns.resolver.Resolver, name: str, texts: list[str]
) -> None:
    # The texts of a name have no order.
    assert sorted(dns_texts(5.0, resolver=resolver)(name)) == sorted(texts)


def test_a_name_server_that_is_away_knows_nothing() -> None:
    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers = ["127.0.0.1"]
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind(("127.0.0.1", 0))
        asked.port = silent.getsockname()[1]
        assert list(dns_texts(0.05, resolver=asked)(RECORD)) == []


@pytest.mark.parametrize(
    ("page", "is_shown"),
    [
        (WebhookAnswer(status=200, excerpt="punchcard-domain=abc\n"), True),
        (WebhookAnswer(status=200, excerpt="punchcard-domain=other"), False),
        (WebhookAnswer(status=200, excerpt="<p>punchcard-domain=abc</p>"), False),
        (WebhookAnswer(status=404, excerpt="punchcard-domain=abc"), False),
        (WebhookAnswer(status=302, excerpt="punchcard-domain=abc"), False),
        (WebhookAnswer(error="The name of the address leads nowhere."), False),
    ],
)
def test_a_file_at_the_domain_counts_where_there_is_no_record(
    page: WebhookAnswer, is_shown: bool
) -> None:
    internet = Internet(texts={RECORD: ["punchcard-domain=theirs"]}, pages={FILE: page})
    look = DomainProofs(internet.look_up, internet)

    assert look.is_shown(DOMAIN, "abc") is is_shown
    assert internet.asked == [RECORD, FILE]


def test_a_record_is_enough() -> None:
    internet = Internet(texts={RECORD: ["v=spf1 -all", " punchcard-domain=abc "]})

    assert DomainProofs(internet.look_up, internet).is_shown(DOMAIN, "abc")
    assert internet.asked == [RECORD]
