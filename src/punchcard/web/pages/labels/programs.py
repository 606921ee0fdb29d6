"""What a program's rules and their values are called on pages."""

from collections.abc import Mapping
from typing import Final

from punchcard.kit.i18n import N_
from punchcard.loyalty.programs.featured_actions import FeaturedAction
from punchcard.loyalty.vocabulary import (
    ExpiryKind,
    PinPolicy,
    ProgramStatus,
    ProgramType,
    UnclaimedMilestones,
    VoidPolicy,
)
from punchcard.wallets.symbols.stamp_symbols import SYMBOLS
from punchcard.web.pages.labels.endings import STAMPS_END

TYPES: Final = (
    (ProgramType.STAMPS, N_("Stamp card"), N_("One stamp per visit; a full card earns a reward.")),
    (ProgramType.POINTS, N_("Points"), N_("Every purchase earns points; points buy rewards.")),
    (
        ProgramType.HYBRID,
        N_("Stamps and points"),
        N_("Stamps for visits and points for purchases."),
    ),
)
"""Each type: its name, what it is called, what it is good for in one sentence."""
TYPE_NAMES: Final[dict[str, str]] = {type: name for type, name, _ in TYPES}
STATUSES: Final = {
    ProgramStatus.DRAFT: (N_("draft"), "warn"),
    ProgramStatus.ACTIVE: (N_("open"), "good"),
    ProgramStatus.INACTIVE: (N_("switched off"), ""),
}
"""Each status: what it is called, and the tone of its badge."""
PIN_POLICIES: Final[dict[str, str]] = {
    PinPolicy.REQUIRED: N_("Always: every stamp shows who gave it"),
    PinPolicy.OPTIONAL: N_("If someone enters one"),
    PinPolicy.OFF: N_("Never: anyone with the terminal can stamp"),
}
VOID_POLICIES: Final[dict[str, str]] = {
    VoidPolicy.ALLOW_NEGATIVE: N_("Take all of it back, even below zero"),
    VoidPolicy.CLAMP: N_("Take back what is still there, never below zero"),
    VoidPolicy.REFUSE: N_("Refuse to take it back"),
}
BARCODES: Final = {
    "qr": N_("QR code"),
    "code128": N_("Barcode, for scanners that cannot read QR codes"),
    "rotating": N_("QR code that changes every 30 seconds, so that a photo of it is useless"),
}

UNCLAIMED: Final[Mapping[str, str]] = {
    UnclaimedMilestones.KEEP: N_("It can still be collected later"),
    UnclaimedMilestones.LAPSE: N_("It is gone once the next card begins"),
}
LABELS: Final = {
    "name": N_("Name of the program"),
    "card_name": N_("Name on the card"),
    "slug": N_("Short name in the link"),
    "type": N_("Type"),
    "status": N_("Status"),
    "currency": N_("Currency"),
    "timezone": N_("Time zone"),
    "stamps_target": N_("Stamps on a full card"),
    "stamp_reward": N_("Reward"),
    "stamp_rewards": N_("Rewards of the stamp card"),
    "unclaimed_milestones": N_("If nobody asked for it before the card was full"),
    "stamps_expiry": N_("When stamps end"),
    "kind": N_("When it ends"),
    "months": N_("After how many months"),
    "max_stamps_per_visit": N_("Most stamps for one visit"),
    "points_per_currency_unit": N_("Points for purchases"),
    "points_per_amount_minor": N_("Amount spent for these points"),
    "minimum_purchase_minor": N_("Smallest purchase that earns points"),
    "minimum_redemption_points": N_("Fewest points that can be redeemed"),
    "welcome_stamps": N_("Stamps on a new card"),
    "welcome_points": N_("Points on a new card"),
    "cooldown_minutes": N_("Minutes between two stamps"),
    "max_daily_stamps": N_("Most stamps per day"),
    "pin_policy": N_("Staff PIN at the till"),
    "pin_max_attempts": N_("Wrong PINs before a person is locked"),
    "pin_lockout_minutes": N_("Minutes a person stays locked"),
    "void_policy": N_("When something already spent is taken back"),
    "self_enrollment": N_("Customers can join by themselves"),
    "terms_text": N_("Terms"),
    "branding": N_("Look"),
    "logo_url": N_("Logo"),
    "hero_url": N_("Wide picture"),
    "phone": N_("Phone"),
    "website_url": N_("Website or menu"),
    "opening_hours": N_("Opening hours"),
    "featured_actions": N_("Buttons below the pass"),
    "background_color": N_("Background"),
    "text_color": N_("Text"),
    "accent_color": N_("Stamps"),
    "stamp_symbol": N_("Symbol of the stamps"),
    "barcode": N_("Code on the card"),
    "reward_name": N_("Name of the reward"),
    "reward_description": N_("About the reward"),
    "description": N_("Description"),
    "value_minor": N_("What it is worth"),
    "points_required": N_("Price in points"),
    "stock_left": N_("How many are left"),
    "per_card_limit": N_("How often one card can have it"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
}
FEATURED_ACTIONS: Final[Mapping[str, str]] = {
    FeaturedAction.CARD: N_("Your card on the web"),
    FeaturedAction.CALL: N_("Call the shop"),
    FeaturedAction.PLACE: N_("The way to the shop"),
    FeaturedAction.WEBSITE: N_("Website or menu"),
}
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "type": TYPE_NAMES,
    "status": {status: name for status, (name, _) in STATUSES.items()},
    "pin_policy": PIN_POLICIES,
    "void_policy": VOID_POLICIES,
    "unclaimed_milestones": UNCLAIMED,
    "stamps_expiry_kind": STAMPS_END,
    "kind": {**STAMPS_END, ExpiryKind.YEAR_END: N_("At the end of the year")},
    "barcode": BARCODES,
    "stamp_symbol": SYMBOLS,
    "featured_actions": FEATURED_ACTIONS,
}
