"""What a named human concluded about a lead: recorded, corrected by a later one, never erased."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.evidence.names import join_path, shown_trail
from safelight.hashsets import library
from safelight.hashsets.scheme import Meaning, scheme
from safelight.model import Case, Decision, HashSetKind, Lead, Match
from safelight.store.keys import Sealer
from safelight.store.sealed import decision_context, seal, sealed_decision
from safelight.store.tables import decision
from safelight.triage import facts, leads

NOT_PERTINENT, UNSURE = "not-pertinent", "unsure"
ALWAYS = (NOT_PERTINENT, UNSURE)
"""Labels that every category scheme has."""


@dataclass(frozen=True, slots=True)
class Decided(Decision):
    """A decision as it is told to whoever made it."""

    where: str = ""
    """The path of the lead's first place."""
    trail: tuple[str, ...] = ()
    """The same place for people, from the exhibit inwards."""
    against: tuple[Match, ...] = ()
    """Lists that hold exactly this content in another category than the decision gives it."""


def decide(
    connection: sa.Connection,
    sealer: Sealer,
    case: Case,
    wanted: str,
    label: str,
    by: str,
    *,
    whole_stack: bool,
    note: str | None,
) -> list[Decided]:
    """Record a decision about a lead, or about every lead of its stack by name. `wanted` may be a beginning.

    Raises UsageError for an unknown lead or a label that is neither in the case's scheme nor one of `ALWAYS`.
    """
    allowed = scheme(case.scheme).codes()
    if label not in {*allowed, *ALWAYS}:
        known = ", ".join([*allowed, *ALWAYS])
        raise UsageError(f"'{label}' is not a label of this case's scheme.", f"Use one of: {known}.")
    lead_id, stack = leads.find(connection, case.id, wanted)
    about = leads.queue(connection, sealer, case.id, only=stack if whole_stack else lead_id)
    members = sorted(one.id for one in about)
    now = datetime.now(UTC)
    made = [Decision(f"D-{secrets.token_hex(6)}", member, label, by, now, note) for member in members]
    for one in made:
        connection.execute(
            decision.insert().values(
                id=one.id,
                case_id=case.id,
                lead_id=one.lead,
                label=label,
                decided_by=by,
                decided_at=now.isoformat(),
                sealed=seal(
                    sealer,
                    {"note": note, "with": members, "said": [one.lead, label, by, now.isoformat()]},
                    decision_context(one.id),
                ),
            )
        )
    return _told(connection, sealer, case, made, {one.id: one for one in about})


def _told(
    connection: sa.Connection,
    sealer: Sealer,
    case: Case,
    made: Sequence[Decision],
    about: Mapping[str, Lead],
) -> list[Decided]:
    places = facts.locate(connection, sealer, case.id, {bytes.fromhex(one.sha256) for one in about.values()})
    categories = library.categories(connection, case.scheme)
    told = []
    for one in made:
        lead = about[one.lead]
        located = places.get(bytes.fromhex(lead.sha256), facts.Located())
        where, trail = "", tuple[str, ...]()
        if located.entries:
            place = located.entries[0][1].place
            where = join_path(place.trail, place.layers)
            trail = tuple(shown_trail(place.trail, place.layers))
        against = tuple(match for match in lead.matches if _disagrees(match, one.label, categories))
        told.append(
            Decided(
                one.id,
                one.lead,
                one.label,
                one.by,
                one.at,
                one.note,
                where=where,
                trail=trail,
                against=against,
            )
        )
    return told


def _disagrees(match: Match, label: str, categories: leads.Categories) -> bool:
    """Does a list that holds exactly this content say something else of it than the label?"""
    if label == UNSURE or match.is_perceptual or match.kind is HashSetKind.WATCH:
        return False
    if match.kind is HashSetKind.KNOWN_GOOD:
        return label != NOT_PERTINENT
    category = categories(match)
    if label == NOT_PERTINENT:
        return category is None or category.meaning is not Meaning.NOT
    if match.category is None:
        return False
    return category is None or category.code != label


def decisions_of(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[str, list[Decision]]:
    """All decisions of a case by lead, oldest first; the last one counts."""
    rows = connection.execute(
        sa.select(decision)
        .where(decision.c.case_id == case_id)
        .order_by(decision.c.decided_at, decision.c.id)
    )
    found: dict[str, list[Decision]] = {}
    for row in rows:
        note = sealed_decision(sealer, row)["note"]
        made = Decision(
            row.id, row.lead_id, row.label, row.decided_by, datetime.fromisoformat(row.decided_at), note
        )
        found.setdefault(row.lead_id, []).append(made)
    return found
