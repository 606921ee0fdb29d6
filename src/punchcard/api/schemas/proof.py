"""The proof of a card, for anyone who checks it."""

from typing import Any, Literal

from punchcard.api.schemas.fields import Schema
from punchcard.kit.ids import CardId


class ProvedEntry(Schema):
    """An entry: the values its hash covers, in their order, and its path to the checkpoint.

    The 28th, of entries that have one, is the object of its details.
    `place` is its number in the log, null (and `path` empty) while no checkpoint covers it.
    """

    values: list[str | int | dict[str, Any] | None]
    hash: str
    place: int | None
    path: list[str]


class CardProof(Schema):
    """Entries of a card with their paths; `checkpoint` is the signed note they lead to.

    `public_key` is what it is signed by: compare it with one you know from elsewhere.
    """

    format: Literal["punchcard-proof-1"]
    card_id: CardId
    public_key: str | None
    checkpoint: str | None
    entries: list[ProvedEntry]
    next_after: int | None
