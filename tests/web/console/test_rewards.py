"""What points are good for: prices, stock, days, words."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from punchcard.accounts.subjects import SYSTEM
from punchcard.context import Context
from punchcard.kit.ids import RewardId
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.web.public.reward_dates import last_day_of
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]
FORM: dict[str, Any] = {"name": "A cake", "points_required": "100"}


@pytest.fixture
def bread(alice: Shop) -> LoyaltyProgram:
    """Open a points program."""
    return shelf.program(alice, **shelf.POINTS, status="active", pin_policy="off")


def stored(context: Context, reward_id: RewardId) -> Reward:
    with context.database.read() as session:
        return session.get_one(Reward, reward_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_last_day_stays_where_the_day_after_begins_at_one_o_clock(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    """On the Azores the clocks are put forward from midnight to one."""
    azores = {"timezone": "Atlantic/Azores", "status": "active", "pin_policy": "off"}
    bread = shelf.program(alice, **shelf.POINTS, **azores)
    owner = visitors(alice)
    here = f"/console/programs/{bread.id}/rewards"
    owner.get(f"{here}/new")
    assert owner.post(f"{here}/new", **FORM, valid_until="2026-03-28").status_code == 303
    with context.database.read() as session:
        (row,) = session.query(Reward).all()
    assert row.valid_until == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert last_day_of(row, "Atlantic/Azores") == date(2026, 3, 28)
    page = owner.get(f"{here}/{row.id}")
    assert 'value="2026-03-28"' in page.text
    owner.post(f"{here}/{row.id}", **form_on(page.text, f"{here}/{row.id}"))
    assert stored(context, row.id).valid_until == row.valid_until


def test_a_reward_has_a_price_a_stock_and_days(
    visitors: Visitors, alice: Shop, bread: LoyaltyProgram, context: Context
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{bread.id}/rewards/new")
    told = {
        **FORM,
        "value": "4,20",
        "stock_left": "12",
        "per_card_limit": "1",
        "valid_from": "2026-03-10",
        "valid_until": "2026-03-31",
        "lb-name": "E Kuch",
    }
    assert owner.post(f"/console/programs/{bread.id}/rewards/new", **told).status_code == 303
    with context.database.read() as session:
        (row,) = session.query(Reward).all()
    assert (row.points_required, row.value_minor, row.stock_left) == (100, 420, 12)
    # The days are those of Luxembourg, the last one whole; summer time began on the 29th.
    assert row.valid_from == datetime(2026, 3, 9, 23, tzinfo=UTC)
    assert row.valid_until == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert row.texts == {"lb": {"name": "E Kuch"}}
    page = owner.get(f"/console/programs/{bread.id}/rewards/{row.id}")
    assert 'value="2026-03-31"' in page.text
    assert 'value="4.20"' in page.text
    assert owner.post(f"/console/programs/{bread.id}/rewards/{row.id}", **told).status_code == 303
    assert stored(context, row.id).valid_until == row.valid_until


def test_what_does_not_fit_is_told_beside_its_field(
    visitors: Visitors, alice: Shop, bread: LoyaltyProgram, api: Api
) -> None:
    owner = visitors(alice)
    owner.get(f"/console/programs/{bread.id}/rewards/new")
    wrong = {"name": "", "points_required": "0", "valid_from": "tomorrow"}
    page = owner.post(f"/console/programs/{bread.id}/rewards/new", **wrong)
    assert page.status_code == 422
    for field in ("name", "points_required", "valid_from"):
        assert f'id="{field}-fault"' in page.text
    for day in ("0001-01-01", "9999-12-31"):
        beyond = {**FORM, "valid_from": day, "valid_until": day}
        page = owner.post(f"/console/programs/{bread.id}/rewards/new", **beyond)
        assert (page.status_code, 'id="valid_until-fault"' in page.text) == (422, True)
    late = {"name": "A mug", "points_required": 5, "valid_until": "9999-12-31T23:59:59Z"}
    path = f"/vendor/loyalty/programs/{bread.id}/rewards"
    assert api.with_token(alice.token()).post(path, late).status_code == 422
    turned = {**FORM, "valid_from": "2026-03-31", "valid_until": "2026-03-10"}
    page = owner.post(f"/console/programs/{bread.id}/rewards/new", **turned)
    assert 'id="valid_until-fault"' in page.text


def test_a_dearer_reward_is_asked_about_when_somebody_saved_for_it(
    visitors: Visitors, alice: Shop, bread: LoyaltyProgram, context: Context
) -> None:
    reward = shelf.reward(alice, bread.id)
    card = shelf.opened_card(alice, bread)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind(SYSTEM.kind), None)}
    points_service.earn_points(context.loyalty.till, card, amount_minor=12_000, **by)
    owner = visitors(alice)
    here = f"/console/programs/{bread.id}/rewards/{reward.id}"
    owner.get(here)
    dearer = {**FORM, "points_required": "150"}
    page = owner.post(f"{here}?lang=en", **dearer)
    assert "1 of them could collect a reward today, but not after this change." in text_of(page)
    assert stored(context, reward.id).points_required == 100
    assert owner.post(here, **dearer, confirmed="on").status_code == 303
    assert stored(context, reward.id).points_required == 150


def test_a_reward_taken_out_is_offered_no_more(
    visitors: Visitors, alice: Shop, bob: Shop, bread: LoyaltyProgram, context: Context
) -> None:
    reward = shelf.reward(alice, bread.id)
    here = f"/console/programs/{bread.id}/rewards/{reward.id}"
    stranger = visitors(bob)
    stranger.get("/console")
    assert stranger.post(f"{here}/archive").status_code == 404
    owner = visitors(alice)
    owner.get(here)
    assert owner.post(f"{here}/archive").status_code == 303
    assert stored(context, reward.id).archived_at is not None
    assert owner.get(here).status_code == 404
    assert reward.name in text_of(owner.get(f"/console/programs/{bread.id}/changes"))


def test_another_name_for_a_reward_is_asked_about(
    visitors: Visitors, alice: Shop, bread: LoyaltyProgram, context: Context
) -> None:
    reward = shelf.reward(alice, bread.id)
    card = shelf.opened_card(alice, bread)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind(SYSTEM.kind), None)}
    points_service.earn_points(context.loyalty.till, card, amount_minor=12_000, **by)
    owner = visitors(alice)
    here = f"/console/programs/{bread.id}/rewards/{reward.id}"
    owner.get(here)
    renamed = {**FORM, "name": "A biscuit"}
    page = text_of(owner.post(f"{here}?lang=en", **renamed))
    assert f"The reward is “A biscuit” instead of “{reward.name}”" in page
    assert f"1 of them could collect “{reward.name}” today and will get “A biscuit”." in page
    assert stored(context, reward.id).name == reward.name
    assert owner.post(here, **renamed, confirmed="on").status_code == 303
    assert stored(context, reward.id).name == "A biscuit"
