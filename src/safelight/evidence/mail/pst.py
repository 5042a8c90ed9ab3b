"""Outlook's stores, PST and OST: attachments of every message, below the folder and message they belong to.

Messages are taken from the file's index of nodes, not from the folders' lists: one that no list names is found
too. Older pages of that index, which Outlook leaves behind, lead to deleted messages, and to what was removed from one
that is still there, as far as their blocks are. A store's password protects nothing: it is only asked for by Outlook.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import Letter, charset_of, clean, say
from safelight.evidence.mail.pst_items import ATTACHMENT, FOLDER, MESSAGE, Item, open_item
from safelight.evidence.mail.pst_pages import BLOCKS, NODES, NodeEntry, Pages
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.model import State

_STORE = 0x21
_DEEPEST = 64
_NESTED = 16
"""Messages within messages."""
_SCAN = 1 << 20
_MOST_DELETED = 200_000
_MOST_GIVEN = 4_000_000
_EARLIER = "of an earlier version of a message that is still there"
_SUBJECT, _TO, _SENDER, _SENDER_MAIL, _SENDER_SMTP = 0x0037, 0x0E04, 0x0C1A, 0x0C1F, 0x5D01
_SENT, _DELIVERED, _CHANGED = 0x0039, 0x0E06, 0x3008
_NAME, _LONG_NAME, _SHORT_NAME, _METHOD, _DATA, _PASSWORD = 0x3001, 0x3707, 0x3704, 0x3705, 0x3701, 0x67FF
_EMBEDDED, _OLE, _CODEPAGE = 5, 6, 0x3FFD
_REFERENCE = frozenset((2, 3, 4, 7))


class PstReader:
    """A mail store of Outlook."""

    name = "pst"
    order = 45
    formats = frozenset(("pst",))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature."""
        return head.startswith(b"!BDN")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments; then those of messages that the index no longer names; then what is wrong."""
        store = _Store(Pages(source), Meter.of(limits, source))
        yield from store.about()
        yield from store.live()
        yield from store.deleted()
        for problem in dict.fromkeys(store.pages.problems[:1000]):
            yield Node(b"", Kind.FINDING, error=problem)
        if len(store.pages.problems) and not store.seen:
            raise EvidenceError("no message can be listed: the index of the mail store is damaged")


class _Store:
    """One store while it is listed."""

    def __init__(self, pages: Pages, meter: Meter) -> None:
        self.pages = pages
        self.meter = meter
        self.seen: dict[int, int] = {}
        """Numbers of the nodes that are messages now, and their data blocks."""
        self.folders: dict[int, NodeEntry] = {}
        self._live: set[int] = set()
        self._given: set[tuple[int, int, int]] = set()
        """Attachments of messages that are there now: number of the message, of the attachment, its data block."""
        self._paths: dict[int, bytes] = {}

    def about(self) -> Iterator[Node]:
        """Say what is to be known of the store itself."""
        for node in self.pages.nodes():
            if node.number == _STORE:
                try:
                    item = open_item(self.pages, node)
                except EvidenceError as error:
                    self.pages.problems.append(f"the store's own properties: {error}")
                    return
                if item.number(_PASSWORD):
                    note = "a password is set, which only Outlook asks for: nothing is encrypted by it, all was read"
                    yield Node(b"", Kind.NOTE, note=note)
                return

    def live(self) -> Iterator[Node]:
        """Yield the attachments of the messages that the index names."""
        messages = []
        for node in self.pages.nodes():
            kind = node.number & 0x1F
            if kind == FOLDER:
                self.folders[node.number] = node
            elif kind == MESSAGE:
                self.seen[node.number] = node.data
                messages.append(node)
        self._live.update(self.seen)
        for node in messages:
            yield from self._message(node, State.ALLOCATED)

    def deleted(self) -> Iterator[Node]:
        """Yield the attachments of messages that only older pages of the index name, and those that were removed.

        A message that was changed since (marked as read, moved) is there in an earlier version: nobody deleted it, and
        attachments that it still has are not given again.
        """
        older = _Remnants(self.pages)
        found = 0
        for node in older.messages():
            if self.seen.get(node.number) == node.data:
                continue
            self.seen[node.number] = node.data
            found += 1
            if found > _MOST_DELETED:
                raise EvidenceError(
                    f"more than {_MOST_DELETED:,} deleted messages; what follows is not listed"
                )
            yield from self._message(node, State.DELETED)

    def _message(self, node: NodeEntry, state: State) -> Iterator[Node]:
        self.meter.entry()
        try:
            item = open_item(self.pages, node)
        except EvidenceError as error:
            if state is not State.DELETED:
                self.pages.problems.append(f"the message {node.number:,}: {error}")
            return
        yield from self._attachments(item, self._path(node.parent), node.number, state, 0)

    def _attachments(
        self, item: Item, folder: bytes, number: int, state: State, depth: int
    ) -> Iterator[Node]:
        said = letter(item)
        prefix = folder + said.folder + b"/"
        is_earlier = state is State.DELETED and number in self._live
        charset = charset_of(item.number(_CODEPAGE))
        note = say(f"{_EARLIER}: {said.note}") if is_earlier else said.note
        for inner in item.inner.values():
            if inner.number & 0x1F != ATTACHMENT:
                continue
            key = (number, inner.number, inner.data)
            if is_earlier and key in self._given:
                continue
            if state is not State.DELETED and len(self._given) < _MOST_GIVEN:
                self._given.add(key)
            self.meter.entry()
            address = {"member": number, "offset": inner.number}
            node = Node(
                prefix + b"attachment", Kind.FILE, state, None, said.times, address, "member", note=note
            )
            try:
                attached = open_item(self.pages, inner)
                method = attached.number(_METHOD)
                names = (attached.text(number_, charset) for number_ in (_LONG_NAME, _SHORT_NAME, _NAME))
                name = next(filter(None, names), "")
                node.name = prefix + clean(name.rpartition("\\")[2])
                if method == _EMBEDDED:
                    yield from self._embedded(attached, prefix, number, state, depth)
                    continue
                content = attached.source(_DATA)
                if content is not None:
                    node.size, node.open = content.size, partial(_itself, content)
                elif method in _REFERENCE:
                    node.error = "only a link to a file elsewhere: the content is not in the store"
                else:
                    continue  # a picture that Outlook draws for a meeting or contact: it has no content
            except EvidenceError as error:
                node.error = str(error)
            yield node

    def _embedded(
        self, attached: Item, prefix: bytes, number: int, state: State, depth: int
    ) -> Iterator[Node]:
        """Go on in a message that is attached to another."""
        where = attached.value(_DATA)[:4] if attached.properties.get(_DATA, (0, 0))[0] == 0x0D else b""
        inner = attached.inner.get(int.from_bytes(where, "little"))
        if inner is None:
            raise EvidenceError("the message that is attached is missing")
        if depth >= _NESTED:
            raise EvidenceError(f"more than {_NESTED} messages within each other; not read")
        yield from self._attachments(open_item(self.pages, inner), prefix, number, state, depth + 1)

    def _path(self, number: int) -> bytes:
        """The path of a folder, ending in a slash; what it lies in may be gone."""
        if number in self._paths:
            return self._paths[number]
        names: list[bytes] = []
        at = number
        while len(names) < _DEEPEST and (node := self.folders.get(at)) is not None:
            try:
                name = open_item(self.pages, node).text(_NAME)
            except EvidenceError:
                name = f"folder {at}"
            if name:
                names.append(clean(name))
            if node.parent == at:
                break
            at = node.parent
        else:
            names.append(b"no folder")
        path = b"/".join(reversed(names)) + b"/" if names else b""
        if len(self._paths) < 100_000:
            self._paths[number] = path
        return path


def letter(item: Item) -> Letter:
    """What a message says of itself."""
    charset = charset_of(item.number(_CODEPAGE))
    subject, to, name, smtp, mail = (
        item.text(number, charset) for number in (_SUBJECT, _TO, _SENDER, _SENDER_SMTP, _SENDER_MAIL)
    )
    if subject[:1] == "\1":  # the length of a prefix such as "Re: " stands before it
        subject = subject[2:]
    mail = smtp or mail
    sender = f"{name} <{mail}>" if name and mail and name != mail else name or mail
    date = item.time(_SENT) or item.time(_DELIVERED)
    changed = None if date else item.time(_CHANGED)
    return Letter(subject.strip(), sender.strip(), to.strip(), date or changed, bool(changed))


class _Remnants:
    """What older pages of the two trees say, wherever they still lie in the file."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def messages(self) -> Iterator[NodeEntry]:
        """Yield the messages of older pages whose first block is where it was."""
        pages = self._pages
        size = pages.layout.page
        blocks = pages.blocks
        found: list[NodeEntry] = []
        for offset in range(0, pages.source.size, _SCAN):
            data = pages.source.read_at(offset, _SCAN)
            for at in range(0, len(data) - size + 1, size):
                page = data[at : at + size]
                for entry in self._leaf(page, BLOCKS):
                    number, block = pages.block_of(entry)
                    if number not in blocks and len(blocks) < 8_000_000:
                        blocks[number] = block
                for entry in self._leaf(page, NODES):
                    node = pages.node_of(entry)
                    if node.number & 0x1F == MESSAGE and len(found) < _MOST_DELETED:
                        found.append(node)
        yield from dict.fromkeys(found)

    def _leaf(self, page: bytes, kind: int) -> list[bytes]:
        entries, level = self._pages.entries(page, kind)
        return [] if entries is None or level else entries


def _itself(source: Source) -> Source:
    return source
