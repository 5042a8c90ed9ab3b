"""Match loose files by the same code as a scan: the same digests, the same decoder, the same lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import EvidenceError
from safelight.evidence.names import show
from safelight.evidence.sniff import is_media, sniff
from safelight.evidence.source import FileSource
from safelight.hashsets import library
from safelight.matching import films, frames, prints
from safelight.matching.match import Matcher, match_json
from safelight.model import Digests, Match
from safelight.pipeline.entries import read_whole
from safelight.pipeline.looking import Job, Look, Looked
from safelight.pipeline.matched import exact
from safelight.pipeline.reading import BATCH_ITEMS
from safelight.pipeline.scan import House


def screen(house: House, connection: sa.Connection, files: Sequence[Path]) -> list[dict[str, Any]]:
    """One result per file, in order, as `screen --json` prints it."""
    matcher = Matcher(library.open_lists(connection, house.folder / "hashsets", house.keys))
    read: dict[Path, tuple[Digests | None, str | None]] = {}
    looked: dict[bytes, Looked] = {}
    has_lists = bool(films.film_sets(matcher)) or frames.has_picture_lists(matcher)
    names = ("pdq", "vpdq") if has_lists else ("pdq",)
    task = Look(names, TaskLimits(house.config.worker_memory, house.config.seconds_per_item))

    def batches() -> Iterator[list[Job]]:
        jobs: dict[bytes, Job] = {}
        wanted: set[bytes] = set()
        for path in files:
            digests, data, error = _read(path, house.config.media_bytes)
            read[path] = (digests, error)
            if digests is not None and data is not None and digests.sha256 not in wanted:
                wanted.add(digests.sha256)
                jobs[digests.sha256] = Job(digests.sha256, data, thumbnail=False)
            if len(jobs) >= BATCH_ITEMS:
                yield list(jobs.values())
                jobs = {}
        if jobs:
            yield list(jobs.values())

    with closing(PoolEngine(min(house.config.worker_count(), max(1, len(files) // BATCH_ITEMS)))) as engine:
        for outcome in engine.map(task, batches()):
            if isinstance(outcome, Done):
                looked.update({seen.sha256: seen for seen in outcome.results})
            else:
                looked[outcome.item.sha256] = Looked(outcome.item.sha256, error=outcome.reason)
    matches = _matches(matcher, {digests.sha256: digests for digests, _ in read.values() if digests}, looked)
    return [_result(path, *read[path], looked, matches) for path in files]


def _matches(
    matcher: Matcher, asked: dict[bytes, Digests], looked: Mapping[bytes, Looked]
) -> dict[bytes, list[Match]]:
    """What the lists say of each content, by SHA-256: all are asked at once, as a scan asks."""
    found: dict[bytes, list[Match]] = {sha256: [] for sha256 in asked}
    if not matcher:
        return found
    items = list(asked)
    for sha256, matches in zip(items, exact(matcher, list(asked.values())), strict=True):
        found[sha256] = matches
    moving = [_value(looked[sha256], "vpdq") if sha256 in looked else None for sha256 in items]
    hashes = [
        (index, one)
        for index, sha256 in enumerate(items)
        if sha256 in looked
        for one in prints.prints_of(_value(looked[sha256], "pdq"))
    ]
    of_films = films.film_sets(matcher)
    near_pictures = [
        (index, near)
        for index, near in matcher.near_forms(prints.asked(hashes))
        if near.hashset not in of_films or moving[index] is None
    ]
    held = films.films_of(moving)
    near_frames = frames.frame_matches(matcher, held)
    for index, near in (
        *films.film_matches(matcher, held),
        *frames.joined(near_frames, near_pictures),
    ):
        matches = found[items[index]]
        if all((near.hashset, near.entry) != (known.hashset, known.entry) for known in matches):
            matches.append(near)
    return found


def _value(seen: Looked, name: str) -> Any:
    return next((signal.value for signal in seen.signals if signal.name == name), None)


def _result(
    path: Path,
    digests: Digests | None,
    error: str | None,
    looked: Mapping[bytes, Looked],
    matches: Mapping[bytes, list[Match]],
) -> dict[str, Any]:
    shown = {"file": show(str(path).encode(errors="surrogateescape"))}
    if digests is None:
        return {**shown, "sha256": None, "pdq": None, "quality": None, "matches": [], "error": error}
    seen = looked.get(digests.sha256)
    frames = _value(seen, "pdq") if seen else None
    one = frames[0] if frames and frames[0]["position"] is None else None  # of a film no frame stands for it
    return {
        **shown,
        "sha256": digests.sha256.hex(),
        "pdq": one["hash"] if one else None,
        "quality": one["quality"] if one else None,
        "matches": [match_json(match) for match in matches[digests.sha256]],
        "error": error or (seen.error or seen.damaged if seen else None),
    }


def _read(path: Path, keep: int) -> tuple[Digests | None, bytes | None, str | None]:
    try:
        source = FileSource(path)
    except (EvidenceError, OSError) as error:
        return None, None, str(error)
    try:
        head, digests, data = read_whole(source, keep)
    except EvidenceError as error:
        return None, None, str(error)
    finally:
        source.close()
    format_ = sniff(head)
    return digests, data if format_ is not None and is_media(format_) else None, None
