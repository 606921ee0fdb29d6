"""`/docs`: the reference of the API as a page that asks nobody outside for anything."""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import Header, Response

from punchcard.api.http.field_messages import NotFound
from punchcard.api.http.routing import api_router

router = api_router()

VIEWER: Final = "swagger-ui-dist-5.35.0"
"""The folder of the viewer in `static/vendor`; `vendor.toml` lists what is in it."""

_STATIC: Final = Path(__file__).parent.parent / "static"

# Scripts and styles come from this server alone, and none stands in the page itself: a sentence
# of the document that looks like a script stays a sentence.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE: Final = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Punchcard: reference of the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/{VIEWER}/swagger-ui.css">
<link rel="stylesheet" href="/docs/page/docs.css">
<script src="/docs/{VIEWER}/swagger-ui-bundle.js" defer></script>
<script src="/docs/page/docs.js" defer></script>
</head>
<body>
<div id="reference"><p>The reference needs JavaScript. The document itself is at
<a href="/openapi.json">/openapi.json</a>.</p></div>
</body>
</html>
"""


@dataclass(frozen=True)
class _Asset:
    """A file of the page; what has its version in its address is kept by browsers for a year."""

    path: Path
    media_type: str
    cache_control: str


_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_ASKED_AGAIN: Final = "no-cache"
_ASSETS: Final = {
    f"{VIEWER}/swagger-ui-bundle.js": _Asset(
        _STATIC / "vendor" / VIEWER / "swagger-ui-bundle.js", "text/javascript", _FOR_A_YEAR
    ),
    f"{VIEWER}/swagger-ui.css": _Asset(
        _STATIC / "vendor" / VIEWER / "swagger-ui.css", "text/css", _FOR_A_YEAR
    ),
    "page/docs.js": _Asset(_STATIC / "docs.js", "text/javascript", _ASKED_AGAIN),
    "page/docs.css": _Asset(_STATIC / "docs.css", "text/css", _ASKED_AGAIN),
}


@router.get("/docs")
def get_docs() -> Response:
    """Return the page."""
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": _ASKED_AGAIN}
    return Response(_PAGE, headers=headers, media_type="text/html")


@router.get("/docs/{folder}/{name}")
def get_docs_asset(
    folder: str, name: str, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """Return one of the page's files, packed for browsers that unpack. Raises NotFound."""
    asset = _ASSETS.get(f"{folder}/{name}")
    if asset is None:
        raise NotFound
    headers = {"Cache-Control": asset.cache_control, "Vary": "Accept-Encoding"}
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
        return Response(_packed(asset.path), headers=headers, media_type=asset.media_type)
    return Response(asset.path.read_bytes(), headers=headers, media_type=asset.media_type)


@lru_cache(maxsize=len(_ASSETS))
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
