"""Looks whether Google lets this server in: for the operator, who is told what to do if not."""

from contextlib import closing
from typing import TYPE_CHECKING, Final

from punchcard.kit.clock import Clock
from punchcard.kit.settings import Settings
from punchcard.wallets.google.access_token import ServiceAccount, TokenSource
from punchcard.wallets.google.google_client import CLASS, GoogleClient
from punchcard.wallets.google.google_errors import GoogleAway, GoogleNeedsOperator, GoogleRefused
from punchcard.wallets.google.rate_limiter import BlockingRateLimiter
from punchcard.wallets.google.set_up import account_of
from punchcard.wallets.platform import Complaint

if TYPE_CHECKING:
    import httpx

# Nothing has this name: to be told so is to have been let in.
_PROBE: Final = "punchcard-doctor"


def complaints(settings: Settings, clock: Clock) -> list[Complaint]:
    """Return what is wrong with Google Wallet; it asks Google for a token and one answer."""
    account, found = account_of(settings)
    if account is not None:
        found = _complaint_of_google(settings, account, clock)
    complaints = [Complaint("error", found)] if found is not None else []
    if not settings.base_url.startswith("https://"):
        message = (
            "Google fetches logos and sends its notices only over https: set PUNCHCARD_BASE_URL."
        )
        complaints.append(Complaint("warning", message))
    return complaints


def _complaint_of_google(settings: Settings, account: ServiceAccount, clock: Clock) -> str | None:
    import httpx

    with closing(httpx.Client(timeout=settings.google_timeout_seconds)) as http:
        tokens = TokenSource(account, http, token_url=settings.google_token_url, clock=clock)
        try:
            tokens.get()
        except GoogleNeedsOperator as error:
            return (
                f"Google gives {account.email} {error}. Was the key deleted in the Cloud console,"
                " or is this machine's clock wrong?"
            )
        except GoogleAway as error:
            return f"Google cannot be reached for a token ({error}). May this server go out there?"
        return _complaint_of_issuer(settings, account, tokens, http, clock)


def _complaint_of_issuer(
    settings: Settings,
    account: ServiceAccount,
    tokens: TokenSource,
    http: "httpx.Client",
    clock: Clock,
) -> str | None:
    client = GoogleClient(
        http,
        tokens,
        api_url=settings.google_api_url,
        clock=clock,
        pace=BlockingRateLimiter(settings.google_requests_per_second),
    )
    try:
        client.get(CLASS, f"{settings.google_issuer_id}.{_PROBE}")
    except GoogleNeedsOperator as error:
        return (
            f"Google knows {account.email}, but does not let it act for issuer"
            f" {settings.google_issuer_id}. Is the Google Wallet API switched on in its Cloud"
            f" project? Google says: {error}"
        )
    except GoogleRefused as error:
        return f"Google does not know issuer {settings.google_issuer_id}: {error}"
    except GoogleAway as error:
        return f"Google gave a token, but its Wallet API does not answer ({error})."
    return None
