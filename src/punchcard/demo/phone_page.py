"""What the pretended iPhone shows: its passes, and what happened on it."""

import json
import re
from base64 import b64encode
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from punchcard.demo.phone import DemoPhone, HeldPass
from punchcard.fakes import pages

_REFRESH_SECONDS = 2
_RGB = re.compile(r"rgb\((\d{1,3}), (\d{1,3}), (\d{1,3})\)")


def phone_page(phone: DemoPhone) -> HTMLResponse:
    """Return the page; it loads itself anew, so that pushes show as they arrive."""
    passes = sorted(phone.passes.items())
    shown = "".join(_pass(serial, held) for serial, held in passes)
    nothing = (
        "<p>No pass yet. Open the <em>apple.pkpass</em> address of a card in this browser:"
        " this phone then takes the pass.</p>"
    )
    style = "".join(_style(serial, held) for serial, held in passes)
    body = f"{_events(phone)}{shown or nothing}"
    return pages.page(
        "A phone with Apple's passes", body, style=style, refresh_seconds=_REFRESH_SECONDS
    )


def _events(phone: DemoPhone) -> str:
    items = "".join(
        f"<li><time>{at:%H:%M:%S}</time> UTC {escape(sentence)}</li>"
        for at, sentence in list(phone.events)
    )
    return f"<ol>{items}</ol>" if items else ""


def _pass(serial: str, held: HeldPass) -> str:
    document = held.document
    raw = escape(json.dumps(document, indent=2, ensure_ascii=False))
    is_void = document.get("voided", False)
    codes = (
        pages.code(one["format"], one["message"], one["altText"])
        for one in document.get("barcodes", [])
    )
    front = pages.facts((one["label"], one["value"]) for one in held.front)
    back = pages.facts((one["label"], one["value"]) for one in held.fields(("backFields",)))
    return (
        f'<section class="card p{escape(serial)}{" void" if is_void else ""}">'
        f"{_picture(held, 'logo')}<h2>{escape(document.get('logoText', ''))}</h2>"
        f"{_picture(held, 'strip')}{front}{''.join(codes)}"
        f"<details><summary>The back</summary>{back}</details></section>"
        f"<details><summary>pass.json of {escape(serial)}</summary><pre>{raw}</pre></details>"
        f'<form method="post" action="phone/remove?serial={escape(serial)}">'
        "<button>Throw away</button></form>"
    )


def _picture(held: HeldPass, name: str) -> str:
    if name not in held.pictures:
        return ""
    content = b64encode(held.pictures[name]).decode()
    return f'<p><img alt="" src="data:image/png;base64,{content}"></p>'


def _style(serial: str, held: HeldPass) -> str:
    document = held.document
    background, text = (_hex(document[name]) for name in ("backgroundColor", "foregroundColor"))
    return pages.colours(f".p{serial}", background, text) if serial.isdigit() else ""


def _hex(colour: Any) -> str:
    found = _RGB.fullmatch(colour)
    return "#" + "".join(f"{int(part):02x}" for part in found.groups()) if found else ""
