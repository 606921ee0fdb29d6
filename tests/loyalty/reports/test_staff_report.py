"""The staff report: who gave what in a period, and what an owner should look at again."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from punchcard.db.days import offsets
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import GrantId
from punchcard.loyalty.errors.programs import ProgramNotFound
from punchcard.loyalty.models import LoyaltyProgram, StaffPin
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    AdjustPoints,
    CardKey,
    CardRef,
    EarnPoints,
    GrantReward,
    RedeemStamps,
    StaffIdentity,
    VoidEntry,
)
from punchcard.loyalty.reports.staff_report_service import StaffLine, StaffReport, staff_report
from punchcard.loyalty.vocabulary import ActorKind, GrantReason
from tests.loyalty import shelf
from tests.support.cast import Shop

FREE: dict[str, Any] = {
    "type": "hybrid",
    "status": "active",
    "pin_policy": "optional",
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
    "stamps_target": 3,
}


class Bar:
    """Café Alice's bar, where Anna and Ben stand."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.program: LoyaltyProgram = shelf.program(shop, **FREE)
        self.anna = shelf.pin(shop, "4711", "Anna")
        self.ben = shelf.pin(shop, "8205", "Ben")

    def card(self) -> str:
        return shelf.opened_card(self.shop, self.program)

    def do(self, who: StaffPin | None, kind: Any, card: str | None = None, **fields: Any) -> str:
        staff = who and StaffIdentity(who.id, who.staff_id, who.name, None)
        if card is not None:
            fields["card"] = CardRef(CardKey.ID, card)
        operation = kind(
            vendor_id=self.shop.id, actor=Actor(ActorKind.SYSTEM, None), staff=staff, **fields
        )
        return str(self.shop.context.loyalty.till.submit(operation).entry["id"])

    def report(self, **asked: Any) -> StaffReport:
        context = self.shop.context
        with context.database.read() as session:
            return staff_report(session, self.shop.id, now=context.clock.now(), **asked)

    def line(self, who: StaffPin, **asked: Any) -> StaffLine:
        return next(one for one in self.report(**asked).lines if one.pin_id == who.id)


@pytest.fixture
def bar(alice: Shop) -> Bar:
    return Bar(alice)


def test_each_person_has_a_line_and_what_no_pin_stands_behind_is_last(bar: Bar) -> None:
    card, other = bar.card(), bar.card()
    bar.do(bar.anna, AddStamp, card, quantity=3)
    bar.do(bar.anna, AddStamp, other)
    bar.do(bar.anna, RedeemStamps, card)
    bar.do(bar.ben, EarnPoints, card, amount_minor=1250)
    bar.do(None, AdjustPoints, card, points_delta=40, note="sorry")
    anna, ben, nobody = bar.report().lines
    assert (anna.name, anna.stamps, anna.redemptions, anna.cards, anna.days) == ("Anna", 4, 1, 2, 1)
    assert (anna.top_card_share, anna.top_five_share) == (0.75, 1.0)
    assert [(top.card_id, top.stamps) for top in anna.top_cards] == [(card, 3), (other, 1)]
    assert (ben.points, ben.purchase_amount_minor, ben.top_card_share) == (12, 1250, None)
    assert (nobody.pin_id, nobody.adjustments, nobody.adjusted_points) == (None, 1, 40)
    assert anna.flags == ben.flags == nobody.flags == []


def test_one_card_that_gets_a_third_of_the_stamps_is_flagged(bar: Bar) -> None:
    friend = bar.card()
    for card in [bar.card() for _ in range(7)]:
        bar.do(bar.anna, AddStamp, card, quantity=2)
    bar.do(bar.anna, AddStamp, friend, quantity=5)
    assert bar.line(bar.anna).flags == []
    bar.do(bar.anna, AddStamp, friend, quantity=2)
    anna = bar.line(bar.anna)
    assert anna.flags == ["one_card"]
    assert anna.top_cards[0].card_id == friend
    assert len(anna.top_cards) == 5


def test_a_card_that_is_stamped_on_every_shift_is_flagged(bar: Bar, clock: ManualClock) -> None:
    regular = bar.card()
    for _ in range(5):
        bar.do(bar.anna, AddStamp, regular)
        bar.do(bar.anna, AddStamp, bar.card())
        clock.advance(days=2)
    assert bar.line(bar.anna).flags == ["same_card_every_day"]
    bar.do(bar.anna, AddStamp, bar.card())
    assert bar.line(bar.anna).flags == []


def test_voids_far_above_the_colleagues_are_flagged(bar: Bar) -> None:
    for _ in range(10):
        bar.do(bar.ben, AddStamp, bar.card())
    for _ in range(5):
        entry = bar.do(bar.anna, AddStamp, bar.card())
        bar.do(bar.anna, VoidEntry, transaction_id=entry)
    anna, ben = bar.line(bar.anna), bar.line(bar.ben)
    assert (anna.voids, anna.void_share, anna.flags) == (5, 0.5, ["many_voids"])
    assert ben.flags == []


def test_days_are_the_shops_also_where_its_clock_changes(bar: Bar, clock: ManualClock) -> None:
    # In the night to 29 March 2026 Luxembourg goes from UTC+1 to UTC+2.
    for moment in ("2026-03-28T22:30", "2026-03-28T23:30", "2026-03-29T21:30", "2026-03-29T22:30"):
        clock.set(datetime.fromisoformat(f"{moment}:00+00:00"))
        bar.do(bar.anna, AddStamp, bar.card())
    assert bar.line(bar.anna).days == 3
    sunday = date(2026, 3, 29)
    assert bar.line(bar.anna, first=sunday, last=sunday).stamps == 2


def test_what_an_offline_till_hands_in_late_counts_when_it_happened(
    bar: Bar, clock: ManualClock
) -> None:
    card = bar.card()
    monday = clock.now()
    clock.advance(days=3)
    bar.do(bar.anna, AddStamp, card, occurred_at=monday)
    assert bar.line(bar.anna, first=monday.date(), last=monday.date()).stamps == 1
    assert bar.report(first=monday.date() + timedelta(days=1)).lines == []


def test_what_ends_by_itself_is_nobodys_and_never_late(bar: Bar, clock: ManualClock) -> None:
    card = bar.card()
    cake = shelf.reward(bar.shop, bar.program.id)
    today = clock.now().date()
    grant = GrantId(bar.shop.context.ids.new_id())
    given = {"grant_id": grant, "code": "CAKE1CAKE2", "reason": GrantReason.SURPRISE}
    bar.do(None, GrantReward, card, **given, reward_id=cake.id, expires_on=today)
    clock.advance(days=3)
    # Whose stamp comes first after that books what has ended.
    bar.do(bar.anna, AddStamp, card)

    line = bar.line(bar.anna)
    assert (line.operations, line.stamps, line.late, line.flags) == (1, 1, 0, [])


def test_a_report_may_be_of_one_program_and_never_of_another_shop(bar: Bar, bob: Shop) -> None:
    tea = shelf.program(bar.shop, **FREE)
    bar.do(bar.anna, AddStamp, bar.card())
    assert bar.report(program_id=tea.id).lines == []
    assert bar.line(bar.anna, program_id=bar.program.id).stamps == 1
    with pytest.raises(ProgramNotFound):
        bar.report(program_id=shelf.program(bob, **FREE).id)
    assert Bar(bob).report().lines == []


def test_a_quarter_is_the_longest_period(bar: Bar) -> None:
    first = date(2026, 1, 1)
    assert bar.report(first=first, last=first + timedelta(days=91)).lines == []
    with pytest.raises(InvalidInput):
        bar.report(first=first, last=first + timedelta(days=92))


def test_a_zone_is_known_by_its_offsets_and_when_they_change() -> None:
    first = datetime(2026, 3, 1, tzinfo=ZoneInfo("UTC"))
    changes = offsets("Europe/Luxembourg", first, first + timedelta(days=60))
    assert changes == [
        (datetime(2026, 3, 29, 1, tzinfo=ZoneInfo("UTC")), timedelta(hours=1)),
        (first + timedelta(days=60), timedelta(hours=2)),
    ]
