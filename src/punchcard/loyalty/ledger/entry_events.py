"""What a vendor's own software is told of entries: ids, numbers and hashes, nothing about a person.

Only for programs whose vendor keeps events. What an import told of happened elsewhere, long ago,
and is no news.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from punchcard.kit.clock import to_rfc3339
from punchcard.loyalty.rules.reward_rules import ready_rewards
from punchcard.loyalty.rules.values import CardState, ProgramRules
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.vendor_events import Happened
from punchcard.loyalty.vocabulary import ActorKind, EntryType, VendorEventType

_TOLD_OF_ENTRY: Final = (
    *("card_id", "program_id", "program_version", "sequence", "type"),
    *("stamps_delta", "points_delta", "stamps_after", "points_after"),
    *("amount_minor", "currency", "reference", "reward_id", "location_id", "voids"),
)
_TOLD_OF_DETAILS: Final = (
    *("grant_id", "expires_on", "reservation_id", "tier", "referral"),
    *("merge_id", "from_card_id"),
)

_ALSO: Final[Mapping[str, VendorEventType]] = {
    EntryType.CARD_OPENED: VendorEventType.CARD_ENROLLED,
    EntryType.REWARD_GRANTED: VendorEventType.GRANT_CREATED,
    EntryType.GRANT_REDEEMED: VendorEventType.GRANT_REDEEMED,
    EntryType.GRANT_EXPIRED: VendorEventType.GRANT_EXPIRED,
    EntryType.POINTS_EXPIRED: VendorEventType.POINTS_EXPIRED,
    EntryType.TIER_CHANGED: VendorEventType.TIER_CHANGED,
    EntryType.REFERRAL_BONUS: VendorEventType.REFERRAL_QUALIFIED,
    EntryType.MERGED_IN: VendorEventType.CARD_MERGED,
}
"""What else an entry of a type is, beside a transaction."""


def happened_by(
    entries: Sequence[EntryRow],
    program: ProgramRules,
    before: CardState,
    after: CardState,
    now: datetime,
) -> Iterator[Happened]:
    """Give what happened by the entries of one operation, and what the card can have only now."""
    for entry in entries:
        if entry["actor_kind"] == ActorKind.IMPORT:
            return
        yield Happened(VendorEventType.TRANSACTION_CREATED, _entry_data(entry))
        kind = _kind_beside(entry)
        if kind is not None:
            yield Happened(kind, _short_data(entry))
    yield from _ready_now(entries[-1], program, before, after, now)


def _entry_data(entry: EntryRow) -> dict[str, Any]:
    return {
        "transaction_id": entry["id"],
        **{name: entry[name] for name in _TOLD_OF_ENTRY},
        "occurred_at": to_rfc3339(entry["occurred_at"]),
        "created_at": to_rfc3339(entry["created_at"]),
        "hash": entry["hash"].hex(),
    }


def _short_data(entry: EntryRow) -> dict[str, Any]:
    details = entry["details"] or {}
    return {
        "card_id": entry["card_id"],
        "program_id": entry["program_id"],
        "transaction_id": entry["id"],
        "sequence": entry["sequence"],
        "points_delta": entry["points_delta"],
        "reward_id": entry["reward_id"],
        "location_id": entry["location_id"],
        **{name: details[name] for name in _TOLD_OF_DETAILS if name in details},
        "occurred_at": to_rfc3339(entry["occurred_at"]),
    }


def _kind_beside(entry: EntryRow) -> VendorEventType | None:
    details = entry["details"] or {}
    if entry["type"] == EntryType.RESERVATION_RELEASED and details.get("is_expired"):
        return VendorEventType.RESERVATION_EXPIRED
    if entry["type"] == EntryType.RESERVATION_CONFIRMED and "grant_id" in details:
        return VendorEventType.GRANT_REDEEMED
    return _ALSO.get(entry["type"])


def _ready_now(
    entry: EntryRow,
    program: ProgramRules,
    before: CardState,
    after: CardState,
    now: datetime,
) -> Iterator[Happened]:
    """Give the rewards that the card can have now and could not before, without what was given."""
    had = {_named(one): one.times for one in ready_rewards(program, before, now)}
    for one in ready_rewards(program, after, now):
        if one.grant_id is None and one.times > had.get(_named(one), 0):
            data = {
                "card_id": entry["card_id"],
                "program_id": entry["program_id"],
                "transaction_id": entry["id"],
                "sequence": entry["sequence"],
                "reward_id": one.id,
                "name": one.name,
                "points_required": one.points_required,
                "stamps_required": program.stamps_target if one.is_full_card else one.at,
                "times": one.times,
            }
            yield Happened(VendorEventType.REWARD_READY, data)


def _named(one: Any) -> tuple[Any, ...]:
    return (one.id, one.at, one.grant_id)
