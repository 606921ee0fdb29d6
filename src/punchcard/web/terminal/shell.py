"""The terminal: a shell that browsers keep and open without a line, and what belongs to it.

Its scripts talk to the API as any other till does; nothing here knows a card or a shop.
"""

import hashlib
import json
import re
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from punchcard.accounts.words import LANGUAGE_NAMES
from punchcard.kit.i18n import LANGUAGES, as_language, translate, unbroken
from punchcard.kit.money import UNUSUAL_DIGITS
from punchcard.loyalty.cards.links import hand_over_path
from punchcard.wallets.symbols.stamp_symbols import SYMBOLS
from punchcard.web.pages import assets, drawings, page_request
from punchcard.web.pages.errors import PageNotFound
from punchcard.web.pages.page_request import PageRequestDep
from punchcard.web.pages.templating import TEMPLATES
from punchcard.web.terminal.texts import SHORT_NAME, TEXTS

router = APIRouter()

POLICY: Final = page_request.POLICY.replace(
    "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
)
"""Code readers are WebAssembly where the browser has none of its own; only the terminal reads."""

_SCOPE: Final = "/terminal"
_TICKET: Final = re.compile(r"[A-Za-z0-9_-]{40,400}")
_WORKER: Final = "js/terminal/sw.js"
_STYLES: Final = (assets.PICO, "css/house.css", "css/card.css", "css/terminal.css")
_ICON_PURPOSES: Final = {"card": "any", "maskable": "maskable"}
_TOUCH_ICON: Final = "icons/maskable-192.png"
_READER: Final = (
    assets.BARCODE_DETECTOR,
    assets.BARCODE_DETECTOR.replace("ponyfill.js", "zxing-exported.js"),
    assets.ZXING_READER,
)
_ICONS: Final = (
    "arrow-left",
    "camera",
    "check",
    "clock",
    "copy",
    "delete",
    "download",
    "gift",
    "id-card",
    "info",
    "keyboard",
    "lock",
    "minus",
    "pencil",
    "plus",
    "qr-code",
    "receipt",
    "refresh-cw",
    "search",
    "settings",
    "share",
    "stamp",
    "star",
    "sun",
    "tablet-smartphone",
    "trash-2",
    "triangle-alert",
    "undo-2",
    "user-plus",
    "users",
    "wifi",
    "wifi-off",
    "x",
)


@router.get("/terminal")
def open_terminal(request: PageRequestDep) -> Response:
    """Return the shell; it holds nothing of anybody, so a browser may keep it."""
    request.policy = POLICY
    return request.render(
        "terminal/shell.html",
        modules=[*_modules(), assets.IDB_KEYVAL],
        icons=_ICONS,
        symbols=SYMBOLS,
        facts=_facts(request.language),
    )


@router.get("/terminal/sw.js")
def get_worker() -> Response:
    """Return the script that keeps the shell, with the list of what it keeps."""
    facts = {"version": version(), "files": _kept_files(), "later": _addresses(_READER)}
    script = (assets.STATIC / _WORKER).read_text(encoding="utf-8")
    return Response(
        f"const SHELL = {json.dumps(facts)};\n{script}",
        headers={
            "Cache-Control": "no-cache",
            "Content-Security-Policy": page_request.POLICY,
            "Service-Worker-Allowed": _SCOPE,
        },
        media_type="text/javascript",
    )


@router.get("/terminal/manifest.webmanifest")
def get_manifest(lang: Annotated[str, Query(max_length=20)] = "en") -> Response:
    """Return what a device needs to install the terminal, in the language `lang`."""
    language = as_language(lang) or "en"
    manifest = {
        "id": _SCOPE,
        "name": f"Punchcard {translate(SHORT_NAME, language)}",
        "short_name": translate(SHORT_NAME, language),
        "lang": language,
        "dir": "ltr",
        "start_url": _SCOPE,
        "scope": _SCOPE,
        "display": "standalone",
        "background_color": "#f6f4ef",
        "theme_color": "#14594b",
        "icons": [
            {
                "src": assets.address(f"icons/{name}-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, purpose in _ICON_PURPOSES.items()
            for size in (192, 512)
        ],
    }
    return _json(manifest, "application/manifest+json")


@router.get("/terminal/texts.json")
def get_texts(lang: Annotated[str, Query(max_length=20)] = "en") -> Response:
    """Return the sentences of the terminal's scripts in the language `lang`, by the English one."""
    return _json(_texts(as_language(lang) or "en"), "application/json")


@router.get("/terminal/hand-over/{ticket}.svg")
def get_hand_over_code(request: PageRequestDep, ticket: str) -> Response:
    """Return the link by which a card is handed over as a QR code, for its customer's phone."""
    if not _TICKET.fullmatch(ticket):
        raise PageNotFound
    address = request.context.shop_addresses.base_url + hand_over_path(ticket)
    return request.finish(Response(drawings.svg(address), media_type="image/svg+xml"))


@lru_cache(maxsize=1)
def version() -> str:
    """Return the hash over everything the shell is made of: 12 hexadecimal digits."""
    digest = hashlib.sha256(assets.version().encode())
    digest.update((TEMPLATES / "terminal" / "shell.html").read_bytes())
    digest.update((TEMPLATES / "base.html").read_bytes())
    for language in LANGUAGES:
        digest.update(json.dumps(_texts(language)).encode())
    return digest.hexdigest()[:12]


def _facts(language: str) -> dict[str, Any]:
    """Return what the scripts must be told: addresses, and the languages there are."""
    return {
        "version": version(),
        "language": language,
        "languages": LANGUAGE_NAMES,
        "texts": {each: _texts_address(each) for each in LANGUAGES},
        "minor_digits": dict(UNUSUAL_DIGITS),
        "reader": {
            "module": assets.address(assets.BARCODE_DETECTOR),
            "wasm": assets.address(assets.ZXING_READER),
        },
    }


def _kept_files() -> list[str]:
    names = [*_STYLES, *_modules(), assets.IDB_KEYVAL, "icons/punchcard.svg", _TOUCH_ICON]
    return [_SCOPE, *(_texts_address(each) for each in LANGUAGES), *_addresses(names)]


def _modules() -> list[str]:
    return [name for name in assets.names("js/terminal/") if name != _WORKER]


def _addresses(names: tuple[str, ...] | list[str]) -> list[str]:
    return [assets.address(name) for name in names]


def _texts_address(language: str) -> str:
    return f"/terminal/texts.json?lang={language}"


@lru_cache(maxsize=len(LANGUAGES))
def _texts(language: str) -> dict[str, str]:
    return {text: unbroken(translate(text, language)) for text in TEXTS}


def _json(value: dict[str, Any], media_type: str) -> Response:
    headers = {"Cache-Control": "no-cache"}
    return Response(json.dumps(value, ensure_ascii=False), headers=headers, media_type=media_type)
