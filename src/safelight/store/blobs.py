"""Encrypted blobs in a folder, addressed by a keyed digest of their content: nothing lies there in clear."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from safelight.errors import IntegrityError, SafelightError, UsageError
from safelight.store.sealing import OVERHEAD, Sealer

_ID = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = ".new-"


class BlobStore:
    """Thumbnails, frames and crops: files `ab/ab12…`, each sealed under the key of its case or person.

    The id is the sealer's HMAC of the content, so equal content under one key is stored once, two cases
    cannot be compared by it, and nobody without the key can test for a known picture. A file is written
    under a temporary name, already sealed, made durable and then named: it is whole or not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, sealer: Sealer, plain: bytes) -> str:
        """Store one blob and return its id (64 hex digits). SafelightError if the disk won't take it."""
        return self.put_many(sealer, [plain])[0]

    def put_many(self, sealer: Sealer, plains: Iterable[bytes]) -> list[str]:
        """Store a batch, durable when it returns, and return the ids in its order.

        All are written before the first is synced: the disk then works once for many of them.
        """
        names: list[str] = []
        written: dict[str, tuple[Path, int]] = {}
        folders: set[Path] = set()
        try:
            for plain in plains:
                name = sealer.digest(plain).hex()
                names.append(name)
                if name in written or self._is_there(name, len(plain) + OVERHEAD):
                    continue
                place = self._path(name).parent
                if not place.is_dir():
                    place.mkdir(mode=0o700, parents=True, exist_ok=True)
                    folders.add(self.folder)
                temporary = place / f"{_TEMPORARY}{secrets.token_hex(8)}"
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                written[name] = temporary, descriptor
                _write_all(descriptor, sealer.seal(plain, name.encode()))
            for name, (temporary, descriptor) in written.items():
                os.fsync(descriptor)
                temporary.rename(self._path(name))
                folders.add(temporary.parent)
            for folder in folders:
                _sync_folder(folder)
        except OSError as error:
            raise SafelightError(
                f"A derived picture cannot be stored ({error.strerror}).",
                "Check the disk and the permissions of the workspace folder.",
            ) from error
        finally:
            for temporary, descriptor in written.values():
                os.close(descriptor)
                temporary.unlink(missing_ok=True)
        return names

    def get(self, sealer: Sealer, blob_id: str) -> bytes:
        """Return the content; IntegrityError if it is missing, altered, or sealed under another key."""
        try:
            sealed = self._path(blob_id).read_bytes()
        except FileNotFoundError:
            raise IntegrityError(
                f"The blob {blob_id[:12]}… is not in the store.", "Scan the exhibit again to make it anew."
            ) from None
        plain = sealer.unseal(sealed, blob_id.encode())
        if sealer.digest(plain).hex() != blob_id:
            raise IntegrityError(f"The blob {blob_id[:12]}… holds other content than its name says.")
        return plain

    def delete(self, blob_id: str) -> None:
        """Remove a blob; nothing happens if it is not there. Destroying its key is what erases it."""
        self._path(blob_id).unlink(missing_ok=True)

    def ids(self) -> Iterator[str]:
        """All blob ids, in no order."""
        for path in self._files():
            if _ID.fullmatch(path.name):
                yield path.name

    def tidy(self) -> int:
        """Remove what a crash left half-written and return how many; only while nobody else writes."""
        left = [path for path in self._files() if path.name.startswith(_TEMPORARY)]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _files(self) -> Iterator[Path]:
        if self.folder.is_dir():
            for place in self.folder.iterdir():
                if len(place.name) == 2 and place.is_dir():
                    yield from place.iterdir()

    def _path(self, blob_id: str) -> Path:
        if _ID.fullmatch(blob_id) is None:
            raise UsageError(f"{blob_id!r} is not the id of a blob.")
        return self.folder / blob_id[:2] / blob_id

    def _is_there(self, blob_id: str, length: int) -> bool:
        try:
            return self._path(blob_id).stat().st_size == length
        except FileNotFoundError:
            return False


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        done = os.write(descriptor, left)
        if not done:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left = left[done:]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
