"""Where a card's page stands: the one place that spells its address."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from punchcard.kit.ids import CardId, VendorId
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64
from punchcard.kit.settings import Settings

BaseOf = Callable[[VendorId], str]
"""Gives what the links of a vendor begin with."""

_CODE_BYTES: Final = 32
"""An id and its tag."""


def card_sealer(settings: Settings) -> Sealer:
    """Return what seals the secret tokens of cards; a seal is bound to the card's id."""
    return Sealer(settings.keys, "card token")


def public_path(token: str) -> str:
    """Return the path of the page of the card with this token."""
    return f"/c/{token}"


def join_path(slug: str) -> str:
    """Return the path at which customers join a program."""
    return f"/join/{slug}"


def hand_over_path(ticket: str) -> str:
    """Return the path by which a card is handed over, once."""
    return f"/h/{ticket}"


def own_data_path(token: str, secret: str) -> str:
    """Return the path at which a card's holder, who has shown who they are, has their data."""
    return f"{public_path(token)}/yours/{secret}"


def objection_path(ticket: str) -> str:
    """Return the path at which who reads the old address takes a change of contact back."""
    return f"/contact/{ticket}"


def merge_path(ticket: str) -> str:
    """Return the path at which two cards of one person are put together by their holder."""
    return f"/merge/{ticket}"


class ReferralCodes:
    """Codes by which a card brings friends: they lead to the card and tell nobody which it is.

    A code is the card's id, encrypted and authenticated (AES-SIV): always the same for a card,
    never guessed, and no credential of its card.
    """

    def __init__(self, ring: Keyring) -> None:
        keys = ring.derived("punchcard referral code")
        self._ciphers = [AESSIV(key) for key in keys]

    def code(self, card_id: CardId) -> str:
        """Return the code of a card."""
        return to_url_base64(self._ciphers[0].encrypt(UUID(card_id).bytes, None))

    def card_id(self, code: str) -> CardId | None:
        """Return the card of a code, None for one of nobody's; whether it exists is not asked."""
        sealed = from_url_base64(code) if code.isascii() else None
        if sealed is None or len(sealed) != _CODE_BYTES:
            return None
        for cipher in self._ciphers:
            with suppress(InvalidTag):
                return CardId(str(UUID(bytes=cipher.decrypt(sealed, None))))
        return None


class CardLinks:
    """Makes the address of a card's page: unseals its token and puts it behind a shop's address.

    `base_of` gives what the links of a vendor begin with, without a slash at its end.
    """

    def __init__(
        self, base_of: BaseOf, sealer: Sealer, referral_codes: ReferralCodes | None = None
    ) -> None:
        self.base_of = base_of
        self._sealer = sealer
        self.referral_codes = referral_codes

    def referrer(self, code: str | None) -> CardId | None:
        """Return the card by whose link somebody came, None without one or for one of nobody's."""
        if not code or self.referral_codes is None:
            return None
        return self.referral_codes.card_id(code)

    def referral_url(self, card_id: CardId, slug: str | None, vendor_id: VendorId) -> str | None:
        """Return the address by which a card brings friends, None while it brings none.

        `slug` is the program's, if cards of it do.
        """
        if slug is None or self.referral_codes is None:
            return None
        code = self.referral_codes.code(card_id)
        return f"{self.base_of(vendor_id)}{join_path(slug)}?via={code}"

    def token(self, card_id: CardId, token_sealed: bytes) -> str | None:
        """Return the card's token, or None when it was sealed under another secret key."""
        token = self._sealer.open(token_sealed, card_id)
        return token.decode() if token is not None else None

    def public_url(self, card_id: CardId, token_sealed: bytes, vendor_id: VendorId) -> str | None:
        """Return the address of the card's page, or None when its token can't be unsealed."""
        token = self.token(card_id, token_sealed)
        return self.address(token, vendor_id) if token is not None else None

    def address(self, token: str, vendor_id: VendorId) -> str:
        """Return the address of the page of the vendor's card with this token."""
        return self.base_of(vendor_id) + public_path(token)
