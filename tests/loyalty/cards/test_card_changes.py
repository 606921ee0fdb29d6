"""A card's status and the till: anyone who comes second sees what the first one did."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from punchcard.accounts.audit_service import Act
from punchcard.context import Context
from punchcard.kit.ids import CardId, SystemIds
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.errors.cards import CardBlocked
from punchcard.loyalty.errors.till import TillBusy
from punchcard.loyalty.models import LoyaltyCard, RetiredCardCode
from punchcard.loyalty.operations import Actor, AddStamp, CardKey, CardRef
from punchcard.loyalty.vocabulary import ActorKind, CardStatus
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

ACTOR = Actor(ActorKind.API_KEY, None)


class OneNumber(SystemIds):
    """Ids whose card numbers are always the same one."""

    number = "482915036270"

    def new_card_number(self) -> str:
        return self.number


def open_card(context: Context, shop: Shop) -> CardId:
    program = shelf.program(shop, status="active", pin_policy="off")
    return shelf.opened_card(shop, program)


@pytest.mark.both_databases
def test_a_stamp_that_waits_behind_a_block_is_refused(context: Context, alice: Shop) -> None:
    card_id = open_card(context, alice)
    stamp = AddStamp(vendor_id=alice.id, actor=ACTOR, card=CardRef(CardKey.ID, card_id))
    with ThreadPoolExecutor(1) as elsewhere:
        with context.database.write() as session:
            card_changes.block_card(session, by_operator(context), alice.id, card_id)
            session.flush()
            outcome = elsewhere.submit(context.loyalty.till.submit, stamp)
        with pytest.raises(CardBlocked):
            outcome.result(30)


def test_a_closed_card_is_neither_opened_again_nor_replaced(context: Context, alice: Shop) -> None:
    card_id = open_card(context, alice)
    with context.database.write() as session:
        session.get_one(LoyaltyCard, card_id).status = CardStatus.CLOSED
    act = by_operator(context)
    for change in (card_changes.block_card, card_changes.unblock_card):
        with pytest.raises(CardBlocked), context.database.write() as session:
            change(session, act, alice.id, card_id)
    with pytest.raises(CardBlocked), context.database.write() as session:
        card_changes.replace_card(session, act, alice.id, card_id, context.loyalty.card_sealer)


def test_a_retired_number_is_never_given_again(context: Context, alice: Shop) -> None:
    card_id = open_card(context, alice)
    act = by_operator(context)
    with context.database.write() as session:
        session.add(
            RetiredCardCode(
                number=OneNumber.number,
                token_hash=b"t" * 32,
                card_id=card_id,
                replaced_at=context.clock.now(),
            )
        )
    unlucky = Act(subject=act.subject, now=act.now, ids=OneNumber(context.clock))
    with pytest.raises(TillBusy), context.database.write() as session:
        card_changes.replace_card(session, unlucky, alice.id, card_id, context.loyalty.card_sealer)
