"""Media that were read and digested, and wait for their look, the most promising first.

Digesting takes a thousandth of the time that looking takes. Where lists of known media are at hand, everything is
therefore digested first, and media are read once more when their turn comes: the same bytes, or a finding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from safelight.errors import EvidenceError
from safelight.evidence.agenda import Agenda, Learned
from safelight.evidence.found import Found
from safelight.evidence.protocol import Node
from safelight.pipeline.looking import Job, Looked

_CHANGED = "it could not be read a second time as it was read the first time"


class TimeOverError(Exception):
    """The time of this scan was over in the middle of something that is done as a whole, or next time."""


class Waiting:
    """What waits, up to the agenda's horizon; what cannot wait is looked at at once."""

    def __init__(self, learned: Learned, media_bytes: int, failed: Callable[[Looked], None]) -> None:
        """`failed` is told of what could not be read once more."""
        self._agenda = Agenda(learned)
        self._media_bytes = media_bytes
        self._failed = failed

    def __len__(self) -> int:
        return len(self._agenda)

    def take(self, found: Found, job: Job) -> bool:
        """Let a medium wait; False where it cannot be opened later, or too many wait."""
        if not found.lasting or len(self._agenda) >= self._agenda.horizon:
            return False
        promise = self._agenda.learned.promise(found.node)
        self._agenda.push(found.node, found.place.trail, job, promise)
        return True

    def jobs(self, most: int, most_bytes: int) -> list[Job]:
        """Read the most promising ones again: up to `most`, or about `most_bytes`; fewer where some have failed."""
        jobs: list[Job] = []
        size = 0
        while self._agenda and len(jobs) < most and size < most_bytes:
            node, job = self._agenda.pop()
            data = self._read(node)
            if data is None or hashlib.sha256(data).digest() != job.sha256:
                self._failed(Looked(job.sha256, error=_CHANGED))
                continue
            size += len(data)
            jobs.append(Job(job.sha256, data, job.thumbnail))
        return jobs

    def _read(self, node: Node) -> bytes | None:
        assert node.open is not None
        try:
            source = node.open()
        except EvidenceError:
            return None
        try:
            return source.read_at(0, self._media_bytes + 1)
        except EvidenceError:
            return None
        finally:
            source.close()
