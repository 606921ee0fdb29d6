"""A card's content in Apple's words: `pass.json` and the texts of each language. Pure.

`pass.json` holds the texts of the card's own language; a phone in one of our other languages finds
them in `xx.lproj/pass.strings` and shows that translation instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from punchcard.kit.i18n import Language
from punchcard.wallets.pass_content import Barcode, PassContent, PassField

_FORMATS: Final = {"qr": "PKBarcodeFormatQR", "code128": "PKBarcodeFormatCode128"}
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
# Unseen on the phone: tells two equal texts apart whose translations differ.
_MARK: Final = "\u200b"

Contents = Mapping[Language, PassContent]
"""What a card shows, by language; its own language comes first."""


@dataclass(frozen=True, kw_only=True)
class PassIdentity:
    """Whose pass it is, and where its phone asks for the newest one."""

    pass_type_id: str
    team_id: str
    serial_number: str
    web_service_url: str
    authentication_token: str


def pass_documents(contents: Contents, identity: PassIdentity) -> dict[str, bytes]:
    """Return `pass.json` and the `pass.strings` of every language, by file name."""
    own = next(iter(contents.values()))
    texts = {language: dict(_texts(content)) for language, content in contents.items()}
    keys, strings = _localised(texts[own.language], texts)
    documents = {"pass.json": orjson.dumps(_document(own, identity, keys))}
    for language, table in strings.items():
        documents[f"{language}.lproj/pass.strings"] = _strings_file(table)
    return documents


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
        "logoText": keys["logoText"],
        "backgroundColor": _rgb(content.background_color),
        "foregroundColor": _rgb(content.text_color),
        "labelColor": _rgb(content.text_color),
        "storeCard": {
            place: [_field(field, keys) for field in fields]
            for place, fields in _places(content).items()
        },
    }
    if content.barcode is not None:
        document["barcodes"] = [_barcode(content.barcode)]
    if content.is_void:
        document["voided"] = True
    if _is_reachable(identity.web_service_url):
        document["webServiceURL"] = identity.web_service_url
        document["authenticationToken"] = identity.authentication_token
    return document


def _places(content: PassContent) -> dict[str, list[PassField]]:
    """Return which field stands where: at most four below a strip, which stamps are drawn on."""
    below = [field for field in (content.reward, content.status) if field is not None]
    customer = [content.customer] if content.customer is not None else []
    balances = list(content.balances)
    if content.stamps is None:
        return {
            "primaryFields": balances,
            "secondaryFields": below,
            "auxiliaryFields": customer,
            "backFields": list(content.back),
        }
    return {
        "headerFields": balances[:1],
        "secondaryFields": [*balances[1:], *below],
        "auxiliaryFields": customer,
        "backFields": list(content.back),
    }


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


def _texts(content: PassContent) -> Iterator[tuple[str, str]]:
    """Yield each text of a pass with the place it stands at."""
    yield "logoText", content.program_name
    yield "description", content.card_name
    for fields in _places(content).values():
        for field in fields:
            yield f"{field.key}.label", field.label
            if isinstance(field.value, str):
                yield f"{field.key}.value", field.value
            if field.change_message is not None:
                yield f"{field.key}.change", field.change_message


def _localised(
    own: Mapping[str, str], texts: Mapping[Language, Mapping[str, str]]
) -> tuple[dict[str, str], dict[Language, dict[str, str]]]:
    """Return the text to write at each place, and its translations by that text.

    A phone looks every text up, also a customer's name that happens to be somebody else's label:
    so a text that two places translate differently is marked apart.
    """
    keys: dict[str, str] = {}
    taken: dict[str, tuple[str, ...]] = {}
    strings: dict[Language, dict[str, str]] = {language: {} for language in texts}
    for place, text in own.items():
        translations = tuple(words.get(place, text) for words in texts.values())
        key = text
        while taken.setdefault(key, translations) != translations:
            key += _MARK
        keys[place] = key
        if set(translations) == {key}:
            continue
        for language, translation in zip(texts, translations, strict=True):
            strings[language][key] = translation
    return keys, strings


def _strings_file(table: Mapping[str, str]) -> bytes:
    lines = (f'"{_escaped(key)}" = "{_escaped(text)}";\n' for key, text in table.items())
    return "".join(lines).encode()


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return escaped.replace("\n", "\\n").replace("\r", "\\r")


def _barcode(barcode: Barcode) -> dict[str, str]:
    return {
        "format": _FORMATS[barcode.kind],
        "message": barcode.value,
        "messageEncoding": "iso-8859-1",
        "altText": barcode.text,
    }


def _rgb(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


def _is_reachable(address: str) -> bool:
    """Tell whether a phone accepts an address: https, or this machine's own while developing."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK
