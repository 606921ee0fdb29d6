"""Whom the operator lets in by the identity provider, and what is taken from it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from punchcard.accounts.models import Admin, User
from punchcard.accounts.vocabulary import Role
from punchcard.kit.environment.provider_settings import words_of
from punchcard.kit.settings import Settings

_WORDS = {Role.OWNER: "owners", Role.MANAGER: "managers", Role.STAFF: "staff"}
# RFC 8176, section 2: several factors were shown.
_SEVERAL_FACTORS = "mfa"


@dataclass(frozen=True, kw_only=True)
class ProviderRules:
    """What the settings say: who may, who must, which addresses, what counts as two factors."""

    name: str
    allowed: frozenset[str]
    required: frozenset[str]
    domains: frozenset[str]
    second_factor_acr: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> "ProviderRules":
        """Return the rules; nobody may, and nobody must, while there is no issuer."""
        is_set = bool(settings.oidc_issuer)
        domains = words_of(settings.oidc_email_domains)
        return cls(
            name=settings.oidc_name or (urlsplit(settings.oidc_issuer).hostname or ""),
            allowed=words_of(settings.oidc_for) if is_set else frozenset(),
            required=words_of(settings.oidc_required) if is_set else frozenset(),
            domains=frozenset(one.lower().removeprefix("@") for one in domains),
            second_factor_acr=words_of(settings.oidc_second_factor_acr),
        )

    def may(self, person: User | Admin) -> bool:
        """Return whether this person may sign in by the provider."""
        return _word_of(person) in self.allowed

    def must(self, person: User | Admin) -> bool:
        """Return whether a password alone opens nothing for this person; never for an owner."""
        return _word_of(person) in self.required and self.may(person)

    def takes_address(self, email: str | None, *, is_verified: bool) -> bool:
        """Return whether an account with this address may sign in."""
        if not self.domains:
            return True
        return bool(email) and is_verified and (email or "").rpartition("@")[2] in self.domains

    def has_second_factor(self, amr: frozenset[str], acr: str | None) -> bool:
        """Return whether the provider says that the person showed more than one factor."""
        return _SEVERAL_FACTORS in amr or (acr is not None and acr in self.second_factor_acr)


def _word_of(person: User | Admin) -> str:
    return "admins" if isinstance(person, Admin) else _WORDS[Role(person.role)]
