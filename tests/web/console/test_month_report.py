"""The monthly report: its figures, its languages, and whose it is."""

from collections.abc import Callable

import pytest

from punchcard.accounts import location_service
from punchcard.accounts.vocabulary import Role
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import reward_service
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]
REWARD = {"name": "Un café", "value_minor": 450}
RULES = {"pin_policy": "off", "stamps_target": 2, "cooldown_minutes": 0, "max_daily_stamps": 50}


def read(visitor: Visitor, address: str = "") -> str:
    page = visitor.get(f"/console/month-report{address}")
    assert page.status_code == 200
    text = text_of(page)
    return " ".join(text[text.index("Show") if "Show" in text else 0 :].split())


@pytest.fixture
def march(alice: Shop, clock: ManualClock) -> Shop:
    """Let Café Alice live through March 2026, on the 2nd and 3rd, and the first days of April."""
    program = shelf.program(
        alice,
        **RULES,
        status="active",
        stamp_reward=REWARD,
        texts={"en": {"reward_name": "A coffee"}},
    )
    till = alice.context.loyalty.till
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    cards = [shelf.opened_card(alice, program) for _ in range(3)]
    stamp_service.add_stamp(till, cards[0], quantity=4, **by)
    stamp_service.add_stamp(till, cards[1], quantity=2, **by)
    clock.advance(days=1)
    stamp_service.redeem_stamps(till, cards[0], **by)
    given = stamp_service.redeem_stamps(till, cards[0], **by)
    stamp_service.redeem_stamps(till, cards[1], **by)
    points_service.void(till, given.entry["id"], reason="Typed twice", **by)
    clock.advance(days=31)
    stamp_service.add_stamp(till, cards[2], quantity=3, **by)
    return alice


def test_the_last_month_that_is_over_is_shown_beside_the_one_before(
    visitors: Visitors, march: Shop
) -> None:
    report = read(visitors(march))
    assert "Report for March 2026" in report
    assert "Cards used 3 0 –" in report
    assert "New members 3 0 –" in report
    assert "Stamps 6 0 –" in report
    assert "Rewards given 2 0 –" in report
    assert "Value given €9.00 €0.00 –" in report


def test_the_month_that_goes_on_says_so_and_is_held_against_march(
    visitors: Visitors, march: Shop
) -> None:
    report = read(visitors(march), "?month=2026-04")
    assert "The month is not over yet." in report
    assert "Stamps 3 6 −50%" in report
    assert "Cards used 1 3 −67%" in report


def test_rewards_are_told_in_the_language_of_the_report(visitors: Visitors, march: Shop) -> None:
    """What was taken back within the month was not given."""
    owner = visitors(march)
    assert "Reward Times Value A coffee 2 €9.00" in read(owner, "?lang=en")
    french = read(owner, "?lang=fr")
    assert "Rapport de mars 2026" in french
    assert "Un café 2 9,00" in french
    assert "Monatsbericht" in read(owner, "?lang=de")
    assert "Mountsrapport" in read(owner, "?lang=lb")
    # The report alone was asked for in another language.
    assert '<html lang="en">' in owner.get("/console").text


def test_a_month_that_is_not_offered_is_the_usual_one(visitors: Visitors, march: Shop) -> None:
    for month in ("2026-13", "1999-01", "soon", "2026-05"):
        assert "Report for March 2026" in read(visitors(march), f"?month={month}")


def test_purchases_and_their_rewards_are_counted_in_money(
    visitors: Visitors, bob: Shop, clock: ManualClock
) -> None:
    program = shelf.program(bob, **{**shelf.POINTS, "pin_policy": "off"}, status="active")
    with bob.context.database.write() as session:
        fields = {"name": "Croissant", "points_required": 10, "value_minor": 160}
        reward = reward_service.create_reward(
            session, by_operator(bob.context), bob.id, program.id, fields
        ).id
    till = bob.context.loyalty.till
    by: OperationMetadata = {"vendor_id": bob.id, "actor": Actor(ActorKind.SYSTEM, None)}
    card = card_service.open_card(till, program.id, **by).card.id
    points_service.earn_points(till, card, amount_minor=123450, **by)
    points_service.redeem_points(till, card, reward_id=reward, points=None, **by)
    clock.advance(days=40)
    report = read(visitors(bob, language="en"), "?month=2026-03&lang=en")
    assert "Purchases 1 0 –" in report
    assert "Sales with a card €1,234.50 €0.00 –" in report
    assert "Croissant 1 €1.60" in report


def test_a_shop_with_two_locations_and_two_programs_is_told_of_each(
    visitors: Visitors, march: Shop
) -> None:
    by = by_operator(march.context)
    with march.context.database.write() as session:
        location_service.create_location(session, by, march.id, name="Station")
    other = shelf.program(march, name="Tea card", status="active", stamp_reward=REWARD)
    shelf.opened_card(march, other)
    report = read(visitors(march), "?month=2026-04")
    assert "By location" in report
    assert "By program" in report
    assert "Tea card 0 1 0" in report


def test_another_shops_month_is_empty(visitors: Visitors, march: Shop, bob: Shop) -> None:
    report = read(visitors(bob), "?month=2026-03&lang=en")
    assert "New members 0 0 ±0" in report
    assert "A coffee" not in report


def test_the_report_is_not_for_staff(visitors: Visitors, march: Shop) -> None:
    march.hire(Role.STAFF)
    assert visitors(march, "staff").get("/console/month-report").status_code == 403
