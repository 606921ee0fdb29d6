"""How often strangers may come."""

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.web.pages.page_request import PageRequest


def address_of(request: PageRequest) -> str:
    """Return the network address a visitor is counted by."""
    return counted_address(request.address)


def count_look(request: PageRequest) -> None:
    """Count one look at a public page. Raises TooManyRequests."""
    request.context.accounts.limits.reads.take(address_of(request))
