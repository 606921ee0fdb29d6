"""Several rows of a list at once: asked about by name, done together, taken back."""

from collections.abc import Callable
from typing import Any

import pytest

from punchcard.accounts.models import ApiKey, Device, Location
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.operations import Actor, NewCustomer, OperationMetadata
from punchcard.loyalty.vocabulary import ActorKind, CardStatus
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor, markup_of, text_of

Visitors = Callable[..., Visitor]
HERE = "/console/members/bulk"


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active", pin_policy="off")


def guest(shop: Shop, program: LoyaltyProgram, name: str) -> CardId:
    by: OperationMetadata = {"vendor_id": shop.id, "actor": Actor(ActorKind.SYSTEM, None)}
    till = shop.context.loyalty.till
    return card_service.open_card(till, program.id, customer=NewCustomer(name=name), **by).card.id


def statuses(context: Context) -> list[str]:
    with context.database.read() as session:
        return [card.status for card in session.query(LoyaltyCard).order_by(LoyaltyCard.id)]


def test_cards_are_asked_about_by_name_blocked_and_taken_back(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    jang, anna, _zoe = (guest(alice, coffee, name) for name in ("Jang", "Anna", "Zoé"))
    owner = visitors(alice)
    page = markup_of(owner.get("/console/members"))
    assert f'name="chosen" value="{jang}" aria-label="Choose Jang"' in page
    asked = owner.post(HERE, do="block", chosen=[jang, anna])
    question = text_of(asked)
    assert "Block these cards?" in question
    assert "Jang" in question
    assert "Zoé" not in question
    assert statuses(context) == [CardStatus.ACTIVE] * 3

    done = owner.post(HERE, do="block", chosen=[jang, anna], confirmed="on")
    after = owner.follow(done)
    assert "Blocked cards: 2" in after.text
    assert statuses(context) == [CardStatus.BLOCKED, CardStatus.BLOCKED, CardStatus.ACTIVE]
    assert '<input type="hidden" name="do" value="unblock">' in markup_of(after)
    undone = owner.post(HERE, do="unblock", chosen=[jang, anna], confirmed="on")
    assert "Unblocked cards: 2" in owner.follow(undone).text
    assert statuses(context) == [CardStatus.ACTIVE] * 3
    # The offer to undo is made once.
    assert 'id="undo"' not in owner.get("/console/members").text


def test_what_is_not_there_or_another_shops_is_passed_over(
    visitors: Visitors, alice: Shop, bob: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    jang = guest(alice, coffee, "Jang")
    stranger = visitors(bob, language="en")
    stranger.get("/console/members")
    for chosen in ([jang], ["no id"], ["\x00"], [], [f"{jang[:-1]}0"]):
        answer = stranger.post(HERE, do="block", chosen=chosen, confirmed="on")
        assert answer.status_code == 303
        assert "Blocked" not in stranger.follow(answer).text
    owner = visitors(alice)
    owner.get("/console/members")
    assert owner.post(HERE, do="burn", chosen=[jang], confirmed="on").status_code == 303
    assert statuses(context) == [CardStatus.ACTIVE]


def test_nothing_chosen_is_told_as_a_fault_with_the_focus(visitors: Visitors, alice: Shop) -> None:
    owner = visitors(alice)
    owner.get("/console/members")
    page = markup_of(owner.follow(owner.post(HERE, do="block")))
    refusal = page.index('id="refusal" role="alert" tabindex="-1" autofocus')
    assert page.index("Nothing was chosen: tick something in the list first.") > refusal
    assert "notice good" not in page
    assert 'id="refusal"' not in owner.get("/console/members").text


def test_rows_that_all_refuse_are_no_success(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    jang = guest(alice, coffee, "Jang")
    with context.database.write() as session:
        session.get_one(LoyaltyCard, jang).status = CardStatus.CLOSED
    owner = visitors(alice)
    owner.get("/console/members")
    page = markup_of(owner.follow(owner.post(HERE, do="block", chosen=[jang], confirmed="on")))
    assert "Left as they were: 1." in page
    assert 'id="refusal"' in page
    assert "notice good" not in page


def test_a_row_that_refuses_does_not_keep_the_others(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    erased, anna = guest(alice, coffee, "Jang"), guest(alice, coffee, "Anna")
    owner = visitors(alice)
    owner.get(f"/console/members/{erased}")
    owner.post(f"/console/members/{erased}/erase", confirm="on")
    with context.database.write() as session:
        session.get_one(LoyaltyCard, erased).status = CardStatus.CLOSED
    owner.get("/console/members")
    done = owner.post(HERE, do="block", chosen=[erased, anna], confirmed="on")
    assert "Blocked cards: 1" in owner.follow(done).text


def test_pins_are_retired_together_and_for_good(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    owner = visitors(alice)
    for name, pin in (("Léa", "2968"), ("Hugo", "7305"), ("Tiago", "8143")):
        owner.get("/console/pins")
        owner.post("/console/pins", name=name, pin=pin)
    with context.database.read() as session:
        ids = {pin.name: pin.id for pin in session.query(StaffPin)}
    owner.get("/console/pins")
    asked = owner.post("/console/pins/bulk", do="retire", chosen=[ids["Léa"], ids["Hugo"]])
    assert "This cannot be undone." in text_of(asked)
    done = owner.post(
        "/console/pins/bulk", do="retire", chosen=[ids["Léa"], ids["Hugo"]], confirmed="on"
    )
    page = owner.follow(done)
    assert "Retired PINs: 2" in page.text
    assert 'id="undo"' not in page.text
    with context.database.read() as session:
        left = [pin.name for pin in session.query(StaffPin) if pin.retired_at is None]
    assert left == ["Tiago"]


def test_rewards_are_withdrawn_and_offered_again_as_they_were(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    program = shelf.program(alice, **shelf.POINTS, status="active")
    rewards = [shelf.reward(alice, program.id) for _ in range(2)]
    here = f"/console/programs/{program.id}/rewards/bulk"
    owner = visitors(alice)
    owner.get(f"/console/programs/{program.id}")
    chosen = [reward.id for reward in rewards]

    def offered() -> int:
        with context.database.read() as session:
            return sum(row.archived_at is None for row in session.query(Reward))

    done = owner.post(here, do="withdraw", chosen=chosen, confirmed="on")
    assert "Withdrawn rewards: 2" in owner.follow(done).text
    assert offered() == 0
    owner.post(here, do="offer", chosen=chosen, confirmed="on")
    assert offered() == 2
    # One that is withdrawn by itself is offered again by the same button.
    owner.get(f"/console/programs/{program.id}")
    alone = owner.post(f"/console/programs/{program.id}/rewards/{chosen[0]}/archive")
    assert 'id="undo"' in owner.follow(alone).text


def test_staff_block_cards_but_retire_nobody(
    visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    alice.hire(Role.STAFF)
    jang = guest(alice, coffee, "Jang")
    staff = visitors(alice, "staff")
    staff.get("/console/members")
    assert staff.post(HERE, do="block", chosen=[jang], confirmed="on").status_code == 303
    assert staff.post("/console/pins/bulk", do="retire", chosen=[jang]).status_code == 403


def rows_of(context: Context, table: Any, ended: str) -> list[str]:
    """Return the names of the rows that are still in use."""
    with context.database.read() as session:
        return sorted(row.name for row in session.query(table) if getattr(row, ended) is None)


def test_terminals_are_unpaired_together_and_for_good(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    for _ in range(3):
        alice.device()
    with context.database.read() as session:
        first, second, _third = session.query(Device).order_by(Device.id)
    owner = visitors(alice)
    page = markup_of(owner.get("/console/terminals"))
    assert f'value="{first.id}"' in page
    here, chosen = "/console/terminals/bulk", [first.id, second.id]
    asked = text_of(owner.post(here, do="revoke", chosen=chosen))
    assert "Unpair these terminals?" in asked
    assert first.name in asked
    assert "This cannot be undone." in asked
    assert len(rows_of(context, Device, "revoked_at")) == 3
    done = owner.post(here, do="revoke", chosen=chosen, confirmed="on")
    assert "Unpaired terminals: 2" in owner.follow(done).text
    assert len(rows_of(context, Device, "revoked_at")) == 1
    # A second time there is nothing left to be done to them.
    again = owner.post(here, do="revoke", chosen=chosen, confirmed="on")
    assert "Unpaired terminals: 0. Left as they were: 2." in text_of(owner.follow(again))


def test_keys_are_revoked_together(visitors: Visitors, alice: Shop, context: Context) -> None:
    for _ in range(2):
        alice.api_key("loyalty:read")
    with context.database.read() as session:
        chosen = [row.id for row in session.query(ApiKey)]
    owner = visitors(alice)
    owner.get("/console/api-keys")
    asked = owner.post("/console/api-keys/bulk", do="revoke", chosen=chosen)
    assert "Revoke these keys?" in text_of(asked)
    assert len(rows_of(context, ApiKey, "revoked_at")) == 2
    done = owner.post("/console/api-keys/bulk", do="revoke", chosen=chosen, confirmed="on")
    page = owner.follow(done)
    assert "Revoked keys: 2" in page.text
    assert rows_of(context, ApiKey, "revoked_at") == []
    assert 'class="bulk-box"' not in markup_of(page)


def test_locations_are_closed_but_for_those_where_a_terminal_stands(
    visitors: Visitors, alice: Shop, context: Context
) -> None:
    alice.device()
    owner = visitors(alice)
    for name in ("Gare", "Bourse"):
        owner.get("/console/locations")
        owner.post("/console/locations", name=name)
    with context.database.read() as session:
        ids = {row.name: row.id for row in session.query(Location)}
    owner.get("/console/locations")
    here, chosen = "/console/locations/bulk", list(ids.values())
    assert "Gare" in text_of(owner.post(here, do="close", chosen=chosen))
    done = owner.follow(owner.post(here, do="close", chosen=chosen, confirmed="on"))
    told = "Closed locations: 2. Left as they were: 1. Move or remove the devices"
    assert told in text_of(done)
    assert rows_of(context, Location, "closed_at") == [
        name for name in sorted(ids) if name not in ("Bourse", "Gare")
    ]


@pytest.mark.parametrize("what", ["terminals", "locations", "api-keys"])
def test_what_is_another_shops_is_never_ended(
    visitors: Visitors, alice: Shop, bob: Shop, context: Context, what: str
) -> None:
    alice.device()
    alice.api_key("loyalty:read")
    tables: dict[str, Any] = {"terminals": Device, "locations": Location, "api-keys": ApiKey}
    table = tables[what]
    with context.database.read() as session:
        theirs = [row.id for row in session.query(table) if row.vendor_id == alice.id]
    assert theirs
    stranger = visitors(bob, language="en")
    stranger.get(f"/console/{what}")
    for do in ("revoke", "close"):
        answer = stranger.post(f"/console/{what}/bulk", do=do, chosen=theirs, confirmed="on")
        assert answer.status_code == 303
    ended = "closed_at" if what == "locations" else "revoked_at"
    with context.database.read() as session:
        kept = [session.get_one(table, one) for one in theirs]
        assert {getattr(row, ended) for row in kept} == {None}
    alice.hire(Role.STAFF)
    staff = visitors(alice, "staff")
    staff.get("/console")
    refused = staff.post(f"/console/{what}/bulk", do="revoke", chosen=theirs, confirmed="on")
    assert refused.status_code == 403
