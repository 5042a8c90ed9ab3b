"""`persons search` and `persons match`: from a photograph, or all found people, to stored candidates."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import sqlalchemy as sa

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Failed, TaskLimits
from safelight.errors import FormatError, RefusedError
from safelight.evidence.names import show
from safelight.governance.gate import Permit
from safelight.model import Ground
from safelight.persons.compare.fuse import APART_DLIB, fuse, strangers
from safelight.persons.compare.gallery import Gallery
from safelight.persons.desk import compare, leads, review, schedule, trials
from safelight.persons.desk.compare import Compared, Comparison, Probe
from safelight.persons.desk.house import House
from safelight.persons.desk.links import people_of
from safelight.persons.desk.meaning import MATCH_LIMIT, SEARCH_LIMIT, WHOLE, WHOLE_IN_MATCH, Meaning, Scored
from safelight.persons.desk.probe import read_probe
from safelight.persons.desk.reviewing import REOPEN
from safelight.persons.keep import templates
from safelight.persons.keep.pairs import Pairs
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.keep.templates import Templates
from safelight.persons.person import IN_GALLERY, Days, Facts, Status
from safelight.persons.portraits.describe import Describe, Described, PhotoJob, Portrait, read_template
from safelight.persons.portraits.embedders import embedder
from safelight.persons.protocol import Embedder
from safelight.persons.weigh.crowd import crowd_of
from safelight.progress import Progress, Progressed

_STORED_AT_ONCE = 200
APART = {"dlib-mirrored": APART_DLIB, "dlib-plain": APART_DLIB}
"""Cosine below which two photographs are not taken for one face, where a gallery is too small to tell its own."""
_NOT_COMPARED = 100
"""So many people without a template are named; the rest is counted."""
_WIDER = 3
"""So many times more neighbours are held against the facts than are shown: facts may bring one up."""


def search(
    house: House, permit: Permit, photo: Path, most: int, status: Status | None, chance: float | None
) -> dict[str, Any]:
    """Search with every face of one photograph. Only what has candidates is stored."""
    started = monotonic()
    data = read_probe(photo, house.config.media_bytes)
    seen = _described(house, data)
    if seen.error is not None:
        raise FormatError(f"{photo} cannot be searched with: {seen.error}", "Give a photograph.")
    shown = show(os.fsencode(photo))
    digest = hashlib.sha256(data).hexdigest()
    with permit.transaction() as connection:
        people = people_of(connection, house.keys, permit)
        wanted = (status,) if status else (Status.MISSING, Status.FOUND)
        loaded = _open(house, connection, permit, people, wanted, chance or SEARCH_LIMIT)
        taken = Days.of(seen.taken) if seen.taken else None
        probes = [
            Probe(
                id_of(people.case_sealer, Status.PROBE, f"{digest}#{number}"),
                f"{shown}#{number}" if len(seen.faces) > 1 else shown,
                Facts(),
                taken,
                files=frozenset((bytes.fromhex(digest),)),
            )
            for number in range(1, len(seen.faces) + 1)
        ]
        found: list[Compared] = []
        scored = None
        if probes and loaded.comparison is not None:
            comparison, gallery = loaded.comparison, loaded.gallery
            comparison.within(people)
            vectors = np.stack([read_template(face.template, gallery.people.shape[1]) for face in seen.faces])
            scored = comparison.meaning.score(vectors, _neighbours(most, gallery))
            pairs = Pairs(connection, house.keys, permit.the_case.id)
            for row, (probe, face) in enumerate(zip(probes, seen.faces, strict=True)):
                one = comparison.candidates(probe, scored, row, most)
                found.append(one)
                if one.candidates:
                    _keep_probe(house, people, probe, face, gallery.version, data)
                    days = house.config.face_template_days
                    schedule.put(connection, people, permit.the_case.id, probe.id, permit.actor, days)
                    foils = comparison.foils(one, vectors[row], scored.of_row(row))
                    compare.store(pairs, [(one, foils)])
        result = _result(house, connection, permit, people, loaded, found, scored, most, started)
    return {
        **result,
        "probes": len(probes),
        "no_face": [] if probes else [shown],
        "no_candidate": _without(probes, found),
    }


def match(
    house: House, permit: Permit, most: int, chance: float | None, progress: Progress
) -> dict[str, Any]:
    """Compare all found people with all missing ones. RefusedError outside a missing-persons case."""
    started = monotonic()
    if permit.the_case.authority.ground is not Ground.MISSING_PERSON:
        raise RefusedError(
            "Everybody may be compared with everybody only in a case whose ground is missing-person.",
            "ground",
            "Search with one photograph (`safelight persons search`), or open a case with --ground missing-person.",
        )
    with permit.transaction() as connection:
        people = people_of(connection, house.keys, permit)
        searched, apart = _fused(connection, house, permit, people, (Status.FOUND,), _embedder(house))
        loaded = _open(
            house, connection, permit, people, (Status.MISSING,), chance or MATCH_LIMIT, WHOLE_IN_MATCH
        )
        loaded = replace(loaded, apart=[*loaded.apart, *apart])
    found: list[Compared] = []
    scored = None
    if len(searched) and loaded.comparison is not None:
        comparison = loaded.comparison
        progress(Progressed("comparing", 0, total=len(searched)))
        scored = comparison.meaning.score(searched.people, _neighbours(most, loaded.gallery))
        for start in range(0, len(searched), _STORED_AT_ONCE):
            with permit.transaction() as connection:
                people = people_of(connection, house.keys, permit)
                rows = range(start, min(start + _STORED_AT_ONCE, len(searched)))
                comparison.within(people, [searched.ids[row] for row in rows], scored, rows)
                pairs = Pairs(connection, house.keys, permit.the_case.id)
                lists = {
                    row: comparison.candidates(comparison.probe(searched.ids[row]), scored, row, most)
                    for row in rows
                }
                some = {row: one for row, one in lists.items() if one.candidates}
                comparison.ready_for_foils((one, searched.people[row]) for row, one in some.items())
                foils = {
                    row: list(comparison.foils(one, searched.people[row], scored.of_row(row)))
                    for row, one in some.items()
                }
                compare.store(pairs, [(one, foils.get(row, ())) for row, one in lists.items()], whole=True)
                found += lists.values()
            progress(Progressed("compared", len(found), total=len(searched)))
    with permit.transaction() as connection:
        people = people_of(connection, house.keys, permit)
        result = _result(
            house, connection, permit, people, loaded, found, scored, most, started, best_first=True
        )
        numbers = [people.get(one, photos=False).number for one in searched.ids] if not found else []
    return {
        **result,
        "enrolled_twice": [*result["enrolled_twice"], *twice(searched, _embedder(house).name)],
        "probes": len(searched),
        "no_face": [],
        "no_candidate": [one.probe.shown for one in found if not one.candidates] or numbers,
    }


@dataclass(frozen=True, slots=True)
class Loaded:
    """A gallery in memory, ready to be compared with; `comparison` is None where nobody is in it."""

    gallery: Gallery
    comparison: Comparison | None
    apart: list[dict[str, Any]]
    """Photographs that look like somebody else than the person whose they are said to be."""
    model_state: str
    """Whether the model was evaluated here."""


def _neighbours(most: int, gallery: Gallery) -> int:
    return min(most * _WIDER, len(gallery))


def _without(probes: Sequence[Probe], found: Sequence[Compared]) -> list[str]:
    having = {one.probe.id for one in found if one.candidates}
    return [one.shown for one in probes if one.id not in having]


def _open(
    house: House,
    connection: sa.Connection,
    permit: Permit,
    people: People,
    statuses: Sequence[Status],
    limit: float,
    whole: int = WHOLE,
) -> Loaded:
    """The gallery of the case in memory, what is frequent in it, and what its scores mean (`Meaning`)."""
    embedder = _embedder(house)
    state = trials.check(connection, house.keys, f"{embedder.name}/{embedder.version}")
    gallery, apart = _fused(connection, house, permit, people, statuses, embedder)
    if not len(gallery):
        return Loaded(gallery, None, apart, state.said)
    crowd = crowd_of(kept.facts for kept in people.everyone((Status.MISSING, Status.FOUND)))
    meaning = Meaning(gallery, embedder.name, limit, whole)
    return Loaded(gallery, Comparison(people.case_sealer, gallery, crowd, meaning), apart, state.said)


def _fused(
    connection: sa.Connection,
    house: House,
    permit: Permit,
    people: People,
    statuses: Sequence[Status],
    embedder: Embedder,
) -> tuple[Gallery, list[dict[str, Any]]]:
    """One template a person, of all their photographs by quality; and the photographs that were left out of it."""
    found: Templates = templates.load(
        connection, house.keys, people.cases, statuses, embedder.version, embedder.dimensions
    )
    quality = np.ones(len(found.vectors))
    several = np.bincount(found.person, minlength=len(found.ids)) > 1
    for place in np.flatnonzero(several):
        by_file = {photo.sha256: photo.quality or 0.1 for photo in people.photos(found.ids[place])}
        for row in np.flatnonzero(found.person == place):
            quality[row] = by_file.get(found.sha256[row], 0.1)
    level = strangers(found.vectors, found.person) or APART.get(embedder.name)
    fused = fuse(found.vectors, quality, found.person, apart=level)
    apart = []
    for one in fused.apart:
        person = found.ids[one.person]
        names = {photo.sha256: photo.name for photo in people.photos(person)}
        apart.append(
            {
                "person": person,
                "photo": names.get(found.sha256[one.photograph], ""),
                "why": "it looks like somebody else than the other photographs of this person: one of them is wrong"
                if one.undecided
                else "it looks like somebody else than the other photographs of this person, and was left out",
            }
        )
    return Gallery(found.ids, fused.people, found.version), apart


def _embedder(house: House) -> Embedder:
    return embedder(house.config.face_embedder)


def _described(house: House, data: bytes) -> Portrait:
    task = Describe(
        house.config.face_embedder, TaskLimits(house.config.worker_memory, house.config.seconds_per_item)
    )
    with closing(PoolEngine(1)) as engine:
        for outcome in engine.map(task, [[PhotoJob(0, data)]]):
            if isinstance(outcome, Failed):
                return Portrait(0, error=outcome.reason)
            return outcome.results[0]
    return Portrait(0, error="no answer came from the worker")


def _keep_probe(
    house: House, people: People, probe: Probe, face: Described, version: str, data: bytes
) -> None:
    """Store a face that has candidates, so that two people can decide: under a key of its own, in no gallery."""
    digest = hashlib.sha256(data).digest()
    if not people.has(probe.id):
        people.add(Kept(probe.id, Status.PROBE, probe.shown, Status.PROBE, probe.facts))
    blob = house.blobs.put(people.sealer(probe.id), face.crop)
    photo = Photo(
        digest,
        ENROLLED,
        probe.shown,
        quality=face.quality.figure,
        parts=face.quality.all(),
        box=face.box,
        turn=face.turn,
        taken=probe.taken,
        blob=blob,
    )
    people.put_photo(probe.id, photo)
    people.put_template(probe.id, digest, version, face.template)


def _result(
    house: House,
    connection: sa.Connection,
    permit: Permit,
    people: People,
    loaded: Loaded,
    found: Sequence[Compared],
    scored: Scored | None,
    most: int,
    started: float,
    *,
    best_first: bool = False,
) -> dict[str, Any]:
    """What a search or a match answers; candidates by probe and rank, or of all probes together, `best_first`."""
    pairs = Pairs(connection, house.keys, permit.the_case.id)
    listed_here = [(each.probe, one) for each in found for one in each.candidates]
    if best_first:
        count = people.count(IN_GALLERY)
        listed_here.sort(key=lambda one: leads.best_first(one[1], count))
    candidates = [one for _, one in listed_here]
    said = pairs.said(candidates) if candidates else {}
    spoken = [one for one in candidates if one.id in said]
    works = {one.kept.id: one for one in review.work(spoken, said, pairs.acts(REOPEN, spoken), {})}
    known = people.many(list(dict.fromkeys(one.person for one in candidates)))
    meaning = loaded.comparison.meaning if loaded.comparison is not None else None
    means = [one.mean_by_chance for one in found if one.mean_by_chance is not None]
    listed = meaning.listed(scored, len(candidates), means, most) if meaning is not None else None
    return {
        "gallery": len(loaded.gallery),
        "seconds": round(monotonic() - started, 3),
        "expected_by_chance": round(listed.expected, 3) if listed is not None else None,
        "expected_interval": [round(end, 3) for end in listed.interval] if listed is not None else None,
        "candidates": compare.as_json(listed_here, known, works),
        "meaning": meaning.sentence(listed) if meaning is not None else "Nobody is in the gallery.",
        "calibration": meaning.calibration.sentence if meaning is not None else None,
        "apart": loaded.apart,
        "enrolled_twice": meaning.enrolled_twice() if meaning is not None else [],
        **_not_compared(people, loaded.gallery.version),
        "embedder": loaded.gallery.version,
        "model_state": loaded.model_state,
    }


def _not_compared(people: People, version: str) -> dict[str, Any]:
    """Who is missing or found and has no template: how many, and the first of them."""
    ids = people.without_template(version)
    known = people.many(ids[:_NOT_COMPARED])
    return {
        "not_compared": [
            {"person": one, "person_id": known[one].number, "status": str(known[one].status)}
            for one in ids[:_NOT_COMPARED]
        ],
        "not_compared_count": len(ids),
    }


def twice(searched: Gallery, name: str) -> list[dict[str, Any]]:
    """Pairs among those who are searched with, too near for chance."""
    if len(searched) < 2:
        return []
    return Meaning(searched, name, MATCH_LIMIT, WHOLE_IN_MATCH).enrolled_twice()


__all__ = ["match", "search", "twice"]
