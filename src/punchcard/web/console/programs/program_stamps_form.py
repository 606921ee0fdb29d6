"""The rewards on the way to a full card, and when stamps end, as a program's form has them."""

from collections.abc import Mapping
from typing import Any, Final

from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.money import PlainAmount
from punchcard.kit.validation.amounts import plain_whole
from punchcard.kit.validation.texts import NAME_CHARACTERS
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.dated.expiry_rules import EXPIRY_MONTHS
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS
from punchcard.loyalty.rules.stamps.stamp_rewards import (
    ITEM_RULES_LIMIT,
    REWARDS_LIMIT,
    SKU_CHARACTERS,
    STAMP_BOUNDS,
)
from punchcard.loyalty.vocabulary import ExpiryKind
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.endings import STAMPS_END
from punchcard.web.pages.labels.programs import UNCLAIMED

ROWS: Final = range(1, REWARDS_LIMIT)
"""The rows of the form: all rewards but that of the full card."""

_ITEM_LINES: Final = N_("In each line an article and its stamps, such as ESPRESSO = 1; not: {line}")
_ONE_AFTER_ANOTHER: Final = N_("Fewer stamps than a full card has, and another number in each row.")


def read_stamp_card(
    form: Form, fields: Mapping[str, Any], kept: Any, currency: str
) -> dict[str, Any]:
    """Return what the form says beside the full card; nothing where it does not ask.

    `fields` are what was read of the full card, `kept` the rewards as the program has them: what
    the form does not show of one stays.
    """
    if not form.value("unclaimed_milestones"):
        return {}
    return {
        "stamp_rewards": _read_rewards(
            form, fields, {one["at"]: one for one in (kept or ())[:-1]}, currency
        ),
        "unclaimed_milestones": form.choice("unclaimed_milestones", tuple(UNCLAIMED)),
        "stamps_expiry": _read_end(form),
        **_read_visits(form),
    }


def initial_stamp_card(program: LoyaltyProgram) -> dict[str, Any]:
    """Return what the form shows of it before anybody typed."""
    expiry = program.stamps_expiry or {}
    initial: dict[str, Any] = {
        "unclaimed_milestones": program.unclaimed_milestones,
        "stamps_expiry_kind": expiry.get("kind") or ExpiryKind.NEVER,
        "stamps_expiry_months": expiry.get("months"),
    }
    initial["max_stamps_per_visit"] = program.max_stamps_per_visit
    initial["stamps_per_item"] = "\n".join(
        f"{one['sku']} = {one['stamps']}" for one in program.stamps_per_item or ()
    )
    milestones = (program.stamp_rewards or ())[:-1]
    for row in ROWS:
        one = milestones[row - 1] if row <= len(milestones) else {}
        initial[f"milestone_{row}_at"] = one.get("at")
        initial[f"milestone_{row}_name"] = one.get("name")
        worth = one.get("value_minor")
        initial[f"milestone_{row}_value"] = worth and PlainAmount(worth, program.currency)
        for language in LANGUAGES:
            words = (one.get("texts") or {}).get(language) or {}
            initial[f"{language}-milestone_{row}_name"] = words.get("name")
    return initial


def _read_rewards(
    form: Form, fields: Mapping[str, Any], kept: Mapping[int, Mapping[str, Any]], currency: str
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
        before = kept.get(at, {})
        rewards[at] = {**before, "at": at, "name": name, **_read_more(form, row, before, currency)}
        if rewards[at].get("value_minor") is None:
            rewards[at].pop("value_minor", None)
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


def _read_more(form: Form, row: int, before: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Return what a reward is worth and is called in other languages, as far as the form asks."""
    sent = {name for name, _ in form.sent()}
    more: dict[str, Any] = {}
    value = f"milestone_{row}_value"
    if value in sent:
        more["value_minor"] = form.money(value, currency, required=False)
    texts = {language: dict(words) for language, words in (before.get("texts") or {}).items()}
    for language in LANGUAGES:
        name = f"{language}-milestone_{row}_name"
        if name in sent:
            typed = form.text(name, required=False, limit=NAME_CHARACTERS)
            words = {**texts.get(language, {}), "name": typed}
            texts[language] = {key: text for key, text in words.items() if text}
    texts = {language: words for language, words in texts.items() if words}
    return {**more, "texts": texts} if texts or "texts" in before else more


def _read_visits(form: Form) -> dict[str, Any]:
    """Return how many stamps articles and visits give, where the form asks."""
    if "max_stamps_per_visit" not in {name for name, _ in form.sent()}:
        return {}
    minimum, maximum = STAMP_BOUNDS["max_stamps_per_visit"]
    most = form.whole("max_stamps_per_visit", minimum=minimum, maximum=maximum, required=False)
    return {"max_stamps_per_visit": most, "stamps_per_item": _read_items(form)}


def _read_items(form: Form) -> list[dict[str, Any]] | None:
    minimum, maximum = PROGRAM_BOUNDS["stamps_target"]
    items: dict[str, int] = {}
    for line in form.value("stamps_per_item").splitlines():
        if not line.strip():
            continue
        sku, _, number = line.rpartition("=")
        sku, stamps = sku.strip(), plain_whole(number.strip())
        is_sku = sku and len(sku) <= SKU_CHARACTERS and sku not in items
        if not is_sku or stamps is None or not minimum <= stamps <= maximum:
            form.fault("stamps_per_item", _ITEM_LINES, line=line.strip()[:SKU_CHARACTERS])
            return None
        items[sku] = stamps
    if len(items) > ITEM_RULES_LIMIT:
        form.fault("stamps_per_item", N_("No more than {limit} articles."), limit=ITEM_RULES_LIMIT)
    return [{"sku": sku, "stamps": stamps} for sku, stamps in items.items()] or None


def _read_end(form: Form) -> dict[str, Any] | None:
    kind = form.choice("stamps_expiry_kind", tuple(STAMPS_END))
    minimum, maximum = EXPIRY_MONTHS
    counts = kind in (ExpiryKind.FIXED, ExpiryKind.INACTIVITY)
    months = form.whole("stamps_expiry_months", minimum=minimum, maximum=maximum, required=counts)
    return {"kind": kind, "months": months} if counts else None
