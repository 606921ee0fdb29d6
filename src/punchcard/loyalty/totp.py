"""One-time digits from a shared key and the time (RFC 6238 over RFC 4226, with SHA-1)."""

import hmac


def totp(key: bytes, counter: int, digits: int) -> str:
    """Return the `digits` (at most 9) that belong to `key` in the period number `counter`."""
    # SHA-1 is what wallets compute; as a keyed digest it is not weak.
    digest = hmac.digest(key, counter.to_bytes(8), "sha1")
    start = digest[-1] & 0x0F
    value = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return f"{value % 10**digits:0{digits}d}"
