"""Scripts, styles and pictures of the pages: one address per content, kept by browsers for a year.

Every address holds one hash over all files, so modules may import one another by relative paths.
"""

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from punchcard.web.pages.errors import PageNotFound

router = APIRouter()

STATIC: Final = Path(__file__).parent.parent / "static"
HTMX: Final = "vendor/htmx.org-4.0.1/dist/htmx.min.js"
PICO: Final = "vendor/picocss-pico-2.1.1/css/pico.min.css"
UPLOT: Final = "vendor/uplot-1.6.32/dist/uPlot.iife.min.js"
UPLOT_STYLE: Final = "vendor/uplot-1.6.32/dist/uPlot.min.css"
BARCODE_DETECTOR: Final = "vendor/barcode-detector-3.2.2/dist/es/ponyfill.js"
ZXING_READER: Final = "vendor/zxing-wasm-3.1.3/dist/reader/zxing_reader.wasm"
IDB_KEYVAL: Final = "vendor/idb-keyval-6.3.0/dist/index.js"
ICONS: Final = "vendor/lucide-static-1.62.0/icons"

FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*(?:(?!\*/)[\s\S])*\*/[ \t]*)$", re.MULTILINE)
_STYLE_COMMENT: Final = re.compile(r"/\*[\s\S]*?\*/")
_IMPORT: Final = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)
_BLANKS: Final = re.compile(r"\s+")
_STYLE_BREAK: Final = re.compile(r" ?([{};,]) ?")
_ON_SLOW_LINES: Final = {"public.css", "public_form.css", "card.css"}
"""Styles of the pages that customers open in the shop, on whatever line there is."""
_PACKED: Final = {".css", ".js", ".svg", ".wasm", ".webmanifest"}


@lru_cache(maxsize=1)
def version() -> str:
    """Return the hash over all files that stands in their addresses: 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(_files().values()):
        digest.update(str(path.relative_to(STATIC)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """Return the address of the file `name`, a path below `static/`. Raises LookupError."""
    if name not in _files():
        raise LookupError(f"there is no {name} in {STATIC.name}/")
    return f"/static/{version()}/{name}"


def names(below: str) -> list[str]:
    """Return the names of all files that begin with `below`, in order."""
    return sorted(name for name in _files() if name.startswith(below))


@lru_cache(maxsize=256)
def icon(name: str) -> str:
    """Return the drawing `name` of the icons as SVG that takes its colour from the text."""
    drawing = (STATIC / ICONS / f"{name}.svg").read_text(encoding="utf-8")
    _licence, _, svg = drawing.partition("<svg")
    return " ".join(f'<svg aria-hidden="true"{svg}'.split())


@router.get("/static/{found}/{name:path}")
def get_asset(found: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """Return one file, packed for browsers that unpack; our scripts come without their comments.

    Raises PageNotFound.
    """
    path = _files().get(name)
    if path is None:
        raise PageNotFound
    # A page of the version before may still ask: it gets the file, but nobody keeps it.
    headers = {"Cache-Control": FOR_A_YEAR if found == version() else "no-cache"}
    if path.suffix in _PACKED:
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(_packed(path), headers=headers, media_type=_MEDIA_TYPES[path.suffix])
    return Response(_content(path), headers=headers, media_type=_MEDIA_TYPES[path.suffix])


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    return {
        path.relative_to(STATIC).as_posix(): path
        for path in STATIC.rglob("*")
        if path.suffix in _MEDIA_TYPES
    }


@lru_cache(maxsize=256)
def _packed(path: Path) -> bytes:
    return gzip.compress(_content(path), mtime=0)


@lru_cache(maxsize=256)
def _content(path: Path) -> bytes:
    if path.suffix == ".js" and path.relative_to(STATIC).parts[0] == "js":
        return without_comments(path.read_text(encoding="utf-8")).encode()
    if path.suffix == ".css":
        style = with_its_parts(path)
        return (without_layout(style) if path.name in _ON_SLOW_LINES else style).encode()
    return path.read_bytes()


def with_its_parts(path: Path) -> str:
    """Return a style sheet with those it imports in their places: one request for them all."""
    style = path.read_text(encoding="utf-8")
    return _IMPORT.sub(lambda found: with_its_parts(path.parent / found[1]), style)


def without_layout(style: str) -> str:
    """Return a style sheet without its comments and line breaks: a sixth less to load, packed."""
    return _STYLE_BREAK.sub(r"\1", _BLANKS.sub(" ", _STYLE_COMMENT.sub("", style))).strip()


def without_comments(script: str) -> str:
    """Return a script without the comments that have lines to themselves; lines keep their numbers.

    A quarter of the scripts is types and reasons, which a phone need not load. No text in them may
    span lines.
    """
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), script)
