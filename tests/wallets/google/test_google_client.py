"""The client against a Google on this machine: whatever happens, in the end Google has the body."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from punchcard.fakes.google import Fault
from punchcard.kit.clock import ManualClock
from punchcard.wallets.google.access_token import ServiceAccount, ServiceAccountUnreadable
from punchcard.wallets.google.google_client import CLASS, OBJECT, Body, GoogleClient
from punchcard.wallets.google.google_errors import GoogleAway, GoogleNeedsOperator, GoogleRefused
from punchcard.wallets.google.google_objects import GoogleShop, loyalty_class, loyalty_object
from tests.wallets import facts
from tests.wallets.google_account import ISSUER, Google, service_account

SHOP = GoogleShop(issuer_id=ISSUER, base_url="https://shop.test")


def card_body(stamps: int = 0) -> Body:
    return loyalty_object(SHOP, facts.program(), facts.card(stamps=stamps))


@pytest.fixture
def client(google: Google) -> Iterator[GoogleClient]:
    """Open a client to a Google that has the program's class."""
    with google.client() as opened:
        opened.put(CLASS, loyalty_class(SHOP, facts.program()), is_known=False)
        yield opened


def shown(google: Google) -> str:
    (only,) = google.fake.objects.values()
    return str(only["loyaltyPoints"]["balance"]["string"])


def test_an_object_is_inserted_once_and_patched_from_then_on(
    google: Google, client: GoogleClient
) -> None:
    client.put(OBJECT, card_body(1), is_known=False)
    client.put(OBJECT, card_body(2), is_known=True)

    assert shown(google) == "2/10"
    assert google.fake.count("POST", "loyaltyObject") == 1
    assert google.fake.count("PATCH", "loyaltyObject") == 1


def test_what_is_there_already_is_patched_and_what_is_gone_inserted(
    google: Google, client: GoogleClient
) -> None:
    client.put(OBJECT, card_body(1), is_known=True)
    assert shown(google) == "1/10"

    client.put(OBJECT, card_body(2), is_known=False)
    assert shown(google) == "2/10"


def test_what_is_empty_is_cleared(google: Google, client: GoogleClient) -> None:
    client.put(OBJECT, card_body(), is_known=False)
    anonymous = loyalty_object(SHOP, facts.program(), facts.card(customer_name=None))
    client.put(OBJECT, anonymous, is_known=True)

    (only,) = google.fake.objects.values()
    assert "accountName" not in only


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_google_is_away_and_takes_it_later(
    google: Google, client: GoogleClient, status: int
) -> None:
    google.fake.script(Fault(status))

    with pytest.raises(GoogleAway):
        client.put(OBJECT, card_body(3), is_known=False)
    client.put(OBJECT, card_body(3), is_known=False)

    assert shown(google) == "3/10"


def test_a_write_whose_answer_never_came_is_found_again(
    google: Google, client: GoogleClient
) -> None:
    google.fake.script(Fault(None, after=True))

    with pytest.raises(GoogleAway):
        client.put(OBJECT, card_body(4), is_known=False)
    assert shown(google) == "4/10"
    client.put(OBJECT, card_body(5), is_known=False)

    assert shown(google) == "5/10"


def test_a_token_that_is_refused_in_the_middle_is_renewed_once(
    google: Google, client: GoogleClient
) -> None:
    google.fake.revoke_tokens()
    client.put(OBJECT, card_body(6), is_known=False)

    assert shown(google) == "6/10"
    assert google.fake.count("POST", "/token") == 2


def test_fifty_at_once_with_an_expired_token_ask_for_one_new_one(
    google: Google, client: GoogleClient, clock: ManualClock
) -> None:
    clock.advance(hours=2)
    bodies = [
        loyalty_object(SHOP, facts.program(), facts.card(number=f"{number:012}"))
        for number in range(50)
    ]
    threads = [
        threading.Thread(target=client.put, args=(OBJECT, body), kwargs={"is_known": False})
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(google.fake.objects) == 50
    assert google.fake.count("POST", "/token") == 2


def test_after_failures_in_a_row_google_is_left_alone_for_a_while(
    google: Google, client: GoogleClient, clock: ManualClock
) -> None:
    google.fake.script(*[Fault(503)] * 2)
    for _ in range(2):
        with pytest.raises(GoogleAway):
            client.put(OBJECT, card_body(), is_known=False)
    asked = len(google.fake.requests)

    with pytest.raises(GoogleAway) as left_alone:
        client.put(OBJECT, card_body(), is_known=False)
    assert len(google.fake.requests) == asked

    assert left_alone.value.retry_after is not None
    clock.advance(seconds=left_alone.value.retry_after.total_seconds())
    client.put(OBJECT, card_body(7), is_known=False)
    assert shown(google) == "7/10"


def test_the_pause_google_asks_for_is_kept(google: Google, client: GoogleClient) -> None:
    google.fake.script(Fault(429, headers={"Retry-After": "120"}))

    with pytest.raises(GoogleAway) as away:
        client.put(OBJECT, card_body(), is_known=False)

    assert away.value.retry_after == timedelta(seconds=120)


def test_a_body_that_google_refuses_is_not_tried_again(
    google: Google, client: GoogleClient
) -> None:
    with pytest.raises(GoogleRefused, match="unknown name"):
        client.put(OBJECT, {**card_body(), "cardTitle": "Coffee"}, is_known=False)


def test_an_account_without_rights_needs_the_operator(google: Google, client: GoogleClient) -> None:
    google.fake.script(Fault(403))

    with pytest.raises(GoogleNeedsOperator, match="Invite the service account"):
        client.put(OBJECT, card_body(), is_known=False)


def test_an_account_that_google_does_not_know_needs_the_operator(google: Google) -> None:
    google.fake.script(Fault(401, path="/token"))

    with google.client() as client, pytest.raises(GoogleNeedsOperator):
        client.get(CLASS, f"{ISSUER}.p.x")


def test_the_fourth_notification_of_a_day_goes_silently(
    google: Google, client: GoogleClient, clock: ManualClock
) -> None:
    client.put(OBJECT, card_body(0), is_known=False)
    told = [
        client.put(OBJECT, card_body(n), is_known=True, notify=True).is_notified
        for n in range(1, 6)
    ]
    assert told == [True, True, True, False, False]
    assert shown(google) == "5/10"

    clock.advance(hours=25)
    assert client.put(OBJECT, card_body(6), is_known=True, notify=True).is_notified


def test_an_object_whose_class_is_missing_waits(google: Google) -> None:
    with google.client() as client, pytest.raises(GoogleAway):
        client.put(OBJECT, card_body(), is_known=True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"private_key": "x"}'])
def test_a_service_account_that_is_none_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ServiceAccountUnreadable):
        ServiceAccount.parse(text)


def test_a_service_account_never_shows_its_key() -> None:
    account = ServiceAccount.parse(service_account())

    assert json.loads(service_account())["private_key"][40:60] not in repr(account)
