"""What Google is told about a program and a card: LoyaltyClass, LoyaltyObject, Save link. Pure.

Every body is complete, because Google replaces arrays as a whole; None stands for what is to be
cleared. What all cards of a program share stands in the class: a redesign is then one request.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from punchcard.kit.i18n import N_, Language, translate
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.rotating_codes import DIGITS, PERIOD_SECONDS
from punchcard.loyalty.rules.logo_rules import is_uploaded
from punchcard.loyalty.vocabulary import CodeFormat, ProgramType
from punchcard.wallets.google.hero_pictures import design_of, picture_name
from punchcard.wallets.pass_content import Barcode, PassContent, pass_contents
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from punchcard.wallets.pass_words import PassField
from punchcard.wallets.sample_cards import nobodys_card

Body = dict[str, Any]
Contents = Mapping[Language, PassContent]

CALLBACK_PATH: Final = "/api/v1/loyalty/google/callback"

_BARCODES: Final = {CodeFormat.QR: "QR_CODE", CodeFormat.CODE128: "CODE_128"}
_SHARED_BACK: Final = (
    "how",
    "earning",
    "reward_description",
    "reward_ends",
    "opening_hours",
    "terms",
)


@dataclass(frozen=True, kw_only=True)
class GoogleShop:
    """Where this server stands with Google: its issuer id and its own public address."""

    issuer_id: str
    base_url: str
    picture_key: bytes = b""

    def class_id(self, program_id: ProgramId) -> str:
        """Return the name of a program's class; it can never be changed or deleted."""
        return f"{self.issuer_id}.p.{program_id}"

    def object_id(self, number: str) -> str:
        """Return the name of the object of the card with this number."""
        return f"{self.issuer_id}.c.{number}"

    def logo_url(self, program_id: ProgramId) -> str:
        """Return where this server shows a program's logo."""
        return f"{self._pictures_of(program_id)}/logo.png"

    def hero_url(self, program_id: ProgramId) -> str:
        """Return where this server shows a program's wide picture in Google's size."""
        return f"{self._pictures_of(program_id)}/hero.png"

    def stamps_url(self, program_id: ProgramId, content: PassContent) -> str:
        """Return where this server shows a card's stamps: another address for another look."""
        name = picture_name(self.picture_key, program_id, max(0, content.stamps or 0))
        return f"{self._pictures_of(program_id)}/stamps/{name}.png?v={design_of(content)}"

    def _pictures_of(self, program_id: ProgramId) -> str:
        return f"{self.base_url.rstrip('/')}/api/v1/loyalty/google/programs/{program_id}"

    def number_of(self, object_id: str) -> str | None:
        """Return the card number that an object of ours is named by, or None."""
        prefix = self.object_id("")
        return object_id.removeprefix(prefix) if object_id.startswith(prefix) else None


def loyalty_class(shop: GoogleShop, program: ProgramFacts) -> Body:
    """Return the class of a program."""
    contents = pass_contents(program, nobodys_card(program))
    first = next(iter(contents.values()))
    # Of an uploaded logo Google gets a picture that a circle can be cut out of.
    has_other_logo = first.logo_url is not None and not is_uploaded(first.logo_url)
    logo = first.logo_url if has_other_logo else None
    return {
        "id": shop.class_id(program.id),
        "issuerName": first.vendor_name,
        "localizedIssuerName": _localized(contents, lambda content: content.vendor_name),
        "programName": first.card_name,
        "localizedProgramName": _localized(contents, lambda content: content.card_name),
        "programLogo": _image(logo or shop.logo_url(program.id), program.version, contents),
        "heroImage": _hero(shop, program, contents),
        "hexBackgroundColor": first.background_color,
        "accountIdLabel": _say(N_("Card number"), first.language),
        "localizedAccountIdLabel": _localized_sentence(N_("Card number"), contents),
        "accountNameLabel": _say(N_("Name"), first.language),
        "localizedAccountNameLabel": _localized_sentence(N_("Name"), contents),
        # Every update must ask for review again, also of a class that was approved.
        "reviewStatus": "UNDER_REVIEW",
        "multipleDevicesAndHoldersAllowedStatus": "ONE_USER_ALL_DEVICES",
        "callbackOptions": _callback(shop),
        "merchantLocations": _places(first),
        "linksModuleData": _shared_links(contents),
        "textModulesData": _shared_texts(program, contents),
    }


def loyalty_object(
    shop: GoogleShop, program: ProgramFacts, card: CardFacts, *, rotating_key: bytes | None = None
) -> Body:
    """Return the object of a card; with `rotating_key` its code moves every half minute."""
    contents = pass_contents(program, card)
    first = next(iter(contents.values()))
    balances = [_points(contents, index) for index in range(len(first.balances))]
    barcode = first.barcode if not first.is_void else None
    is_rotating = rotating_key is not None and barcode is not None and barcode.kind == CodeFormat.QR
    return {
        "id": shop.object_id(card.number),
        "classId": shop.class_id(program.id),
        "state": "INACTIVE" if first.is_void else "ACTIVE",
        "accountId": first.number,
        "accountName": first.customer.value if first.customer else None,
        "heroImage": _stamps(shop, program, contents),
        "loyaltyPoints": balances[0],
        "secondaryLoyaltyPoints": balances[1] if len(balances) > 1 else _tier(contents),
        "barcode": _barcode(barcode) if barcode and not is_rotating else None,
        "rotatingBarcode": (
            _rotating(barcode, rotating_key) if is_rotating and barcode and rotating_key else None
        ),
        # A picture of a code that moves is worth nothing, and one that someone else shows less.
        "passConstraints": {"screenshotEligibility": "INELIGIBLE"} if is_rotating else None,
        "textModulesData": _own_texts(program, contents),
        "linksModuleData": _links(contents),
    }


def balance_of(body: Body) -> str:
    """Return the balances of an object as one text: the phone is told only when it changes."""
    shown = [body[name] for name in ("loyaltyPoints", "secondaryLoyaltyPoints") if body[name]]
    return " ".join(str(one["balance"]["string"]) for one in shown)[:64]


def fingerprint(body: Body) -> bytes:
    """Return the SHA-256 of a body: the same as what was sent before need not be sent again."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def save_claims(object_id: str, *, account: str, now: datetime) -> Body:
    """Return the claims of a Save link: it names an object that Google already has.

    The link adds the card to a wallet for anyone who has it; it is made when asked for, never kept.
    """
    return {
        "iss": account,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(now.timestamp()),
        "payload": {"loyaltyObjects": [{"id": object_id}]},
    }


def _localized(contents: Contents, read: Callable[[PassContent], str]) -> Body:
    values = [{"language": language, "value": read(one)} for language, one in contents.items()]
    return {"defaultValue": values[0], "translatedValues": values[1:]}


def _localized_sentence(sentence: str, contents: Contents) -> Body:
    return _localized(contents, lambda content: _say(sentence, content.language))


def _say(sentence: str, language: Language) -> str:
    return translate(sentence, language)


def _image(url: str, version: int, contents: Contents) -> Body:
    # Google keeps a picture for as long as its address stays the same.
    versioned = f"{url}{'&' if '?' in url else '?'}v={version}"
    return {
        "sourceUri": {"uri": versioned},
        "contentDescription": _localized(contents, lambda content: content.card_name),
    }


def _hero(shop: GoogleShop, program: ProgramFacts, contents: Contents) -> Body | None:
    """Return the wide picture that all cards share; those with stamps show their own instead."""
    url = next(iter(contents.values())).hero_url
    if url is None:
        return None
    return _image(shop.hero_url(program.id) if is_uploaded(url) else url, program.version, contents)


def _places(content: PassContent) -> list[Body] | None:
    """Return where phones show the card by themselves."""
    found = [{"latitude": one.latitude, "longitude": one.longitude} for one in content.places]
    return found or None


def _shared_links(contents: Contents) -> Body | None:
    """Return the ways to the shop that are the same on every card."""
    first = next(iter(contents.values()))
    ways = [
        ("phone", f"tel:{first.phone}" if first.phone else None, N_("Phone")),
        ("website", first.website_url, N_("Website")),
    ]
    links = [
        {
            "id": name,
            "uri": address,
            "description": _say(label, first.language),
            "localizedDescription": _localized_sentence(label, contents),
        }
        for name, address, label in ways
        if address
    ]
    return {"uris": links} if links else None


def _stamps(shop: GoogleShop, program: ProgramFacts, contents: Contents) -> Body | None:
    """Return the picture of a card's stamps, None for one without or out of use."""
    first = next(iter(contents.values()))
    if first.stamps is None or first.is_void:
        return None
    return {
        "sourceUri": {"uri": shop.stamps_url(program.id, first)},
        "contentDescription": _localized(
            contents, lambda content: f"{content.balances[0].label}: {content.balances[0].value}"
        ),
    }


def _callback(shop: GoogleShop) -> Body | None:
    if not shop.base_url.startswith("https://"):
        return None
    return {"url": shop.base_url.rstrip("/") + CALLBACK_PATH}


def _shared_texts(program: ProgramFacts, contents: Contents) -> list[Body]:
    """Return the texts that are the same on every card: the stamps' reward, how it works, terms."""
    first = next(iter(contents.values()))
    texts = []
    if _is_reward_shared(program) and first.reward is not None:
        texts.append(_text(contents, "reward", lambda content: content.reward))
    for key in _SHARED_BACK:
        if any(one.key == key for one in first.back):
            texts.append(_text(contents, key, partial(_back, key)))
    return texts


def _own_texts(program: ProgramFacts, contents: Contents) -> list[Body]:
    """Return the texts that differ from card to card: what is missing, the next reward."""
    first = next(iter(contents.values()))
    texts = [_text(contents, "status", lambda content: content.status)]
    if not _is_reward_shared(program) and first.reward is not None:
        texts.append(_text(contents, "reward", lambda content: content.reward))
    if first.tier is not None and len(first.balances) > 1:
        texts.append(_text(contents, "tier", lambda content: content.tier))
    if any(one.key == "tier_until" for one in first.back):
        texts.append(_text(contents, "tier_until", partial(_back, "tier_until")))
    for index in range(len(first.news)):
        texts.append(_text(contents, first.news[index].key, partial(_news, index)))
    if first.reward_until is not None:
        texts.append(_text(contents, "reward_until", lambda content: content.reward_until))
    return texts


def _is_reward_shared(program: ProgramFacts) -> bool:
    """Return whether every card of the program comes to the same reward: that of a full one."""
    return program.type == ProgramType.STAMPS and not program.milestones


def _news(index: int, content: PassContent) -> PassField:
    return content.news[index]


def _back(key: str, content: PassContent) -> PassField | None:
    return next((one for one in content.back if one.key == key), None)


def _text(contents: Contents, key: str, read: Callable[[PassContent], PassField | None]) -> Body:
    fields = {language: field for language, one in contents.items() if (field := read(one))}
    headers = [{"language": language, "value": one.label} for language, one in fields.items()]
    bodies = [{"language": language, "value": str(one.value)} for language, one in fields.items()]
    return {
        "id": key,
        "header": headers[0]["value"],
        "body": bodies[0]["value"],
        "localizedHeader": {"defaultValue": headers[0], "translatedValues": headers[1:]},
        "localizedBody": {"defaultValue": bodies[0], "translatedValues": bodies[1:]},
    }


def _points(contents: Contents, index: int) -> Body:
    # A text in every program: Google's whole numbers end at 2^31, and the kind must never change.
    first = next(iter(contents.values())).balances[index]
    return {
        "label": first.label,
        "localizedLabel": _localized(contents, lambda content: content.balances[index].label),
        "balance": {"string": str(first.value)},
    }


def _tier(contents: Contents) -> Body | None:
    """Return the card's tier in the place of a second balance, where a card has but one."""
    first = next(iter(contents.values())).tier
    if first is None:
        return None
    return {
        "label": first.label,
        "localizedLabel": _localized_sentence(N_("Tier"), contents),
        "balance": {"string": str(first.value)},
    }


def _barcode(barcode: Barcode) -> Body:
    return {
        "type": _BARCODES[barcode.kind],
        "value": barcode.value,
        "alternateText": barcode.text,
        "renderEncoding": "UTF_8",
    }


def _rotating(barcode: Barcode, key: bytes) -> Body:
    """Return a code that moves, as `loyalty.rotating_codes` reads it."""
    return {
        "type": "QR_CODE",
        "valuePattern": f"{{totp_timestamp_seconds}}.{{totp_value_0}}/{barcode.value}",
        "alternateText": barcode.text,
        "renderEncoding": "UTF_8",
        "totpDetails": {
            "algorithm": "TOTP_SHA1",
            "periodMillis": str(PERIOD_SECONDS * 1000),
            "parameters": [{"key": key.hex().upper(), "valueLength": DIGITS}],
        },
    }


def _links(contents: Contents) -> Body | None:
    first = next(iter(contents.values()))
    if first.card_url is None:
        return None
    label = N_("Your card on the web")
    link = {
        "id": "card",
        "uri": first.card_url,
        "description": _say(label, first.language),
        "localizedDescription": _localized_sentence(label, contents),
    }
    return {"uris": [link]}
