"""Trees are those of RFC 6962: known roots, and proofs that a slow second writing agrees with."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.loyalty.transparency import merkle
from punchcard.loyalty.transparency.merkle import Frontier, leaf_hash

# The leaves and roots that Certificate Transparency's own implementations are tested with.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH of the RFC, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


def subtrees_of(leaves: Sequence[bytes]) -> merkle.Subtrees:
    return lambda height, index: slow_root(leaves[index << height : (index + 1) << height])


def is_consistent(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Verify as RFC 9162 does in section 2.1.4.2."""
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path.pop(0)
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr = hashlib.sha256(b"\1" + step + fr).digest()
            sr = hashlib.sha256(b"\1" + step + sr).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\1" + sr + step).digest()
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (old_root, root, 0)


@pytest.mark.parametrize(("size", "root"), list(enumerate(CT_ROOTS, 1)))
def test_roots_are_those_of_certificate_transparency(size: int, root: str) -> None:
    leaves = CT_LEAVES[:size]
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf_hash(leaf))
    assert frontier.root().hex() == root
    assert merkle.root(subtrees_of(leaves), size).hex() == root


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root().hex() == merkle.root(subtrees_of([]), 0).hex() == empty


@given(st.integers(1, 80), st.data())
def test_every_leaf_leads_to_the_root_and_to_no_other(size: int, data: st.DataObject) -> None:
    leaves = [bytes([number]) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(subtrees_of(leaves), index, size)
    root = slow_root(leaves)

    assert merkle.root_of_inclusion(leaf_hash(leaves[index]), index, size, proof) == root
    assert merkle.root_of_inclusion(leaf_hash(b"another"), index, size, proof) != root
    assert merkle.root_of_inclusion(leaf_hash(leaves[index]), index, size, [*proof, root]) != root
    if proof:
        shorter = merkle.root_of_inclusion(leaf_hash(leaves[index]), index, size, proof[:-1])
        assert shorter != root
    assert merkle.root_of_inclusion(leaf_hash(leaves[index]), size, size, proof) is None


@given(st.integers(1, 80), st.data())
def test_a_tree_that_has_only_grown_proves_it(size: int, data: st.DataObject) -> None:
    leaves = [bytes([number]) for number in range(size)]
    old_size = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(subtrees_of(leaves), old_size, size)
    old_root, root = slow_root(leaves[:old_size]), slow_root(leaves)
    if old_size == size:
        assert proof == []
        return
    assert is_consistent(old_size, size, old_root, root, proof)
    assert not is_consistent(old_size, size, slow_root([b"x", *leaves[1:old_size]]), root, proof)


@given(st.integers(0, 300))
def test_a_frontier_names_the_subtrees_it_completes(size: int) -> None:
    leaves = [number.to_bytes(2, "big") for number in range(size)]
    frontier = Frontier()
    for leaf in leaves:
        for height, index, value in frontier.add(leaf_hash(leaf)):
            assert value == slow_root(leaves[index << height : (index + 1) << height])
    assert (frontier.size, frontier.root()) == (size, slow_root(leaves))
