"""What the operator set up for Google Wallet: the service account, or why there is none."""

from punchcard.kit.settings import Settings
from punchcard.wallets.google.access_token import ServiceAccount, ServiceAccountUnreadable


def is_wanted(settings: Settings) -> bool:
    """Return whether the operator has begun to set Google Wallet up."""
    return bool(settings.google_issuer_id or settings.google_service_account)


def account_of(settings: Settings) -> tuple[ServiceAccount | None, str | None]:
    """Return the operator's service account, or what is wrong with what is set.

    Both are None while nothing is set. Google itself is not asked.
    """
    if not is_wanted(settings):
        return None, None
    if missing := _missing(settings):
        return None, missing
    try:
        return ServiceAccount.parse(settings.google_service_account), None
    except ServiceAccountUnreadable as error:
        return None, str(error)


def _missing(settings: Settings) -> str | None:
    if not settings.google_issuer_id:
        return "PUNCHCARD_GOOGLE_ISSUER_ID is missing."
    if not settings.google_service_account:
        return "PUNCHCARD_GOOGLE_SERVICE_ACCOUNT is missing."
    if not settings.google_service_account.strip():
        return "PUNCHCARD_GOOGLE_SERVICE_ACCOUNT_FILE names an empty file."
    if not settings.google_issuer_id.isdigit():
        return "PUNCHCARD_GOOGLE_ISSUER_ID must be the issuer's number: digits only."
    return None
