"""What the desk needs of the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from safelight.settings import Settings
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.keys import KeyRing


class House(Protocol):
    """`Workspace` as this folder sees it."""

    folder: Path
    config: Settings
    database: Database
    keys: KeyRing
    blobs: BlobStore
    actor: str
    evaluation: bool
