"""A card's content in Apple's words: `pass.json` and the texts of each language. Pure.

`pass.json` holds the texts of the card's own language; a phone in one of our other languages finds
them in `xx.lproj/pass.strings` and shows that translation instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from punchcard.loyalty.programs.featured_actions import FEATURED_ACTIONS_LIMIT, FeaturedAction
from punchcard.loyalty.rules.logo_rules import is_uploaded
from punchcard.loyalty.vocabulary import CodeFormat
from punchcard.wallets.apple.pass_texts import PassWords, places_of
from punchcard.wallets.apple.pkpass import PassFile, pass_file
from punchcard.wallets.pass_content import Barcode, PassContent
from punchcard.wallets.pass_words import PassField

_FORMATS: Final = {CodeFormat.QR: "PKBarcodeFormatQR", CodeFormat.CODE128: "PKBarcodeFormatCode128"}
_MAPS: Final = "https://maps.apple.com/?"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class PassIdentity:
    """Whose pass it is, and where its phone asks for the newest one."""

    pass_type_id: str
    team_id: str
    serial_number: str
    web_service_url: str
    authentication_token: str


def text_files(
    content: PassContent, words: PassWords, identity: PassIdentity
) -> tuple[PassFile, ...]:
    """Return `pass.json` and the `pass.strings` of every language.

    `content` is in the card's own language, `words` what the pass says in all of them.
    """
    keys, strings = words.with_holder(content)
    document = orjson.dumps(_document(content, identity, keys))
    return (pass_file("pass.json", document), *strings)


def _document(
    content: PassContent, identity: PassIdentity, keys: Mapping[str, str]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "formatVersion": 1,
        "passTypeIdentifier": identity.pass_type_id,
        "teamIdentifier": identity.team_id,
        "serialNumber": identity.serial_number,
        "organizationName": content.vendor_name,
        "description": keys["description"],
        "backgroundColor": _rgb(content.background_color),
        "foregroundColor": _rgb(content.text_color),
        "labelColor": _rgb(content.text_color),
        "storeCard": {
            place: [_field(field, keys) for field in fields]
            for place, fields in places_of(content).items()
        },
    }
    # A logo takes nearly all the room there is for it, and says the name.
    if not is_uploaded(content.logo_url):
        document["logoText"] = keys["logoText"]
    if content.barcode is not None:
        document["barcodes"] = [_barcode(content.barcode)]
    if content.is_void:
        document["voided"] = True
    else:
        document |= _offers(content, keys)
    if _is_reachable(identity.web_service_url):
        document["webServiceURL"] = identity.web_service_url
        document["authenticationToken"] = identity.authentication_token
    return document


def _offers(content: PassContent, keys: Mapping[str, str]) -> dict[str, Any]:
    """Return what a phone offers of a card in use: places to show it at, and ways to the shop.

    Phones from before iOS 27 leave the ways out.
    """
    offers: dict[str, Any] = {}
    if content.places:
        offers["locations"] = [
            {
                "latitude": place.latitude,
                "longitude": place.longitude,
                "relevantText": keys["nearby"],
            }
            for place in content.places
        ]
    ways = {
        FeaturedAction.CARD: ("membershipBenefits", content.card_url),
        FeaturedAction.CALL: ("call", f"tel://{content.phone}" if content.phone else None),
        FeaturedAction.PLACE: ("place", _way_there(content)),
        FeaturedAction.WEBSITE: ("viewOffersRewards", content.website_url),
    }
    actions = [
        {"identifier": str(name), "type": ways[name][0], "url": ways[name][1]}
        for name in content.featured_actions
        if ways[name][1]
    ]
    if actions:
        offers["featuredActions"] = actions[:FEATURED_ACTIONS_LIMIT]
    return offers


def _way_there(content: PassContent) -> str | None:
    """Return the address by which a phone's own map shows the nearest of the shop's places."""
    if not content.places:
        return None
    place = content.places[0]
    at = f"{place.latitude},{place.longitude}"
    return _MAPS + urlencode({"ll": at, "q": content.vendor_name}, safe=",")


def _field(field: PassField, keys: Mapping[str, str]) -> dict[str, Any]:
    value = field.value if isinstance(field.value, int) else keys[f"{field.key}.value"]
    shown: dict[str, Any] = {
        "key": field.key,
        "label": keys[f"{field.key}.label"],
        "value": value,
    }
    if field.change_message is not None:
        shown["changeMessage"] = keys[f"{field.key}.change"]
    return shown


def _barcode(barcode: Barcode) -> dict[str, str]:
    return {
        "format": _FORMATS[barcode.kind],
        "message": barcode.value,
        "messageEncoding": "iso-8859-1",
        "altText": barcode.text,
    }


@lru_cache(maxsize=512)
def _rgb(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


@lru_cache(maxsize=512)
def _is_reachable(address: str) -> bool:
    """Return whether a phone accepts an address: https, or this machine's own while developing."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK
