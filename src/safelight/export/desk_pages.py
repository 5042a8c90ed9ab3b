"""The four pages of the report desk: a report, a cluster, the desk's state, an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from safelight.export import desk_curves, desk_weights, plots
from safelight.export.desk_graph import graph
from safelight.export.desk_page import DeskPage
from safelight.export.desk_phrases import language
from safelight.export.desk_timeline import timeline
from safelight.export.text import visible

BANDS = ("urgent", "high", "normal", "low")
_TEXT, _TEXTS = 20_000, 200_000
"""Characters of one text, and of all texts of a report, that its page writes out."""
_ROWS = 500
"""Reports of a cluster in its table."""
_GROUP = 20
"""Values of a group that an evaluation draws; the table beside has the others."""


def of_report(shown: Mapping[str, Any]) -> DeskPage:
    """The page of one report; `shown` is what `reports show --json` prints."""
    people = sorted(shown["people"], key=_first_who)
    holders = [*(one for one in people if one["role"] != "reporter"), *shown["files"]]
    captures = [one for holder in holders for one in holder["identifiers"] if one["kind"] == "ip"]
    connections = sorted((one for one in captures if one["time"]), key=lambda one: str(one["time"]))
    history = _numbered(shown["history"])
    decisions = [one for one in history if one["what"] == "decision"]
    context = {
        "report": shown,
        "people": people,
        "groups": desk_weights.grouped(shown["reasons"]),
        "sum": desk_weights.sum_of(shown),
        "history": history,
        "texts": list(_texts(shown["texts"])),
        "connections": connections,
        "decided": decisions[-1] if decisions else None,
    }
    return DeskPage("report.html.j2", f"Report {shown['id']}", context, 1, "report")


def _numbered(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The history with the versions counted from 1: what the desk numbers them by says nothing to a reader."""
    versions = sum(one["what"] == "version" for one in history)
    made = []
    at = 0
    for one in history:
        at += one["what"] == "version"
        made.append({**one, "version": at, "versions": versions})
    return made


def _first_who(one: Mapping[str, Any]) -> tuple[bool, int]:
    """Who is to be protected comes first, who reports comes last."""
    roles = ("reported", "victim", "recipient", "other", "reporter")
    return not one["child_to_protect"], roles.index(one["role"]) if one["role"] in roles else len(roles)


def _texts(texts: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Where, what is written out, and how many characters are not."""
    room = _TEXTS
    for one in texts:
        written = one["text"][: min(_TEXT, room)]
        room -= len(written)
        yield one["where"], written, len(one["text"]) - len(written)


def of_cluster(cluster: Mapping[str, Any], now: datetime | None = None) -> DeskPage:
    """The page of a cluster; see `reports.desk.cluster`."""
    drawn = graph(cluster)
    times = timeline(cluster["times"], now or datetime.now(UTC))
    numbers = {one["id"]: one["report_id"] for one in cluster["reports"]}
    context = {
        "cluster": cluster,
        "graph": drawn,
        "timeline": times,
        "rows": cluster["reports"][:_ROWS],
        "numbers": numbers,
        "bands": {band: sum(one["band"] == band for one in cluster["reports"]) for band in BANDS},
        "connections": [one for one in cluster["times"] if one["what"] == "connection"],
        "protect": sum(one["child_to_protect"] for one in cluster["reports"]),
        "first_reasons": desk_weights.first_reasons,
    }
    left_out = len(cluster["reports"]) - len(context["rows"])
    notes = (
        (f"{left_out:,} reports of lower priority are counted on the page, not listed.",) if left_out else ()
    )
    title = f"Cluster of {cluster['size']:,} reports"
    return DeskPage("cluster.html.j2", title, context, cluster["size"], "report", notes)


def of_desk(state: Mapping[str, Any]) -> DeskPage:
    """The page of the desk's state; see `reports.desk.overview`."""
    drawn = [_drawn(name, values) for name, values in state["groups"].items()]
    arrivals = [(one["day"][5:], one["reports"]) for one in state["arrivals"]]
    days = plots.columns("Reports received a day", arrivals, "plot-days")
    drawn.append(("Reports received a day", days, ""))
    context = {"state": state, "plots": drawn, "first_reasons": desk_weights.first_reasons}
    listed = len(state["queue"])
    further = state["waiting"] - listed
    notes = (
        (f"{further:,} further ones are counted, not listed; `export csv --desk` lists all.",)
        if further
        else ()
    )
    return DeskPage("state.html.j2", "State of the report desk", context, listed, "waiting line", notes)


def _drawn(name: str, values: Sequence[Mapping[str, Any]]) -> tuple[str, Markup, str]:
    """Caption, bars of what is known, and what is not: beside it, lest its bar make slivers of the others."""
    caption = f"Reports by {name}"
    rows = [(_value(name, one["value"]), one["bands"]) for one in values if one["known"]]
    lacking = [
        f"{one['value'].capitalize()}: {_counted(one['bands'])}." for one in values if not one["known"]
    ]
    return caption, plots.stacked(caption, rows, BANDS, f"plot-{name}"), " ".join(lacking)


def _counted(bands: Mapping[str, int]) -> str:
    parts = ", ".join(f"{bands[band]:,} {band}" for band in BANDS if bands.get(band))
    return f"{sum(bands.values()):,} ({parts})"


def _value(group: str, value: str) -> str:
    return language(value) if group == "language" else visible(value)


def of_evaluation(found: Mapping[str, Any], labels: str) -> DeskPage:
    """The page of an evaluation (`reports.desk.measure.evaluation`); `labels` is the name of the file of labels."""
    known = {
        name: [{**one, "value": _value(name, one["value"])} for one in values if one["in_danger"]]
        for name, values in found["groups"].items()
    }
    groups = [
        (
            name,
            desk_curves.by_group(
                f"Recall in the first 5 % by {visible(name)}", values[:_GROUP], f"group-{number}"
            ),
            values,
            len(values[_GROUP:]),
            len(found["groups"][name]) - len(values),
        )
        for number, (name, values) in enumerate(known.items())
        if values
    ]
    context = {
        "found": found,
        "labels": labels,
        "recall": desk_curves.recall(found) if found["in_danger"] else None,
        "calibration": desk_curves.calibration(found["calibration"]),
        "groups": groups,
    }
    return DeskPage(
        "evaluation.html.j2", "Evaluation of the order", context, found["reports"], "labelled report"
    )
