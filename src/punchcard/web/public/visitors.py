"""How often strangers may come."""

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.web.pages.page_request import Visit


def address_of(visit: Visit) -> str:
    """Return the network address a visitor is counted by."""
    return counted_address(visit.address)


def count_look(visit: Visit) -> None:
    """Count one look at a public page. Raises TooManyRequests."""
    visit.context.limits.reads.take(address_of(visit))
