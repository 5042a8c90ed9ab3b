"""Links: rare and strong identifiers join reports, shared ones do not, and what people said of links holds."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from safelight.reports.keep.columns import KINDS, ROLES
from safelight.reports.keep.store import meta
from safelight.reports.linking.clusters import Clusters, Edits, cluster
from safelight.reports.linking.mentions import Mentions, Stated, gather, linking
from safelight.reports.linking.strengths import strengths
from safelight.reports.report import Kind, Role

Mention = tuple[int, Kind, str]


def mentions(said: list[Mention], voices: list[int], role: Role = Role.REPORTED) -> Mentions:
    keys = {value: number + 1 for number, value in enumerate(sorted({f"{k}{v}" for _, k, v in said}))}
    kind = np.array([KINDS.index(kind) for _, kind, _ in said], dtype=np.uint8)
    roles = np.full(len(said), ROLES.index(role), dtype=np.uint8)
    weak = np.zeros(len(said), dtype=np.uint8)
    about = meta(kind, roles, weak)
    mine = linking(about, strengths())
    stated = Stated(
        (np.array([keys[f"{k}{v}"] for _, k, v in said], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))[
            mine
        ],
        np.array([report for report, _, _ in said], dtype=np.int32)[mine],
        about[mine],
    )
    return gather(stated, np.array(voices, dtype=np.int64), strengths())


def linked(said: list[Mention], reports: int, edits: Edits | None = None) -> Clusters:
    return cluster(mentions(said, list(range(reports))), reports, strengths(), edits or Edits())


def test_one_account_joins_its_reports_with_certainty() -> None:
    found = linked([(0, Kind.ACCOUNT, "a"), (2, Kind.ACCOUNT, "a"), (1, Kind.ACCOUNT, "b")], 3)
    assert found.certain.tolist() == [0, 1, 0]


def test_reports_are_joined_along_a_chain_of_identifiers() -> None:
    said = [(0, Kind.EMAIL, "a"), (1, Kind.EMAIL, "a"), (1, Kind.DEVICE, "d"), (2, Kind.DEVICE, "d")]
    assert linked(said, 3).certain.tolist() == [0, 0, 0]


@pytest.mark.parametrize("kind", [Kind.IP, Kind.MD5, Kind.GROUP, Kind.DISPLAY_NAME])
def test_what_many_people_share_never_joins_with_certainty(kind: Kind) -> None:
    assert linked([(0, kind, "x"), (1, kind, "x")], 2).certain.tolist() == [0, 1]


def test_a_carrier_address_of_thirty_reports_joins_none_of_them_at_any_scale() -> None:
    found = linked([(number, Kind.IP, "shared") for number in range(30)], 30)
    assert found.probable.tolist() == list(range(30))


def test_an_address_with_port_and_time_of_two_reports_joins_them_probably() -> None:
    assert linked([(0, Kind.IP, "x"), (1, Kind.IP, "x")], 2).probable.tolist() == [0, 0]


def test_a_reporter_who_writes_often_joins_nothing() -> None:
    said = mentions([(0, Kind.EMAIL, "r"), (1, Kind.EMAIL, "r")], [0, 1], Role.REPORTER)
    assert cluster(said, 2, strengths()).certain.tolist() == [0, 1]


def test_a_cluster_never_grows_beyond_its_bound() -> None:
    largest = strengths().largest_certain
    reports = 3 * largest
    chain = [(number + step, Kind.EMAIL, f"e{number}") for number in range(reports - 1) for step in (0, 1)]
    hub = [(number, Kind.DEVICE, f"d{number % 40}") for number in range(1000)]
    found = linked(chain + hub, reports)
    assert np.bincount(found.certain).max() <= largest


def test_one_identifier_stuffed_into_many_reports_by_one_sender_keeps_the_links_of_others() -> None:
    flood = 100_000
    said = [(number, Kind.EMAIL, "stuffed") for number in range(flood + 2)]
    voices = [0] * flood + [1, 2]  # the last two come from others, on other days
    found = cluster(mentions(said, voices), flood + 2, strengths())
    assert found.certain[flood] == found.certain[flood + 1]
    assert np.bincount(found.certain).max() <= strengths().a_voice + 2


def test_a_cut_holds_though_other_reports_join_both() -> None:
    said = [(0, Kind.EMAIL, "a"), (1, Kind.EMAIL, "a"), (2, Kind.EMAIL, "a")]
    found = linked(said, 3, Edits(cut=[(0, 2)]))
    assert found.certain[0] != found.certain[2]
    assert found.probable[0] != found.probable[2]


def test_a_join_by_a_person_holds_without_any_shared_identifier() -> None:
    found = linked([(0, Kind.EMAIL, "a"), (1, Kind.EMAIL, "b")], 2, Edits(join=[(0, 1)]))
    assert found.certain.tolist() == [0, 0]


def test_a_cut_holds_in_a_piece_of_a_cluster_that_was_too_large() -> None:
    """The identifier at which it was taken apart is in reports of the other pieces, too."""
    reports = 2 * strengths().largest_certain
    pieces = [(number, Kind.EMAIL, f"e{number // 10}") for number in range(reports)]
    between = [(number, Kind.DEVICE, f"d{number % (reports // 25)}") for number in range(reports)]
    assert linked(pieces + between, reports).certain[:11].tolist() == [0] * 10 + [10]
    found = linked(pieces + between, reports, Edits(cut=[(0, 1)]))
    assert found.certain[0] != found.certain[1]


def sides_of(strong: dict[str, list[tuple[Kind, str]]], numbers: dict[str, int]) -> set[frozenset[str]]:
    """Who is together, by name, where *a* and *b* were cut apart and reports are numbered so."""
    names = {number: name for name, number in numbers.items()}
    keys = np.array([ord(names[number]) for number in range(len(names))])
    said = [(numbers[name], kind, value) for name, values in strong.items() for kind, value in values]
    found = cluster(
        mentions(said, list(range(len(names)))),
        len(names),
        strengths(),
        Edits(cut=[(numbers["a"], numbers["b"])]),
        keys=keys,
    )
    labels = found.certain.tolist()
    return {
        frozenset(names[number] for number, other in enumerate(labels) if other == label) for label in labels
    }


def numberings(names: str) -> list[dict[str, int]]:
    return [dict(zip(names, order, strict=True)) for order in permutations(range(len(names)))]


ACCOUNT, MAIL, PHONE = (Kind.ACCOUNT, "a"), (Kind.EMAIL, "e"), (Kind.PHONE, "p")


@pytest.mark.parametrize("numbers", numberings("abc"))
def test_after_a_cut_a_third_report_is_on_one_side_in_whatever_order_versions_come(
    numbers: dict[str, int],
) -> None:
    found = sides_of({"a": [ACCOUNT], "b": [ACCOUNT], "c": [ACCOUNT]}, numbers)
    assert found == {frozenset("ac"), frozenset("b")}


@pytest.mark.parametrize("numbers", numberings("abc"))
def test_after_a_cut_a_third_report_is_on_the_side_to_which_all_identifiers_together_link_it_most(
    numbers: dict[str, int],
) -> None:
    found = sides_of({"a": [ACCOUNT], "b": [ACCOUNT, MAIL], "c": [ACCOUNT, MAIL]}, numbers)
    assert found == {frozenset("a"), frozenset("bc")}


@pytest.mark.parametrize("numbers", numberings("abcd"))
def test_a_report_that_comes_later_takes_nobody_to_the_other_side(numbers: dict[str, int]) -> None:
    """*c* was with *a*; *d* is of *b*, and has more in common with *c* than *a* has."""
    said = {"a": [PHONE], "b": [PHONE, MAIL], "c": [PHONE, ACCOUNT], "d": [MAIL, ACCOUNT]}
    assert sides_of(said, numbers) == {frozenset("ac"), frozenset("bd")}


@pytest.mark.parametrize("numbers", numberings("abcd"))
def test_a_report_that_is_linked_to_none_of_the_cut_ones_comes_to_those_it_is_linked_to(
    numbers: dict[str, int],
) -> None:
    said = {"a": [ACCOUNT], "b": [ACCOUNT, MAIL], "c": [ACCOUNT, MAIL, PHONE], "d": [PHONE]}
    assert sides_of(said, numbers) == {frozenset("a"), frozenset("bcd")}


@pytest.mark.parametrize("last", [True, False])
def test_after_a_cut_many_reports_of_one_identifier_stay_together(last: bool) -> None:
    """Of so many, not every pair is looked at; which number the cut one has does not matter."""
    reports = 150
    cut = (0, reports - 1) if last else (0, 1)
    said = [(number, Kind.ACCOUNT, "x") for number in range(reports)]
    found = linked(said, reports, Edits(cut=[cut]))
    assert found.certain.tolist() == [number if number == cut[1] else 0 for number in range(reports)]


def test_what_a_person_joined_goes_before_what_is_stated() -> None:
    said = [(number, Kind.ACCOUNT, "x") for number in range(3)]
    found = linked(said, 3, Edits(cut=[(0, 1)], join=[(1, 2)]))
    assert found.certain.tolist() == [0, 1, 1]
