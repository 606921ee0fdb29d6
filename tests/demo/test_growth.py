"""The demonstration shows all that lets a shop grow: tiers, gifts by themselves, friends."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.db.database import Database
from punchcard.demo.boulangerie_bob import BAKERY
from punchcard.demo.cafe_alice import CAFE
from punchcard.demo.folder import DemoFolder
from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.vocabulary import RunState, Trigger
from punchcard.kit.ids import EntryId
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, LoyaltyTransaction
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.vocabulary import EntryType, GrantReason, GrantState, ReferralState
from tests.support.books import audited

NOW = datetime(2026, 6, 17, 13, 30, tzinfo=UTC)
# A birthday is celebrated if it was told thirty days before.
DAYS = 50
TERMS = CAFE.growth["referral"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Live some weeks and return their books."""
    folder = DemoFolder(tmp_path_factory.mktemp("demo"))
    folder.build(now=NOW, days=DAYS, progress=lambda _day: None)
    with closing(Database(folder.settings().database_url)) as database:
        yield database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.read() as session:
        yield session


def test_the_books_of_a_season_are_sound(database: Database) -> None:
    audited(database)


def test_guests_of_the_bakery_are_in_every_tier_and_got_what_it_gives(session: Session) -> None:
    cards = session.execute(
        select(LoyaltyCard.id, LoyaltyCard.standing)
        .join(LoyaltyProgram, LoyaltyProgram.id == LoyaltyCard.program_id)
        .where(LoyaltyProgram.slug == BAKERY.program["slug"])
    ).all()
    tiers = BAKERY.growth["tiers"]
    standings = {card.id: Standing.parse(card.standing) for card in cards}
    keys = {id: one.tier.get("key") if one else None for id, one in standings.items()}
    of = Counter(keys.values())
    assert of[None] > of[tiers[1]["key"]] > of[tiers[2]["key"]] > 1
    given = select(Grant.card_id, Grant.reward_name).where(Grant.reason == GrantReason.TIER)
    got = {(row.card_id, row.reward_name) for row in session.execute(given)}
    names = {tier["key"]: tier["grants"] for tier in tiers[1:]}
    assert {(id, name) for id, key in keys.items() if key for name in names[key]} <= got


def test_purchases_in_a_higher_tier_earned_more(session: Session) -> None:
    details = session.scalars(
        select(LoyaltyTransaction.details).where(
            LoyaltyTransaction.type == EntryType.POINTS_EARNED,
            LoyaltyTransaction.details.is_not(None),
        )
    )
    parts = [part for told in details for part in (told or {}).get("parts", ())]
    extra = [part["points"] for part in parts if part["kind"] == "tier"]
    assert len(extra) > 10
    assert sum(extra) > 10


def test_birthdays_were_remembered_and_who_stayed_away_was_called_back(session: Session) -> None:
    query = select(Automation.trigger, AutomationRun.state, AutomationRun.refused_by)
    query = query.join(Automation, Automation.id == AutomationRun.automation_id)
    runs = session.execute(query).all()
    met = Counter((run.trigger, run.state) for run in runs)
    assert met[Trigger.BIRTHDAY, RunState.ACTED] > 0
    assert met[Trigger.LAPSED, RunState.ACTED] > met[Trigger.LAPSED, RunState.HELD_OUT] > 0
    assert [run.refused_by for run in runs if run.refused_by] == []
    cakes = select(Grant.state).where(Grant.reason == GrantReason.BIRTHDAY)
    assert GrantState.USED in session.scalars(cakes).all()


def test_friends_were_paid_for_once_two_weeks_were_over(session: Session) -> None:
    referrals = session.scalars(select(Referral)).all()
    states = Counter(one.state for one in referrals)
    assert states[ReferralState.PAID] > states[ReferralState.HELD] > 0
    assert states[ReferralState.REFUSED] == 0
    bonuses = select(LoyaltyTransaction.id, LoyaltyTransaction.stamps_delta)
    stamps: dict[EntryId | None, int] = dict(
        session.execute(bonuses.where(LoyaltyTransaction.type == EntryType.REFERRAL_BONUS)).all()
    )
    for one in referrals:
        if one.state != ReferralState.PAID:
            continue
        assert one.due_at is not None
        assert one.paid_at is not None
        assert one.due_at <= one.paid_at <= one.due_at + timedelta(days=3)
        assert stamps.pop(one.referrer_entry_id) == TERMS["referrer"]["stamps"]
        assert stamps.pop(one.friend_entry_id) == TERMS["friend"]["stamps"]
    assert stamps == {}
