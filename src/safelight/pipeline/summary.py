"""What a scan says at its end, as `scan --json` prints it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from safelight.evidence.names import join_path, shown_trail
from safelight.pipeline.matched import Tally
from safelight.plugins import load
from safelight.store import exhibits
from safelight.store.keys import Sealer
from safelight.triage import facts, leads


def unread_of(
    connection: sa.Connection, sealer: Sealer, case_id: str, records: Sequence[exhibits.Record]
) -> list[dict[str, Any]]:
    """All that could not be read in these exhibits, each with its reason."""
    return [
        {
            "path": join_path(entry.place.trail, entry.place.layers),
            "trail": shown_trail(entry.place.trail, entry.place.layers),
            "reason": reason,
        }
        for _, entry, reason in facts.unread(connection, sealer, case_id, [record.id for record in records])
    ]


def summary_of(
    records: Sequence[exhibits.Record],
    before: Mapping[str, str],
    counts: Mapping[str, int],
    tally: Tally,
    ranked: leads.Ranked,
    items: Collection[bytes],
    *,
    unread: list[dict[str, Any]],
    not_listed: list[str],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """The exhibits of a run, what was counted, and how many leads of which kind it has.

    `before` has exhibits that took the place of others; `versions` are of the signals that were wanted.
    """
    return {
        "exhibits": [
            {
                "id": record.id,
                "path": record.path,
                "kind": record.kind,
                "sha256": record.sha256,
                "verified": record.verified,
                "verified_after": record.facts.get("verified_after"),
                "read_again": record.facts.get("read_again"),
                "before": before.get(record.id),
            }
            for record in records
        ],
        "files": counts["files"],
        "media": counts["media"],
        "items": len(items),
        "deleted": counts["deleted"],
        "carved": counts["carved"],
        "embedded": counts["embedded"],
        "unreadable": len(unread),
        "unread": unread,
        "not_examined": counts["not_examined"],
        "not_read": counts["not_read"],
        "not_looked_at": counts["not_looked_at"],
        "not_listed": not_listed,
        "known_illegal": len(ranked.known_illegal & tally.items),
        "near_known": len(ranked.near_known & tally.items),
        "known_good": len(tally.good & tally.items),
        "suspected": len(ranked.suspected & tally.items),
        "leads": len(ranked.leads & tally.items),
        "not_computed": _not_computed(versions),
    }


def _not_computed(versions: Mapping[str, str]) -> dict[str, str]:
    """Signals that no medium of this run has, and why: what they would have said is unknown, not nothing."""
    absent = {name: "not allowed" for name in load("signals") if name not in versions}
    missing = (name for name, version in versions.items() if version.endswith("missing"))
    return absent | dict.fromkeys(missing, "model missing")
