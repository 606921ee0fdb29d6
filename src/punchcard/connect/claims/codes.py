"""How a receipt's code is shown: to be read out and typed, and as an address."""

from punchcard.connect.claims.presented import PATH
from punchcard.kit.security.spoken_codes import readable


def claim_code(code: str) -> str:
    """Return a code in two groups, as it is read out and typed."""
    return readable(code)


def claim_url(base_url: str, text: str) -> str:
    """Return the address of the receipt with this code or signed text."""
    return f"{base_url}{PATH}{text}"
