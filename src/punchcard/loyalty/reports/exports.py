"""What a loyalty program has as tables to export: cards, the ledger, rewards, PINs, staff."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.exports import ROWS_AT_ONCE, ReadPage, Row, Table, paged
from punchcard.accounts.models import Location
from punchcard.accounts.words import LANGUAGE_NAMES
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, VendorId
from punchcard.kit.spreadsheet.columns import Column, ColumnKind
from punchcard.loyalty import words
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import EntryFilter, ReadEntry
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.programs.program_tiers import tier_names
from punchcard.loyalty.reports.staff_report_service import StaffLine, staff_report
from punchcard.loyalty.vocabulary import CardStatus

_CARD_COLUMNS: Final = (
    Column(N_("Card number"), ColumnKind.CARD_NUMBER),
    Column(N_("Program")),
    Column(N_("Status"), ColumnKind.WORD, words.CARD_STATUSES),
    Column(N_("Name")),
    Column(N_("E-mail address")),
    Column(N_("Phone"), ColumnKind.PHONE),
    Column(N_("Birthday"), ColumnKind.BIRTHDAY),
    Column(N_("Language"), ColumnKind.WORD, LANGUAGE_NAMES),
    Column(N_("Agreed to news"), ColumnKind.YES_NO),
    Column(N_("Stamps"), ColumnKind.NUMBER),
    Column(N_("Points"), ColumnKind.NUMBER),
    Column(N_("Stamps in total"), ColumnKind.NUMBER),
    Column(N_("Points in total"), ColumnKind.NUMBER),
    Column(N_("Rewards redeemed"), ColumnKind.NUMBER),
    Column(N_("Tier")),
    Column(N_("Number on the old card")),
    Column(N_("Joined"), ColumnKind.MOMENT),
    Column(N_("Last activity"), ColumnKind.MOMENT),
    Column(N_("Id")),
)
_ENTRY_COLUMNS: Final = (
    Column(N_("When"), ColumnKind.MOMENT),
    Column(N_("Recorded"), ColumnKind.MOMENT),
    Column(N_("Program")),
    Column(N_("Card number"), ColumnKind.CARD_NUMBER),
    Column(N_("Type"), ColumnKind.WORD, words.ENTRY_TYPES),
    Column(N_("Stamps"), ColumnKind.NUMBER),
    Column(N_("Points"), ColumnKind.NUMBER),
    Column(N_("Stamps after"), ColumnKind.NUMBER),
    Column(N_("Points after"), ColumnKind.NUMBER),
    Column(N_("Amount"), ColumnKind.MONEY),
    Column(N_("Reference")),
    Column(N_("Reward")),
    Column(N_("Staff")),
    Column(N_("Location")),
    Column(N_("Note")),
    Column(N_("Voided entry")),
    Column(N_("Voided by")),
    Column(N_("Late"), ColumnKind.YES_NO),
    Column(N_("Tier")),
    Column(N_("Id")),
)
_REWARD_COLUMNS: Final = (
    Column(N_("Program")),
    Column(N_("Name")),
    Column(N_("Points needed"), ColumnKind.NUMBER),
    Column(N_("Value"), ColumnKind.MONEY),
    Column(N_("In stock"), ColumnKind.NUMBER),
    Column(N_("At most per card"), ColumnKind.NUMBER),
    Column(N_("Valid from"), ColumnKind.MOMENT),
    Column(N_("Valid until"), ColumnKind.MOMENT),
    Column(N_("Added"), ColumnKind.MOMENT),
    Column(N_("Archived"), ColumnKind.MOMENT),
    Column(N_("Id")),
)
_PIN_COLUMNS: Final = (
    Column(N_("Name")),
    Column(N_("Staff number")),
    Column(N_("Program")),
    Column(N_("Added"), ColumnKind.MOMENT),
    Column(N_("Last used"), ColumnKind.MOMENT),
    Column(N_("Locked until"), ColumnKind.MOMENT),
    Column(N_("Retired"), ColumnKind.MOMENT),
    Column(N_("Id")),
)
_STAFF_COLUMNS: Final = (
    Column(N_("Name")),
    Column(N_("Operations"), ColumnKind.NUMBER),
    Column(N_("Days"), ColumnKind.NUMBER),
    Column(N_("Stamps"), ColumnKind.NUMBER),
    Column(N_("Points"), ColumnKind.NUMBER),
    Column(N_("Redemptions"), ColumnKind.NUMBER),
    Column(N_("Voids"), ColumnKind.NUMBER),
    Column(N_("Share of voids"), ColumnKind.NUMBER),
    Column(N_("Adjustments"), ColumnKind.NUMBER),
    Column(N_("Points adjusted"), ColumnKind.NUMBER),
    Column(N_("Cards"), ColumnKind.NUMBER),
    Column(N_("Share of the top card"), ColumnKind.NUMBER),
    Column(N_("Share of the top five cards"), ColumnKind.NUMBER),
    Column(N_("Recorded late"), ColumnKind.NUMBER),
    Column(N_("Worth a look"), ColumnKind.WORDS, words.STAFF_FLAGS),
    Column(N_("Id")),
)


class CardFilter(TypedDict, total=False):
    """Which cards are wanted, as `card_service.list_cards` says."""

    program_id: ProgramId | None
    status: CardStatus | None
    query: str | None
    country: str | None
    active_since: datetime | None
    active_before: datetime | None
    tier: str | None
    order: str | None


def cards(vendor_id: VendorId, *, now: datetime, **wanted: Unpack[CardFilter]) -> Table:
    """Return the cards with their customers, newest first, as `card_service.list_cards` does."""

    def read(session: Session, before_id: str | None) -> ReadPage:
        views = card_service.list_cards(
            session,
            vendor_id,
            now=now,
            limit=ROWS_AT_ONCE,
            before_id=before_id,
            **wanted,
        )
        names = _program_names(session, vendor_id)
        tiers = tier_names(session, vendor_id)
        return paged(views, lambda view: _card_values(view, names, tiers))

    return Table(_CARD_COLUMNS, read)


def transactions(vendor_id: VendorId, wanted: EntryFilter) -> Table:
    """Return the ledger, newest entry first."""

    def read(session: Session, before_id: str | None) -> ReadPage:
        entries = ledger_reader.list_entries(
            session, vendor_id, wanted, limit=ROWS_AT_ONCE, before_id=before_id
        )
        programs = _program_names(session, vendor_id)
        numbers = _named(
            session, LoyaltyCard.id, LoyaltyCard.number, {one.row["card_id"] for one in entries}
        )
        places = _named(
            session, Location.id, Location.name, {one.row["location_id"] for one in entries}
        )
        tiers = tier_names(session, vendor_id)
        return paged(entries, lambda one: _entry_values(one, programs, numbers, places, tiers))

    return Table(_ENTRY_COLUMNS, read)


def rewards(vendor_id: VendorId) -> Table:
    """Return the rewards of all programs, also archived ones, oldest first."""

    def read(session: Session, after_id: str | None) -> ReadPage:
        query = (
            select(Reward, LoyaltyProgram.name, LoyaltyProgram.currency)
            .join(LoyaltyProgram, LoyaltyProgram.id == Reward.program_id)
            .where(Reward.vendor_id == vendor_id)
            .order_by(Reward.id)
            .limit(ROWS_AT_ONCE)
        )
        if after_id is not None:
            query = query.where(Reward.id > after_id)
        found = session.execute(query).all()
        after = found[-1][0].id if len(found) == ROWS_AT_ONCE else None
        return [_reward_values(*row) for row in found], after

    return Table(_REWARD_COLUMNS, read)


def pins(vendor_id: VendorId) -> Table:
    """Return the people with a PIN, also retired ones, oldest first; nothing of the PINs."""

    def read(session: Session, after_id: str | None) -> ReadPage:
        query = select(StaffPin).where(StaffPin.vendor_id == vendor_id).order_by(StaffPin.id)
        if after_id is not None:
            query = query.where(StaffPin.id > after_id)
        names = _program_names(session, vendor_id)
        found = session.scalars(query.limit(ROWS_AT_ONCE)).all()
        return paged(found, lambda pin: _pin_values(pin, names))

    return Table(_PIN_COLUMNS, read)


def staff(
    vendor_id: VendorId,
    *,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    program_id: ProgramId | None = None,
) -> Table:
    """Return the staff report; reading it raises what `staff_report` raises."""

    def read(session: Session, _after_id: str | None) -> ReadPage:
        report = staff_report(
            session, vendor_id, now=now, first=first, last=last, program_id=program_id
        )
        return [_staff_values(line) for line in report.lines], None

    return Table(_STAFF_COLUMNS, read)


def _card_values(
    view: CardView, programs: dict[str, str], tiers: Mapping[tuple[ProgramId, str], str]
) -> Row:
    customer = view.customer or {}
    return (
        view.number,
        programs.get(view.program_id),
        view.status,
        *(customer.get(name) for name in ("name", "email", "phone", "birthday", "locale")),
        customer.get("marketing_consent"),
        view.stamps,
        view.points,
        view.lifetime_stamps,
        view.lifetime_points,
        view.lifetime_rewards,
        tiers.get((view.program_id, view.tier.key)) if view.tier else None,
        view.external_code,
        view.enrolled_at,
        view.last_activity_at,
        view.id,
    )


def _entry_values(
    entry: ReadEntry,
    programs: dict[str, str],
    numbers: dict[str, str],
    places: dict[str, str],
    tiers: Mapping[tuple[ProgramId, str], str],
) -> Row:
    row: Any = entry.row
    tier = entry.tier_key
    return (
        row["occurred_at"],
        row["created_at"],
        programs.get(row["program_id"]),
        numbers.get(row["card_id"]),
        row["type"],
        row["stamps_delta"],
        row["points_delta"],
        row["stamps_after"],
        row["points_after"],
        (row["amount_minor"], row["currency"]),
        row["reference"],
        (row["reward"] or {}).get("name"),
        entry.made_by,
        places.get(row["location_id"]),
        row["note"],
        row["voids"],
        entry.voided_by,
        entry.is_late,
        tiers.get((row["program_id"], tier), tier) if tier else None,
        row["id"],
    )


def _reward_values(reward: Reward, program: str, currency: str) -> Row:
    return (
        program,
        reward.name,
        reward.points_required,
        (reward.value_minor, currency),
        reward.stock_left,
        reward.per_card_limit,
        reward.valid_from,
        reward.valid_until,
        reward.created_at,
        reward.archived_at,
        reward.id,
    )


def _pin_values(pin: StaffPin, programs: dict[str, str]) -> Row:
    return (
        pin.name,
        pin.staff_id,
        programs.get(pin.program_id or ""),
        pin.created_at,
        pin.last_used_at,
        pin.locked_until,
        pin.retired_at,
        pin.id,
    )


def _staff_values(line: StaffLine) -> Row:
    return (
        line.name,
        line.operations,
        line.days,
        line.stamps,
        line.points,
        line.redemptions,
        line.voids,
        line.void_share,
        line.adjustments,
        line.adjusted_points,
        line.cards,
        line.top_card_share,
        line.top_five_share,
        line.late,
        line.flags,
        line.pin_id,
    )


def _program_names(session: Session, vendor_id: VendorId) -> dict[str, str]:
    query = select(LoyaltyProgram.id, LoyaltyProgram.name).where(
        LoyaltyProgram.vendor_id == vendor_id
    )
    return {row.id: row.name for row in session.execute(query)}


def _named(session: Session, key: Any, name: Any, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    rows = session.execute(select(key, name).where(key.in_(wanted)))
    return {row[0]: row[1] for row in rows}
