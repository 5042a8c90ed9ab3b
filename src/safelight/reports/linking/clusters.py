"""Clusters of reports at two scales: certain and probable, bounded in size, with people's cuts and joins kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from safelight.reports.linking.mentions import Mentions, Numbered, without_hints
from safelight.reports.linking.strengths import Strengths

Ints = npt.NDArray[Any]
Links = dict[tuple[int, int], float]
"""Strength 0..1 by two reports' numbers, the lower one first."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What people said of links: pairs of report numbers cut apart, and joined."""

    cut: Sequence[tuple[int, int]] = ()
    join: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Clusters:
    """Labels `(reports,) int32`: reports of one cluster have the number of its first report."""

    certain: Ints
    probable: Ints
    raw: Ints
    """Of the probable scale, before too large clusters and cuts were taken apart."""


def cluster(
    mentions: Mentions,
    reports: int,
    table: Strengths,
    edits: Edits = Edits(),
    pairs: Sequence[tuple[int, int]] = (),
    keys: Numbered | None = None,
) -> Clusters:
    """Label every report at both scales. `pairs` are further probable links (people alike by name and birth date).

    An identifier links the reports that mention it to the first of them (a star), as long as it is not too common for
    its kind. A cluster that grows too large is taken apart at its commonest identifiers. `keys` are the reports' own
    ones, by number, which stay whatever version is the newest; the numbers where none are given.
    """
    extra = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    joined = np.array(list(edits.join), dtype=np.int64).reshape(-1, 2)
    further = np.concatenate([joined, extra])
    certain, _ = _components(without_hints(mentions), table.certain, reports, table.largest_certain, joined)
    probable, raw = _components(mentions, table.probable, reports, table.largest_probable, further)
    keys = np.arange(reports) if keys is None else keys
    return take_apart(Clusters(certain, probable, raw), mentions, table, edits, pairs, keys)


def take_apart(
    clusters: Clusters,
    mentions: Mentions,
    table: Strengths,
    edits: Edits,
    pairs: Sequence[tuple[int, int]],
    keys: Numbered,
) -> Clusters:
    """The clusters with people's cuts. Of the mentions, those of identifiers in `cut_clusters` are enough."""
    if not edits.cut:
        return clusters
    return Clusters(
        _apart(without_hints(mentions), table, table.certain, clusters.certain, edits, (), keys),
        _apart(mentions, table, table.probable, clusters.probable, edits, pairs, keys),
        clusters.raw,
    )


def cut_clusters(clusters: Clusters, edits: Edits) -> npt.NDArray[np.bool_]:
    """Which reports are in a cluster that holds a cut, at any scale."""
    made = np.zeros(len(clusters.raw), dtype=bool)
    for labels in (clusters.certain, clusters.probable):
        touched = [labels[a] for a, b in edits.cut if labels[a] == labels[b]]
        made |= np.isin(labels, np.array(touched, dtype=labels.dtype))
    return made


def _components(
    mentions: Mentions, limit: Ints, reports: int, largest: int, extra: Ints
) -> tuple[Ints, Ints]:
    """Labels with no cluster above `largest`, and those before that was seen to."""
    allowed = limit[mentions.kind, mentions.weak]
    links = mentions.voices <= allowed
    labels = raw = _label(mentions, links, reports, extra)
    first = mentions.report[mentions.start[:-1]]
    while True:
        too_large = np.bincount(labels, minlength=reports)[labels] > largest
        within = links & too_large[first]
        if not within.any():
            break
        # Each cluster by its own measure, whatever others there are: so that it is the same when it is made alone.
        most = np.zeros(reports, dtype=np.int32)
        np.maximum.at(most, labels[first[within]], mentions.voices[within])
        links = links & ~(within & (mentions.voices > most[labels[first]] // 2))
        labels = _label(mentions, links, reports, extra)
    return labels, raw


def _label(mentions: Mentions, links: npt.NDArray[np.bool_], reports: int, extra: Ints) -> Ints:
    """Connected components over the stars of the identifiers that link; the label is the first report's number."""
    of_mention = links[mentions.run] if len(mentions) else np.zeros(0, dtype=bool)
    hub = (
        np.repeat(mentions.report[mentions.start[:-1]], np.diff(mentions.start))
        if len(mentions)
        else of_mention
    )
    a, b = hub[of_mention], mentions.report[of_mention]
    apart = a != b
    a, b = a[apart], b[apart]
    if len(extra):
        a = np.concatenate([a, extra[:, 0].astype(a.dtype if len(a) else np.int32)])
        b = np.concatenate([b, extra[:, 1].astype(b.dtype if len(b) else np.int32)])
    if not len(a):
        return np.arange(reports, dtype=np.int32)
    ones = np.ones(len(a), dtype=np.int8)
    graph = coo_array((ones, (a.astype(np.int32), b.astype(np.int32))), shape=(reports, reports)).tocsr()
    _, component = connected_components(graph, directed=False)
    first = np.empty(int(component.max()) + 1, dtype=np.int32)
    first[component[::-1]] = np.arange(
        reports - 1, -1, -1, dtype=np.int32
    )  # the last one written is the first report
    labels: Ints = first[component]
    return labels


def _apart(
    mentions: Mentions,
    table: Strengths,
    limit: Ints,
    labels: Ints,
    edits: Edits,
    pairs: Sequence[tuple[int, int]],
    keys: Numbered,
) -> Ints:
    """Label clusters that hold a cut anew, so that no two reports that were cut apart are together; see `sides`."""
    labels = labels.copy()
    touched = {int(labels[a]) for a, b in edits.cut if labels[a] == labels[b]}
    for label in touched:
        members = np.flatnonzero(labels == label)
        inside = set(members.tolist())
        key = dict(zip(members.tolist(), keys[members].tolist(), strict=True))

        def within(some: Sequence[tuple[int, int]], inside: set[int] = inside) -> list[tuple[int, int]]:
            return [(int(a), int(b)) for a, b in some if a in inside and b in inside]

        cut = within(edits.cut)
        links = _between(mentions, table, limit, members, {one for pair in cut for one in pair}, key)
        for a, b in within(pairs):
            _add(links, a, b, _ALIKE)
        group = sides(links, key, cut, within(edits.join))
        for number in members.tolist():
            labels[number] = group[number]
    return labels


_ALIKE = 0.9
"""Strength of a link between people who are alike: less than that of an account that both reports state."""
_MANY = 60
"""Members that share an identifier; of more, not every pair is gone through: it would add nothing but time."""


def _between(
    mentions: Mentions,
    table: Strengths,
    limit: Ints,
    members: Ints,
    cut: set[int],
    key: Mapping[int, int],
) -> Links:
    """How strongly each pair of members is linked, by all identifiers together, as `reports links` says it.

    Of an identifier of many members, the pairs with those in `cut`, and with the member of the lowest key.
    """
    found: Links = {}
    runs = np.unique(mentions.run[np.isin(mentions.report, members)])
    for run in runs.tolist():
        kind, weak = mentions.kind[run], mentions.weak[run]
        if mentions.voices[run] > limit[kind, weak]:
            continue
        # An identifier at which a too large cluster was taken apart is also in reports of the other pieces.
        everybody = mentions.report[mentions.start[run] : mentions.start[run + 1]].tolist()
        who = [one for one in everybody if one in key]
        strength = float(table.strength[kind, weak])
        hubs = who
        if len(who) > _MANY:
            hubs = [one for one in who if one in cut]
            hubs = list(dict.fromkeys([*hubs, min(who, key=key.__getitem__)]))
        done = set()
        for a in hubs:
            done.add(a)
            for b in who:
                if b not in done:
                    _add(found, a, b, strength)
    return found


def _add(links: Links, a: int, b: int, strength: float) -> None:
    pair = (min(a, b), max(a, b))
    links[pair] = 1 - (1 - links.get(pair, 0.0)) * (1 - strength)


def sides(
    links: Links,
    key: Mapping[int, int],
    cut: Sequence[tuple[int, int]],
    join: Sequence[tuple[int, int]] = (),
) -> dict[int, int]:
    """The first member of each member's group, where no group holds two that were `cut` apart.

    First what people joined; then every report beside that one of the cut ones to which it is linked most strongly
    itself; what is linked only to others comes to them, strongest links first. Of equally strong links the one between
    the lowest keys goes first. A report's key stays, while its number is new with each version: so a person who cut two
    finds a third where it was, whatever else comes in, and in whatever order.
    """
    parent = {one: one for one in key}
    inside = {one: {one} for one in key}
    apart: dict[int, set[int]] = {}
    for a, b in cut:
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def together(a: int, b: int) -> None:
        left, right = root(a), root(b)
        if left == right or any(not inside[right].isdisjoint(apart[one]) for one in inside[left] & cut_ones):
            return
        parent[right] = left
        inside[left] |= inside.pop(right)

    def rank(pair: tuple[int, int]) -> tuple[float, list[int]]:
        return -round(links.get(pair, 0.0), 9), sorted(key[one] for one in pair)

    cut_ones = set(apart)
    for a, b in sorted(join, key=lambda pair: sorted(key[one] for one in pair)):
        together(a, b)
    ordered = sorted(links, key=rank)
    for a, b in ordered:
        if a in cut_ones and b in cut_ones:
            together(a, b)
    beside: dict[int, int] = {}  # the strongest link of each to one that was cut, as the first in their order
    for a, b in ordered:
        if (a in cut_ones) != (b in cut_ones):
            one, other = (b, a) if a in cut_ones else (a, b)
            beside.setdefault(one, other)
    for one, other in sorted(beside.items(), key=lambda pair: rank((min(pair), max(pair)))):
        together(one, other)
    for a, b in ordered:
        together(a, b)
    return {one: min(inside[root(one)]) for one in key}
