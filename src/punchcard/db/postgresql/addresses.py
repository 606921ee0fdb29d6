"""Addresses of PostgreSQL, also of several hosts one of which is the primary.

Operators write what libpq takes, `postgresql://user@one:5432,two:5432/name`; SQLAlchemy wants each
host in the query. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
"""

from typing import Final

from sqlalchemy import URL, make_url

_SCHEMES: Final = ("postgresql+psycopg://", "postgresql://", "postgres://")
_DRIVER: Final = "postgresql+psycopg"
_SESSION: Final = "target_session_attrs"


def engine_address(address: str, *, session: str = "read-write") -> URL:
    """Return the address as SQLAlchemy takes it.

    Of several hosts one is taken whose sessions are of the kind `session`, unless the address
    names another kind. Raises ArgumentError when it cannot be read.
    """
    before, hosts, after = _parts(address)
    if len(hosts) > 1:
        url = make_url(f"{_DRIVER}://{before}/{after}").update_query_dict({"host": tuple(hosts)})
    else:
        url = make_url(f"{_DRIVER}://{before}{hosts[0]}/{after}")
    is_several = isinstance(url.query.get("host"), tuple)
    if is_several and _SESSION not in url.query:
        url = url.update_query_dict({_SESSION: session})
    return url


def has_several_hosts(url: URL) -> bool:
    """Return whether another host can be tried where one does not answer."""
    return isinstance(url.query.get("host"), tuple)


def libpq_address(url: URL) -> str:
    """Return the address as PostgreSQL's own programs take it; it may hold a password."""
    url = url.set(drivername="postgresql")
    named = url.query.get("host")
    if isinstance(named, tuple):
        bare = url.difference_update_query(["host"]).set(host="hosts.invalid", port=None)
        return _rendered(bare).replace("hosts.invalid", ",".join(named), 1)
    return _rendered(url)


def _rendered(url: URL) -> str:
    """Return the text of an address; SQLAlchemy leaves blanks in it, which libpq refuses."""
    return url.render_as_string(hide_password=False).replace(" ", "%20")


def _parts(address: str) -> tuple[str, list[str], str]:
    """Return what stands before the hosts (`user:password@`), the hosts, and what follows `/`."""
    scheme = next((one for one in _SCHEMES if address.startswith(one)), "")
    rest = address.removeprefix(scheme)
    place, _, after = rest.partition("/")
    if "?" in place:
        # No name of a database, such as postgresql://host?user=shop.
        place, _, query = place.partition("?")
        after = f"?{query}"
    before, at, hosts = place.rpartition("@")
    return before + at, hosts.split(","), after
