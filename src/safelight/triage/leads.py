"""Turn a case's signals and matches into leads: stacks, facts, priorities, stored in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError, UsageError
from safelight.evidence.sniff import is_media
from safelight.hashsets.scheme import Category, Meaning
from safelight.model import IDENTITY, Band, HashSetKind, Lead, Match, Reason
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, sealed_decision, unseal
from safelight.store.tables import decision, item, lead
from safelight.triage import facts
from safelight.triage.pictures import Pictures
from safelight.triage.priority import Assessment, Facts, assess
from safelight.triage.weights import Weights

Categories = Callable[[Match], Category | None]
"""What the category of a match means by its list's scheme; None where the scheme does not know it."""
SHORTEST = 4
"""Digits of a lead's id that a person must give at least."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What ranking a case gave: the items that are leads, and those by what they were found to be."""

    leads: set[bytes]
    suspected: set[bytes]
    known_illegal: set[bytes]
    near_known: set[bytes]


@dataclass(frozen=True, slots=True)
class _Item:
    sha256: bytes
    format: str
    pixels: int


def rank(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    weights: Weights,
    categories: Categories,
    now: datetime,
) -> Ranked:
    """Compose all leads of a case anew. The same findings give the same leads, ids and stacks."""
    items = _items(connection, case_id)
    matches = facts.matches_of(connection, case_id)
    illegal = {sha for sha, found in matches.items() if _is_illegal(found, categories)}
    pictures = Pictures(connection, case_id, {sha: one.pixels for sha, one in items.items()})
    near_in_case = pictures.near(illegal)
    explicit = {
        sha: value["score"]
        for sha, value in facts.signals_of(connection, sealer, case_id, "explicit").items()
    }
    gathered = _Gathered(connection, sealer, case_id, illegal)
    candidates = {sha for sha, score in explicit.items() if score >= weights.settings["explicit_from"]}
    candidates |= (
        matches.keys() | near_in_case.keys() | gathered.series | gathered.previews.keys()
    ) & items.keys()
    gathered.locate(candidates | (items.keys() - explicit.keys() if illegal else set()))
    candidates |= {sha for sha in items.keys() - explicit.keys() if gathered.known_neighbours(sha)}
    assessed: dict[bytes, Assessment] = {}
    for sha in candidates:
        found = _facts(
            sha, items[sha], matches.get(sha, []), explicit, gathered, near_in_case, categories, now
        )
        assessment = assess(found, weights)
        if assessment.reasons:
            assessed[sha] = assessment
    stack_of = pictures.joined(pictures.stacks(illegal), assessed, illegal)
    _store(connection, sealer, case_id, assessed, stack_of)

    def having(code: str) -> set[bytes]:
        return {sha for sha, one in assessed.items() if any(reason.code == code for reason in one.reasons)}

    return Ranked(set(assessed), having("suspected"), having("known-illegal"), having("near-known"))


def queue(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    top: int | None = None,
    *,
    kind: str | None = None,
    undecided: bool = False,
    only: str | None = None,
) -> list[Lead]:
    """The leads, best first, ties by id; each with the label of its newest decision.

    Where that is asked for, only those of a kind, those without a decision, or the one lead or stack with this id.
    """
    matches = facts.matches_of(connection, case_id)
    decided = labels(connection, sealer, case_id)
    query = _chosen(sa.select(lead), case_id, kind, undecided)
    if only is not None:
        query = query.where((lead.c.id == only) | (lead.c.stack == only))
    query = query.order_by(lead.c.priority.desc(), lead.c.id).limit(top)
    return [_lead(row, sealer, matches, decided) for row in connection.execute(query)]


def count(
    connection: sa.Connection, case_id: str, *, kind: str | None = None, undecided: bool = False
) -> int:
    """How many leads the whole queue has by the same choice."""
    query = _chosen(sa.select(sa.func.count()).select_from(lead), case_id, kind, undecided)
    found: int = connection.execute(query).scalar_one()
    return found


def stack_sizes(connection: sa.Connection, case_id: str) -> dict[str, int]:
    """How many leads each stack holds."""
    query = sa.select(lead.c.stack, sa.func.count()).where(lead.c.case_id == case_id).group_by(lead.c.stack)
    return {row[0]: row[1] for row in connection.execute(query)}


def find(connection: sa.Connection, case_id: str, wanted: str) -> tuple[str, str]:
    """Id and stack of the lead that is meant: by its id, or by its beginning where only one begins so.

    Raises UsageError where there is none, or several.
    """
    digits = wanted.strip().removeprefix("L-").lower()
    query = sa.select(lead.c.id, lead.c.stack).where(
        lead.c.case_id == case_id, lead.c.id.startswith(f"L-{digits}", autoescape=True)
    )
    found = connection.execute(query.order_by(lead.c.id).limit(3)).all()
    if not found or len(digits) < SHORTEST:
        raise UsageError(
            f"There is no lead '{wanted}' in this case.",
            f"See `safelight leads`; at least {SHORTEST} digits of an id are needed.",
        )
    if len(found) > 1:
        some = ", ".join(row.id for row in found[:2])
        raise UsageError(f"Several leads begin with '{wanted}': {some}.", "Give more digits.")
    return found[0].id, found[0].stack


def _chosen(query: sa.Select[Any], case_id: str, kind: str | None, undecided: bool) -> sa.Select[Any]:
    query = query.where(lead.c.case_id == case_id)
    if kind is not None:
        query = query.where(lead.c.kind == kind)
    if undecided:
        query = query.where(
            lead.c.id.not_in(sa.select(decision.c.lead_id).where(decision.c.case_id == case_id))
        )
    return query


def labels(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[str, str]:
    """The newest label of every decided lead. Raises IntegrityError where a decision was altered."""
    rows = connection.execute(
        sa.select(decision)
        .where(decision.c.case_id == case_id)
        .order_by(decision.c.decided_at, decision.c.id)
    ).all()
    for row in rows:
        sealed_decision(sealer, row)
    return {row.lead_id: row.label for row in rows}


def lead_id(sha256: bytes) -> str:
    """One lead per item: its id follows from the item."""
    return f"L-{sha256.hex()[:16]}"


def _lead(row: Any, sealer: Sealer, matches: Mapping[bytes, list[Match]], decided: Mapping[str, str]) -> Lead:
    stated = unseal(sealer, row.sealed, f"lead:{row.id}")
    if stated["said"] != [row.sha256.hex(), row.priority, row.band, row.stack]:
        raise IntegrityError(
            f"The store says of lead {row.id} something else than was found: it was altered.",
            "Scan again: leads are composed anew. `safelight audit show` says who decided what.",
        )
    reasons = tuple(Reason(*parts) for parts in stated["reasons"])
    return Lead(
        id=row.id,
        kind=row.kind,
        sha256=row.sha256.hex(),
        priority=row.priority,
        band=Band(row.band),
        reasons=reasons,
        matches=tuple(matches.get(row.sha256, ())),
        stack=row.stack,
        decided=decided.get(row.id),
    )


def _items(connection: sa.Connection, case_id: str) -> dict[bytes, _Item]:
    rows = connection.execute(
        sa.select(item.c.sha256, item.c.format, item.c.width, item.c.height).where(item.c.case_id == case_id)
    )
    return {row.sha256: _Item(row.sha256, row.format, (row.width or 0) * (row.height or 0)) for row in rows}


def _is_illegal(found: list[Match], categories: Categories) -> bool:
    """Is it exactly what a list of illegal material holds, and not as something harmless?"""
    exact = [one for one in found if one.kind is HashSetKind.KNOWN_ILLEGAL and not one.is_perceptual]
    said = [categories(one) for one in exact]
    return any(category is None or category.meaning is not Meaning.NOT for category in said)


class _Gathered:
    """EXIF and faces of a case, places of what is asked for, and what of them leads to known illegal items."""

    def __init__(self, connection: sa.Connection, sealer: Sealer, case_id: str, illegal: set[bytes]) -> None:
        self.exif = facts.signals_of(connection, sealer, case_id, "exif")
        self.faces = facts.signals_of(connection, sealer, case_id, "faces")
        self.previews = facts.other_previews(connection, sealer, case_id)
        """Items with a preview that shows something else, and how like it is."""
        self.looked_at = facts.looked_at(connection, case_id)
        self._illegal = illegal
        self._locate = partial(facts.locate, connection, sealer, case_id)
        self.places: dict[bytes, facts.Located] = {}
        self._known_in: dict[Any, set[bytes]] = defaultdict(set)
        serials = {self._serial(sha) for sha in illegal} - {""}
        self.series = {sha for sha in self.exif if self._serial(sha) in serials} - illegal
        """Items that state the same camera serial number as a known illegal one."""

    def _serial(self, sha256: bytes) -> str:
        return str(self.exif.get(sha256, {}).get("serial") or "")

    def locate(self, wanted: set[bytes]) -> None:
        """Learn the places of the wanted items, and of the known illegal ones."""
        self.places = self._locate(wanted | self._illegal)
        for known in self._illegal & self.places.keys():
            for folder in self.places[known].folders():
                self._known_in[folder].add(known)

    def known_neighbours(self, sha256: bytes) -> int:
        """How many other known illegal items share a folder or archive with this one."""
        if sha256 not in self.places:
            return 0
        near = [
            self._known_in[folder] for folder in self.places[sha256].folders() if folder in self._known_in
        ]
        return len(set[bytes]().union(*near) - {sha256})


def _facts(
    sha: bytes,
    what: _Item,
    found: list[Match],
    explicit: Mapping[bytes, float],
    gathered: _Gathered,
    near_in_case: Mapping[bytes, tuple[int, str]],
    categories: Categories,
    now: datetime,
) -> Facts:
    located = gathered.places.get(sha, facts.Located())
    exif = gathered.exif.get(sha)
    faces = gathered.faces.get(sha)
    young = [face["below_18"] for face in faces or () if face.get("below_18") is not None]
    taken = facts.taken(exif)
    said = {match: category for match in found if (category := categories(match)) is not None}
    bits, form = near_in_case.get(sha, (None, IDENTITY))
    return Facts(
        matches=found,
        explicit=explicit.get(sha),
        below_18=max(young) if young else None,
        faces=len(faces) if faces is not None else None,
        camera=facts.camera_name(exif),
        camera_folder=facts.in_camera_folder(located),
        located=bool(exif and exif.get("latitude") is not None),
        days_old=(now.replace(tzinfo=None) - taken).total_seconds() / 86_400 if taken else None,
        states=located.states(),
        misnamed=is_media(what.format) and facts.misnamed(located),
        hidden=facts.hidden(located),
        known_neighbours=gathered.known_neighbours(sha),
        shares_camera_with_known=sha in gathered.series,
        near_in_case=bits,
        near_form=form,
        other_preview=gathered.previews.get(sha),
        looked_at=sha in gathered.looked_at or not is_media(what.format),
        categories=said,
    )


def _store(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    assessed: Mapping[bytes, Assessment],
    stack_of: Mapping[bytes, bytes],
) -> None:
    """Replace the case's leads; a lead that a person decided about stays even when its grounds are gone."""
    decided = sa.select(decision.c.lead_id).where(decision.c.case_id == case_id)
    connection.execute(lead.delete().where(lead.c.case_id == case_id, lead.c.id.not_in(decided)))
    if assessed:
        again = lead.delete().where(lead.c.case_id == case_id, lead.c.id == sa.bindparam("again"))
        connection.execute(again, [{"again": lead_id(sha)} for sha in assessed])
    rows = [_row(sealer, case_id, sha, found, stack_of[sha]) for sha, found in sorted(assessed.items())]
    if rows:
        connection.execute(lead.insert(), rows)


def _row(
    sealer: Sealer, case_id: str, sha256: bytes, found: Assessment, representative: bytes
) -> dict[str, Any]:
    stack = f"S-{representative.hex()[:16]}"
    stated = {
        "said": [sha256.hex(), found.priority, found.band, stack],
        "reasons": [(reason.code, reason.text, reason.weight) for reason in found.reasons],
    }
    return {
        "id": lead_id(sha256),
        "case_id": case_id,
        "kind": "media",
        "sha256": sha256,
        "priority": found.priority,
        "band": found.band,
        "stack": stack,
        "sealed": seal(sealer, stated, f"lead:{lead_id(sha256)}"),
    }
