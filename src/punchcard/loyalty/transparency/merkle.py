"""Merkle trees as in RFC 6962, section 2.1: roots, inclusion proofs and consistency proofs.

Trees are asked for their whole subtrees alone: `Subtrees(height, index)` returns the hash of the
leaves from index * 2**height up to (index + 1) * 2**height, all of which are in the tree.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

Subtrees = Callable[[int, int], bytes]
"""Gives the hash of the whole subtree of a height at an index; 0, n is the hash of leaf n."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf that holds `data`."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def whole_root(hashes: Sequence[bytes]) -> bytes:
    """Return the hash above neighbouring nodes, as many as a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def root(subtrees: Subtrees, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range_hash(subtrees, 0, size) if size else EMPTY_ROOT


def inclusion_proof(subtrees: Subtrees, index: int, size: int) -> list[bytes]:
    """Return the path from leaf `index` to the root of the first `size` leaves, lowest first."""
    return _path(subtrees, index, 0, size)


def consistency_proof(subtrees: Subtrees, old_size: int, size: int) -> list[bytes]:
    """Return what shows that the first `old_size` leaves of `size` are those they were."""
    if not 0 < old_size < size:
        return []
    return _consistency(subtrees, old_size, 0, size, is_whole=True)


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to; None when it is not as long as it must be."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if place % 2 or place == last:
            found = node_hash(sibling, found)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


class Frontier:
    """The root of leaves that come one after another, with a hash for each bit of their number."""

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take the hash of the next leaf; return the subtrees it completes: height, index, hash."""
        height, found, completed = 0, leaf, []
        while self._nodes and self._nodes[-1][0] == height:
            found = node_hash(self._nodes.pop()[1], found)
            height += 1
            completed.append((height, self.size >> height, found))
        self._nodes.append((height, found))
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        if not self._nodes:
            return EMPTY_ROOT
        found = self._nodes[-1][1]
        for _, left in reversed(self._nodes[:-1]):
            found = node_hash(left, found)
        return found


def _range_hash(subtrees: Subtrees, first: int, end: int) -> bytes:
    """Return the hash of the leaves from `first` up to `end`; `first` begins a subtree."""
    count = end - first
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return subtrees(height, first >> height)
    middle = first + _split(count)
    return node_hash(_range_hash(subtrees, first, middle), _range_hash(subtrees, middle, end))


def _path(subtrees: Subtrees, index: int, first: int, end: int) -> list[bytes]:
    if end - first == 1:
        return []
    middle = first + _split(end - first)
    if index < middle:
        return [*_path(subtrees, index, first, middle), _range_hash(subtrees, middle, end)]
    return [*_path(subtrees, index, middle, end), _range_hash(subtrees, first, middle)]


def _consistency(
    subtrees: Subtrees, old_end: int, first: int, end: int, *, is_whole: bool
) -> list[bytes]:
    """Return SUBPROOF of the RFC for the leaves from `first` up to `end`."""
    if old_end == end:
        return [] if is_whole else [_range_hash(subtrees, first, end)]
    middle = first + _split(end - first)
    if old_end <= middle:
        left = _consistency(subtrees, old_end, first, middle, is_whole=is_whole)
        return [*left, _range_hash(subtrees, middle, end)]
    right = _consistency(subtrees, old_end, middle, end, is_whole=False)
    return [*right, _range_hash(subtrees, first, middle)]


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
