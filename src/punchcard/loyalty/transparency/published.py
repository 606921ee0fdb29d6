"""What the log publishes: tiles of the tree over the entries, up to the newest checkpoint."""

from sqlalchemy import Connection

from punchcard.loyalty.transparency.kept_checkpoints import newest_note
from punchcard.loyalty.transparency.signing.checkpoint_text import parse_checkpoint
from punchcard.loyalty.transparency.tiles import TILE_WIDTH, Tile
from punchcard.loyalty.transparency.tree_reader import read_hashes, read_leaf_data
from punchcard.loyalty.transparency.vocabulary import LogTree


def published_tile(connection: Connection, tile: Tile) -> bytes | None:
    """Return the bytes of a tile; None for one that no checkpoint covers yet.

    Entries are their hashes, each behind its length in two bytes: nothing in them is about anyone.
    """
    newest = newest_note(connection)
    if newest is None:
        return None
    size = parse_checkpoint(newest[0].rpartition("\n\n")[0]).size
    if not tile.is_in(size):
        return None
    first = tile.index * TILE_WIDTH
    end = first + tile.width
    if tile.level is None:
        data = read_leaf_data(connection, LogTree.LEDGER, first, end)
        return b"".join(len(one).to_bytes(2, "big") + one for one in data)
    return b"".join(read_hashes(connection, LogTree.LEDGER, tile.level, first, end))
