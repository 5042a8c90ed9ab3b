"""The queue as `leads --json` prints it, and one lead with everything that is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from safelight.evidence.names import join_path, shown_trail
from safelight.export import phrases
from safelight.export.deliver import lead_views
from safelight.export.protocol import LeadView, PlaceView
from safelight.export.text import time_text
from safelight.matching.match import match_json
from safelight.model import Case, Lead
from safelight.store.keys import KeyRing
from safelight.triage import facts
from safelight.triage import leads as triage


def leads(
    connection: sa.Connection, keys: KeyRing, case: Case, top: int | None, kind: str | None, undecided: bool
) -> list[dict[str, Any]]:
    """The best `top` leads; each says in `of` how many the queue has by the same choice."""
    sealer = keys.sealer(connection, case.id)
    found = triage.queue(connection, sealer, case.id, top, kind=kind, undecided=undecided)
    places = facts.locate(connection, sealer, case.id, {bytes.fromhex(one.sha256) for one in found})
    sizes = triage.stack_sizes(connection, case.id)
    of = triage.count(connection, case.id, kind=kind, undecided=undecided)
    return [
        {
            **_shared(one, sizes[one.stack], of),
            "paths": [
                {
                    "exhibit": exhibit_id,
                    "path": join_path(entry.place.trail, entry.place.layers),
                    "trail": shown_trail(entry.place.trail, entry.place.layers),
                    "state": str(entry.place.state),
                    **({} if entry.note is None else {"note": entry.note}),
                }
                for exhibit_id, entry in places.get(bytes.fromhex(one.sha256), facts.Located()).entries
            ],
        }
        for one in found
    ]


class Queue(list[dict[str, Any]]):
    """Leads, and what of the case's exhibits was not read when they were asked for."""

    unfinished: Sequence[Mapping[str, Any]] = ()


def together(
    media: list[dict[str, Any]], reports: list[dict[str, Any]], top: int | None
) -> list[dict[str, Any]]:
    """Leads of two kinds as one queue, by priority; each kind keeps its own order where priorities are equal."""
    if not reports:
        return media
    of = sum(found[0]["of"] for found in (media, reports) if found)
    both = sorted([*media, *reports], key=lambda one: -one["priority"])
    return [{**one, "of": of} for one in both[:top]]


def whole(connection: sa.Connection, keys: KeyRing, case: Case, wanted: str) -> dict[str, Any]:
    """One lead, by its id or an unambiguous beginning: all places, digests, signals in words, decisions.

    Raises UsageError where there is none, or several.
    """
    sealer = keys.sealer(connection, case.id)
    lead_id, stack = triage.find(connection, case.id, wanted)
    found = triage.queue(connection, sealer, case.id, only=lead_id)
    (view,) = lead_views(connection, sealer, case.id, found)
    members = [one.id for one in triage.queue(connection, sealer, case.id, only=stack)]
    return {
        **_shared(view.lead, view.stack_size, triage.count(connection, case.id)),
        "paths": [_place(one) for one in view.places],
        "digests": {
            "md5": view.digests.md5.hex(),
            "sha1": view.digests.sha1.hex(),
            "sha256": view.digests.sha256.hex(),
        },
        "size": view.size,
        "format": view.format,
        "width": view.width,
        "height": view.height,
        "damaged": view.damaged,
        "error": view.error,
        "pdq": {"hash": view.pdq.hash.hex(), "quality": view.pdq.quality} if view.pdq else None,
        "signals": _signals(view),
        "members": members,
        "decisions": [
            {"id": one.id, "label": one.label, "by": one.by, "at": one.at.isoformat(), "note": one.note}
            for one in view.decisions
        ],
    }


def _shared(one: Lead, size: int, of: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "priority": one.priority,
        "band": str(one.band),
        "sha256": one.sha256,
        "reasons": [{"code": why.code, "text": why.text, "weight": why.weight} for why in one.reasons],
        "matches": [match_json(match) for match in one.matches],
        "stack": one.stack,
        "stack_size": size,
        "decided": one.decided,
        "of": of,
    }


def _place(one: PlaceView) -> dict[str, Any]:
    times = {name: getattr(one.times, name) for name in ("created", "modified", "accessed", "changed")}
    return {
        "exhibit": one.exhibit,
        "path": one.path,
        "trail": list(one.trail),
        "state": str(one.state),
        "size": one.size,
        "times": {
            name: {"value": time_text(stated), "source": stated.source}
            for name, stated in times.items()
            if stated is not None
        },
        "address": dict(one.address),
        **({} if one.note is None else {"note": one.note}),
    }


def _signals(view: LeadView) -> list[dict[str, Any]]:
    """What each signal says, in words: nothing that could serve to recognise a face."""
    found = []
    for name, signal in sorted(view.signals.items()):
        if name == "pdq" and view.pdq is not None:
            said = f"quality {view.pdq.quality} of 100"
        elif name == "exif" and signal.absent is None:
            said = "; ".join(f"{label} {value}" for label, value in phrases.exif(signal)) or "says nothing"
        else:
            said = phrases.said(signal)
        found.append(
            {"name": name, "said": said, "computed": signal.absent is None, "version": signal.version}
        )
    return found


__all__ = ["Queue", "leads", "together", "whole"]
