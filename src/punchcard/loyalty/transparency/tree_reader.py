"""Reading the trees: any tile, any root, any proof, from the leaves and the nodes kept above them.

Nodes are kept for every 256 leaves, 65,536 leaves and so on; what lies between is derived.
"""

from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from punchcard.loyalty.transparency import merkle
from punchcard.loyalty.transparency.merkle import leaf_hash, whole_root
from punchcard.loyalty.transparency.models import HEADS, LEAVES, NODES
from punchcard.loyalty.transparency.tiles import TILE_HEIGHT, TILE_WIDTH
from punchcard.loyalty.transparency.vocabulary import LogTree

_TILES_KEPT: Final = 64


def tree_size(connection: Connection, tree: LogTree) -> int:
    """Return how many leaves a tree has."""
    query = select(HEADS.c.size).where(HEADS.c.tree == row_tree(tree))
    return connection.execute(query).scalar_one_or_none() or 0


def row_tree(tree: LogTree) -> LogTree:
    """Return in whose rows the leaves of a tree stand."""
    return LogTree.LEDGER if tree is LogTree.BESIDE else tree


def leaf_column(tree: LogTree) -> ColumnElement[bytes]:
    """Return the column that holds the data of a tree's leaves."""
    return LEAVES.c.beside if tree is LogTree.BESIDE else LEAVES.c.data


def read_hashes(
    connection: Connection, tree: LogTree, level: int, first: int, end: int
) -> list[bytes]:
    """Return the hashes of a level from number `first` up to `end`, or as many as there are."""
    if level == 0:
        return [leaf_hash(data) for data in read_leaf_data(connection, tree, first, end)]
    query = select(NODES.c.hash).where(
        NODES.c.tree == tree,
        NODES.c.level == level,
        NODES.c.number >= first,
        NODES.c.number < end,
    )
    return list(connection.execute(query.order_by(NODES.c.number)).scalars())


def read_leaf_data(connection: Connection, tree: LogTree, first: int, end: int) -> list[bytes]:
    """Return what the leaves from position `first` up to `end` hold."""
    query = select(leaf_column(tree)).where(
        LEAVES.c.tree == row_tree(tree), LEAVES.c.position >= first, LEAVES.c.position < end
    )
    return list(connection.execute(query.order_by(LEAVES.c.position)).scalars())


class TreeReader:
    """One tree, read tile by tile; what was read is kept for the next question."""

    def __init__(self, connection: Connection, tree: LogTree) -> None:
        self._connection = connection
        self._tree = tree
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves."""
        return merkle.root(self.subtree, size)

    def inclusion_proof(self, position: int, size: int) -> list[bytes]:
        """Return the path from a leaf to the root of the first `size` leaves."""
        return merkle.inclusion_proof(self.subtree, position, size)

    def consistency_proof(self, old_size: int, size: int) -> list[bytes]:
        """Return what shows that the tree has only grown from `old_size` to `size` leaves."""
        return merkle.consistency_proof(self.subtree, old_size, size)

    def subtree(self, height: int, index: int) -> bytes:
        """Return the hash of a whole subtree. Raises LookupError when the tree has it not."""
        level, within = divmod(height, TILE_HEIGHT)
        first = index << within
        tile = self._tile(level, first // TILE_WIDTH)
        at = first % TILE_WIDTH
        hashes = tile[at : at + (1 << within)]
        if len(hashes) != 1 << within:
            raise LookupError(f"the {self._tree} tree has no subtree {index} of height {height}")
        return whole_root(hashes)

    def _tile(self, level: int, index: int) -> list[bytes]:
        key = (level, index)
        if key not in self._tiles:
            if len(self._tiles) >= _TILES_KEPT:
                self._tiles.clear()
            first = index * TILE_WIDTH
            self._tiles[key] = read_hashes(
                self._connection, self._tree, level, first, first + TILE_WIDTH
            )
        return self._tiles[key]
