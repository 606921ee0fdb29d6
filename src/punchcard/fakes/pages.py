"""Pages of the stand-ins: plain HTML of their own, plainly no company's, and safe to be shown."""

import re
from collections.abc import Iterable
from html import escape
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlsplit

import segno
from starlette.responses import HTMLResponse

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_STYLE: Final = """
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f4f4f1; color: #1c1c1a; }
main { max-width: 26rem; margin: 0 auto; padding: 1rem; }
.mark { margin: 0; padding: .6rem 1rem; background: #1c1c1a; color: #fff; text-align: center; }
.card { border-radius: 1rem; padding: 1.25rem; margin: 1.25rem 0; overflow-wrap: anywhere; }
.card h2 { margin: 0 0 .75rem; font-size: 1.25rem; line-height: 1.25; }
.card img { max-width: 100%; height: auto; }
.logo { width: 3rem; border-radius: 50%; }
.code { background: #fff; color: #000; padding: 1rem; text-align: center; border-radius: .5rem; }
.code svg { display: block; margin: 0 auto .5rem; max-width: 100%; height: auto; }
.void { opacity: .5; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1rem; }
dt { opacity: .8; } dd { margin: 0; font-weight: 600; }
button { font: inherit; min-height: 2.75rem; padding: 0 1.25rem; cursor: pointer; }
pre { overflow: auto; font-size: .8125rem; background: #fff; padding: .75rem; }
time { font-variant-numeric: tabular-nums; }
"""


def page(
    title: str,
    body: str,
    *,
    style: str = "",
    pictures_from: Iterable[str] = (),
    refresh_seconds: int | None = None,
) -> HTMLResponse:
    """Return a page that may load nothing but its pictures, and runs no script.

    `body` is HTML, `style` CSS of this page's own; `pictures_from` are addresses whose servers may
    be asked for pictures.
    """
    nonce = token_urlsafe(16)
    origins = " ".join(sorted({origin for url in pictures_from if (origin := _origin(url))}))
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data: {origins}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><style nonce="{nonce}">{_STYLE}{style}</style></head><body>'
        '<p class="mark"><strong>Demonstration.</strong> Nothing left this machine.</p>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    if refresh_seconds is not None:
        headers["Refresh"] = str(refresh_seconds)
    return HTMLResponse(text, headers=headers)


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return labels and values as HTML."""
    rows = (f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in pairs)
    return f"<dl>{''.join(rows)}</dl>"


def code(kind: str, value: str, text: str) -> str:
    """Return what a till would scan as HTML: a QR code is drawn, any other is only named."""
    drawn = ""
    if "QR" in kind:
        drawn = segno.make_qr(value).svg_inline(scale=5, border=0, svgclass=None, lineclass=None)
    told = f"<small>{escape(kind)}: {escape(value)}</small>"
    return f'<div class="code">{drawn}<div>{escape(text)}</div>{told}</div>'


def colours(selector: str, background: str, text: str | None = None) -> str:
    """Return the CSS that gives a part its colours; what is not a colour is left out."""
    if not _COLOUR.fullmatch(background):
        return ""
    if text is None or not _COLOUR.fullmatch(text):
        red, green, blue = bytes.fromhex(background[1:])
        text = "#000000" if red * 299 + green * 587 + blue * 114 > 140_000 else "#ffffff"
    return f"{selector} {{ background: {background}; color: {text}; }}"


def _origin(url: str) -> str | None:
    parts = urlsplit(url)
    is_plain = parts.scheme in ("http", "https") and re.fullmatch(r"[\w.:\[\]-]+", parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if is_plain else None
