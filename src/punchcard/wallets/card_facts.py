"""Reads what passes show: many cards in a handful of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Location, Vendor
from punchcard.kit.ids import CardId, LocationId, ProgramId, VendorId
from punchcard.loyalty.cards.card_queries import card_query
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.cards.views import views_of
from punchcard.loyalty.grant_models import Grant
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs.promotion_dates import status_at
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.vocabulary import CardStatus, GrantState, PromotionStatus
from punchcard.wallets.pass_facts import (
    CardFacts,
    GivenFacts,
    MilestoneFacts,
    ProgramFacts,
    RewardFacts,
    RunningPromotion,
    TierFacts,
)
from punchcard.wallets.places import Coordinates

Held = Sequence[tuple[LoyaltyProgram, Vendor]]
"""Programs, each with the vendor it is of."""

_REWARDS_SHOWN = 100
_PLACES_KNOWN = 500
_GIVEN_SHOWN = 5


@dataclass(frozen=True)
class PassFacts:
    """A card and its program, as `pass_content` wants them."""

    program: ProgramFacts
    card: CardFacts


def load_facts(
    session: Session,
    card_ids: Iterable[CardId],
    links: CardLinks,
    *,
    now: datetime,
    known: Mapping[CardId, CardView] | None = None,
    held: Held = (),
    has_places: bool = True,
) -> dict[str, PassFacts]:
    """Return the facts of each card that exists, by its id.

    `known` are the cards as the caller has read them already, if that was done: all of them; `held`
    and `has_places` as for `load_programs`.
    """
    rows = session.execute(card_query().where(CARDS.c.id.in_(sorted(set(card_ids))))).all()
    at = _places_of_cards(session, rows) if has_places else {}
    program_ids = {row.program_id for row in rows}
    programs = load_programs(session, program_ids, now=now, held=held, has_places=has_places)
    views = [known[row.id] for row in rows] if known else views_of(session, rows, now)
    given = _given(session, [view.id for view in views if view.grants_ready])
    return {
        row.id: PassFacts(
            program=programs[row.program_id],
            card=_card(row, view, links, at.get(row.location_id), given.get(row.id, [])),
        )
        for row, view in zip(rows, views, strict=True)
    }


def _given(session: Session, card_ids: Sequence[CardId]) -> dict[CardId, list[GivenFacts]]:
    """Return what these cards were given and can have now, the oldest first."""
    if not card_ids:
        return {}
    found: dict[CardId, list[GivenFacts]] = {}
    query = (
        select(Grant, Reward.texts)
        .join(Reward, Reward.id == Grant.reward_id)
        .where(Grant.card_id.in_(card_ids), Grant.state == GrantState.READY)
        .order_by(Grant.id)
    )
    for grant, texts in session.execute(query):
        given = GivenFacts(
            id=grant.id,
            name=grant.reward_name,
            code=grant.code,
            expires_on=grant.expires_on,
            texts=texts,
        )
        found.setdefault(grant.card_id, []).append(given)
    return found


def _places_of_cards(
    session: Session, rows: Sequence[Row[Any]]
) -> dict[LocationId | None, Coordinates]:
    """Return where the locations are at which these cards were opened."""
    wanted = {row.location_id for row in rows if row.location_id is not None}
    if not wanted:
        return {}
    known = select(Location.id, Location.latitude, Location.longitude).where(
        Location.id.in_(sorted(wanted)), Location.latitude.is_not(None)
    )
    return {row.id: Coordinates(row.latitude, row.longitude) for row in session.execute(known)}


def load_programs(
    session: Session,
    program_ids: Iterable[ProgramId],
    *,
    now: datetime,
    held: Held = (),
    has_places: bool = True,
) -> dict[str, ProgramFacts]:
    """Return the facts of each program that exists, by its id.

    `held` are the programs as the caller has read them already, if that was done: all of them.
    Where a shop's places are is for wallets; a page that shows none leaves it out.
    """
    wanted = sorted(set(program_ids))
    offers: dict[str, list[RewardFacts]] = {}
    for reward in session.scalars(
        select(Reward)
        .join(LoyaltyProgram, LoyaltyProgram.id == Reward.program_id)
        .where(
            Reward.program_id.in_(wanted),
            Reward.archived_at.is_(None),
            or_(Reward.stock_left.is_(None), Reward.stock_left > 0),
            Reward.points_required >= LoyaltyProgram.minimum_redemption_points,
            or_(Reward.valid_from.is_(None), Reward.valid_from <= now),
            or_(Reward.valid_until.is_(None), Reward.valid_until > now),
        )
        .order_by(Reward.program_id, Reward.points_required, Reward.id)
    ):
        offer = RewardFacts(
            id=reward.id,
            name=reward.name,
            # What is only given is not among them.
            points_required=reward.points_required or 0,
            texts=reward.texts,
            valid_until=reward.valid_until,
        )
        offers.setdefault(reward.program_id, []).append(offer)
    rows = held or _programs(session, wanted)
    vendor_ids = {vendor.id for _program, vendor in rows}
    places = _places(session, vendor_ids) if has_places else {}
    running = _running(session, [program for program, _vendor in rows], now)
    return {
        program.id: _program(
            program,
            vendor,
            offers.get(program.id, []),
            tuple(places.get(vendor.id, {}).values()),
            running.get(program.id, ()),
        )
        for program, vendor in rows
    }


def _programs(session: Session, wanted: Sequence[ProgramId]) -> Held:
    found = session.execute(
        select(LoyaltyProgram, Vendor)
        .join(Vendor, Vendor.id == LoyaltyProgram.vendor_id)
        .where(LoyaltyProgram.id.in_(wanted))
    )
    return [(program, vendor) for program, vendor in found]


def _running(
    session: Session, programs: Sequence[LoyaltyProgram], now: datetime
) -> dict[ProgramId, tuple[RunningPromotion, ...]]:
    """Return the promotions of each program whose days have come, whatever the hour."""
    by_id = {program.id: program for program in programs}
    query = select(Promotion).where(
        Promotion.program_id.in_(sorted(by_id)), Promotion.status == PromotionStatus.ACTIVE
    )
    found: dict[ProgramId, tuple[RunningPromotion, ...]] = {}
    for row in session.scalars(query.order_by(Promotion.id)):
        if status_at(row, by_id[row.program_id], now) == PromotionStatus.ACTIVE:
            one = RunningPromotion(
                name=row.name, effect=row.effect, windows=tuple(row.windows), texts=row.texts
            )
            found[row.program_id] = (*found.get(row.program_id, ()), one)
    return found


def _places(
    session: Session, vendor_ids: Iterable[VendorId]
) -> dict[VendorId, dict[LocationId, Coordinates]]:
    """Return where the vendors' open locations are, as far as it was told, the oldest first."""
    found: dict[VendorId, dict[LocationId, Coordinates]] = {}
    known = select(Location.vendor_id, Location.id, Location.latitude, Location.longitude).where(
        Location.vendor_id.in_(sorted(vendor_ids)),
        Location.closed_at.is_(None),
        Location.latitude.is_not(None),
    )
    for vendor_id, location_id, latitude, longitude in session.execute(known.order_by(Location.id)):
        places = found.setdefault(vendor_id, {})
        if len(places) < _PLACES_KNOWN and latitude is not None and longitude is not None:
            places[location_id] = Coordinates(latitude, longitude)
    return found


def _program(
    program: LoyaltyProgram,
    vendor: Vendor,
    rewards: Sequence[RewardFacts],
    places: tuple[Coordinates, ...],
    promotions: tuple[RunningPromotion, ...],
) -> ProgramFacts:
    return ProgramFacts(
        id=program.id,
        version=program.version,
        name=program.name,
        card_name=program.card_name,
        vendor_name=vendor.name,
        vendor_language=vendor.language,
        type=program.type,
        stamps_target=program.stamps_target,
        stamp_reward=program.stamp_reward,
        milestones=tuple(
            MilestoneFacts(at=one["at"], name=one["name"], texts=one.get("texts") or {})
            for one in (program.stamp_rewards or ())[:-1]
        ),
        terms_text=program.terms_text,
        branding=program.branding,
        texts=program.texts,
        rewards=tuple(rewards[:_REWARDS_SHOWN]),
        shop_status=vendor.status,
        places=places,
        timezone=program.timezone,
        currency=program.currency,
        points_per_currency_unit=program.points_per_currency_unit,
        points_per_amount_minor=program.points_per_amount_minor,
        minimum_purchase_minor=program.minimum_purchase_minor,
        tiers=tuple(
            TierFacts(
                key=one["key"], name=one["name"], texts=one["texts"], branding=one["branding"]
            )
            for one in program.tiers or ()
        ),
        promotions=promotions,
    )


def _card(
    row: Row[Any],
    view: CardView,
    links: CardLinks,
    place: Coordinates | None,
    given: Sequence[GivenFacts],
) -> CardFacts:
    token = links.token(row.id, row.token_sealed)
    return CardFacts(
        id=row.id,
        number=row.number,
        status=row.status,
        stamps=view.stamps,
        points=view.points,
        rewards_ready=view.rewards_ready,
        ready=view.ready,
        used_up=view.used_up,
        milestones=view.milestones,
        tier=view.tier,
        points_pending=view.points_pending,
        ending=_first(view.expiring),
        ending_stamps=_first(view.stamps_expiring),
        given=tuple(given[:_GIVEN_SHOWN]),
        token=token,
        url=links.address(token, view.vendor_id) if token else None,
        customer_name=row.customer_name,
        language=row.locale or row.customer_locale,
        place=place,
    )


def _first(ending: Sequence[tuple[int, str]]) -> tuple[int, date] | None:
    """Return what ends first, and its last day."""
    return (ending[0][0], date.fromisoformat(ending[0][1])) if ending else None


def replaced(card: CardFacts, number: str) -> CardFacts:
    """Return what a wallet shows of a card under a `number` it has no more.

    That it is over, and nothing of its holder: whoever has the old phone may be somebody else.
    """
    return CardFacts(
        id=card.id,
        number=number,
        status=CardStatus.REPLACED,
        stamps=0,
        points=0,
        rewards_ready=0,
        language=card.language,
    )
