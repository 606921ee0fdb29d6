"""The tables of grants and reservations, as the entries of a batch move them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from punchcard.db.base import table_of
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.grant_models import Grant, Reservation
from punchcard.loyalty.operations import GrantReward, Operation, Reserve
from punchcard.loyalty.rules.promises.promise_states import grant_after, reservation_after
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.till.promises.referral_rows import REFERRALS
from punchcard.loyalty.vocabulary import EntryType

_GRANTS = table_of(Grant)
_RESERVATIONS = table_of(Reservation)

_move_grants = (
    update(_GRANTS)
    .where(_GRANTS.c.id == bindparam("moved_id"))
    .values({name: bindparam(name) for name in ("state", "expires_on", "last_entry_id")})
    .values(updated_at=bindparam("moved_at"))
)
_move_reservations = (
    update(_RESERVATIONS)
    .where(_RESERVATIONS.c.id == bindparam("moved_id"))
    .values({name: bindparam(name) for name in ("state", "last_entry_id")})
    .values(updated_at=bindparam("moved_at"))
)


@dataclass(slots=True)
class BatchPromises:
    """The rows of grants, reservations and referrals of one batch: new, and where others stand."""

    given: list[dict[str, Any]] = field(default_factory=list)
    reserved: list[dict[str, Any]] = field(default_factory=list)
    referrals: list[dict[str, Any]] = field(default_factory=list)
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)
    reservations: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, operation: Operation, entry: EntryRow) -> None:
        """Note what an entry with details makes of grants and reservations."""
        details = entry["details"]
        if "grant_id" in details:
            self._note_grant(operation, entry, details)
        if "reservation_id" in details:
            self._note_reservation(operation, entry, details)

    def flush(self, connection: Connection) -> None:
        """Write them, new rows first; what they refer to is written already."""
        if self.given:
            connection.execute(insert(_GRANTS), self.given)
        if self.referrals:
            connection.execute(insert(REFERRALS), self.referrals)
        if self.reserved:
            connection.execute(insert(_RESERVATIONS), self.reserved)
        if self.grants:
            connection.execute(_move_grants, [row for _, row in sorted(self.grants.items())])
        if self.reservations:
            rows = [row for _, row in sorted(self.reservations.items())]
            connection.execute(_move_reservations, rows)

    def _note_grant(
        self, operation: Operation, entry: EntryRow, details: Mapping[str, Any]
    ) -> None:
        state, ends = grant_after(entry["type"], details)
        expires_on = date.fromisoformat(ends) if ends else None
        if entry["type"] != EntryType.REWARD_GRANTED:
            moved = {"state": state, "expires_on": expires_on, **_moved(entry)}
            self.grants[details["grant_id"]] = {"moved_id": details["grant_id"], **moved}
            return
        reward = entry["reward"]
        asked = operation if isinstance(operation, GrantReward) else None
        self.given.append(
            {
                **_placed(entry),
                "id": details["grant_id"],
                "reward_id": entry["reward_id"],
                "reason": details["reason"],
                "state": state,
                # What a tier gives comes with a purchase, and nobody asked for it.
                "code": asked.code if asked else new_grant_code(),
                "reward_name": reward["name"],
                "value_minor": reward["value_minor"],
                "expires_on": expires_on,
                "note": asked.note if asked else None,
                "once_key": asked.once_key if asked else None,
                "given_entry_id": entry["id"],
            }
        )

    def _note_reservation(
        self, operation: Operation, entry: EntryRow, details: Mapping[str, Any]
    ) -> None:
        state = reservation_after(entry["type"], details)
        if entry["type"] != EntryType.POINTS_RESERVED:
            row = {"moved_id": details["reservation_id"], "state": state, **_moved(entry)}
            self.reservations[details["reservation_id"]] = row
            return
        assert isinstance(operation, Reserve)
        self.reserved.append(
            {
                **_placed(entry),
                "id": operation.reservation_id,
                "state": state,
                "points": -entry["points_delta"],
                "reward_id": entry["reward_id"],
                "grant_id": details.get("grant_id"),
                "reference": entry["reference"],
                "expires_at": datetime.fromisoformat(details["expires_at"]),
                "reserved_entry_id": entry["id"],
            }
        )


def _placed(entry: EntryRow) -> dict[str, Any]:
    return {
        "vendor_id": entry["vendor_id"],
        "program_id": entry["program_id"],
        "card_id": entry["card_id"],
        "last_entry_id": entry["id"],
        "created_at": entry["created_at"],
        "updated_at": entry["created_at"],
    }


def _moved(entry: EntryRow) -> dict[str, Any]:
    return {"last_entry_id": entry["id"], "moved_at": entry["created_at"]}
