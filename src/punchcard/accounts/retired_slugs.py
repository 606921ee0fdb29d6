"""Short names that were changed: a poster still finds the shop, and nobody else inherits it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from punchcard.accounts.models import RetiredSlug, SlugOwner
from punchcard.kit.ids import ProgramId, VendorId


def retire_slug(
    session: Session,
    kind: SlugOwner,
    slug: str,
    *,
    vendor_id: VendorId,
    subject_id: ProgramId | VendorId,
    now: datetime,
) -> None:
    """Keep a slug that `subject_id` no longer bears."""
    session.merge(
        RetiredSlug(
            kind=kind, slug=slug, vendor_id=vendor_id, subject_id=subject_id, retired_at=now
        )
    )


def take_slug(session: Session, kind: SlugOwner, slug: str, *, vendor_id: VendorId) -> bool:
    """Take a slug that somebody of this vendor bears from now on; False if it is another's.

    Ask after the new bearer was written: only then is a change seen that was made meanwhile.
    """
    retired = session.scalar(
        select(RetiredSlug).where(RetiredSlug.kind == kind, RetiredSlug.slug == slug)
    )
    if retired is None:
        return True
    if retired.vendor_id != vendor_id:
        return False
    session.delete(retired)
    return True


def retired_subject(session: Session, kind: SlugOwner, slug: str) -> ProgramId | VendorId | None:
    """Return the id of what bore the slug before, if it is still there."""
    return session.scalar(
        select(RetiredSlug.subject_id).where(RetiredSlug.kind == kind, RetiredSlug.slug == slug)
    )


def retired_by_others(
    session: Session, kind: SlugOwner, slugs: Collection[str], *, vendor_id: VendorId
) -> set[str]:
    """Return those of `slugs` that another vendor bore before."""
    others = select(RetiredSlug.slug).where(
        RetiredSlug.kind == kind, RetiredSlug.slug.in_(slugs), RetiredSlug.vendor_id != vendor_id
    )
    return set(session.scalars(others))


def forget_subject(session: Session, kind: SlugOwner, subject_id: ProgramId | VendorId) -> None:
    """Let the slugs of something that is deleted lead nowhere; they stay its vendor's."""
    session.execute(
        update(RetiredSlug)
        .where(RetiredSlug.kind == kind, RetiredSlug.subject_id == subject_id)
        .values(subject_id=None)
    )
