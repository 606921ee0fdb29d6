"""The ledger can be verified a part at a time, and nothing falls between two parts."""

import pytest
from sqlalchemy import delete

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.ledger.card_ranges import CardSpan, count_cards, next_span
from punchcard.loyalty.ledger.ledger_verify import Verdict, verify_ledger
from punchcard.loyalty.operations import OpenCard
from punchcard.loyalty.tables import CARDS
from tests.loyalty import shelf
from tests.loyalty.story import ACTOR, Story, submit, tell_story
from tests.support.cast import Shop
from tests.support.damage import behind_the_triggers


@pytest.fixture
def story(context: Context, alice: Shop, database_url: str, clock: ManualClock) -> Story:
    """Let one card live through everything, and another be opened."""
    return tell_story(context, alice, database_url, clock)


def in_parts(story: Story, vendor_id: VendorId, *, cards: int) -> list[Verdict]:
    verdicts = []
    first = None
    with story.context.database.snapshot() as connection:
        while True:
            span = next_span(connection, vendor_id, first, cards=cards)
            verdicts.append(verify_ledger(connection, vendor_id=vendor_id, span=span))
            first = span.before
            if first is None:
                return verdicts


def test_parts_together_see_every_card_and_entry_once(story: Story, alice: Shop) -> None:
    parts = in_parts(story, alice.id, cards=1)
    assert [part.cards for part in parts] == [1, 1]
    assert sum(part.entries for part in parts) == 16
    with story.context.database.snapshot() as connection:
        assert count_cards(connection, vendor_id=alice.id) == 2


def test_a_shop_without_cards_is_one_part(story: Story, bob: Shop) -> None:
    assert [(part.cards, part.is_sound) for part in in_parts(story, bob.id, cards=5)] == [(0, True)]


def test_damage_shows_in_its_part_only(story: Story, alice: Shop) -> None:
    story.change(3, actor_id="somebody")
    assert sorted(part.is_sound for part in in_parts(story, alice.id, cards=1)) == [False, True]


def test_entries_of_a_card_that_is_gone_are_found_between_two_parts(
    story: Story, alice: Shop
) -> None:
    with behind_the_triggers(story.url) as connection:
        connection.execute(delete(CARDS).where(CARDS.c.id == story.card_id))
    (part,) = in_parts(story, alice.id, cards=1)
    assert [damage.card_id for damage in part.damages] == [story.card_id]


def test_one_card_is_verified_alone(story: Story, alice: Shop) -> None:
    theirs = shelf.program(alice, status="active")
    submit(story.context, OpenCard(vendor_id=alice.id, actor=ACTOR, program_id=theirs.id))
    story.change(3, actor_id="somebody")
    with story.context.database.snapshot() as connection:
        quiet = verify_ledger(connection, span=CardSpan.of_card(CardId(story.quiet_card_id)))
        broken = verify_ledger(connection, span=CardSpan.of_card(story.card_id))
    assert (quiet.is_sound, quiet.cards, quiet.entries) == (True, 1, 2)
    assert (broken.is_sound, broken.cards) == (False, 1)
