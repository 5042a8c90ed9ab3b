"""What the classes of verbs have in common: they are parts of `Workspace`, and this is what they need of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.governance.log import AuditLog
from safelight.governance.users import Identity
from safelight.settings import Settings
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.keys import KeyRing


class VerbHouse:
    """The workspace as a class of verbs sees it; `Workspace` fills all of it."""

    folder: Path
    config: Settings
    database: Database
    keys: KeyRing
    log: AuditLog
    blobs: BlobStore
    identity: Identity
    actor: str
    evaluation: bool

    if TYPE_CHECKING:

        def publish(self, event: Any) -> None:
            """Write the checkpoint of a committed event."""

        def exclusive(self) -> Any:
            """Hold the workspace's lock."""


__all__ = ["VerbHouse"]
