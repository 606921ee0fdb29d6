"""Integrations in the console: connected in five steps, and what came of what they told."""

import re
from typing import Any

import pytest

from punchcard.connect.integrations.vocabulary import IntegrationKind
from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.web.console.connections.integration_words import STEPS
from punchcard.worker.handlers import ORDER_LANE
from punchcard.worker.loop import Worker
from tests.connect.integrations.web_shop import tells_at
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, markup_of, text_of

PATH = "/console/integrations"
ORDER = {"id": 7, "status": "paid", "currency": "EUR", "total": "12.50"}


@pytest.fixture
def program(alice: Shop) -> LoyaltyProgram:
    """Open a program of points."""
    return shelf.program(alice, name="Points", type="points", stamp_reward=None, status="active")


def connected(owner: Visitor, program: LoyaltyProgram, kind: str = "generic") -> tuple[str, str]:
    """Connect a system; returns the address of its page, and the address it was given."""
    owner.get(PATH)
    made = owner.post(PATH, kind=kind, program_id=program.id, location_id="")
    assert made.status_code == 201, made.text
    page = re.search(rf'action="({PATH}/[0-9a-f-]{{36}})"', made.text)
    hook = re.search(r'id="new-address">([^<]+)<', made.text)
    assert page is not None
    assert hook is not None
    return page[1], hook[1]


def test_the_audit_trail_calls_a_system_by_its_name(
    owner: Visitor, program: LoyaltyProgram
) -> None:
    connected(owner, program, "woocommerce")
    trail = " ".join(text_of(owner.get("/console/settings/changes?lang=en")).split())
    assert "System WooCommerce" in trail
    assert "woocommerce" not in trail


def told(context: Context, hook: str, order: dict[str, Any]) -> None:
    """Have an order told, and worked on."""
    tells_at(context.connect.hook_receiver, hook, order)
    worker = Worker(context, [ORDER_LANE], [])
    while worker.do_work():
        pass


@pytest.mark.parametrize("kind", list(IntegrationKind))
def test_every_system_is_set_up_in_five_steps(
    owner: Visitor, program: LoyaltyProgram, kind: str
) -> None:
    page, hook = connected(owner, program, kind)

    assert len(STEPS[IntegrationKind(kind)]) == 5
    shown = owner.get(page)
    assert shown.text.count("<li>") >= 5
    assert hook not in shown.text
    assert hook not in owner.get(PATH).text


def test_an_order_without_a_card_is_given_to_one(
    owner: Visitor, context: Context, alice: Shop, program: LoyaltyProgram
) -> None:
    page, hook = connected(owner, program)
    told(context, hook, ORDER)
    shown = owner.get(page)
    assert "without a card" in shown.text
    assign = re.search(rf'action="({page}/events/[0-9a-f-]{{36}}/assign)"', shown.text)
    assert assign is not None
    wrong = owner.post(assign[1], card="4829 1503 6274")
    assert wrong.status_code == 422
    assert "The program has no such card. Please check the number." in text_of(wrong)
    assert 'value="4829 1503 6274" aria-invalid="true"' in markup_of(wrong)
    card = shelf.opened_card(alice, program)

    owner.follow(owner.post(assign[1], card=card))
    worker = Worker(context, [ORDER_LANE], [])
    while worker.do_work():
        pass

    assert f"/console/members/{card}" in owner.get(page).text


def test_an_order_without_a_card_leaves_a_receipt_to_hand_to_its_customer(
    owner: Visitor, context: Context, alice: Shop, program: LoyaltyProgram
) -> None:
    page, hook = connected(owner, program)
    told(context, hook, ORDER)
    told(context, hook, ORDER)
    shown = owner.get(page).text

    [address] = re.findall(r'href="([^"]+/r/[^"]+)"', shown)
    assert shown.count("<svg") > shown.count("<svg class")
    card = shelf.opened_card(alice, program)
    context.connect.receipt_claimer.take(address, card)
    worker = Worker(context, [ORDER_LANE], [])
    while worker.do_work():
        pass

    after = owner.get(page).text
    assert address not in after
    assert "without a card" not in after
    assert "/console/members/" in after


def test_what_counts_is_changed_and_the_integration_paused_rotated_and_deleted(
    owner: Visitor, program: LoyaltyProgram
) -> None:
    page, _ = connected(owner, program, "woocommerce")
    saved = owner.follow(
        owner.post(
            page,
            name="The shop",
            location_id="",
            earn_on="completed",
            excluded_skus="A, B",
            exclude_tax="on",
        )
    )
    assert 'value="A, B"' in saved.text
    assert "The shop" in saved.text

    assert "paused" in owner.follow(owner.post(f"{page}/status", status="paused")).text
    rotated = owner.post(f"{page}/rotate", at_once="on")
    assert 'id="new-address"' in rotated.text
    assert "The shop" not in owner.follow(owner.post(f"{page}/delete")).text


def test_their_signing_secret_is_kept_and_never_shown(
    owner: Visitor, program: LoyaltyProgram
) -> None:
    page, _ = connected(owner, program, "shopify")
    assert owner.post(f"{page}/secret", signing_secret="short").status_code == 422

    kept = owner.follow(owner.post(f"{page}/secret", signing_secret="a-signing-key-of-theirs"))

    assert "One is kept already" in kept.text
    assert "a-signing-key-of-theirs" not in kept.text
