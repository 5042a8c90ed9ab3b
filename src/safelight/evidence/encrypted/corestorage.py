"""Core Storage (FileVault 2 before APFS, Fusion drives of one disk) through libfvde: its logical volumes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.libyal import ERRORS, first_line
from safelight.evidence.libyal_tree import EntryFile
from safelight.evidence.marks import begins
from safelight.evidence.names import show
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SourceFile
from safelight.evidence.unlock import Keys, LockedError, unlocked

_MARK_AT, _MARK = 88, b"CS"
_VERSION = b"\1\0"
_BLOCK_SIZES = (512, 1024, 2048, 4096)


class CoreStorageReader:
    """A physical volume of Core Storage. Several that belong together (Fusion) are not put together."""

    name = "corestorage"
    order = 29
    marks = (begins(_MARK, at=_MARK_AT),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By the header of a physical volume: its mark, version and a sane block size."""
        block = int.from_bytes(head[96:100], "little")
        return head[_MARK_AT : _MARK_AT + 2] == _MARK and head[8:10] == _VERSION and block in _BLOCK_SIZES

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield each logical volume as a layer, and which key opened it. Raises EvidenceError, LockedError."""
        group = _group(source)
        shut: list[str] = []
        try:
            count = int(group.get_number_of_logical_volumes())
        except ERRORS as error:
            raise EvidenceError(f"Core Storage: {first_line(error)}") from error
        for number in range(count):
            opened = None
            try:
                volume = group.get_logical_volume(number)
                named = _identified(volume)
                if volume.is_locked():
                    opened = _unlocked(source, number, limits.keys)
                    if opened is None:
                        shut.append(named)
                        continue
                    volume, note = opened
                    yield Node(b"", Kind.NOTE, note=f"Core Storage volume {named}, encrypted: {note}")
                size = int(volume.get_size())
            except ERRORS as error:
                text = f"Core Storage: volume {number + 1} cannot be opened: {first_line(error)}"
                yield Node(b"", Kind.FINDING, error=text)
                continue
            name = b"v%d" % (number + 1) if count > 1 else b""
            content = partial(EntryFile, volume, size)
            yield Node(name, Kind.LAYER, size=size, layer="volume", open=content)
        if shut:
            what = f"Core Storage volume {', '.join(shut[:8])}, encrypted with FileVault 2 (by its header)"
            raise LockedError(what, limits.keys, opens="a user's password, or the recovery key")


def _group(source: Source) -> Any:
    """The volume group, opened anew: one that a key did not fit is not asked again. Raises EvidenceError."""
    import pyfvde

    handle = pyfvde.volume()
    try:
        handle.open_file_object(SourceFile(source))
        handle.open_physical_volume_files_as_file_objects([SourceFile(source)])
        return handle.get_volume_group()
    except ERRORS as error:
        raise EvidenceError(
            f"Core Storage (by its header), which cannot be read: {first_line(error)}"
        ) from error


def _unlocked(source: Source, number: int, keys: Keys) -> tuple[Any, str] | None:
    def attempt(set_key: str, key: str) -> Any | None:
        try:
            volume = _group(source).get_logical_volume(number)
            getattr(volume, set_key)(key)
            return volume if volume.unlock() else None
        except (*ERRORS, EvidenceError):
            return None

    return unlocked(
        keys,
        lambda key: attempt("set_password", key),
        recovery=lambda key: attempt("set_recovery_password", key),
    )


def _identified(volume: Any) -> str:
    name = show((volume.get_name() or "").encode("utf-8", "surrogatepass"))[:100]
    return f"“{name}” {volume.get_identifier()}"
