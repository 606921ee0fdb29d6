"""Whether a domain is a shop's own: looked for in DNS and at the domain, once and then daily."""
