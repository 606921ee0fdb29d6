"""What a card shows on a phone, whichever wallet holds it: facts in, words and colours out. Pure.

The code to scan holds the card's number, as the web card's does: every hand scanner's keyboard
writes digits, and someone else's camera that sees it opens nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from punchcard.accounts.vocabulary import VendorStatus
from punchcard.kit.i18n import LANGUAGES, N_, SOURCE_LANGUAGE, Language, as_language
from punchcard.kit.ids import readable_number
from punchcard.loyalty.programs.featured_actions import FeaturedAction
from punchcard.loyalty.vocabulary import (
    HELD_STATUSES,
    CardStatus,
    CodeFormat,
    MilestoneState,
    ProgramType,
)
from punchcard.wallets.card_colours import card_colours
from punchcard.wallets.pass_back import back_of, news_of
from punchcard.wallets.pass_facts import (
    CardFacts,
    GivenFacts,
    MilestoneFacts,
    ProgramFacts,
    RewardFacts,
)
from punchcard.wallets.pass_words import PassField, PassPhrases
from punchcard.wallets.places import Coordinates, last_day, nearest
from punchcard.wallets.symbols.stamp_symbols import StampSymbol, symbol_of


@dataclass(frozen=True, kw_only=True)
class Barcode:
    """What a till scans, and the text beneath it."""

    kind: CodeFormat
    value: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PassContent:
    """What a card shows, in one language.

    `news` is what is on, and what of the card ends, waits or was given. `milestones` are the stamps
    at which a reward waits before the card is full.
    `balances` holds stamps, points or both; `status` says what is missing or ready. Colours are
    `#rrggbb` and can be read. A pass that is void has no barcode unless the card may be unblocked
    again.
    """

    language: Language
    vendor_name: str
    program_name: str
    card_name: str
    number: str
    balances: tuple[PassField, ...]
    reward: PassField | None
    status: PassField
    customer: PassField | None
    back: tuple[PassField, ...]
    stamps: int | None
    stamps_target: int | None
    points: int | None
    rewards_ready: int
    ready_reward: str | None
    barcode: Barcode | None
    background_color: str
    text_color: str
    accent_color: str
    stamp_symbol: StampSymbol
    logo_url: str | None
    hero_url: str | None
    card_url: str | None
    is_void: bool
    places: tuple[Coordinates, ...] = ()
    nearby: str = ""
    reward_until: PassField | None = None
    tier: PassField | None = None
    phone: str | None = None
    website_url: str | None = None
    featured_actions: tuple[FeaturedAction, ...] = ()
    news: tuple[PassField, ...] = ()
    milestones: tuple[int, ...] = ()

    @property
    def is_reward_ready(self) -> bool:
        """Return whether the customer can ask for a reward now."""
        return self.rewards_ready > 0 and not self.is_void


def pass_content(program: ProgramFacts, card: CardFacts, language: Language) -> PassContent:
    """Return what the card shows in `language`."""
    words = PassPhrases(program, language)
    branding = branding_of(program, card)
    colours = card_colours(branding)
    return PassContent(
        language=language,
        vendor_name=program.vendor_name,
        program_name=words.own("name", program.name),
        card_name=words.own("card_name", program.card_name),
        number=readable_number(card.number, may_break=True),
        balances=_balances(program, card, words),
        reward=_reward(program, card, words),
        status=PassField(
            key="status", label=words.say(_STATUS), value=_status(program, card, words)
        ),
        customer=_customer(card, words),
        back=back_of(program, card, words),
        news=() if _why_void(program, card) else news_of(program, card, words),
        stamps=card.stamps if program.type != ProgramType.POINTS else None,
        stamps_target=program.stamps_target if program.type != ProgramType.POINTS else None,
        points=card.points if program.type != ProgramType.STAMPS else None,
        rewards_ready=card.rewards_ready,
        ready_reward=_ready_name(program, card, words),
        barcode=_barcode(program, card),
        background_color=colours.background,
        text_color=colours.ink,
        accent_color=colours.accent,
        stamp_symbol=symbol_of(branding),
        logo_url=branding.get("logo_url"),
        hero_url=branding.get("hero_url"),
        card_url=card.url,
        places=nearest(program.places, card.place),
        reward_until=_reward_until(program, card, words),
        tier=_tier(program, card, words),
        phone=branding.get("phone"),
        website_url=branding.get("website_url"),
        featured_actions=tuple(
            map(FeaturedAction, branding.get("featured_actions") or FeaturedAction)
        ),
        nearby=words.say(_NEARBY, shop=program.vendor_name),
        is_void=_why_void(program, card) is not None,
        milestones=tuple(one.at for one in program.milestones),
    )


def branding_of(program: ProgramFacts, card: CardFacts) -> Mapping[str, Any]:
    """Return how the card looks: as the program does, with the colours of the card's tier."""
    key = None if card.tier is None else card.tier.key
    own = next((one.branding for one in program.tiers if one.key == key), {})
    return {**program.branding, **own} if own else program.branding


def pass_contents(program: ProgramFacts, card: CardFacts) -> dict[Language, PassContent]:
    """Return what the card shows in every language, its own language first."""
    own = card_language(program, card)
    ordered = [own, *(language for language in LANGUAGES if language != own)]
    return {language: pass_content(program, card, language) for language in ordered}


def for_holder(content: PassContent, program: ProgramFacts, card: CardFacts) -> PassContent:
    """Return what the card shows, from what any card in the same state and language does.

    It says the same as `pass_content`, in a third of the time.
    """
    number = readable_number(card.number, may_break=True)
    own = {"customer": card.customer_name, "number": number, "link": card.url}

    def holders(shown: PassField) -> PassField:
        value = own.get(shown.key)
        return shown if value is None else replace(shown, value=value)

    return replace(
        content,
        number=number,
        customer=holders(content.customer) if content.customer else None,
        back=tuple(holders(shown) for shown in content.back),
        barcode=_barcode(program, card),
        card_url=card.url,
        places=nearest(program.places, card.place),
    )


def card_language(program: ProgramFacts, card: CardFacts) -> Language:
    """Return the language of a card: the customer's if they said, else the shop's."""
    own = as_language(card.language) if card.language else None
    return own or as_language(program.vendor_language) or SOURCE_LANGUAGE


_NEARBY: Final = N_("{shop}: here is your card")
_STAMPS: Final = N_("Stamps")
_POINTS: Final = N_("Points")
_REWARD: Final = N_("Reward")
_STATUS: Final = N_("Status")
_TIER: Final = N_("Tier")
_READY: Final = N_("Ready to collect")
_READY_SEVERAL: Final = N_("Rewards ready to collect: {count}")
_CHOOSE: Final = N_("Rewards to choose from: {count}")
_STAMPS_TO_GO: Final = (N_("{n} stamp to go"), N_("{n} stamps to go"))
_POINTS_TO_GO: Final = (N_("{n} point to go"), N_("{n} points to go"))
_COLLECT: Final = N_("Collect points")
_VOID: Final = {
    CardStatus.BLOCKED: N_("This card is blocked. Please ask at the shop."),
    CardStatus.REPLACED: N_("This card was replaced by a new one."),
    CardStatus.CLOSED: N_("This card is closed."),
}


_SHUT: Final = {
    VendorStatus.SUSPENDED: N_("Cards of this shop cannot be used at the moment."),
    VendorStatus.CLOSED: _VOID[CardStatus.CLOSED],
}


def _balances(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> tuple[PassField, ...]:
    balances = []
    # When several fields change at once a phone only says that something did. So the balance alone
    # speaks, and its words depend on what it means.
    has_full_card, has_offer = _kinds_ready(program, card)
    if program.type != ProgramType.POINTS:
        told = N_("A reward is ready. Stamps: %@") if has_full_card else N_("Your stamps: %@")
        value = f"{card.stamps}/{program.stamps_target}"
        balances.append(_balance("stamps", words.say(_STAMPS), value, words.say(told)))
    if program.type != ProgramType.STAMPS:
        told = N_("A reward is ready. Points: %@") if has_offer else N_("Your points: %@")
        balances.append(_balance("points", words.say(_POINTS), card.points, words.say(told)))
    return tuple(balances)


def _balance(key: str, label: str, value: str | int, told: str) -> PassField:
    return PassField(key=key, label=label, value=value, change_message=told)


def _kinds_ready(program: ProgramFacts, card: CardFacts) -> tuple[bool, bool]:
    """Return whether the reward of a full card is ready, and whether one for points is."""
    if not card.ready:
        # Of a program with both only the rewards themselves would tell.
        return card.rewards_ready > 0, card.rewards_ready > 0
    return any(one.id is None for one in card.ready), any(one.id for one in card.ready)


def _ready_name(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> str | None:
    """Return what the best reward is called that the card can have now."""
    if not card.ready:
        return None
    best = card.ready[0]
    if best.is_full_card:
        return words.own("reward_name", best.name)
    offered: RewardFacts | MilestoneFacts | GivenFacts | None
    if best.grant_id is not None:
        # What is only given is offered for no points, and is not among the program's rewards.
        offered = next((one for one in card.given if one.id == best.grant_id), None)
    elif best.id is None:
        offered = next((one for one in program.milestones if one.at == best.at), None)
    else:
        offered = next((one for one in program.rewards if one.id == best.id), None)
    return words.of_reward(offered) if offered else best.name


def _reward(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> PassField | None:
    shown = _ready_name(program, card, words)
    milestone = _next_milestone(program, card)
    if shown is None and milestone is not None:
        shown = words.of_reward(milestone)
    elif shown is None and program.type != ProgramType.POINTS:
        name = (program.stamp_reward or {}).get("name")
        shown = words.own("reward_name", name) if name else None
    elif shown is None:
        # The next one to save for; the dearest once all can be had.
        following = _ahead(program, card)[:1] or program.rewards[-1:]
        shown = words.of_reward(following[0]) if following else None
    return PassField(key="reward", label=words.say(_REWARD), value=shown) if shown else None


def _next_milestone(program: ProgramFacts, card: CardFacts) -> MilestoneFacts | None:
    """Return the reward before the full card's that the card comes to next, if there is one."""
    ahead = {one.at for one in card.milestones if one.state == MilestoneState.AHEAD}
    return next((one for one in program.milestones if one.at in ahead), None)


def _ahead(program: ProgramFacts, card: CardFacts) -> list[RewardFacts]:
    """Return the rewards that the card has not enough points for, the cheapest first."""
    return [
        reward
        for reward in program.rewards
        if reward.points_required > card.points and reward.id not in card.used_up
    ]


def _status(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> str:
    if sentence := _why_void(program, card):
        return words.say(sentence)
    if card.rewards_ready > 0:
        return _readiness(card, words)
    if program.type != ProgramType.POINTS:
        milestone = _next_milestone(program, card)
        target = program.stamps_target if milestone is None else milestone.at
        return words.count(max(0, target - card.stamps), _STAMPS_TO_GO)
    ahead = _ahead(program, card)
    if not ahead:
        return words.say(_COLLECT)
    return words.count(ahead[0].points_required - card.points, _POINTS_TO_GO)


def _readiness(card: CardFacts, words: PassPhrases) -> str:
    if len(card.ready) > 1:
        # Each can be had, but not all together: one is chosen.
        return words.say(_CHOOSE, count=len(card.ready))
    if card.rewards_ready > 1:
        return words.say(_READY_SEVERAL, count=card.rewards_ready)
    return words.say(_READY)


def _reward_until(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> PassField | None:
    """Return the last day of the reward that is shown, if it has one: only points' rewards end.

    The pass itself goes on: its own end is never told to a phone.
    """
    ready = {one.id for one in card.ready[:1]}
    shown = [one for one in program.rewards if one.id in ready] or _ahead(program, card)[:1]
    if program.type != ProgramType.POINTS or not shown or shown[0].valid_until is None:
        return None
    value = last_day(shown[0].valid_until, program.timezone, words.language)
    return PassField(key="reward_until", label=words.say(N_("Until")), value=value)


def _tier(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> PassField | None:
    """Return the tier that the card is in; None where there are none, or it cannot be used."""
    if card.tier is None or _why_void(program, card) is not None:
        return None
    found = next((one for one in program.tiers if one.key == card.tier.key), None)
    if found is None:
        return None
    return PassField(key="tier", label=words.say(_TIER), value=words.of_reward(found))


def _why_void(program: ProgramFacts, card: CardFacts) -> str | None:
    """Return what is said of a card that cannot be used now: its own state, or its shop's."""
    if card.status in HELD_STATUSES and program.shop_status != VendorStatus.ACTIVE:
        return _SHUT[program.shop_status]
    return _VOID.get(card.status)


def _customer(card: CardFacts, words: PassPhrases) -> PassField | None:
    if not card.customer_name:
        return None
    return PassField(key="customer", label=words.say(N_("Name")), value=card.customer_name)


def _barcode(program: ProgramFacts, card: CardFacts) -> Barcode | None:
    if card.token is None or card.status not in HELD_STATUSES:
        return None
    if program.shop_status == VendorStatus.CLOSED:
        return None
    text = readable_number(card.number, may_break=True)
    # Retail laser scanners read no QR code.
    is_bars = program.branding.get("barcode") == CodeFormat.CODE128
    kind = CodeFormat.CODE128 if is_bars else CodeFormat.QR
    return Barcode(kind=kind, value=card.number, text=text)
