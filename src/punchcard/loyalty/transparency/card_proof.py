"""The proof of a card: its entries, each with its path to a signed checkpoint.

All that is needed to check it stands in it, but for the trust in the key: whoever checks compares
that with one they have seen elsewhere, or before.
"""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from punchcard.kit.ids import CardId
from punchcard.kit.settings import Settings
from punchcard.loyalty.ledger.entry import canonical_form
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.transparency.kept_checkpoints import newest_note
from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
from punchcard.loyalty.transparency.models import LEAVES
from punchcard.loyalty.transparency.signing.checkpoint_text import parse_checkpoint
from punchcard.loyalty.transparency.tree_reader import TreeReader
from punchcard.loyalty.transparency.vocabulary import LogTree

PROOF_FORMAT: Final = "punchcard-proof-1"


def card_proof(
    connection: Connection, settings: Settings, card_id: CardId, *, after: int, limit: int
) -> dict[str, Any]:
    """Return up to `limit` entries of a card that come after number `after`, oldest first.

    Each with its path to the newest checkpoint; an entry since then has none yet. The caller has
    made sure that the card may be seen.
    """
    query = (
        select(ENTRIES, LEAVES.c.position)
        .outerjoin(
            LEAVES, (LEAVES.c.tree == LogTree.LEDGER) & (LEAVES.c.subject_id == ENTRIES.c.id)
        )
        .where(ENTRIES.c.card_id == card_id, ENTRIES.c.sequence > after)
        .order_by(ENTRIES.c.sequence)
        .limit(limit + 1)
    )
    rows = connection.execute(query).mappings().all()
    newest = newest_note(connection)
    note = newest[0] if newest is not None else None
    size = parse_checkpoint(note.rpartition("\n\n")[0]).size if note is not None else 0
    reader = TreeReader(connection, LogTree.LEDGER)
    entries = []
    for row in rows[:limit]:
        place = row["position"]
        is_anchored = place is not None and place < size
        path = reader.inclusion_proof(place, size) if is_anchored else []
        entries.append(
            {
                "values": orjson.loads(canonical_form(dict(row))),
                "hash": row["hash"].hex(),
                "place": place if is_anchored else None,
                "path": [step.hex() for step in path],
            }
        )
    return {
        "format": PROOF_FORMAT,
        "card_id": card_id,
        "public_key": public_key(settings),
        "checkpoint": note,
        "entries": entries,
        "next_after": rows[limit - 1]["sequence"] if len(rows) > limit else None,
    }


def public_key(settings: Settings) -> str | None:
    """Return the key that checkpoints are signed by, as name+id+key; None without one."""
    try:
        return str(load_log_key(settings).verifier)
    except LogKeyMissing:
        return None
