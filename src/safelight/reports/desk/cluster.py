"""A cluster as data: its reports, the identifiers that hold it together, what people cut or joined, and its times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from safelight.errors import UsageError
from safelight.reports.dates import moment
from safelight.reports.desk.acts import CUT, JOIN
from safelight.reports.desk.explain import cluster_id, entry
from safelight.reports.desk.rank import Ranked
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.of_report import of_report
from safelight.reports.keep.columns import Keyed
from safelight.reports.keep.letters import letters_of
from safelight.reports.linking.strengths import strengths
from safelight.reports.linking.world import mentions_among
from safelight.reports.report import Kind, Report, Role, captures

if TYPE_CHECKING:
    from safelight.reports.desk.desk import Desk

RECEIVED, OCCURRED, CONNECTION = "received", "occurred", "connection"
"""What a time of a report is of."""
_COMMON = 500


def cluster(desk: Desk, ranked: Ranked, wanted: str) -> dict[str, Any]:
    """The certain cluster that `wanted` names: its own id (`C-…`), or the id or number of any report in it.

    Reports come best first. Raises UsageError where there is no such report, or it stands alone.
    """
    number = desk.number(ranked, f"R-{wanted[2:]}" if wanted.startswith("C-") else wanted)
    label = ranked.clusters.certain[number]
    members = np.flatnonzero((ranked.clusters.certain == label) & ranked.current)
    if len(members) < 2:
        raise UsageError(
            f"The report {desk.id_of(ranked, number)} is linked with certainty to no other.",
            "`safelight export html --report` gives the report itself.",
        )
    around = (ranked.clusters.probable == ranked.clusters.probable[number]) & ranked.current
    members = members[np.argsort(-ranked.log_odds[members], kind="stable")]
    bodies = dict(desk.store.reports(ranked.segments, members.tolist()))
    ids = {one: desk.id_of(ranked, one) for one in members.tolist()}
    decided = desk.decided()
    shared, common = _shared(ranked, bodies, ids, desk.store.hashed)
    return {
        "id": cluster_id(ranked, number),
        "asked": desk.id_of(ranked, number),
        "size": len(members),
        "probable": int(around.sum()) - len(members),
        "reports": [
            {
                **entry(ranked, one, bodies[one]),
                "occurred": bodies[one].occurred,
                "country": letters_of(int(ranked.rows["country"][one])),
                "decided": decided.get(ids[one]),
            }
            for one in members.tolist()
        ],
        "identifiers": shared,
        "too_common": common,
        "edits": _edits(desk, ids),
        "times": sorted(
            (time for one in members.tolist() for time in _times(ids[one], bodies[one])),
            key=lambda time: (time["at"], time["report"], time["what"]),
        ),
    }


def _shared(
    ranked: Ranked, bodies: Mapping[int, Report], ids: Mapping[int, str], hashed: Keyed
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Identifiers that at least two of the reports have: those that link, strongest first, and those too common to."""
    table, mentions = strengths(), mentions_among(ranked.world, list(bodies))
    run_of = {key: run for run, key in enumerate(mentions.key.tolist())}
    linking, common = [], []
    for one, members, roles in _held(bodies):
        run = run_of.get(hashed(f"{one.kind}|{one.key}".encode(errors="replace")))
        said: dict[str, Any] = {
            "kind": str(one.kind),
            "value": one.shown or one.key,
            "normal": one.key,
            "members": [ids[number] for number in members],
            "roles": dict(roles.most_common()),
            "reports": len(members) if run is None else int(mentions.all[run]),
        }
        scale, weight = None, 0.0
        if run is not None and one.reach is not Reach.SHARED:
            kind, weak, voices = (int(getattr(mentions, name)[run]) for name in ("kind", "weak", "voices"))
            weight = round(float(table.strength[kind, weak]), 3)
            if voices <= table.certain[kind, weak]:
                scale = "certain"
            elif voices <= table.probable[kind, weak]:
                scale = "probable"
        if scale is None:
            why = one.why if one.reach is Reach.SHARED else None
            common.append({**said, "why": why or "too common, or of a kind too weak, to link by"})
        else:
            linking.append({**said, "weight": weight, "scale": scale})
    linking.sort(
        key=lambda one: (one["scale"], -one["weight"], -len(one["members"]), one["kind"], one["value"])
    )
    common.sort(key=lambda one: (-len(one["members"]), one["kind"], one["value"]))
    return linking, common[:_COMMON]


def _held(bodies: Mapping[int, Report]) -> Iterator[tuple[Identifier, list[int], Counter[str]]]:
    """Each identifier that two reports or more have, who has it, in which roles; the reporter's own are left out."""
    held: dict[tuple[Kind, str], tuple[Identifier, dict[int, None], Counter[str]]] = {}
    for number, report in bodies.items():
        for role, one in of_report(report):
            if role is Role.REPORTER:
                continue
            known = held.setdefault((one.kind, one.key), (one, {}, Counter()))
            known[1][number] = None
            known[2][str(role) if role else "the incident or a file"] += 1
    for one, members, roles in held.values():
        if len(members) > 1:
            yield one, list(members), roles


def _edits(desk: Desk, ids: Mapping[int, str]) -> list[dict[str, Any]]:
    """What people said of links between two of the reports; the last word on each pair."""
    inside = {one.removeprefix("R-"): one for one in ids.values()}
    last = {}
    for act in desk.done(CUT, JOIN):
        a, b = act.said["pair"]
        if a in inside and b in inside:
            last[a, b] = {
                "kind": act.kind,
                "a": inside[a],
                "b": inside[b],
                "by": act.by,
                "at": act.at.isoformat(),
                "reason": act.said["reason"],
            }
    return list(last.values())


def _times(report_id: str, report: Report) -> Iterator[dict[str, Any]]:
    """When it came in, when it happened, when connections were made: those that are stated as times."""
    for what, stated in ((RECEIVED, report.received), (OCCURRED, report.occurred)):
        if at := moment(stated):
            yield {"report": report_id, "what": what, "at": at.isoformat(), "value": None, "port": None}
    seen = set()
    for one in captures(report):
        at = moment(one.time)
        if at is not None and (at, one.value, one.port) not in seen:
            seen.add((at, one.value, one.port))
            yield {
                "report": report_id,
                "what": CONNECTION,
                "at": at.isoformat(),
                "value": one.value,
                "port": one.port,
            }
