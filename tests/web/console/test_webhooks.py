"""Webhooks in the console: made, tried, switched off and on, and what came of each delivery."""

import re

import pytest

from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.context import Context
from tests.connect.webhook_shop import Receivers, sender, work
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor

PATH = "/console/webhooks"
URL = "https://shop.example/hooks"


@pytest.fixture
def page(owner: Visitor) -> str:
    """Add a webhook; returns the address of its page."""
    owner.get(PATH)
    made = owner.post(PATH, url=URL, description="Till", **{"type_reward.ready": "on"})
    assert made.status_code == 201
    found = re.search(rf'action="({PATH}/[0-9a-f-]{{36}})"', made.text)
    assert found is not None
    return found[1]


def secret_in(text: str) -> str:
    found = re.search(r'id="new-secret">(whsec_[^<]+)<', text)
    assert found is not None
    return found[1]


def test_a_secret_is_shown_once(owner: Visitor) -> None:
    owner.get(PATH)
    made = owner.post(PATH, url=URL, description="Till", **{"type_reward.ready": "on"})
    secret = secret_in(made.text)
    listed = owner.get(PATH)

    assert "Till" in listed.text
    assert "<span>A reward is ready</span>" in listed.text
    assert secret not in listed.text


def test_an_address_of_the_operators_network_is_refused_at_its_field(owner: Visitor) -> None:
    owner.get(PATH)
    answer = owner.post(PATH, url="https://192.168.1.1/", description="")

    assert answer.status_code == 422
    assert "Must not lead into a network that is not public." in answer.text
    assert 'value="https://192.168.1.1/"' in answer.text


def test_a_test_is_sent_fails_and_is_sent_again(
    owner: Visitor, page: str, context: Context
) -> None:
    owner.follow(owner.post(f"{page}/test"))
    receivers = Receivers(says=lambda _post: WebhookAnswer(status=500, excerpt="<b>no</b>"))
    work(sender(context, receivers))
    shown = owner.get(page)
    assert "&lt;b&gt;no&lt;/b&gt;" in shown.text
    retry = re.search(rf'action="({page}/deliveries/[0-9a-f-]{{36}}/retry)"', shown.text)
    assert retry is not None

    receivers.says = lambda _post: WebhookAnswer(status=204)
    again = owner.follow(owner.post(retry[1]))
    assert "It is sent again." in again.text
    work(sender(context, receivers))

    assert "delivered" in owner.get(page).text
    assert len({post.id for post in receivers.posts}) == 1


def test_a_webhook_is_switched_off_on_changed_and_deleted(owner: Visitor, page: str) -> None:
    off = owner.follow(owner.post(f"{page}/status", status="disabled"))
    assert "Switched off by the shop." in off.text
    assert f"{page}/test" not in off.text
    refused = owner.post(f"{page}/test")
    assert (refused.status_code, "switch it on first" in refused.text) == (422, True)
    on = owner.follow(owner.post(f"{page}/status", status="active"))
    assert "The webhook is on." in on.text

    changed = owner.follow(owner.post(page, url=f"{URL}/new", description="Web shop"))
    assert "Web shop" in changed.text

    gone = owner.follow(owner.post(f"{page}/delete"))
    assert "No webhooks yet" in gone.text
    assert owner.get(page).status_code == 404


def test_a_secret_is_changed_once_a_day_unless_others_have_seen_it(
    owner: Visitor, page: str
) -> None:
    first = secret_in(owner.post(f"{page}/rotate").text)
    refused = owner.post(f"{page}/rotate")
    assert "The secret was changed a short while ago" in refused.text
    second = secret_in(owner.post(f"{page}/rotate", at_once="on").text)

    assert first != second


def test_what_was_missed_is_sent_again(
    owner: Visitor, page: str, alice: Shop, context: Context
) -> None:
    owner.post(page, url=URL, description="Till")
    shelf.program(alice)
    shelf.reward(alice, shelf.program(alice, type="points").id)
    receivers = Receivers()
    work(sender(context, receivers))
    assert len(receivers.posts) == 1

    told = owner.follow(owner.post(f"{page}/replay", hours="1"))
    work(sender(context, receivers))

    assert "is on its way" in told.text
    assert len(receivers.posts) == 2
