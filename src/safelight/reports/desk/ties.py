"""`reports links`: which reports belong with one, by which identifiers, how strongly; and what is too common to say."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from safelight.reports.desk.acts import CUT, JOIN, Act
from safelight.reports.desk.explain import cluster_id
from safelight.reports.desk.rank import Ranked
from safelight.reports.identifiers.of_report import of_report
from safelight.reports.keep.columns import KINDS, Keyed, report_id
from safelight.reports.linking import people_alike
from safelight.reports.linking.strengths import strengths
from safelight.reports.linking.world import mentions_of
from safelight.reports.report import Report

_MOST = 500


def ties(
    ranked: Ranked,
    number: int,
    report: Report,
    hashed: Keyed,
    made: list[Act],
    own_numbers: Mapping[int, str],
) -> dict[str, Any]:
    """The links of one report, strongest first.

    `made` are the cuts and joins by people, `own_numbers` the ids that reports bear themselves.
    """
    table, mentions = strengths(), mentions_of(ranked.world, number)
    shown = {
        hashed(f"{one.kind}|{one.key}".encode(errors="replace")): one.shown or one.key
        for _, one in of_report(report)
    }
    runs = mentions.run[mentions.report == number]
    by: dict[int, list[dict[str, Any]]] = {}
    common = []
    for run in np.unique(runs).tolist():
        kind, weak = int(mentions.kind[run]), int(mentions.weak[run])
        voices = int(mentions.voices[run])
        value = shown.get(int(mentions.key[run]), "not in this version of the report")
        scale = (
            "certain"
            if voices <= table.certain[kind, weak]
            else "probable"
            if voices <= table.probable[kind, weak]
            else None
        )
        said = {"kind": str(KINDS[kind]), "value": value, "reports": int(mentions.all[run])}
        if scale is None:
            common.append({**said, "why": f"{voices:,} reports have it: too common to link by"})
            continue
        weight = round(float(table.strength[kind, weak]), 3)
        here = slice(mentions.start[run], mentions.start[run + 1])
        who, hint = mentions.report[here], mentions.hint[here]
        mine = bool(hint[who == number].any())
        for other, theirs in zip(
            who[who != number][:_MOST].tolist(), hint[who != number].tolist(), strict=False
        ):
            sure = scale if not (mine or theirs) else "probable"
            by.setdefault(int(other), []).append({**said, "weight": weight, "scale": sure})
    people = people_alike.bring_up(ranked.store, ranked.segments, ranked.current)
    for other, alike in people.of(number, ranked.current):
        said = {"kind": "person", "value": alike.by, "reports": 2, "weight": alike.probability}
        by.setdefault(other, []).append({**said, "scale": "probable"})
    edits = edited(ranked, number, made)
    links = [_link(ranked, number, other, said, edits.get(other)) for other, said in by.items()]
    links += [_link(ranked, number, other, [], act) for other, act in edits.items() if other not in by]
    links.sort(key=lambda link: (-link["strength"], link["to"]))
    for link in links:
        link["report_id"] = own_numbers.get(link.pop("number"))
    return {
        "id": report_id(int(ranked.rows["key"][number])),
        "cluster": cluster_id(ranked, number),
        "links": links[:_MOST],
        "too_common": common,
    }


def others(ranked: Ranked, number: int) -> list[int]:
    """Numbers of reports that share an identifier with one, or its cluster."""
    found = mentions_of(ranked.world, number).report
    same = np.flatnonzero((ranked.clusters.probable == ranked.clusters.probable[number]) & ranked.current)
    return [int(one) for one in np.unique(np.concatenate([found, same])) if one != number][: 4 * _MOST]


def _link(
    ranked: Ranked, number: int, other: int, by: list[dict[str, Any]], edit: Act | None
) -> dict[str, Any]:
    strength = 1 - prod(1 - one["weight"] for one in by)
    together = ranked.clusters.certain[number] == ranked.clusters.certain[other]
    probably = ranked.clusters.probable[number] == ranked.clusters.probable[other]
    said = {
        "to": report_id(int(ranked.rows["key"][other])),
        "number": other,
        "strength": round(1.0 if edit and edit.kind == JOIN else strength, 4),
        "scale": "certain" if together else "probable" if probably else None,
        "by": by,
    }
    if edit is not None:
        said["edit"] = {
            "kind": edit.kind,
            "by": edit.by,
            "at": edit.at.isoformat(),
            "reason": edit.said["reason"],
        }
    return said


def acts_on(ranked: Ranked, number: int, made: list[Act]) -> list[tuple[Act, str, int | None]]:
    """Every cut and join of a report, oldest first, each with the other report's id and its number, if it is here."""
    mine = int(ranked.rows["key"][number])
    found = []
    for act in made:
        pair = [int(one, 16) for one in act.said["pair"]]
        if act.kind in (CUT, JOIN) and mine in pair:
            found.append((act, pair[0] if pair[1] == mine else pair[1]))
    newest = ranked.rows.newest(other for _, other in found)
    return [(act, report_id(other), newest.get(other)) for act, other in found]


def edited(ranked: Ranked, number: int, made: list[Act]) -> dict[int, Act]:
    """The last cut or join between this report and another, by the other's number."""
    return {other: act for act, _, other in acts_on(ranked, number, made) if other is not None}
