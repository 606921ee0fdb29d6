"""Refusals about domains of shops' own, and of requests that say wrongly where they go."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class OwnDomainNotInPlan(DomainError):
    """The vendor's plan has no domain of its own."""

    code = "own_domain_not_in_plan"
    kind = Kind.REFUSED
    sentence = N_(
        "The plan of this shop has no domain of its own. For another plan, ask whoever runs this"
        " server."
    )


class OwnDomainTaken(DomainError):
    """Another vendor has proven that the domain is its own."""

    code = "own_domain_taken"
    kind = Kind.CONFLICT
    sentence = N_("Another shop has this domain. It has to give it up first.")


class OwnDomainNotFound(DomainError):
    """The vendor claims no domain, or nobody has this one."""

    code = "own_domain_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such domain.")


class HostUnclear(DomainError):
    """A request names no host, several, or what is none (RFC 9112, section 3.2)."""

    code = "host_invalid"
    kind = Kind.MALFORMED
    sentence = N_("The request must name one host, in one Host header.")
