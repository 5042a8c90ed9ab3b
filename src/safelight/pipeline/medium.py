"""The digest of a whole exhibit that is one file: of its decoded medium, compared with what is stored in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from time import monotonic

from safelight.errors import EvidenceError
from safelight.evidence.describe import describe
from safelight.evidence.stream import damage
from safelight.model import Place, State
from safelight.pipeline.waiting import TimeOverError
from safelight.progress import Progress, Progressed
from safelight.signals.digest import PIECE, Digester
from safelight.store.inventory import FINDING, Entry


def place(path: Path) -> Place:
    """The place of the exhibit itself, where it is a file."""
    return Place((path.name.encode(errors="surrogateescape"),), ("file",), State.ALLOCATED, None)


def digest_medium(
    path: Path, progress: Progress, said: Collection[str] = (), until: float | None = None
) -> tuple[str | None, bool | None, list[Entry]]:
    """SHA-256 of the decoded medium, whether stored digests agree (None: none stored), and findings.

    What is in `said`, the reasons that reading has given for the exhibit, is not said again. Raises TimeOverError
    where `until` (`monotonic`) comes before the end.
    """

    def finding(reason: str) -> Entry:
        return Entry(place(path), FINDING, error=reason)

    stated: Mapping[str, str] = {}
    try:
        described = describe(path)
        stated = described.digests
        with described.medium() as source, Digester(("sha256", *stated)) as digester:
            for offset in range(0, source.size, PIECE):
                if until is not None and monotonic() >= until:
                    raise TimeOverError
                digester.update(source.read_at(offset, PIECE))
                if offset % (64 * PIECE) == 0:
                    progress(Progressed("digesting", bytes=offset, total_bytes=source.size))
            computed, broken = digester.named(), damage(source)
    except EvidenceError as error:
        known = str(error) in said
        wrong = [] if known else [finding(f"the medium cannot be read as a whole: {error}")]
        return None, False if stated else None, wrong
    wrong = [
        finding(
            f"the {name} stored in the container ({stored}) is not that of the content ({computed[name]})"
        )
        for name, stored in stated.items()
        if name in computed and computed[name] != stored.lower()
    ]
    verified = not wrong if stated else None
    new = [part for part in (broken or "").split("; ") if part and f"the medium: {part}" not in said]
    return computed["sha256"], verified, [*wrong, *([finding("; ".join(new))] if new else [])]
