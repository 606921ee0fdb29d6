"""The settings of the operator's own identity provider, by which people may sign in."""

import ipaddress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

PROVIDER_KINDS: Final = ("admins", "owners", "managers", "staff")
"""Who may be let in by the provider, in the words of the settings."""

REQUIRABLE_KINDS: Final = ("admins", "managers", "staff")
"""Of whom the operator may require it: an owner's password always works."""


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """What an operator can set about their identity provider; a part of `Settings`."""

    # OpenID Connect; off while there is no issuer. The name is what the button says, else the
    # issuer's host. Lists have commas.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    oidc_scopes: str = "openid email profile"
    oidc_email_domains: str = ""
    oidc_for: str = "admins,owners,managers,staff"
    oidc_required: str = ""
    oidc_second_factor_acr: str = ""
    oidc_timeout_seconds: float = 10.0
    oidc_answer_limit_bytes: int = 262_144
    oidc_parallel_limit: int = 4
    oidc_refresh_minutes: int = 60
    oidc_refetch_seconds: int = 60
    oidc_sign_in_minutes: int = 10


def words_of(text: str) -> frozenset[str]:
    """Return the words of a list with commas."""
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def fault_of_provider(values: dict[str, Any]) -> tuple[str, str] | None:
    """Return which setting of the provider no server can use, and why; None where nothing is.

    An issuer is https, or http to an address of the own network.
    """
    issuer = values.get("oidc_issuer", "")
    if issuer and not is_safe_address(issuer):
        return "OIDC_ISSUER", f"{issuer!r} must be https, or http to an address of the own network"
    if issuer and not values.get("oidc_client_id", ""):
        return "OIDC_CLIENT_ID", "it is missing: the provider gives it to you"
    for name, known in (("oidc_for", PROVIDER_KINDS), ("oidc_required", REQUIRABLE_KINDS)):
        for word in sorted(words_of(values.get(name, "")) - set(known)):
            return name.upper(), f"{word!r} is none of {', '.join(known)}"
    if values.get("oidc_scopes") and "openid" not in values["oidc_scopes"].split():
        return "OIDC_SCOPES", "openid must be among them"
    return None


def is_safe_address(address: str) -> bool:
    """Return whether a provider may be asked there: by https, or within the own network."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.fragment or "@" in parts.netloc:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_own(host)))


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
