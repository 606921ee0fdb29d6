"""What web shops and tills send, through the door and the worker: kept, and settled one way."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.connect.integrations.errors import HookNotGenuine
from punchcard.connect.integrations.vocabulary import IntegrationEventState, IntegrationKind
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.loyalty.operations import NewCustomer
from tests.connect.integrations.web_shop import WebShop, connected
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything, json_values
from tests.fuzz.test_orders import EXAMPLES, GENERIC, TOPICS, changed, kind_of
from tests.support.audited_till_driver import audited_till_driver

BUYER = "jon@example.com"
Shops = Mapping[IntegrationKind, WebShop]


@pytest.fixture
def shops(database: Database, clock: ManualClock) -> Iterator[Shops]:
    """Connect a system of each kind; afterwards the books must be right."""
    with audited_till_driver(database, clock, SystemIds(clock)) as alice:
        program = alice.program(type="points", currency="USD")
        alice.card(program, customer=NewCustomer(email=BUYER))
        yield {
            kind: connected(alice, program, kind, signing_secret="a-signing-key-of-theirs")
            for kind in IntegrationKind
        }


def _sent_and_settled(shop: WebShop, body: bytes, topic: str) -> None:
    # What is no JSON, Zettle's way of signing cannot sign; whoever sends it is refused.
    with suppress(HookNotGenuine, KeyError, TypeError, ValueError):
        shop.sends(body, topic)
    shop.works()
    assert all(event.state != IntegrationEventState.WAITING for event in shop.events())


@effort(40)
@given(data=st.data(), name=st.sampled_from(EXAMPLES))
def test_whatever_stands_in_an_example_is_settled(
    shops: Shops, data: st.DataObject, name: str
) -> None:
    body = data.draw(changed(name), "body")
    _sent_and_settled(shops[kind_of(name)], body, TOPICS.get(name, ""))


@effort(40)
@given(field=st.sampled_from(sorted(GENERIC)), value=json_values() | anything)
def test_whatever_any_other_system_sends_is_settled(
    shops: Shops, field: str, value: object
) -> None:
    body = json.dumps(GENERIC | {"email": BUYER, field: value}).encode()
    _sent_and_settled(shops[IntegrationKind.GENERIC], body, "")
