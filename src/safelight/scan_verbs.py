"""The verbs that look at evidence: `scan` reads exhibits, `screen` matches loose files and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safelight.evidence.unlock import NO_KEYS, Keys
from safelight.governance.gate import Permit, verb
from safelight.model import Capability
from safelight.pipeline import scan as scanning
from safelight.pipeline import screen as screening
from safelight.progress import Progress, silent
from safelight.triage import weights
from safelight.verb_house import VerbHouse


class ScanVerbs(VerbHouse):
    """Verbs over files on this machine."""

    @verb("scan", needs=Capability.HASH_MATCH, long=True)
    def scan(
        self,
        permit: Permit,
        paths: Sequence[Path],
        *,
        case: str | None = None,
        only: Sequence[str] = (),
        exclude: Sequence[str] = (),
        workers: int | None = None,
        verify_after: bool = False,
        keys: Keys = NO_KEYS,
        budget: float | None = None,
        in_order: bool = False,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Read exhibits, compute signals, match, rank. Killed anywhere, the next call goes on from there.

        `keys` (`evidence.unlock.read_keys`) are tried on what is encrypted; they need the capability `unlock`. After
        `budget` seconds nothing more is read, and what was not is said. What promises most is read first, but for
        `in_order`.
        """
        weights.load(self.config.weights)  # a file that cannot be used is found out now, not after hours
        return scanning.scan(
            self,
            permit,
            paths,
            scanning.Order(tuple(only), tuple(exclude), verify_after, keys, budget, in_order),
            workers or self.config.worker_count(),
            progress,
        )

    @verb("screen", needs=Capability.SCREENING, reads=True)
    def screen(
        self, permit: Permit, files: Sequence[Path], *, case: str | None = None
    ) -> list[dict[str, Any]]:
        """Match loose files against the hash sets, by the same code as a scan; nothing is stored."""
        with permit.snapshot() as connection:
            found = screening.screen(self, connection, files)
        permit.detail = {"files": len(found), "matched": sum(bool(one["matches"]) for one in found)}
        permit.subjects += [one["sha256"] for one in found if one["sha256"]]
        return found
