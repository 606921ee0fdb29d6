"""What a Save link opens: a card in the manner of Google's, and plainly not Google's."""

from collections.abc import Iterator
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from punchcard.fakes import pages

_REFRESH_SECONDS = 3

Body = dict[str, Any]


def save_page(of_class: Body, thing: Body, *, has_buttons: bool) -> HTMLResponse:
    """Return the page of an object; it loads itself anew, so that changes show."""
    is_over = thing.get("state") != "ACTIVE"
    logo = of_class.get("programLogo", {}).get("sourceUri", {}).get("uri", "")
    parts = [
        f'<section class="card{" void" if is_over else ""}">',
        f'<p><img class="logo" alt="" src="{escape(logo)}"> {escape(of_class["issuerName"])}</p>',
        f"<h2>{escape(of_class.get('programName', ''))}</h2>",
        pages.facts(_facts(of_class, thing)),
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


def _facts(of_class: Body, thing: Body) -> Iterator[tuple[str, str]]:
    for name in ("loyaltyPoints", "secondaryLoyaltyPoints"):
        if points := thing.get(name):
            yield points["label"], str(next(iter(points["balance"].values())))
    for name, label in (("accountName", "Name"), ("accountId", "Number")):
        if told := thing.get(name):
            yield of_class.get(f"{name}Label", label), told
    for text in (*thing.get("textModulesData", []), *of_class.get("textModulesData", [])):
        yield text.get("header", ""), text.get("body", "")


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
