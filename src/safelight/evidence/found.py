"""What the walk hands out: one thing found in an exhibit, opened at most once and read as little as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import EllipsisType

from safelight.errors import EvidenceError
from safelight.evidence.names import join_path, sayable, shown_trail
from safelight.evidence.protocol import Node, Reader, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.stream import damage
from safelight.model import Place

Recognise = Callable[["Found"], Reader | None]

HEAD_BYTES = 1 << 16
"""What readers are shown to recognise their format; a shorter file is read exactly once."""
CHUNK = 1 << 20


def _made_sayable(node: Node) -> None:
    """Readers quote what they read: whatever it is, it must be fit for the inventory and for an export."""
    node.error = None if node.error is None else sayable(node.error)
    node.note = None if node.note is None else sayable(node.note)


class Found:
    """One thing in an exhibit: a file, folder, link, device, or a finding about what cannot be read.

    It is opened when its content is first asked for, and everything (digesting, decoding, descending)
    shares that one opening. It is valid until the next one is asked for; `read_all` and `head` give bytes
    that may be kept. Not `examined`: left out by the order; it has no content and is never opened.
    """

    __slots__ = (
        "_format",
        "_head",
        "_note",
        "_open",
        "_place",
        "_reader",
        "_recognise",
        "_source",
        "descend",
        "examined",
        "kind",
        "lasting",
        "node",
    )

    def __init__(
        self,
        place: Place,
        node: Node,
        examined: bool = True,
        recognise: Recognise | None = None,
        *,
        lasting: bool = False,
    ) -> None:
        if node.error is not None or node.note is not None:
            _made_sayable(node)
        self._place = place
        self.node = node
        self.kind = node.kind
        self.examined = examined
        self.lasting = lasting
        """Can `node.open` be asked again later, as long as the exhibit's agenda is open?"""
        self.descend = True
        """Set to False where what lies inside was wholly read before and is unchanged."""
        self._open: Callable[[], Source] | None = node.open if examined else None
        self._source: Source | None = None
        self._head: bytes | None = None
        self._format: str | EllipsisType | None = ...
        self._note = node.error
        self._recognise = recognise
        self._reader: Reader | None = None

    def __repr__(self) -> str:
        return f"Found({self.path!r}, {self.kind.value}, {self.error!r})"

    @property
    def place(self) -> Place:
        """Where it was found; once it was read to the end, with the size it really has."""
        source = self._source
        if source is not None and source.size != self._place.size:
            self._place = replace(self._place, size=source.size)
        return self._place

    @property
    def path(self) -> str:
        """The trail as one path, for people and scripts."""
        return join_path(self.place.trail, self.place.layers)

    @property
    def trail(self) -> list[str]:
        """The trail for people, one element a container."""
        return shown_trail(self.place.trail, self.place.layers)

    @property
    def error(self) -> str | None:
        """What is wrong with it; complete once its content has been read to the end."""
        found = damage(self._source) if self._source is not None else None
        found = None if found is None else sayable(found)
        if found is None or found == self._note:
            return self._note
        return found if self._note is None else f"{self._note}; {found}"

    @property
    def readable(self) -> bool:
        """Is there content to be had?"""
        return self._open is not None

    @property
    def opened(self) -> bool:
        """Has somebody asked for the content?"""
        return self._source is not None

    def content(self) -> Source:
        """Return the content, opened once. Raises EvidenceError (and `error` keeps the reason)."""
        if self._source is None:
            if self._open is None:
                raise EvidenceError(self._note or "not examined by order")
            try:
                self._source = self._open()
            except EvidenceError as error:
                self._open = None
                self._say(str(error))
                raise
            except Exception as error:  # why: a third-party parser on hostile bytes may raise anything
                self._open = None
                text = self._say(f"cannot be opened: {type(error).__name__}: {error}")
                raise EvidenceError(text) from error
        return self._source

    def head(self) -> bytes:
        """Return the first 64 KiB, or all there is. Raises EvidenceError."""
        if self._head is None:
            self._head = self._read(0, HEAD_BYTES)
        return self._head

    @property
    def format(self) -> str | None:
        """The type by content (`sniff.py`). Raises EvidenceError."""
        if self._format is ...:
            self._format = sniff(self.head()[:HEAD])
        return self._format

    def reader(self) -> Reader | None:
        """The reader that opens it as a container, if any does. Raises EvidenceError."""
        if self._recognise is not None:
            ask, self._recognise = self._recognise, None
            self._reader = ask(self)
        return self._reader

    @property
    def is_plain(self) -> bool:
        """Were the readers asked, and did none know it?"""
        return self._recognise is None and self._reader is None

    @property
    def container(self) -> str | None:
        """The name of the reader that will go on inside it. Raises EvidenceError."""
        reader = self.reader()
        return None if reader is None else reader.name

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the content in order. Raises EvidenceError after what can be had."""
        head = self.head()
        if len(head) < HEAD_BYTES:
            if head:
                yield head
            self._whole(len(head))
            return
        offset = 0
        while data := self._read(offset, size):
            yield data
            offset += len(data)
        self._whole(offset)

    def read_all(self, limit: int) -> bytes:
        """Return the whole content. Raises EvidenceError, also where there is more than `limit` bytes."""
        head = self.head()
        if len(head) < HEAD_BYTES:
            return head
        data = self._read(0, limit + 1)
        if len(data) > limit:
            raise EvidenceError(f"larger than {limit:,} bytes")
        return data

    def close(self) -> None:
        """Release the content; safe to call twice. The walk calls it."""
        if self._source is not None:
            self._source.close()

    def _whole(self, got: int) -> None:
        """Note a file that has become shorter since it was opened."""
        size = self._source.size if self._source is not None else 0
        if got < size and self.error in (None, self.node.error):
            self._say(f"ends after {got:,} of {size:,} bytes")

    def _read(self, offset: int, length: int) -> bytes:
        source = self.content()
        try:
            return source.read_at(offset, length)
        except EvidenceError as error:
            self._say(str(error))
            raise
        except Exception as error:  # why: as above
            text = self._say(f"cannot be read: {type(error).__name__}: {error}")
            raise EvidenceError(text) from error

    def _say(self, text: str) -> str:
        """Note what is wrong beside what its container said of it; the last one holds. Returns `text`."""
        known, text = self.node.error, sayable(text)
        self._note = text if known is None or known == text else f"{known}; {text}"
        return text
