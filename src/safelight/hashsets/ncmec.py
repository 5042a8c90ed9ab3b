"""NCMEC hash sharing: the XML of its exchange, one page or several in one file.

No document type is accepted, so that no entity is ever declared, expanded or fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from safelight.errors import FormatError
from safelight.hashsets.digests import stated_digests
from safelight.hashsets.protocol import Block, ReadOptions, Record, Rejected
from safelight.hashsets.source import open_bytes, readable_head

_BATCH: Final = 2000
_ENTRIES: Final = frozenset({"image", "video"})
_WITHDRAWN: Final = frozenset({"deletedimage", "deletedvideo"})
_LONGEST: Final = 4096
_MOST_PARTS: Final = 10_000


class NcmecList:
    """`<queryResult><images><image>…`; entries that a later `deletedImage` withdraws are left out."""

    name = "ncmec"
    order = 40

    def detect(self, head: bytes, path: Path) -> bool:
        """XML with entries of the exchange."""
        head = readable_head(head).lstrip()
        if not head.startswith(b"<"):
            return False
        return b"hashsharing" in head or (
            b"<fingerprints" in head and (b"<image" in head or b"<video" in head)
        )

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield records in blocks; `line` of what is refused is the number of the entry.

        The file is read twice, because an entry may be withdrawn further down.
        """
        withdrawn: dict[tuple[str, str], int] = {}
        for number, element in _elements(path, ReadOptions()):
            if _name(element) in _WITHDRAWN:
                withdrawn[_key(element)] = number
        block: list[Record | Rejected] = []
        for number, element in _elements(path, options):
            if _name(element) in _ENTRIES and withdrawn.get(_key(element), 0) < number:
                block.extend(_record(number, element))
            if len(block) >= _BATCH:
                yield block
                block = []
        if block:
            yield block


def _elements(path: Path, options: ReadOptions) -> Iterator[tuple[int, Any]]:
    """Yield `(number, element)` for each entry and each withdrawal; the element lives until the next step.

    Raises:
        FormatError: the file is not well-formed, has a document type, or an entry without end.
    """
    from lxml import etree

    with open_bytes(path, options) as opened:
        try:
            events = etree.iterparse(
                opened,
                events=("start", "end"),
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            )
            yield from _walk(events)
        except etree.XMLSyntaxError as error:
            raise FormatError(
                f"The file is not well-formed XML: {error.msg}.", "Get the file again."
            ) from error


def _walk(events: Any) -> Iterator[tuple[int, Any]]:
    number = 0
    entry = None
    parts = 0
    for event, element in events:
        if event == "start":
            if element.getparent() is None:
                _refuse_doctype(element)
            if entry is None and _name(element) in _ENTRIES | _WITHDRAWN:
                entry, parts = element, 0
            parts += 1
            if entry is not None and parts > _MOST_PARTS:
                raise FormatError(
                    f"Entry {number + 1} has more than {_MOST_PARTS} parts.", "The file is hostile."
                )
        elif element is entry:
            number += 1
            yield number, element
            entry = None
            _drop(element)
        elif entry is None:
            _drop(element)


def _refuse_doctype(root: Any) -> None:
    docinfo = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise FormatError("The file declares a document type.", "NCMEC lists have none; the file is hostile.")


def _drop(element: Any) -> None:
    """Forget an element and what came before it, so that the tree does not grow."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _name(element: Any) -> str:
    """The tag without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()


def _child(element: Any, name: str) -> Any:
    return next((one for one in element if _name(one) == name), None)


def _text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()[:_LONGEST]


def _key(element: Any) -> tuple[str, str]:
    """What tells entries apart: the member that shares it, and the id it gives."""
    member = _child(element, "member")
    return ("" if member is None else member.get("id", "") or _text(member)), _text(_child(element, "id"))


def _record(number: int, element: Any) -> Iterator[Record | Rejected]:
    """One entry as a record, and a `Rejected` for each fingerprint that is none."""
    fingerprints = _child(element, "fingerprints")
    pairs = ((_name(one), _text(one)) for one in (() if fingerprints is None else fingerprints))
    stated = stated_digests((name, text) for name, text in pairs if text)
    found, others, faults = stated.found, stated.others, stated.faults
    yield from (Rejected(number, fault, kept=bool(found)) for fault in faults)
    if not found:
        if not faults:
            yield Rejected(number, "no digest that is known here")
        return
    member, entry = _key(element)
    category = _text(_child(element, "classification")) or _text(_child(element, "class"))
    facts: dict[str, object] = {"media": _name(element), **_feedback(element)}
    if member:
        facts["member"] = member
    if updated := _text(_child(element, "timestamp")):
        facts["updated"] = updated
    if others:
        facts["other_hashes"] = others
    yield Record(entry or None, found, category or None, facts)


def _feedback(element: Any) -> dict[str, object]:
    """How many members affirm or deny an entry; a denied one is still an entry, and says so."""
    counts = {"affirmative": 0, "negative": 0}
    given = _child(element, "feedback")
    for one in () if given is None else given:
        for kind in counts:
            if _name(one).startswith(kind):
                counts[kind] += sum(1 for inner in one.iter() if _name(inner) == "member")
    return {kind: count for kind, count in counts.items() if count}
