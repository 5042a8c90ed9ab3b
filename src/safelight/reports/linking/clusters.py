"""Clusters of reports at two scales: certain and probable, bounded in size, with people's cuts and joins kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from safelight.reports.linking.mentions import Mentions, without_hints
from safelight.reports.linking.strengths import Strengths

Ints = npt.NDArray[Any]


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
) -> Clusters:
    """Label every report at both scales. `pairs` are further probable links (people alike by name and birth date).

    An identifier links the reports that mention it to the first of them (a star), as long as it is not too common for
    its kind. A cluster that grows too large is taken apart at its commonest identifiers.
    """
    extra = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    joined = np.array(list(edits.join), dtype=np.int64).reshape(-1, 2)
    further = np.concatenate([joined, extra])
    certain, _ = _components(without_hints(mentions), table.certain, reports, table.largest_certain, joined)
    probable, raw = _components(mentions, table.probable, reports, table.largest_probable, further)
    return take_apart(Clusters(certain, probable, raw), mentions, table, edits, pairs)


def take_apart(
    clusters: Clusters, mentions: Mentions, table: Strengths, edits: Edits, pairs: Sequence[tuple[int, int]]
) -> Clusters:
    """The clusters with people's cuts. Of the mentions, those of identifiers in `cut_clusters` are enough."""
    if not edits.cut:
        return clusters
    joined = np.array(list(edits.join), dtype=np.int64).reshape(-1, 2)
    further = np.concatenate([joined, np.array(list(pairs), dtype=np.int64).reshape(-1, 2)])
    return Clusters(
        _apart(without_hints(mentions), table, table.certain, clusters.certain, edits, joined),
        _apart(mentions, table, table.probable, clusters.probable, edits, further),
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
    mentions: Mentions, table: Strengths, limit: Ints, labels: Ints, edits: Edits, extra: Ints
) -> Ints:
    """Label clusters that hold a cut anew: strongest links first, and never two reports that were cut apart."""
    labels = labels.copy()
    touched = {int(labels[a]) for a, b in edits.cut if labels[a] == labels[b]}
    for label in touched:
        members = np.flatnonzero(labels == label)
        inside = set(members.tolist())
        forbidden = [(a, b) for a, b in edits.cut if a in inside and b in inside]
        edges = _edges(mentions, table, limit, members, inside)
        edges += [(2.0, int(a), int(b)) for a, b in extra.tolist() if a in inside and b in inside]
        group = _grown(sorted(edges, reverse=True), inside, forbidden)
        for number in inside:
            labels[number] = group[number]
    return labels


def _edges(
    mentions: Mentions, table: Strengths, limit: Ints, members: Ints, inside: set[int]
) -> list[tuple[float, int, int]]:
    """Every pair of members that share an identifier that links, with its strength."""
    runs = np.unique(mentions.run[np.isin(mentions.report, members)])
    found: list[tuple[float, int, int]] = []
    for run in runs.tolist():
        kind, weak = mentions.kind[run], mentions.weak[run]
        if mentions.voices[run] > limit[kind, weak]:
            continue
        # An identifier at which a too large cluster was taken apart is also in reports of the other pieces.
        everybody = mentions.report[mentions.start[run] : mentions.start[run + 1]].tolist()
        who = [one for one in everybody if one in inside]
        strength = float(table.strength[kind, weak])
        hub_only = len(who) > 60  # all pairs of a large one add nothing but time
        for index, a in enumerate(who[:1] if hub_only else who):
            found += [(strength, a, b) for b in who[index + 1 :]]
    return found


def _grown(
    edges: Sequence[tuple[float, int, int]], members: set[int], forbidden: Sequence[tuple[int, int]]
) -> dict[int, int]:
    """Union by falling strength, skipping what would join two that were cut apart; label: the first member."""
    parent = {one: one for one in members}
    inside = {one: {one} for one in members}

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    barred = {frozenset(pair) for pair in forbidden}
    for _, a, b in edges:
        left, right = root(a), root(b)
        if left == right:
            continue
        if any(
            (x in inside[left] and y in inside[right]) or (x in inside[right] and y in inside[left])
            for x, y in map(tuple, barred)
        ):
            continue
        parent[right] = left
        inside[left] |= inside.pop(right)
    return {one: min(inside[root(one)]) for one in members}
