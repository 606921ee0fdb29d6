"""The rewards on the way to a full card, and when stamps end, as a program's form has them."""

from collections.abc import Mapping
from typing import Any, Final

from punchcard.kit.i18n import N_
from punchcard.kit.validation.texts import NAME_CHARACTERS
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.dated.expiry_rules import EXPIRY_MONTHS
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS
from punchcard.loyalty.rules.stamps.stamp_rewards import REWARDS_LIMIT
from punchcard.loyalty.vocabulary import ExpiryKind
from punchcard.web.pages.forms import Form
from punchcard.web.pages.program_labels import STAMPS_END, UNCLAIMED

ROWS: Final = range(1, REWARDS_LIMIT)
"""The rows of the form: all rewards but that of the full card."""

_ONE_AFTER_ANOTHER: Final = N_("Fewer stamps than a full card has, and another number in each row.")


def read_stamp_card(form: Form, fields: Mapping[str, Any], kept: Any) -> dict[str, Any]:
    """Return what the form says beside the full card; nothing where it does not ask.

    `fields` are what was read of the full card, `kept` the rewards as the program has them: what
    the form does not show of one stays.
    """
    if not form.value("unclaimed_milestones"):
        return {}
    return {
        "stamp_rewards": _read_rewards(form, fields, {one["at"]: one for one in (kept or ())[:-1]}),
        "unclaimed_milestones": form.choice("unclaimed_milestones", tuple(UNCLAIMED)),
        "stamps_expiry": _read_end(form),
    }


def initial_stamp_card(program: LoyaltyProgram) -> dict[str, Any]:
    """Return what the form shows of it before anybody typed."""
    expiry = program.stamps_expiry or {}
    initial: dict[str, Any] = {
        "unclaimed_milestones": program.unclaimed_milestones,
        "stamps_expiry_kind": expiry.get("kind") or ExpiryKind.NEVER,
        "stamps_expiry_months": expiry.get("months"),
    }
    milestones = (program.stamp_rewards or ())[:-1]
    for row in ROWS:
        one = milestones[row - 1] if row <= len(milestones) else {}
        initial[f"milestone_{row}_at"] = one.get("at")
        initial[f"milestone_{row}_name"] = one.get("name")
    return initial


def _read_rewards(
    form: Form, fields: Mapping[str, Any], kept: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]] | None:
    target, reward = fields.get("stamps_target"), fields.get("stamp_reward")
    rewards: dict[int, dict[str, Any]] = {}
    for row in ROWS:
        read = _read_row(form, row)
        if read is None:
            continue
        at, name = read
        if at in rewards or (target is not None and at >= target):
            form.fault(f"milestone_{row}_at", _ONE_AFTER_ANOTHER)
        rewards[at] = {**kept.get(at, {}), "at": at, "name": name}
    if not rewards:
        return None
    if not reward and "reward_name" not in form.errors:
        form.fault("reward_name", N_("Please fill this in."))
    return [*(rewards[at] for at in sorted(rewards)), {"at": target, **(reward or {})}]


def _read_row(form: Form, row: int) -> tuple[int, str] | None:
    at_field, name_field = f"milestone_{row}_at", f"milestone_{row}_name"
    minimum, maximum = PROGRAM_BOUNDS["stamps_target"]
    is_begun = bool(form.value(at_field).strip() or form.value(name_field).strip())
    name = form.text(name_field, required=is_begun, limit=NAME_CHARACTERS)
    at = form.whole(at_field, minimum=minimum, maximum=maximum, required=is_begun)
    return None if at is None or name is None else (at, name)


def _read_end(form: Form) -> dict[str, Any] | None:
    kind = form.choice("stamps_expiry_kind", tuple(STAMPS_END))
    minimum, maximum = EXPIRY_MONTHS
    counts = kind in (ExpiryKind.FIXED, ExpiryKind.INACTIVITY)
    months = form.whole("stamps_expiry_months", minimum=minimum, maximum=maximum, required=counts)
    return {"kind": kind, "months": months} if counts else None
