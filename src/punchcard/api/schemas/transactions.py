"""How entries of the ledger leave the server: a plain builder, and its schema.

The builder makes a dictionary that orjson writes as it is; a test holds it to the model.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from punchcard.api.schemas.fields import Moment, Schema, moment
from punchcard.kit.ids import CardId, EntryId, LocationId, ProgramId, RewardId
from punchcard.loyalty.rules.time_rules import is_late

HashText = Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["9f86d081884c7d65" * 4])]


def transaction_response(
    entry: Mapping[str, Any], staff_name: str | None, voided_by: EntryId | None = None
) -> dict[str, Any]:
    """Return a Transaction of the contract."""
    staff_pin_id = entry["staff_pin_id"]
    return {
        "id": entry["id"],
        "program_id": entry["program_id"],
        "card_id": entry["card_id"],
        "sequence": entry["sequence"],
        "type": entry["type"],
        "stamps_delta": entry["stamps_delta"],
        "points_delta": entry["points_delta"],
        "stamps_after": entry["stamps_after"],
        "points_after": entry["points_after"],
        "points_carry_after": entry["points_carry_after"],
        "amount_minor": entry["amount_minor"],
        "currency": entry["currency"],
        "reference": entry["reference"],
        "reward": _reward_response(entry["reward_id"], entry["reward"]),
        "staff": {"id": staff_pin_id, "name": staff_name} if staff_pin_id else None,
        "location_id": entry["location_id"],
        "actor": {"kind": entry["actor_kind"], "id": entry["actor_id"]},
        "note": entry["note"],
        "voids": entry["voids"],
        "voided_by": voided_by,
        "program_version": entry["program_version"],
        "idempotency_key": entry["idempotency_key"],
        "occurred_at": moment(entry["occurred_at"]),
        "created_at": moment(entry["created_at"]),
        "late": is_late(entry),
        "previous_hash": entry["previous_hash"].hex(),
        "hash": entry["hash"].hex(),
        "form": entry["form"],
        "details": entry["details"],
    }


def _reward_response(
    reward_id: RewardId | None, reward: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    if reward is None:
        return None
    return {"id": reward_id, "name": reward.get("name"), "value_minor": reward.get("value_minor")}


class TransactionReward(Schema):
    """What was given; `id` is null for the reward of a full stamp card."""

    id: str | None
    name: str | None
    value_minor: int | None


class TransactionStaff(Schema):
    """The person at the till: the staff PIN's id and name."""

    id: str
    name: str | None


class TransactionActor(Schema):
    """Whose credential asked."""

    kind: Literal[
        "admin",
        "member",
        "api_key",
        "device",
        "public",
        "system",
        "import",
        "claim",
        "customer",
        "integration",
    ]
    id: str | None


class Transaction(Schema):
    """An entry of the ledger; `hash` covers everything but the note, see docs/ledger.md."""

    id: str
    program_id: ProgramId
    card_id: CardId
    sequence: int
    type: Annotated[str, Field(examples=["stamp_earned"])]
    stamps_delta: int
    points_delta: int
    stamps_after: int
    points_after: int
    points_carry_after: int
    amount_minor: int | None
    currency: str | None
    reference: str | None
    reward: TransactionReward | None
    staff: TransactionStaff | None
    location_id: LocationId | None
    actor: TransactionActor
    note: str | None
    voids: EntryId | None
    voided_by: EntryId | None
    program_version: int
    idempotency_key: str | None
    occurred_at: Moment
    created_at: Moment
    late: Annotated[bool, Field(description="Recorded over 10 minutes after it happened.")]
    previous_hash: HashText
    hash: HashText
    form: Annotated[int, Field(description="Which values are hashed: see docs/ledger.md.")]
    details: Annotated[
        dict[str, Any] | None,
        Field(description="What an entry of form 2 tells beside its values, hashed with them."),
    ]
