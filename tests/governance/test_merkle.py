"""RFC 6962 trees: the known vectors, and agreement with an independent implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from safelight.governance.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    range_roots,
)
from tests.governance.rfc6962 import consistent

# The test leaves and roots of Certificate Transparency's reference implementation.
LEAVES = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_of_certificate_transparency() -> None:
    tree = Frontier()
    assert tree.root() == EMPTY_ROOT
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(leaf_hash(bytes.fromhex(leaf)))
        assert tree.root().hex() == root


@given(st.integers(0, 70))
def test_a_frontier_survives_being_stored(size: int) -> None:
    tree = Frontier()
    for number in range(size):
        tree.append(leaf_hash(b"%d" % number))
    again = Frontier.from_bytes(size, tree.to_bytes())
    assert again.root() == tree.root()
    again.append(leaf_hash(b"next"))
    tree.append(leaf_hash(b"next"))
    assert again.to_bytes() == tree.to_bytes()


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier.from_bytes(3, bytes(32))


@given(st.data())
def test_paths_are_those_of_pymerkle(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    peer = InmemoryTree(algorithm="sha256")
    for number in range(size):
        peer.append_entry(b"%d" % number)
    index = data.draw(st.integers(0, size - 1))
    assert [leaves[index], *range_roots(leaves, inclusion_ranges(index, size))] == peer.prove_inclusion(
        index + 1, size
    ).path


@given(st.integers(1, 64), st.data())
def test_consistency_paths_prove_the_roots_of_pymerkle(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    peer = InmemoryTree(algorithm="sha256")
    for number in range(size):
        peer.append_entry(b"%d" % number)
    first = data.draw(st.integers(1, size))
    path = range_roots(leaves, consistency_ranges(first, size))
    assert consistent(first, size, peer.get_root(first), peer.get_root(size), path)
    assert not consistent(first, size, peer.get_root(first), leaf_hash(b""), path)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_path_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3)])
def test_no_consistency_path_between_impossible_sizes(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        consistency_ranges(first, second)
