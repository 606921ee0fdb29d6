"""A receipt's page: onto this browser's card, onto a new one, onto one whose number is typed."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from punchcard.connect.claims import receipt_keys
from punchcard.connect.claims.receipt_texts import receipt_text
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.vocabulary import ProgramStatus
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.pages import Visitor, text_of


@dataclass(frozen=True)
class SigningTill:
    """A till without a line: it prints what it has signed."""

    context: Context
    code: str
    secret: str

    def prints(self, reference: str = "R-1", minor: int = 1250) -> str:
        """Return the path that a receipt's code leads to."""
        at = self.context.clock.now()
        text = receipt_text(
            self.code, self.secret, amount_minor=minor, reference=reference, occurred_at=at
        )
        return f"/r/{text}"


@pytest.fixture
def points(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's points program."""
    return shelf.program(alice, type="points", status="active", stamp_reward=None)


@pytest.fixture
def till(context: Context, alice: Shop, points: LoyaltyProgram) -> SigningTill:
    """Give a till a key."""
    with context.database.write() as session:
        secret, key = receipt_keys.create_key(
            session,
            by_operator(context),
            alice.id,
            context.connect.receipt_secrets,
            program_id=points.id,
            location_id=None,
            name="Till 1",
            limit=5,
        )
        return SigningTill(context, key.code, secret)


def cards(context: Context) -> list[LoyaltyCard]:
    with context.database.read() as session:
        return session.query(LoyaltyCard).order_by(LoyaltyCard.id).all()


def joined(visitor: Visitor, program: LoyaltyProgram) -> str:
    """Take a card; returns its path."""
    visitor.get(f"/join/{program.slug}")
    answer = visitor.post(f"/join/{program.slug}")
    return str(answer.headers["location"]).split("?")[0]


def opened(visitor: Visitor, path: str) -> Any:
    """Scan a receipt and come to its page."""
    return visitor.follow(visitor.get(path))


def test_who_has_no_card_joins_and_has_the_points(
    visitor: Visitor, context: Context, points: LoyaltyProgram, till: SigningTill
) -> None:
    path = till.prints()
    page = opened(visitor, path)
    told = text_of(page)
    assert "Your receipt from Café Alice" in told
    assert "12 points" in told
    [link] = re.findall(r'href="(/join/[^"]+[?]receipt=[^"]+)"', page.text)
    assert "Your receipt goes onto the new card by itself." in text_of(visitor.get(link))
    answer = visitor.post(f"/join/{points.slug}", receipt=path.removeprefix("/r/"))
    assert "Your receipt is on your card." in text_of(visitor.follow(answer))
    assert [card.points for card in cards(context)] == [12]
    again = text_of(opened(visitor, path))
    assert "This receipt is on your card already." in again
    assert "Put it on" not in again


def test_who_has_a_card_puts_it_there_with_one_button(
    visitor: Visitor, context: Context, points: LoyaltyProgram, till: SigningTill
) -> None:
    card = joined(visitor, points)
    text = till.prints().removeprefix("/r/")
    assert "Put it on my card" in text_of(opened(visitor, f"/r/{text}"))
    answer = visitor.post(f"/join/{points.slug}/receipt", text=text)
    assert answer.headers["location"] == card
    assert "Your receipt is on your card." in text_of(visitor.follow(answer))
    # The poster's page, too, knows what somebody came for.
    there = visitor.get(f"/join/{points.slug}?receipt={text}")
    assert "/receipt?text=" in there.headers["location"]
    assert [card.points for card in cards(context)] == [12]


def test_a_number_is_enough_and_a_stranger_is_told_nothing_of_it(
    visitors: Any, context: Context, points: LoyaltyProgram, till: SigningTill
) -> None:
    joined(visitors(), points)
    [card] = cards(context)
    stranger, text = visitors(), till.prints().removeprefix("/r/")
    opened(stranger, f"/r/{text}")
    path = f"/join/{points.slug}/receipt"
    mistyped = f"{card.number[:-1]}{(int(card.number[-1]) + 1) % 10}"
    for wrong in ("", "123", "100000000000", mistyped):
        refused = stranger.post(path, text=text, number=wrong)
        assert refused.status_code == 422
        assert "The receipt could not be put on a card with this number." in text_of(refused)
    answer = stranger.post(path, text=text, number=f"{card.number[:4]} {card.number[4:]}")
    told = text_of(stranger.follow(answer))
    assert "The receipt is on the card." in told
    assert "This receipt has been used already." in told
    assert card.number[-4:] not in told
    assert [one.points for one in cards(context)] == [12]


def test_a_used_receipt_does_not_tell_which_numbers_are_cards(
    visitors: Any, points: LoyaltyProgram, context: Context, till: SigningTill
) -> None:
    for _ in range(2):
        joined(visitors(), points)
    [card, other] = cards(context)
    stranger, text = visitors(), till.prints().removeprefix("/r/")
    opened(stranger, f"/r/{text}")
    path = f"/join/{points.slug}/receipt"
    put = stranger.post(path, text=text, number=card.number)
    assert "The receipt is on the card." in text_of(stranger.follow(put))
    mistyped = f"{other.number[:-1]}{(int(other.number[-1]) + 1) % 10}"

    answers = [stranger.post(path, text=text, number=one) for one in (other.number, mistyped, "")]

    assert {answer.status_code for answer in answers} == {409}
    assert len({text_of(answer) for answer in answers}) == 1


def test_a_number_that_takes_no_receipt_is_answered_as_one_that_nobody_has(
    visitors: Any, alice: Shop, points: LoyaltyProgram, context: Context, till: SigningTill
) -> None:
    for _ in range(2):
        joined(visitors(), points)
    blocked, full = cards(context)
    with context.database.write() as session:
        card_changes.block_card(session, by_operator(context), alice.id, blocked.id)
    for number in range(context.settings.claims_per_card_day):
        text = till.prints(f"T-{number}").removeprefix("/r/")
        context.connect.receipt_claimer.take(text, full.id)
    stranger, text = visitors(), till.prints().removeprefix("/r/")
    opened(stranger, f"/r/{text}")
    mistyped = f"{full.number[:-1]}{(int(full.number[-1]) + 1) % 10}"

    answers = [
        stranger.post(f"/join/{points.slug}/receipt", text=text, number=number)
        for number in (blocked.number, full.number, mistyped)
    ]

    assert {answer.status_code for answer in answers} == {422}
    said = {
        answer.text.replace(number, "")
        for number, answer in zip((blocked.number, full.number, mistyped), answers, strict=True)
    }
    assert len({re.sub(r'name="(csrf|_csrf)" value="[^"]*"', "", one) for one in said}) == 1


def test_numbers_are_tried_a_few_times_a_minute_with_one_receipt_from_one_address(
    visitors: Any, points: LoyaltyProgram, context: Context, till: SigningTill, clock: ManualClock
) -> None:
    joined(visitors(), points)
    [card] = cards(context)
    path = f"/join/{points.slug}/receipt"
    first, second = (till.prints(one).removeprefix("/r/") for one in ("R-1", "R-2"))
    stranger = visitors()
    opened(stranger, f"/r/{first}")
    for text, number in ((first, 3), (second, context.settings.card_numbers_per_minute - 3)):
        for _ in range(number):
            answer = stranger.post(path, text=text, number="100000000009")
            assert answer.status_code == 422
    assert stranger.post(path, text=second, number=card.number).status_code == 429
    clock.advance(minutes=1)
    assert stranger.post(path, text=second, number=card.number).status_code == 303


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This receipt was not printed by a till of the shop."),
        ("fr", "Ce ticket n’a pas été imprimé par une caisse du commerce."),
        ("de", "Dieser Kassenbon wurde von keiner Kasse des Geschäfts gedruckt."),
        ("lb", "Dëse Keessebong gouf vu kenger Keess vum Geschäft gedréckt."),
    ],
)
def test_a_forged_receipt_is_told_in_every_language(
    visitors: Any, till: SigningTill, language: str, sentence: str
) -> None:
    forged = till.prints().replace(".1250.", ".9250.")
    answer = visitors(language=language).get(forged)
    assert answer.status_code == 404
    assert sentence in text_of(answer)
    assert 'content="noindex"' in answer.text


def test_what_can_not_be_put_on_a_card_says_why(
    visitor: Visitor,
    context: Context,
    clock: ManualClock,
    points: LoyaltyProgram,
    till: SigningTill,
) -> None:
    joined(visitor, points)
    old, text = till.prints("R-1"), till.prints("R-2", minor=0).removeprefix("/r/")
    assert "This is a test receipt" in text_of(opened(visitor, f"/r/{text}"))
    refused = visitor.post(f"/join/{points.slug}/receipt", text=text)
    assert (refused.status_code, "test receipt" in text_of(refused)) == (409, True)
    clock.advance(hours=72)
    assert "This receipt could be put on a card until" in text_of(opened(visitor, old))
    fresh = till.prints("R-3")
    with context.database.write() as session:
        program = session.get_one(LoyaltyProgram, points.id)
        program.status, program.version = ProgramStatus.INACTIVE, 2
    assert "This program is not active." in text_of(opened(visitor, fresh))
    assert visitor.get("/r/7HK2M9QRT4").status_code == 404
    assert [card.points for card in cards(context)] == [0]


def test_a_fourth_receipt_of_a_day_is_told_when_it_can_be(
    visitor: Visitor, points: LoyaltyProgram, till: SigningTill, context: Context
) -> None:
    joined(visitor, points)
    texts = [till.prints(f"R-{number}").removeprefix("/r/") for number in range(4)]
    answers = [visitor.post(f"/join/{points.slug}/receipt", text=text) for text in texts]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 409]
    assert "A card takes 3 receipts a day" in text_of(answers[3])
    assert [card.points for card in cards(context)] == [37]


def test_a_code_is_typed_on_the_cards_own_page(
    visitor: Visitor, api: Any, alice: Shop, points: LoyaltyProgram, context: Context
) -> None:
    card = joined(visitor, points)
    assert f"{card}/receipt" not in visitor.get(card).text
    owner = api.with_token(alice.token())
    body = {"reference": "R-1", "amount_minor": 1250}
    code = owner.post("/vendor/loyalty/claims", body).json()["code"]
    assert f"{card}/receipt" in visitor.get(card).text
    visitor.get(f"{card}/receipt")
    wrong = visitor.post(f"{card}/receipt", claim="7HK2M-9QRT4")
    assert (wrong.status_code, "is not on any receipt" in text_of(wrong)) == (409, True)
    answer = visitor.post(f"{card}/receipt", claim=f" {code.lower()} ")
    assert "Your receipt is on your card." in text_of(visitor.follow(answer))
    again = visitor.post(f"{card}/receipt", claim=code)
    assert again.status_code == 303
    assert [one.points for one in cards(context)] == [12]


def test_a_card_leads_to_receipts_while_a_till_of_its_shop_signs_them(
    visitor: Visitor, alice: Shop, points: LoyaltyProgram, till: SigningTill, context: Context
) -> None:
    card = joined(visitor, points)
    assert f"{card}/receipt" in visitor.get(card).text
    with context.database.write() as session:
        (key,) = receipt_keys.list_keys(session, alice.id, limit=5)
        receipt_keys.revoke_key(session, by_operator(context), alice.id, key.id)
    assert f"{card}/receipt" not in visitor.get(card).text


def test_a_receipt_that_was_used_meanwhile_is_told_to_who_has_just_joined(
    visitors: Any, points: LoyaltyProgram, till: SigningTill, context: Context
) -> None:
    first, second = visitors(), visitors()
    text = till.prints().removeprefix("/r/")
    joined(first, points)
    second.get(f"/join/{points.slug}?receipt={text}")
    first.post(f"/join/{points.slug}/receipt", text=text)
    answer = second.post(f"/join/{points.slug}", receipt=text)
    assert "This receipt has been used already." in text_of(second.follow(answer))
    assert [card.points for card in cards(context)] == [12, 0]
