"""What stands on the back of a card's pass. Pure."""

from datetime import date
from typing import Final

from punchcard.kit.i18n import N_, written_day
from punchcard.kit.ids import readable_number
from punchcard.kit.money import write_amount
from punchcard.loyalty.grant_codes import readable_code
from punchcard.loyalty.promotion_words import day_words, promotion_name, promotion_words
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from punchcard.wallets.pass_words import PassField, PassPhrases
from punchcard.wallets.places import last_day

_ENDS_SHOWN: Final = 10
_EARNING: Final = (
    N_("{n} point for every {amount} you spend."),
    N_("{n} points for every {amount} you spend."),
)
_GIVEN: Final = N_("{name} (code {code})")
_GIVEN_UNTIL: Final = N_("{name} (code {code}), until {day}")
_ENDING: Final = (N_("{n} point on {day}"), N_("{n} points on {day}"))
_ENDING_STAMPS: Final = (N_("{n} stamp on {day}"), N_("{n} stamps on {day}"))
_PENDING: Final = (
    N_("{n} point that can be spent soon"),
    N_("{n} points that can be spent soon"),
)
_LEAST: Final = N_("A purchase counts from {amount}.")


def _reward_ends(program: ProgramFacts, words: PassPhrases) -> str:
    """Return a line for each reward that ends, the first to end first."""
    ending = [one for one in program.rewards if one.valid_until is not None]
    ending.sort(key=lambda one: (one.valid_until, one.points_required))
    return "\n".join(
        words.say(
            N_("{name}: {value}"),
            name=words.of_reward(one),
            value=last_day(one.valid_until, program.timezone, words.language),
        )
        for one in ending[:_ENDS_SHOWN]
        if one.valid_until is not None
    )


def news_of(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> tuple[PassField, ...]:
    """Return what is on, what the card was given, and which points and stamps end or wait.

    Its texts change when a promotion begins or ends by its days, and when the card does: no phone
    wakes for an hour that passes, and none says a word of them.
    """
    told = [
        ("promotion", N_("Promotion"), _promotions(program, words)),
        ("given", N_("Given to you"), _given(card, words)),
        ("ending", N_("Points that end"), _ending(card, words)),
        ("ending_stamps", N_("Stamps that end"), _ending_stamps(card, words)),
        ("pending", N_("Points that wait"), _pending(card, words)),
    ]
    return tuple(
        PassField(key=key, label=words.say(label), value=value)
        for key, label, value in told
        if value
    )


def _promotions(program: ProgramFacts, words: PassPhrases) -> str:
    return "\n".join(
        words.say(
            N_("{name}: {value}"),
            name=promotion_name(one.name, one.texts, words.language),
            value=promotion_words(one.effect, one.windows, words.language),
        )
        for one in program.promotions
    )


def _given(card: CardFacts, words: PassPhrases) -> str:
    lines = []
    for one in card.given:
        name = str((one.texts.get(words.language) or {}).get("name") or one.name)
        code = readable_code(one.code)
        day = day_words(one.expires_on, words.language) if one.expires_on else None
        lines.append(
            words.say(_GIVEN_UNTIL, name=name, code=code, day=day)
            if day
            else words.say(_GIVEN, name=name, code=code)
        )
    return "\n".join(lines)


def _ending(card: CardFacts, words: PassPhrases) -> str:
    if card.ending is None:
        return ""
    points, last = card.ending
    return words.count(points, _ENDING, day=day_words(last, words.language))


def _ending_stamps(card: CardFacts, words: PassPhrases) -> str:
    if card.ending_stamps is None:
        return ""
    stamps, last = card.ending_stamps
    return words.count(stamps, _ENDING_STAMPS, day=day_words(last, words.language))


def _pending(card: CardFacts, words: PassPhrases) -> str:
    return words.count(card.points_pending, _PENDING) if card.points_pending > 0 else ""


def back_of(program: ProgramFacts, card: CardFacts, words: PassPhrases) -> tuple[PassField, ...]:
    """Return what stands on the back of a card's pass, without what there is nothing to say of."""
    reward = words.own("reward_description", (program.stamp_reward or {}).get("description") or "")
    terms = words.own("terms_text", program.terms_text or "")
    how = words.say(N_("Show this card at the till before you pay. It updates itself."))
    hours = words.own("opening_hours", program.branding.get("opening_hours") or "")
    told = [
        ("shop", N_("Shop"), program.vendor_name),
        ("how", N_("How it works"), how),
        ("earning", N_("How points are earned"), _earning(program, words)),
        ("reward_description", N_("About the reward"), reward),
        ("reward_ends", N_("Last days of rewards"), _reward_ends(program, words)),
        ("tier_until", N_("Tier kept until"), _tier_until(card, words)),
        ("opening_hours", N_("Opening hours"), hours),
        ("phone", N_("Phone"), program.branding.get("phone") or ""),
        ("website", N_("Website"), program.branding.get("website_url") or ""),
        ("number", N_("Card number"), readable_number(card.number, may_break=True)),
        ("link", N_("Your card on the web"), card.url or ""),
        ("terms", N_("Terms"), terms),
    ]
    return tuple(
        PassField(key=key, label=words.say(label), value=value, is_link=key == "link")
        for key, label, value in told
        if value
    )


def _tier_until(card: CardFacts, words: PassPhrases) -> str:
    """Return the last day that the card's tier is kept; nothing for one without an end."""
    if card.tier is None or card.tier.until is None:
        return ""
    return written_day(date.fromisoformat(card.tier.until), words.language)


def _earning(program: ProgramFacts, words: PassPhrases) -> str:
    """Return by which rule purchases earn points; nothing for a program of stamps alone."""
    if program.type == ProgramType.STAMPS:
        return ""

    def amount(minor: int) -> str:
        return write_amount(minor, program.currency, words.language)

    told = words.count(
        program.points_per_currency_unit, _EARNING, amount=amount(program.points_per_amount_minor)
    )
    if program.minimum_purchase_minor <= 0:
        return told
    return f"{told} {words.say(_LEAST, amount=amount(program.minimum_purchase_minor))}"
