"""Match loose files by the same code as a scan: the same digests, the same decoder, the same lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import EvidenceError
from safelight.evidence.names import show
from safelight.evidence.sniff import is_media, sniff
from safelight.evidence.source import FileSource
from safelight.hashsets import library
from safelight.matching.match import Matcher, match_json
from safelight.model import Digests
from safelight.pipeline.looking import Job, Look, Looked
from safelight.pipeline.matched import exact
from safelight.pipeline.reading import BATCH_ITEMS, read_whole
from safelight.pipeline.scan import House


def screen(house: House, connection: sa.Connection, files: Sequence[Path]) -> list[dict[str, Any]]:
    """One result per file, in order, as `screen --json` prints it."""
    matcher = Matcher(library.open_lists(connection, house.folder / "hashsets"))
    read: dict[Path, tuple[Digests | None, str | None]] = {}
    looked: dict[bytes, Looked] = {}
    task = Look(("pdq",), TaskLimits(house.config.worker_memory, house.config.seconds_per_item))

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
    return [_result(matcher, path, *read[path], looked) for path in files]


def _result(
    matcher: Matcher, path: Path, digests: Digests | None, error: str | None, looked: dict[bytes, Looked]
) -> dict[str, Any]:
    shown = {"file": show(str(path).encode(errors="surrogateescape"))}
    if digests is None:
        return {**shown, "sha256": None, "pdq": None, "quality": None, "matches": [], "error": error}
    matches = exact(matcher, [digests])[0] if matcher else []
    seen = looked.get(digests.sha256)
    pdq = quality = None
    frames = next((signal.value for signal in seen.signals if signal.name == "pdq"), None) if seen else None
    if frames and len(frames) == 1:
        pdq, quality = frames[0]["hash"], frames[0]["quality"]
        known = {(match.hashset, match.entry) for match in matches}
        code = np.frombuffer(bytes.fromhex(pdq), dtype=np.uint8).reshape(1, 32)
        near = matcher.near(code, np.array([quality], dtype=np.int64)) if matcher else []
        matches += [match for _, match in near if (match.hashset, match.entry) not in known]
    return {
        **shown,
        "sha256": digests.sha256.hex(),
        "pdq": pdq,
        "quality": quality,
        "matches": [match_json(match) for match in matches],
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
