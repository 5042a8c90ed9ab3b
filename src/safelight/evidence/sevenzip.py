"""7z archives, decompressed once and in order, however solid; one damaged folder leaves the others readable.

`py7zr` is not used: it pushes where a walk pulls, gives up a whole archive at the first damage and at a name
that is half a surrogate pair, lets some methods give any amount at once, and one of them (PPMd) crash.
"""

from __future__ import annotations

import stat
import zlib
from collections.abc import Callable, Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.encrypted.seven_aes import KeyMaker
from safelight.evidence.encrypted.trial import Candidates
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.seven_coders import is_encrypted, proves_itself, unpack
from safelight.evidence.seven_header import (
    LONGEST,
    SIGNATURE,
    START,
    File,
    Folder,
    next_header,
    packed_header,
    parse,
    unpacked_size,
)
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.stream import BROKEN, StreamSource
from safelight.evidence.tape import StreamTape
from safelight.evidence.unlock import LockedError
from safelight.model import LOCKED, Times

_UNIX = 0x8000
"""Attributes whose upper half is a UNIX mode."""
_LINK_LENGTH = 4096
_WRAPPED = 4
"""How often a header may be packed in another."""


class SevenZipReader:
    """A 7z archive."""

    name = "7z"
    order = 41
    marks = (begins(SIGNATURE),)

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature."""
        return head.startswith(SIGNATURE)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield folders and members in the archive's order; each is to be read before the next is asked for."""
        meter = Meter.of(limits, source)
        candidates = Candidates(limits, meter)
        try:
            header, note = _header(source, candidates)
            folders, files = parse(header)
        except LockedError:
            raise
        except BROKEN as error:
            raise EvidenceError(f"the list of members cannot be read: {error}") from error
        if note is not None:
            yield Node(b"", Kind.NOTE, note=f"7z, encrypted even for the names: {note}")
        contents = _Contents(source, folders, meter, candidates)
        try:
            for number, file in enumerate(files, 1):
                meter.entry()
                yield from _entry(file, contents, number)
        except ValueError as error:
            raise EvidenceError(f"the list of members cannot be read: {error}") from error
        if contents.cut is not None:
            raise contents.cut


def _header(source: Source, candidates: Candidates) -> tuple[bytes, str | None]:
    """The real header, unpacked if need be, and what opened it. Raises ValueError, EvidenceError, LockedError or what
    decompressors raise."""
    note = None
    offset, size, crc = next_header(source.read_at(0, START))
    if size > LONGEST:
        raise ValueError(f"it has {size:,} bytes")
    if offset + size > source.size:
        raise ValueError("it is missing (is the archive truncated?)")
    data = source.read_at(offset, size)
    _check(data, crc)
    for _ in range(_WRAPPED):
        folder = packed_header(data)
        if folder is None:
            return data, note
        if unpacked_size(folder) > LONGEST:
            raise ValueError(f"it has {unpacked_size(folder):,} bytes")
        if is_encrypted(folder):
            opened = _opened(source, folder, candidates, is_header=True)
            if opened is None:
                tried = len(candidates.keys.passwords)
                what = "7z archive, encrypted even for the names (its header is packed with AES)"
                raise LockedError(what, candidates.keys, tried=tried)
            make_key, note = opened
            data = b"".join(unpack(source, folder, make_key)[0])
            continue
        data = b"".join(unpack(source, folder)[0])
        _check(data, folder.crc)
    raise ValueError("it is packed again and again")


def _opened(
    source: Source, folder: Folder, candidates: Candidates, *, is_header: bool = False
) -> tuple[KeyMaker, str] | None:
    """The keys of the candidate with which the first content comes out right, and the note that says which.

    Some programs state no checksum, and what is not compressed then comes out of any key: it has to make sense. Raises
    EvidenceError where none does.
    """
    size, crc = folder.contents[0] if folder.contents else (unpacked_size(folder), folder.crc)
    is_shown = crc is not None or proves_itself(folder)

    def attempt(password: str) -> KeyMaker | None:
        make_key = KeyMaker(password)
        tape = StreamTape(unpack(source, folder, make_key)[0])
        head = b"" if is_shown else tape.peek(size if is_header else min(size, HEAD))
        if not candidates.is_right(tape.pieces(size), size, crc, folder.packed_size):
            return None
        makes_sense = is_shown or (_is_header(head) if is_header else sniff(head) is not None)
        return make_key if makes_sense else None

    opened = candidates.first(attempt)
    if opened is None and not is_shown and not is_header and candidates:
        text = "it states no checksum that would show a password to be right, and none gives a format that is known"
        raise EvidenceError(f"{LOCKED}: {text}")
    return opened


def _is_header(data: bytes) -> bool:
    """Can it be read as a header? What a wrong key gives cannot."""
    try:
        return bool(data) and (packed_header(data) is not None or sum(1 for _ in parse(data)[1]) > 0)
    except ValueError:
        return False


def _check(data: bytes, crc: int | None) -> None:
    if crc is not None and zlib.crc32(data) != crc:
        raise ValueError("its checksum (CRC-32) does not match")


def _entry(file: File, contents: _Contents, number: int) -> Iterator[Node]:
    """The node of one member; its offset is that of its content in all that the archive gives, unpacked."""
    mode = file.attributes >> 16 if file.attributes & _UNIX else 0
    kind = Kind.FILE
    if file.is_folder or file.attributes & stat.FILE_ATTRIBUTE_DIRECTORY or stat.S_ISDIR(mode):
        kind = Kind.FOLDER
    elif stat.S_ISLNK(mode) or file.attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
        kind = Kind.LINK
    elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        kind = Kind.SPECIAL
    times = Times(
        created=stamps.filetime(file.created, "7z"),
        modified=stamps.filetime(file.modified, "7z"),
        accessed=stamps.filetime(file.accessed, "7z"),
    )
    address = {"offset": contents.position, "member": number}
    node = Node(file.name, kind, times=times, address=address, layer="member")
    if file.has_content:
        content = contents.next()
        if kind is not Kind.FOLDER:
            node.size, node.error = content.size, content.error
        if content.error is None and kind is Kind.FILE:
            node.open = partial(_noted, node, content.open, contents)
        elif content.error is None and kind is Kind.LINK:
            try:
                node.target = content.open().read_at(0, _LINK_LENGTH)
            except EvidenceError as error:
                node.error = str(error)
    elif kind is Kind.FILE:
        node.size, node.open = 0, _empty
    yield node


def _noted(node: Node, open: Callable[[], Source], contents: _Contents) -> Source:
    """Open a content, which may only then show which password opens it."""
    source = open()
    node.note = contents.note
    return source


def _empty() -> Source:
    return StreamSource(iter(()), 0)


class _Content:
    """One member's content, as it is about to come out of its folder; or why it cannot."""

    __slots__ = ("error", "open", "size")

    def __init__(self, size: int, error: str | None, open: Callable[[], Source]) -> None:
        self.size = size
        self.error = error
        self.open = open


class _Contents:
    """The contents of all folders, one after the other."""

    def __init__(self, source: Source, folders: list[Folder], meter: Meter, candidates: Candidates) -> None:
        self._source = source
        self._folders = iter(folders)
        self._meter = meter
        self._candidates = candidates
        self._locked: Folder | None = None
        """The folder at hand, where it is encrypted and nobody has asked for any of it yet."""
        self.note: str | None = None
        """Which candidate opened the folder at hand."""
        self._left: Iterator[tuple[int, int | None]] = iter(())
        self._tape: StreamTape | None = None
        self._behind = 0
        """Where in the folder the content at hand ends."""
        self.position = 0
        """Where the next content begins, with all folders unpacked one after the other."""
        self._error: str | None = None
        """Why nothing more comes out of the folder at hand."""
        self.cut: GuardError | None = None

    def next(self) -> _Content:
        """The next content. What was left of the one before is read over. Raises ValueError at the end."""
        while (entry := next(self._left, None)) is None:
            folder = next(self._folders, None)
            if folder is None:
                raise ValueError("it names more files than there are contents")
            self._begin(folder)
        size, crc = entry
        self.position += size
        tape = self._tape
        start = self._behind
        if self._locked is not None or (tape is not None and self.note is not None):
            self._behind += size
            return _Content(size, self._error, partial(self._unlocked, start, size, crc))
        if tape is None:
            return _Content(size, self._error, _empty)
        try:
            tape.move_to(self._behind)
        except BROKEN as error:
            self._broken(error)
            return _Content(size, self._error, _empty)
        self._behind += size
        pieces = self._meter.capped(self._checked(tape, size, crc))
        return _Content(size, None, lambda: StreamSource(pieces, size))

    def _begin(self, folder: Folder) -> None:
        self._left, self._behind, self._error, self._tape = iter(folder.contents), 0, None, None
        self._locked = self.note = None
        if is_encrypted(folder):
            if self._candidates:
                self._locked = folder
            else:
                self._error = self._refusal()
            return
        try:
            pieces, used = unpack(self._source, folder)
        except EvidenceError as error:
            self._error = str(error)
            return
        self._tape = StreamTape(self._meter.counted(pieces, used))

    def _refusal(self) -> str:
        keys = self._candidates.keys
        return str(LockedError("encrypted (AES-256)", keys, tried=len(keys.passwords)))

    def _unlocked(self, start: int, size: int, crc: int | None) -> Source:
        """A content of an encrypted folder, which is opened once somebody asks for any of it. Raises EvidenceError."""
        folder, self._locked = self._locked, None
        if folder is not None:
            self._error = self._refusal()
            try:
                opened = _opened(self._source, folder, self._candidates)
            except EvidenceError as error:
                self._error = str(error)
                raise
            if opened is not None:
                make_key, self.note = opened
                pieces, used = unpack(self._source, folder, make_key)
                self._tape, self._error = StreamTape(self._meter.counted(pieces, used)), None
        if self._tape is not None:
            try:
                self._tape.move_to(start)
            except BROKEN as error:
                self._broken(error)
        tape = self._tape
        if tape is None:
            raise EvidenceError(self._error or "it cannot be opened")
        return StreamSource(self._meter.capped(self._checked(tape, size, crc)), size)

    def _broken(self, error: Exception) -> None:
        self._tape = None
        if isinstance(error, GuardError):
            self.cut = self.cut or error
            self._error = f"not read: {error}"
        else:
            self._error = f"not read: the archive is damaged before it ({error})"

    def _checked(self, tape: StreamTape, size: int, crc: int | None) -> Iterator[bytes]:
        found = 0
        for piece in tape.pieces(size):
            found = zlib.crc32(piece, found)
            yield piece
        if crc is not None and found != crc:
            raise EvidenceError("its checksum (CRC-32) does not match")
