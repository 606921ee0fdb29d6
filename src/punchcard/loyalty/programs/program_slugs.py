"""Slugs of programs: a free one is taken, and a former one goes on leading to its program."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import retired_slugs
from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import SlugOwner
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.ids import VendorId
from punchcard.loyalty.errors.programs import ProgramSlugTaken
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.program_rules import slug_of

_SLUG_ATTEMPTS: Final = 20


def insert_program(
    session: Session, act: Act, vendor_id: VendorId, values: dict[str, Any], slug_from: str
) -> LoyaltyProgram:
    """Add a program with the slug in `values`, or else the first free one near `slug_from`'s.

    Raises ProgramSlugTaken.
    """
    for slug in _slugs(session, vendor_id, values, slug_from):
        program = LoyaltyProgram(
            **{**values, "slug": slug},
            id=act.ids.new_id(),
            vendor_id=vendor_id,
            created_at=act.now,
            updated_at=act.now,
        )
        with suppress(ProgramSlugTaken), refusing_duplicates(session, ProgramSlugTaken):
            session.add(program)
            session.flush()
            take_slug(session, program)
            return program
    raise ProgramSlugTaken()


def take_slug(session: Session, program: LoyaltyProgram) -> None:
    """Raise ProgramSlugTaken for a slug that leads to another vendor's program."""
    vendor_id = program.vendor_id
    if not retired_slugs.take_slug(session, SlugOwner.PROGRAM, program.slug, vendor_id=vendor_id):
        raise ProgramSlugTaken()


def retire_slug(session: Session, act: Act, program: LoyaltyProgram, former: str) -> None:
    """Let a slug that a program had lead to it for a while."""
    retired_slugs.retire_slug(
        session,
        SlugOwner.PROGRAM,
        former,
        vendor_id=program.vendor_id,
        subject_id=program.id,
        now=act.now,
    )


def _slugs(
    session: Session, vendor_id: VendorId, values: Mapping[str, Any], slug_from: str
) -> list[str]:
    """Return the slugs to try: the one asked for, or those still free near `slug_from`'s."""
    if "slug" in values:
        return [values["slug"]]
    base = slug_of(slug_from)
    names = [base, *(f"{base}-{number}" for number in range(2, _SLUG_ATTEMPTS))]
    taken = set(session.scalars(select(LoyaltyProgram.slug).where(LoyaltyProgram.slug.in_(names))))
    taken |= retired_slugs.retired_by_others(session, SlugOwner.PROGRAM, names, vendor_id=vendor_id)
    return [name for name in names if name not in taken]
