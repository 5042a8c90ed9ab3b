"""Matching: exact and near, several sets, sets and digests that disagree, hashes that say nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from safelight.hashsets.protocol import Block, DigestBlock, Record
from safelight.hashsets.store import HashList, build
from safelight.matching.match import Matcher
from safelight.model import Digests, HashSet, HashSetKind, Match

ILLEGAL, GOOD, WATCH = HashSetKind.KNOWN_ILLEGAL, HashSetKind.KNOWN_GOOD, HashSetKind.WATCH
Make = Callable[..., tuple[HashSet, HashList]]


def digests(data: bytes) -> Digests:
    return Digests(hashlib.md5(data).digest(), hashlib.sha1(data).digest(), hashlib.sha256(data).digest())


A, B, C = digests(b"a"), digests(b"b"), digests(b"c")
CODE = np.frombuffer(hashlib.sha256(b"a picture").digest(), np.uint8)


def near(bits: int) -> np.ndarray:
    """The code with its first `bits` bits flipped."""
    loose = np.unpackbits(CODE)
    loose[:bits] ^= 1
    return np.packbits(loose)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(
        name: str, kind: HashSetKind, *blocks: Block, scheme: str | None = None
    ) -> tuple[HashSet, HashList]:
        report = build(iter(blocks), tmp_path / name)
        hash_set = HashSet(f"H-{name}", name, kind, "hex", report.added, "00", scheme)
        return hash_set, HashList.open(tmp_path / name)

    return made


def asked(*codes: np.ndarray) -> np.ndarray:
    return np.array(codes, np.uint8).reshape(-1, 32)


def test_each_kind_of_digest_matches_and_the_strongest_is_named(make: Make) -> None:
    both = Record("2", {"md5": B.md5, "sha256": B.sha256}, "1")
    matcher = Matcher(
        [make("list", ILLEGAL, [Record("1", {"md5": A.md5}), both], DigestBlock("sha1", C.sha1, 1))]
    )
    assert matcher.exact([C, B, digests(b"other"), A]) == [
        (0, Match("list", ILLEGAL, C.sha1.hex(), "sha1", 0)),
        (1, Match("list", ILLEGAL, "2", "sha256", 0, "1")),
        (3, Match("list", ILLEGAL, "1", "md5", 0)),
    ]


def test_sets_that_disagree_both_answer(make: Make) -> None:
    matcher = Matcher(
        [
            make("bad", ILLEGAL, [Record("7", {"sha1": A.sha1}, "1")]),
            make("good", GOOD, DigestBlock("sha1", A.sha1, 1)),
        ]
    )
    assert {match.kind for _, match in matcher.exact([A])} == {ILLEGAL, GOOD}


def test_an_entry_whose_other_digest_differs_still_matches_and_is_told(make: Make) -> None:
    forged = Record("9", {"md5": A.md5, "sha1": B.sha1, "sha256": B.sha256})
    matcher = Matcher([make("list", ILLEGAL, [forged, Record("1", {"md5": A.md5, "sha1": A.sha1})])])
    assert [(match.entry, match.by) for _, match in matcher.exact([A])] == [("9", "md5"), ("1", "sha1")]
    ((hash_set, agreement),) = matcher.disagreements([A])
    assert (hash_set.name, agreement.entry.id) == ("list", "9")
    assert (agreement.agree, agreement.disagree) == (("md5",), ("sha256", "sha1"))
    assert matcher.disagreements([digests(b"other")]) == []


def test_repeated_entries_are_one_match_under_the_gravest_category(make: Make) -> None:
    block = [
        Record("7", {"md5": A.md5}, "3"),
        Record("7", {"sha1": A.sha1}, "1"),
        Record("7", {"md5": A.md5}, None),
        Record("8", {"md5": A.md5}, "2"),
    ]
    matcher = Matcher([make("list", ILLEGAL, block, scheme="us")])
    assert [(match.entry, match.by, match.category) for _, match in matcher.exact([A])] == [
        ("7", "sha1", "1"),
        ("8", "md5", "2"),
    ]


def test_without_a_scheme_the_first_category_stays(make: Make) -> None:
    block = [
        Record("7", {"md5": A.md5}, None),
        Record("7", {"md5": A.md5}, "2"),
        Record("7", {"md5": A.md5}, "1"),
    ]
    ((_, match),) = Matcher([make("list", ILLEGAL, block)]).exact([A])
    assert match.category == "2"


def test_an_empty_file_is_never_known(make: Make) -> None:
    empty = digests(b"")
    matcher = Matcher(
        [make("list", ILLEGAL, DigestBlock("md5", empty.md5, 1), DigestBlock("sha256", empty.sha256, 1))]
    )
    assert matcher.exact([empty]) == []


@pytest.mark.parametrize(("bits", "matches"), [(0, True), (31, True), (32, False)])
def test_pdq_matches_within_31_bits(make: Make, bits: int, matches: bool) -> None:
    matcher = Matcher([make("list", ILLEGAL, [Record("7", {"pdq": CODE.tobytes()}, "1", quality=90)])])
    found = matcher.near(asked(np.zeros(32, np.uint8), near(bits)), np.array([100, 100]))
    assert found == ([(1, Match("list", ILLEGAL, "7", "pdq", bits, "1"))] if matches else [])


@pytest.mark.parametrize(
    ("own", "listed", "matches"),
    [(50, 50, True), (49, 100, False), (100, 49, False), (50, None, True), (-1, 100, False), (0, 0, False)],
)
def test_hashes_of_low_quality_are_not_matched(
    make: Make, own: int, listed: int | None, matches: bool
) -> None:
    matcher = Matcher([make("list", ILLEGAL, [Record("7", {"pdq": CODE.tobytes()}, quality=listed)])])
    assert bool(matcher.near(asked(CODE), np.array([own]))) is matches


def test_the_nearest_of_an_entrys_hashes_counts(make: Make) -> None:
    block = [Record("7", {"pdq": near(bits).tobytes()}) for bits in (20, 3, 9)]
    matcher = Matcher([make("list", WATCH, block, DigestBlock("pdq", CODE.tobytes(), 1))])
    found = [(match.entry, match.distance) for _, match in matcher.near(asked(CODE), np.array([100]))]
    assert sorted(found) == sorted([("7", 3), (CODE.tobytes().hex(), 0)])


def test_a_near_copy_of_something_harmless_is_not_known_good(make: Make) -> None:
    matcher = Matcher([make("good", GOOD, DigestBlock("pdq", CODE.tobytes(), 1))])
    assert matcher.near(asked(CODE), np.array([100])) == []


def test_an_entry_matched_exactly_is_not_matched_nearly_too(make: Make) -> None:
    block = [
        Record("1", {"md5": A.md5, "pdq": CODE.tobytes()}),
        Record("2", {"md5": B.md5, "pdq": near(5).tobytes()}),
    ]
    matcher = Matcher([make("list", ILLEGAL, block)])
    found = matcher.match([A, C], asked(CODE, near(31)), np.array([100, 100]))
    assert [(index, match.entry, match.by, match.distance) for index, match in found] == [
        (0, "1", "md5", 0),
        (0, "2", "pdq", 5),
        (1, "2", "pdq", 26),
        (1, "1", "pdq", 31),
    ]


def test_nothing_matches_without_sets_or_items(make: Make) -> None:
    nothing = Matcher([])
    assert not nothing and nothing.exact([A]) == [] and nothing.near(asked(CODE), np.array([100])) == []
    matcher = Matcher([make("list", ILLEGAL, [Record("7", {"pdq": CODE.tobytes(), "md5": A.md5})])])
    assert matcher and matcher.hash_sets[0].name == "list"
    assert matcher.exact([]) == []
    assert matcher.near(np.empty((0, 32), np.uint8), np.empty(0, np.int64)) == []
