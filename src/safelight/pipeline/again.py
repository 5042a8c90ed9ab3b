"""Read the evidence once more at the end of a scan, and say whether it is as it was before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from safelight.errors import EvidenceError
from safelight.evidence.names import join_path
from safelight.evidence.source import FileSource
from safelight.pipeline.medium import digest_medium
from safelight.pipeline.reading import read_whole
from safelight.progress import Progress, Progressed
from safelight.store.exhibits import Record
from safelight.store.inventory import Entry


def differences(path: Path, record: Record, entries: Iterator[Entry], progress: Progress) -> list[str]:
    """What is not as it was, in words; empty when everything is.

    A folder's own files are read again, one by one; a disk image or file is digested again as a whole.
    """
    if record.kind != "folder":
        digest, _, _ = digest_medium(path, progress)
        return (
            []
            if digest == record.sha256
            else [f"the digest of {path.name} was {record.sha256}, now {digest}"]
        )
    found = []
    for number, entry in enumerate(entries):
        if entry.kind != "file" or len(entry.place.trail) != 1 or entry.digests is None or entry.gone:
            continue
        progress(Progressed("reading again", number))
        shown = join_path(entry.place.trail, entry.place.layers)
        try:
            source = FileSource(path / os.fsdecode(entry.place.trail[0]))
            try:
                _, digests, _ = read_whole(source, 0)
            finally:
                source.close()
        except (EvidenceError, OSError) as error:
            found.append(f"{shown} cannot be read again: {error}")
            continue
        if digests != entry.digests:
            found.append(f"{shown} has another content than before")
    return found
