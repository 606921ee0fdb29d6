"""Referrals, read: who brought whom, and what became of it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.rows import paginate_back
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.loyalty.referral_models import Referral
from punchcard.loyalty.vocabulary import ReferralState


def list_referrals(
    session: Session,
    vendor_id: VendorId,
    *,
    limit: int,
    before_id: str | None = None,
    state: ReferralState | None = None,
    program_id: ProgramId | None = None,
) -> Sequence[Referral]:
    """Return up to `limit` referrals of the vendor before `before_id`, newest first."""
    wanted = select(Referral).where(Referral.vendor_id == vendor_id)
    if state is not None:
        wanted = wanted.where(Referral.state == state)
    if program_id is not None:
        wanted = wanted.where(Referral.program_id == as_id(program_id))
    return paginate_back(session, wanted, Referral, before_id, limit)
