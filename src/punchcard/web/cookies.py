"""The names of cookies: at an https address those that browsers take from this server alone.

A cookie `__Host-…` can only be set over https, by the very host that reads it, for all its paths
(RFC 6265bis, section 4.1.3): no other server below the same domain can plant one.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

_OF_HOST: Final = "__Host-"
_SECURE: Final = "__Secure-"


def cookie_name(name: str, *, is_https: bool, path: str = "/") -> str:
    """Return what the cookie `name` for the pages below `path` is called in browsers."""
    if not is_https:
        return name
    return (_OF_HOST if path == "/" else _SECURE) + name


def read_cookie(
    cookies: Mapping[str, str],
    name: str,
    *,
    is_https: bool,
    path: str = "/",
    is_harmless: bool = False,
) -> str | None:
    """Return what a browser kept under `name`.

    With `is_harmless` a cookie of before there were prefixes counts, too: one that opens nothing,
    which another server may have planted.
    """
    found = cookies.get(cookie_name(name, is_https=is_https, path=path))
    return cookies.get(name) if found is None and is_harmless else found


def write_cookie(
    response: Response, name: str, value: str | None, *, is_https: bool, max_age: int, path: str
) -> None:
    """Let a response set a cookie that no script reads, for `max_age` seconds, or drop it."""
    common: dict[str, Any] = {
        "path": path,
        "httponly": True,
        "samesite": "lax",
        "secure": is_https,
    }
    name = cookie_name(name, is_https=is_https, path=path)
    if value is None:
        response.delete_cookie(name, **common)
    else:
        response.set_cookie(name, value, max_age=max_age, **common)
