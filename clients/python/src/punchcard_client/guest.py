"""What anyone may see, and a customer with the card's link; without a key."""

from collections.abc import Iterator
from typing import Any, Final, cast

from punchcard_client.models import PublicCard, PublicClaimed, PublicProgram, PublicTransaction
from punchcard_client.transport import Transport, as_part, each_item

_PREFIX: Final = "/api/v1/loyalty"


class Guest(Transport):
    """A client without a key: programs that are open, and cards by the token of their link."""

    def __init__(self, url: str, **options: Any) -> None:
        """Call the server at `url`; options are those of `Transport`: `language`, `patience`, …"""
        super().__init__(url, None, **options)

    def program(self, slug: str) -> PublicProgram:
        """Return what a customer may see of a program."""
        return cast(PublicProgram, self.call("GET", f"{_PREFIX}/programs/{as_part(slug)}"))

    def card(self, token: str) -> PublicCard:
        """Return the customer's own card."""
        return cast(PublicCard, self.call("GET", f"{_PREFIX}/cards/{as_part(token)}"))

    def transactions(self, token: str) -> Iterator[PublicTransaction]:
        """Give a card's history, newest first."""
        return each_item(self, f"{_PREFIX}/cards/{as_part(token)}/transactions", {})

    def claim(self, token: str, claim: str) -> PublicClaimed:
        """Put a receipt on a card, by its code or what its QR code holds.

        The same receipt on the same card again changes nothing.
        """
        path = f"{_PREFIX}/cards/{as_part(token)}/claims"
        done = self.call("POST", path, fields={"claim": claim}, is_safe=True)
        return cast(PublicClaimed, done)
