"""What purchases usually come to: the middle of the days, whatever one of them brought."""

import pytest

from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.reports.usual_purchase import is_far_more, usual_purchases
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop


@pytest.mark.parametrize(
    ("days", "usual"),
    [
        ([[1000]], None),
        ([[1000], [1200]], None),
        ([[1000], [1200], [1100]], 1100),
        ([[1000, 2000], [1200], [12_500_000]], 1500),
    ],
)
def test_the_middle_day_tells_what_is_usual(
    alice: Shop, clock: ManualClock, days: list[list[int]], usual: int | None
) -> None:
    program = shelf.program(alice, type="points", status="active", pin_policy="off")
    card = shelf.opened_card(alice, program)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind(SYSTEM.kind), None)}
    for amounts in days:
        clock.advance(days=1)
        for amount_minor in amounts:
            points_service.earn_points(
                alice.context.loyalty.till, card, amount_minor=amount_minor, **by
            )
    with alice.context.database.read() as session:
        assert usual_purchases(session, [program.id], now=clock.now()).get(program.id) == usual
        clock.advance(days=120)
        assert usual_purchases(session, [program.id], now=clock.now()) == {}


@pytest.mark.parametrize(
    ("amount_minor", "usual_minor", "digits", "is_asked"),
    [
        (12_500, 1250, 2, False),
        (12_501, 1250, 2, True),
        (100_000, None, 2, False),
        (100_001, None, 2, True),
        (1001, None, 0, True),
    ],
)
def test_ten_times_the_usual_is_asked_about_by_the_terminals_rule(
    amount_minor: int, usual_minor: int | None, digits: int, is_asked: bool
) -> None:
    assert is_far_more(amount_minor, usual_minor, digits) is is_asked
