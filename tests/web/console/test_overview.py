"""The overview: figures of all programs or one, and what a shop should look at."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from punchcard.accounts import location_service
from punchcard.accounts.subjects import SYSTEM
from punchcard.accounts.vocabulary import Role
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, NewCustomer, OperationMetadata
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]


def stamp(shop: Shop, program: LoyaltyProgram, quantity: int) -> None:
    card = shelf.opened_card(shop, program)
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind(SYSTEM.kind), None)}
    stamp_service.add_stamp(shop.context.loyalty.till, card, quantity=quantity, **by)


def chart(page: Any) -> dict[str, list[Any]]:
    found = re.search(r'id="chart-data">(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    read: dict[str, list[Any]] = json.loads(found[1])
    return read


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, on which three stamps were made today."""
    program = shelf.program(alice, status="active", pin_policy="off")
    stamp(alice, program, 3)
    return program


def test_figures_are_those_of_the_program_that_was_chosen(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    other = shelf.program(alice, status="active", pin_policy="off", name="Tea card")
    stamp(alice, other, 2)
    owner = visitors(alice)
    assert chart(owner.get("/console"))["stamps_earned"][-1] == 5
    one = owner.get(f"/console?program={other.id}&days=90")
    assert chart(one)["stamps_earned"][-1] == 2
    assert len(chart(one)["days"]) == 90


def test_a_year_is_drawn_by_weeks(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, clock: ManualClock
) -> None:
    drawn = chart(visitors(alice).get("/console?days=365"))
    assert 52 <= len(drawn["days"]) <= 54
    # Monday of the week in which the stamps were made.
    assert (drawn["days"][-1], drawn["stamps_earned"][-1]) == ("2026-03-02", 3)


def test_days_beside_a_chart_are_named_in_luxembourgish_too(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    assert chart(visitors(alice).get("/console?lang=lb"))["labels"][-1] == "2. Mäe."


def test_the_table_says_what_the_chart_draws(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    text = " ".join(text_of(visitors(alice).get("/console?days=30&lang=en")).split())
    assert "2 Mar 2026 3 1 0" in text


def test_each_mark_below_the_charts_stands_with_its_words(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    page = visitors(alice).get("/console?days=30&lang=en").text
    marks = re.findall(r'<span class="key">\s*<span class="(key-\w+)"[^>]*></span>([^<]*)<', page)
    assert [(mark, words.strip()) for mark, words in marks] == [
        ("key-bar", "This period"),
        ("key-line", "The 30 days before"),
    ]


def test_another_shops_program_is_not_there(
    visitors: Visitors, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    assert visitors(bob).get(f"/console?program={coffee.id}").status_code == 404


def test_a_period_that_nobody_offers_is_the_usual_one(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    assert len(chart(visitors(alice).get("/console?days=8"))["days"]) == 30


def test_drafts_and_rewards_that_run_out_are_shown_to_those_who_can_act(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    draft = shelf.program(alice, name="Half a card")
    points = shelf.program(alice, **shelf.POINTS, status="active")
    reward = shelf.reward(alice, points.id, stock_left=2)
    alice.hire(Role.STAFF)
    page = visitors(alice).get("/console").text
    assert f'href="/console/programs/{draft.id}"' in page
    assert f"/rewards/{reward.id}" in page
    assert "attention-title" not in visitors(alice, "staff").get("/console").text


def test_tiles_and_charts_are_of_the_period_and_held_against_the_one_before(
    visitors: Visitors, alice: Shop, clock: ManualClock
) -> None:
    """Four stamps ten days ago, three today: a week grew from nothing, a month has seven."""
    program = shelf.program(alice, status="active", pin_policy="off")
    stamp(alice, program, 4)
    clock.advance(days=10)
    stamp(alice, program, 3)
    owner = visitors(alice)
    week, month = (" ".join(text_of(owner.get(f"/console?days={n}")).split()) for n in (7, 30))
    assert "Stamps 3 −25% · before: 4" in week
    assert "Stamps 7 – · before: 0" in month
    assert "New members 2" in month
    drawn = chart(owner.get("/console?days=7"))
    assert drawn["stamps_earned"][-1] == 3
    assert drawn["stamps_earned_before"][-4] == 4


def test_a_location_has_figures_and_entries_of_its_own(
    visitors: Visitors, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    """A stamp at the station, taken back from the desk, is taken off the station's figures."""
    with alice.context.database.write() as session:
        act = cast.by_operator(alice.context)
        station = location_service.create_location(session, act, alice.id, name="Station").id
    till = alice.context.loyalty.till
    card = shelf.opened_card(alice, coffee)
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    there: OperationMetadata = {**by, "location_id": station}
    given = stamp_service.add_stamp(till, card, quantity=2, **there)
    owner = visitors(alice)
    here, all_ = (
        " ".join(text_of(owner.get(f"/console?location={place}")).split())
        for place in (station, "")
    )
    assert "Stamps 2 " in here
    assert "Stamps 5 " in all_
    assert here.endswith("+2 +2 stamps Stamp – 1 second ago")
    assert "selected" in owner.get(f"/console?location={station}").text
    points_service.void(till, given.entry["id"], reason="Wrong card", **by)
    assert "Stamps 0 ±0" in " ".join(text_of(owner.get(f"/console?location={station}")).split())
    assert visitors(bob).get(f"/console?location={station}").status_code == 404


def test_the_latest_entries_name_the_guests(visitors: Visitors, alice: Shop) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    till = alice.context.loyalty.till
    guest = NewCustomer(name="Jang Weber")
    by: OperationMetadata = {"vendor_id": alice.id, "actor": Actor(ActorKind.SYSTEM, None)}
    card_service.open_card(till, program.id, customer=guest, **by)
    page = visitors(alice).get("/console").text
    assert ">Jang Weber</a>" in page


def test_a_reward_that_runs_out_is_named_in_the_readers_language(
    visitors: Visitors, alice: Shop
) -> None:
    program = shelf.program(alice, **shelf.POINTS, status="active")
    words = {"de": {"name": "Ein Kuchen"}}
    shelf.reward(alice, program.id, name="Un gâteau", stock_left=2, texts=words)
    owner = visitors(alice)
    assert "Ein Kuchen" in owner.get("/console?lang=de").text
    assert "Un gâteau" in owner.get("/console?lang=fr").text
