"""What the quick builders make is what the models in the OpenAPI document promise."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from punchcard.api.schemas.cards import Card, ReceiptSchema, card_response, receipt_response
from punchcard.api.schemas.fields import moment
from punchcard.api.schemas.transactions import Transaction, transaction_response
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.ids import EntryId
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.till.receipt import Receipt

SEALER = Sealer(Keyring("a secret of 32 characters at least"), "card token")
LINKS = CardLinks(lambda _vendor_id: "https://shop.example", SEALER)
NOW = datetime(2026, 3, 2, 9, 30, 15, 1200, tzinfo=UTC)
CARD_ID = "019cadc6-9a80-700a-a5da-01d01365f5bb"
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"

ANNA = {
    "id": CARD_ID,
    "name": "Anna",
    "email": "anna@example.com",
    "phone": None,
    "birthday": "03-14",
    "locale": "lb",
    "marketing_consent": True,
}


def card(**changes: Any) -> CardView:
    fields: dict[str, Any] = {
        "id": CARD_ID,
        "program_id": CARD_ID,
        "vendor_id": CARD_ID,
        "number": "482915036274",
        "token_sealed": SEALER.seal(TOKEN.encode(), CARD_ID),
        "status": "active",
        "customer": ANNA,
        "stamps": 3,
        "stamps_target": 10,
        "rewards_ready": 1,
        "points": -5,
        "lifetime_stamps": 13,
        "lifetime_points": 70,
        "lifetime_rewards": 2,
        "next_stamp_at": NOW,
        "stamps_left_today": 4,
        "enrolled_at": NOW,
        "last_activity_at": NOW,
    }
    return CardView(**{**fields, **changes})


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": CARD_ID,
        "program_id": CARD_ID,
        "card_id": CARD_ID,
        "sequence": 2,
        "type": "points_redeemed",
        "stamps_delta": 0,
        "points_delta": -100,
        "stamps_after": 3,
        "points_after": -5,
        "points_carry_after": 40,
        "amount_minor": 1999,
        "currency": "EUR",
        "reference": "bon 7",
        "reward_id": CARD_ID,
        "reward": {"id": CARD_ID, "name": "A cake", "value_minor": 350, "description": "sweet"},
        "staff_pin_id": CARD_ID,
        "location_id": CARD_ID,
        "actor_kind": "device",
        "actor_id": CARD_ID,
        "note": "a note",
        "voids": None,
        "program_version": 3,
        "idempotency_key": "key",
        "occurred_at": NOW,
        "created_at": NOW,
        "previous_hash": bytes(32),
        "hash": bytes(range(32)),
        "form": 2,
        "details": {"lots": [["2027-03-31", -100]]},
        **changes,
    }


EMPTY_ENTRY = dict.fromkeys(
    (
        "amount_minor",
        "currency",
        "reference",
        "reward_id",
        "reward",
        "staff_pin_id",
        "location_id",
        "actor_id",
        "note",
        "idempotency_key",
    )
)
SPARE_CARD = {"customer": None, "next_stamp_at": None, "last_activity_at": None}


def sent(answer: dict[str, Any]) -> Any:
    return orjson.loads(orjson.dumps(answer))


@pytest.mark.parametrize("changes", [{}, SPARE_CARD])
def test_a_card_is_built_as_its_model_says(changes: dict[str, Any]) -> None:
    answer = sent(card_response(card(**changes), LINKS))
    assert Card.model_validate(answer).model_dump(mode="json") == answer
    assert list(answer) == list(Card.model_fields)
    assert answer["public_url"] == f"https://shop.example/c/{TOKEN}"


@pytest.mark.parametrize("changes", [{}, EMPTY_ENTRY, {"reward_id": None}])
def test_an_entry_is_built_as_its_model_says(changes: dict[str, Any]) -> None:
    answer = sent(transaction_response(entry(**changes), "Anna", voided_by=EntryId(CARD_ID)))
    assert Transaction.model_validate(answer).model_dump(mode="json") == answer
    assert list(answer) == list(Transaction.model_fields)


@pytest.mark.parametrize("changes", [{}, SPARE_CARD, {"rewards_ready": 0}])
def test_a_receipt_is_built_as_its_model_says(changes: dict[str, Any]) -> None:
    view = card(**changes)
    answer = sent(receipt_response(Receipt(entry=entry(), staff_name="Anna", card=view), LINKS))
    assert ReceiptSchema.model_validate(answer).model_dump(mode="json") == answer
    assert list(answer) == list(ReceiptSchema.model_fields)
    assert answer["reward_ready"] is (view.rewards_ready > 0)


def test_a_token_sealed_under_another_key_leaves_the_card_without_an_address() -> None:
    sealer = Sealer(Keyring("another secret, long enough"), "card token")
    other = CardLinks(lambda _vendor_id: "https://shop.example", sealer)
    answer = card_response(card(), other)
    assert answer["public_url"] is None
    assert Card.model_validate(answer)


@pytest.mark.parametrize(
    "at",
    [
        NOW,
        NOW.replace(microsecond=0),
        NOW.astimezone(timezone(timedelta(hours=2))),
        datetime(1970, 1, 1, tzinfo=UTC),
    ],
)
def test_moments_are_written_as_everywhere_else(at: datetime) -> None:
    assert moment(at) == to_rfc3339(at)


def test_the_models_stand_for_the_contract() -> None:
    promised = (
        "id program_id number status customer stamps stamps_target rewards_ready ready_rewards"
        " grants_ready lap milestones kept_milestones points points_pending expiring"
        " stamps_expiring tier lifetime next_stamp_at stamps_left_today enrolled_at"
        " last_activity_at public_url referral_url hand_over_url token_digest wallet"
        " former_numbers merged_into_card_id external_code"
    )
    assert list(Card.model_fields) == promised.split()
    promised = (
        "id sequence type stamps_delta points_delta stamps_after points_after amount_minor currency"
        " reference reward staff location_id actor note voids voided_by program_version"
        " idempotency_key occurred_at created_at late previous_hash hash form details"
    )
    # Beside what is promised: whose entry it is, and what its hash cannot be checked without.
    beside = {"program_id", "card_id", "points_carry_after"}
    assert [name for name in Transaction.model_fields if name not in beside] == promised.split()
    status = Card.model_json_schema()["properties"]["status"]
    assert status["enum"] == ["active", "blocked", "replaced", "closed"]
