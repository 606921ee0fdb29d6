"""What the public may ask of a shop: its programs, and a card of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts import retired_slugs
from punchcard.accounts.models import SlugOwner, Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.kit.errors import DomainError, Kind, invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.kit.security.request_domain import is_elsewhere
from punchcard.loyalty.errors.programs import ProgramNotFound
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs.referral_terms import promised_names
from punchcard.loyalty.vocabulary import ProgramStatus, ProgramType

REWARDS_SHOWN = 100
PROGRAMS_SHOWN = 50


class SelfEnrolmentOff(DomainError):
    """The shop gives the cards of this program out itself."""

    code = "self_enrollment_off"
    kind = Kind.FORBIDDEN
    sentence = N_("Please ask at the shop for a card of this program.")


class WalletNotConfigured(DomainError):
    """The operator has not set this wallet up."""

    code = "wallet_not_configured"
    kind = Kind.MISSING
    sentence = N_("This wallet is not available here.")


class ShopPaused(ProgramNotFound):
    """The shop of a program is suspended; to the public its programs are not there."""

    sentence = N_("This shop cannot give out cards at the moment. Cards keep what is on them.")


class ProgramSwitchedOff(ProgramNotFound):
    """A program that was open gives out no more cards; to the public it is not there."""

    sentence = N_("This shop gives out no more cards of this kind. Cards keep what is on them.")


@dataclass(frozen=True, slots=True)
class ProgramPage:
    """A program, whose it is, and what its points can be exchanged for now.

    `promised` are the names of rewards that are given for bringing a friend, by their ids.
    """

    program: LoyaltyProgram
    vendor: Vendor
    rewards: Sequence[Reward]
    promised: Mapping[str, str] = field(default_factory=dict)


def open_program(session: Session, slug: str, *, now: datetime) -> ProgramPage:
    """Return a program that is open for business, with what its points are good for at `now`.

    A slug that it had before finds it, too: `page.program.slug` is the one it has now.
    Raises ProgramNotFound; ShopPaused and ProgramSwitchedOff, which are such, with reasons of their
    own for people who stand before a poster.
    """
    program, vendor = _open_row(session, slug)
    return _page(session, program, vendor, now)


def open_programs(session: Session, vendor_id: VendorId) -> Sequence[LoyaltyProgram]:
    """Return the programs of a vendor that are open for business, the oldest first."""
    query = (
        select(LoyaltyProgram)
        .join(Vendor, Vendor.id == LoyaltyProgram.vendor_id)
        .where(
            LoyaltyProgram.vendor_id == vendor_id,
            LoyaltyProgram.status == ProgramStatus.ACTIVE,
            Vendor.status == VendorStatus.ACTIVE,
        )
    )
    return session.scalars(query.order_by(LoyaltyProgram.id).limit(PROGRAMS_SHOWN)).all()


def open_program_id(session: Session, slug: str) -> str:
    """Return the id of a program that is open for business. Raises ProgramNotFound."""
    return _open_row(session, slug)[0].id


def shown_program(session: Session, program_id: ProgramId) -> LoyaltyProgram:
    """Return a program whose cards wallets may show, by its id.

    Raises ProgramNotFound for a draft, and for one of a shop that is suspended or closed.
    """
    wanted = as_id(program_id)
    found = _row_where(session, LoyaltyProgram.id == wanted) if wanted else None
    if found is None or found[0].status == ProgramStatus.DRAFT:
        raise ProgramNotFound
    if found[1].status != VendorStatus.ACTIVE:
        raise ProgramNotFound
    return found[0]


def page_of(session: Session, program_id: ProgramId, *, now: datetime) -> ProgramPage:
    """Return the program of a card, whatever its status: a card can always be looked at."""
    query = select(LoyaltyProgram, Vendor).join(Vendor, Vendor.id == LoyaltyProgram.vendor_id)
    program, vendor = session.execute(query.where(LoyaltyProgram.id == program_id)).one()
    return _page(session, program, vendor, now)


def check_enrolment(program: LoyaltyProgram, *, accepts_terms: bool) -> None:
    """Raise SelfEnrolmentOff, or InvalidInput when terms are to be accepted and are not."""
    if not program.self_enrollment:
        raise SelfEnrolmentOff
    if program.terms_text and not accepts_terms:
        raise invalid_field("accept_terms", message=N_("The terms must be accepted."))


def _open_row(session: Session, slug: str) -> tuple[LoyaltyProgram, Vendor]:
    slug = slug.strip().lower()
    if not (slug.isascii() and slug.isprintable()):
        raise ProgramNotFound  # PostgreSQL takes no NUL in a text, not even to look for it
    found = _row_where(session, LoyaltyProgram.slug == slug)
    if found is None and (
        former := retired_slugs.retired_subject(session, SlugOwner.PROGRAM, slug)
    ):
        found = _row_where(session, LoyaltyProgram.id == former)
    if found is None:
        raise ProgramNotFound
    program, vendor = found
    if program.status == ProgramStatus.DRAFT or vendor.status == VendorStatus.CLOSED:
        raise ProgramNotFound
    if vendor.status != VendorStatus.ACTIVE:
        raise ShopPaused
    if program.status != ProgramStatus.ACTIVE:
        raise ProgramSwitchedOff
    return found


def _row_where(
    session: Session, is_wanted: ColumnElement[bool]
) -> tuple[LoyaltyProgram, Vendor] | None:
    row = session.execute(
        select(LoyaltyProgram, Vendor)
        .join(Vendor, Vendor.id == LoyaltyProgram.vendor_id)
        .where(is_wanted)
    ).one_or_none()
    return None if row is None or is_elsewhere(row[1].id) else (row[0], row[1])


def _page(session: Session, program: LoyaltyProgram, vendor: Vendor, now: datetime) -> ProgramPage:
    promised = promised_names(session, program)
    return ProgramPage(program, vendor, _rewards(session, program, now), promised)


def _rewards(session: Session, program: LoyaltyProgram, now: datetime) -> Sequence[Reward]:
    if program.type == ProgramType.STAMPS:
        return []
    return session.scalars(
        select(Reward)
        .where(
            Reward.program_id == program.id,
            Reward.archived_at.is_(None),
            or_(Reward.valid_from.is_(None), Reward.valid_from <= now),
            or_(Reward.valid_until.is_(None), Reward.valid_until > now),
            or_(Reward.stock_left.is_(None), Reward.stock_left > 0),
            Reward.points_required >= program.minimum_redemption_points,
        )
        .order_by(Reward.points_required, Reward.id)
        .limit(REWARDS_SHOWN)
    ).all()
