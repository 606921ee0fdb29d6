"""When points and stamps of a program end, held against what else it says and what its cards have.

What has no effect is refused when it is asked for. What stands there from before stays as it is.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.rules.dated.expiry_rules import (
    EXPIRIES,
    has_ends,
    idle_faults,
    idle_notices,
    without_idle,
)


def with_dates_kept(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a program's changed `fields` without what another kind of end leaves over.

    Who changes the kind alone sends along the months that were there; `before` are its fields until
    now.
    """
    told = dict(fields)
    for name in EXPIRIES:
        if name in told:
            told[name] = without_idle(before[name], told[name])
    return told


def check_dates(
    session: Session, program: LoyaltyProgram | None, changed: Mapping[str, Any]
) -> None:
    """Raise InvalidInput, naming each part of the changed rules of ends that has no effect.

    `program` is the one until now, None for one that is only being made.
    """
    before = {} if program is None else {name: getattr(program, name) for name in _ASKED}
    after = {**before, **changed}
    faults = idle_faults(changed, after["type"])
    # Points and stamps that exist keep their ends, and are told of them, whatever is said of new.
    if changed.get("expiry_notice_days") and not (has_ends(after) or _has_dated(session, program)):
        faults.append(idle_notices())
    if faults:
        raise InvalidInput(faults)


_ASKED = ("type", *EXPIRIES)


def _has_dated(session: Session, program: LoyaltyProgram | None) -> bool:
    if program is None:
        return False
    dated = select(LoyaltyCard.id).where(
        LoyaltyCard.program_id == program.id, LoyaltyCard.due_on.is_not(None)
    )
    return session.scalar(dated.limit(1)) is not None
