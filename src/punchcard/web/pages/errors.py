"""How refusals look on pages: one table of statuses, a sentence in words, and a way on."""

from collections.abc import Sequence
from typing import Final

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_

TITLES: Final[dict[int, str]] = {
    400: N_("The request was incomplete"),
    401: N_("Please sign in"),
    403: N_("You do not have access"),
    404: N_("Page not found"),
    405: N_("Page not found"),
    409: N_("That is not possible"),
    412: N_("That is not possible"),
    413: N_("Too large"),
    422: N_("Please check what you typed"),
    423: N_("Locked"),
    429: N_("One moment, please"),
    500: N_("Something went wrong"),
    503: N_("One moment, please"),
}
"""What stands above the sentence, by status."""


class PageNotFound(DomainError):
    """There is no such page, or it is another vendor's."""

    code = "not_found"
    kind = Kind.MISSING
    sentence = N_("There is nothing at this address. Perhaps the link is old or incomplete.")


class TooLargeToSend(DomainError):
    """What a form sent is more than the server reads: facts `limit_kilobytes`."""

    code = "body_too_large"
    kind = Kind.TOO_LARGE
    sentence = N_(
        "What you sent is too large: {limit_kilobytes} kB at most. Go back and choose a"
        " smaller file."
    )


class CardReplaced(Exception):
    """A card's token that a replaced card no longer answers to; `shop` is whose card it is."""

    def __init__(self, shop: str) -> None:
        super().__init__(shop)
        self.shop = shop


class FormExpired(DomainError):
    """The form was not made by this server for this visitor, or long ago."""

    code = "form_expired"
    kind = Kind.FORBIDDEN
    sentence = N_("This form has expired or came from another site. Reload the page and try again.")


class FormFromElsewhere(DomainError):
    """A browser says that the form stands on another server's page: facts `origin`, `address`.

    Mostly it is a proxy that hides the address of the browser, so it tells how that is mended.
    """

    code = "form_from_elsewhere"
    kind = Kind.FORBIDDEN
    sentence = N_(
        "This form came from {origin}, but this server's pages are at {address}. If you run"
        " the server: set PUNCHCARD_BASE_URL to the address that browsers show."
    )


class ConfirmationNeeded(Exception):
    """Whoever is signed in must show once more who they are, before a request is repeated.

    `method` and `path` are the request's, `fields` what its form held.
    """

    def __init__(self, method: str, path: str, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(path)
        self.method = method
        self.path = path
        self.fields = fields


class SignInNeeded(Exception):
    """Nobody is signed in; `wanted` is the page to come back to."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted
