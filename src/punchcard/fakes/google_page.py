"""What a Save link opens: a card in the manner of Google's, and plainly not Google's."""

from collections.abc import Iterator
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from punchcard.fakes import pages

_REFRESH_SECONDS = 3

Body = dict[str, Any]


def save_page(of_class: Body, thing: Body, *, has_buttons: bool) -> HTMLResponse:
    """Return the page of an object in its own language; it loads itself anew, so changes show."""
    language = _language(thing)
    is_over = thing.get("state") != "ACTIVE"
    logo = of_class.get("programLogo", {}).get("sourceUri", {}).get("uri", "")
    issuer, program = (_said(of_class, name, language) for name in ("issuerName", "programName"))
    parts = [
        f'<section class="card{" void" if is_over else ""}">',
        f'<p><img class="logo" alt="" src="{escape(logo)}"> {escape(issuer)}</p>',
        f"<h2>{escape(program)}</h2>",
        pages.facts(_facts(of_class, thing, language)),
        _code(thing),
        "</section>",
        _buttons(thing) if has_buttons else "",
        _state(thing),
    ]
    return pages.page(
        "A card in a wallet like Google's",
        "".join(parts),
        style=pages.colours(".card", of_class.get("hexBackgroundColor", "")),
        pictures_from=[logo],
        refresh_seconds=_REFRESH_SECONDS,
    )


def _language(thing: Body) -> str:
    label = thing.get("loyaltyPoints", {}).get("localizedLabel", {})
    return str(label.get("defaultValue", {}).get("language", "en"))


def _said(body: Body, name: str, language: str) -> str:
    """Return a text in this language if it is told in it, else as it is."""
    localized = body.get(f"localized{name[0].upper()}{name[1:]}", {})
    values = [localized.get("defaultValue", {}), *localized.get("translatedValues", [])]
    told = [one["value"] for one in values if one.get("language") == language]
    return str(told[0] if told else body.get(name, ""))


def _facts(of_class: Body, thing: Body, language: str) -> Iterator[tuple[str, str]]:
    for name in ("loyaltyPoints", "secondaryLoyaltyPoints"):
        if points := thing.get(name):
            balance = str(next(iter(points["balance"].values())))
            yield _said(points, "label", language), balance
    for name in ("accountName", "accountId"):
        if told := thing.get(name):
            yield _said(of_class, f"{name}Label", language), told
    for text in (*thing.get("textModulesData", []), *of_class.get("textModulesData", [])):
        yield _said(text, "header", language), _said(text, "body", language)


def _code(thing: Body) -> str:
    if moving := thing.get("rotatingBarcode"):
        return pages.code(
            f"moving {moving['type']}", moving["valuePattern"], moving.get("alternateText", "")
        )
    if still := thing.get("barcode"):
        return pages.code(still["type"], still["value"], still.get("alternateText", ""))
    return "<p>This card has no code to scan.</p>"


def _buttons(thing: Body) -> str:
    does, says = ("remove", "Remove") if thing.get("hasUsers") else ("save", "Add to the wallet")
    return f'<form method="post" action="?do={does}"><button>{says}</button></form>'


def _state(thing: Body) -> str:
    held = "is in somebody's wallet" if thing.get("hasUsers") else "is in nobody's wallet yet"
    return f"<p>The object <code>{escape(thing['id'])}</code> is {thing['state']} and {held}.</p>"
