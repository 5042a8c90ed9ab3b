"""Hostile XML, one record at a time: entities are never resolved, one broken record costs itself alone."""

from __future__ import annotations

import html
import html.entities
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from lxml import etree

from safelight.reports.characters import FALLEN_BACK, Characters

LARGEST = 32 << 20
"""Bytes of one record; a larger one is a finding."""
MOST_ELEMENTS = 200_000
"""Of one record: each takes far more memory than its name does in the document."""
_KNOWN_ENTITY = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LITERAL = r"<!--(?:[^-]|-(?!->))*+-->|<!\[CDATA\[(?:[^\]]|\](?!\]>))*+\]\]>"
_REFERENCE = re.compile(rf"{_LITERAL}|&(?P<entity>[A-Za-z_:][\w:.-]{{0,60}});|(?P<bare>&(?!#?\w{{1,60}};))")
_BAD_REFERENCE = re.compile(r"&#(?:0*(?:[0-8]|1[1-9]|2\d|3[01])|x0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));")
_HTML = re.compile(
    r"<(/?(?:p|br|hr|b|i|u|s|a|em|strong|small|div|span|font|center|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|img|pre|code"
    r"|blockquote|sub|sup|style|script|html|head|body|meta|link|title)\b[^<>]{0,2000})>",
    re.IGNORECASE,
)
_NAME = r"[A-Za-z_][\w:.-]{0,120}+"
_MARKUP = re.compile(
    rf"{_LITERAL}|<\?[^<>]{{0,4000}}\?>"
    rf"|<(?P<closing>/?)(?P<name>{_NAME})"
    rf"(?:\s++{_NAME}\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+\s*+(?P<empty>/?)>"
    "|(?P<bare><)"
)
"""What begins with `<`: markup, or (`bare`) something that only looks like it, as in `<he lives there>` and `a < b`."""
_LESS = "\ue83b"
"""Stands for a `<` that is text, until it is known where that text stands."""
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Record:
    """An element of interest, parsed. `problems` says what had to be mended to read it."""

    number: int
    element: etree._Element
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be parsed."""

    number: int
    reason: str


_LOCAL: dict[object, str] = {}
"""Names that were seen, without their namespaces: there are few, and each is asked for very often."""


def local(element: etree._Element) -> str:
    """The element's name without namespace, or empty for comments and the like."""
    tag = element.tag
    name = _LOCAL.get(tag)
    if name is None:
        name = tag.rpartition("}")[2] if isinstance(tag, str) else ""
        if len(_LOCAL) < 10_000:
            _LOCAL[tag] = name
    return name


def records(source: BinaryIO, names: tuple[str, ...]) -> Iterator[Record | Broken]:
    """Every outermost element whose local name is one of `names`, in order, at constant memory.

    The document around them need not be well-formed, and there may be several documents in one file. Document type
    definitions are skipped: what they define is never resolved.
    """
    number = 0
    for text, whole in _pieces(Characters(source), names):
        number += 1
        if not whole:
            yield Broken(number, text)
            continue
        yield _parsed(number, text)


class _Window:
    """The part of the document in memory. Positions count from the document's beginning."""

    def __init__(self, characters: Characters) -> None:
        self._characters = characters
        self.text, self.base = "", 0

    @property
    def end(self) -> int:
        return self.base + len(self.text)

    def search(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        return pattern.search(self.text, at - self.base)

    def match(self, pattern: re.Pattern[str], at: int) -> re.Match[str] | None:
        return pattern.match(self.text, at - self.base)

    def find(self, what: str, at: int) -> int:
        found = self.text.find(what, at - self.base)
        return found + self.base if found >= 0 else -1

    def cut(self, start: int, end: int) -> str:
        return self.text[start - self.base : end - self.base]

    def grow(self, keep: int) -> bool:
        """Read on, and forget what lies before `keep`. False at the document's end."""
        piece = self._characters.read()
        if piece is None:
            return False
        keep = max(self.base, min(keep, self.end))
        self.text = self.text[keep - self.base :] + piece
        self.base = keep
        return True

    def behind(self, end: Callable[[int], int], keep: int, at: int) -> int:
        """Where `end` (a search from `at`, -1: not here) lies; reads on for it. -1: nowhere, or too far."""
        while (found := end(at)) < 0:
            if self.end - at > LARGEST or not self.grow(keep):
                return -1
        return found


def _pieces(characters: Characters, names: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """The text of each record, with the prefixes that are declared around it; or why it is none."""
    either = "|".join(map(re.escape, names))
    name = rf"(?:[\w.-]{{1,60}}:)?(?:{either})"
    outside = re.compile(
        rf"<(?:!--|!\[CDATA\[|\?|!DOCTYPE\b|(?P<open>{name})(?=[\s/>])|(?P<around>[\w.:-]{{1,121}}\s[^<>]{{0,4000}}))"
    )
    ends = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
    window = _Window(characters)
    prefixes: set[str] = set()
    at, start, opened, depth = 0, -1, "", 0

    def piece(end: int) -> tuple[str, bool]:
        mark = "\0" if characters.fallen_back else ""
        return mark + _wrapped(window.cut(start, end), opened, prefixes), True

    while True:
        found = window.search(_inside(opened) if depth else outside, at)
        if found is None or found.end() >= len(window.text):  # a token may be cut in two
            keep = window.end - 300 if found is None else found.start() + window.base
            if depth and window.end - start > LARGEST:
                yield f"it is larger than {LARGEST >> 20} MiB", False
                at, start, depth = window.end, -1, 0
                continue
            if window.grow(start if depth else max(at, keep)):
                at = max(at, keep, window.base)  # what was looked through is not looked through again
                continue
            if found is None:
                break
        began, at = found.start() + window.base, found.end() + window.base
        groups = found.groupdict()
        if groups.get("open"):
            keep = start if depth else began
            end = window.behind(lambda here: _tag_end(window, here), keep, at)
            if end < 0:
                start = start if depth else began
                depth = 1
                break
            empty = window.cut(end - 2, end - 1) == "/"
            if not depth:
                start, opened = began, groups["open"]
                if empty:
                    yield piece(end)
                elif (simple := _simple_end(window, opened, end)) > 0:
                    end = simple
                    yield piece(end)
                else:
                    depth = 1
            elif groups["open"] == opened and not empty:
                depth += 1
            at = end
        elif groups.get("close"):
            depth -= groups["close"] == opened
            if not depth:
                yield piece(at)
        elif groups.get("around"):
            if len(prefixes) < 50:
                prefixes.update(_PREFIX.findall(groups["around"]))
        else:
            keep = start if depth else at
            if found[0] == "<!DOCTYPE":
                end = window.behind(lambda here: _doctype_end(window, here), keep, at)
            else:
                mark = ends[found[0]]
                end = window.behind(lambda here, mark=mark: window.find(mark, here), keep, at)  # type: ignore[misc]
            at = window.end if end < 0 else end
    if depth:
        yield "it ends before it is complete", False


_PREFIX = re.compile(r"\sxmlns:([\w.-]{1,60})\s{0,9}=")


@lru_cache(maxsize=64)
def _inside(name: str) -> re.Pattern[str]:
    """What matters within a record of this name: its end, others of its name, and what hides both."""
    own = re.escape(name)
    return re.compile(rf"<(?:!--|!\[CDATA\[|(?P<open>{own})(?=[\s/>])|/(?P<close>{own})\s{{0,99}}>)")


def _simple_end(window: _Window, name: str, at: int) -> int:
    """Where a record ends whose text is all here and holds neither comments nor another of its name; else -1.

    Nearly all records are like this, and finding a text is far quicker than looking at every tag.
    """
    end = window.find(f"</{name}>", at)
    if end < 0 or end - at > LARGEST:
        return -1
    text, first, last = window.text, at - window.base, end - window.base
    if text.find("<!", first, last) >= 0:
        return -1
    same, size = text.find(f"<{name}", first, last), len(name) + 1
    while same >= 0:
        if text[same + size] in "> /\t\r\n":
            return -1
        same = text.find(f"<{name}", same + size, last)
    return end + len(name) + 3


def _tag_end(window: _Window, at: int) -> int:
    """Where the start tag ends, behind its `>`; quotes are heeded. -1: not in this text."""
    found = window.match(_TAG_END, at)
    return found.end() + window.base if found else -1


_TAG_END = re.compile(r"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_SUBSET_END = re.compile(r"\]\s{0,99}>")


def _doctype_end(window: _Window, at: int) -> int:
    """Where a document type definition ends, its internal subset included. -1: not in this text."""
    first, bracket = window.find(">", at), window.find("[", at)
    if bracket < 0 or 0 <= first < bracket:
        return first + 1 if first >= 0 else -1
    end = window.search(_SUBSET_END, bracket)
    return end.end() + window.base if end else -1


def _wrapped(piece: str, opened: str, prefixes: set[str]) -> str:
    used = [prefix for prefix in sorted(prefixes) if f"{prefix}:" in piece]
    if ":" in opened and opened.partition(":")[0] not in used:
        used.append(opened.partition(":")[0])
    declared = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in used)
    return f"<x{declared}>{piece}</x>"


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _parsed(number: int, text: str) -> Record | Broken:
    problems = []
    if text.startswith("\0"):
        text = text[1:]
        problems.append(FALLEN_BACK)
    if text.count("<") > 2 * MOST_ELEMENTS:
        return Broken(number, f"it has more than {MOST_ELEMENTS:,} elements")
    try:
        return Record(number, _element(text), tuple(problems))
    except (etree.XMLSyntaxError, ValueError) as error:
        first = _short(str(error))
    said = (*problems, f"mended to be read: {first}")
    mended = _BAD_REFERENCE.sub(" ", _BAD.sub(" ", text)).replace(_LESS, " ")
    mended = _bare_as_text(_REFERENCE.sub(_named, mended))
    # HTML that was written into a text as it stands need not be well-formed: its tags become text. So does what has the
    # form of a tag and is none, as the names in a log of a chat.
    for mend in (_same, _html_as_text, _unbalanced_as_text):
        mended = mend(mended)
        try:
            element = _element(mended)
        except (etree.XMLSyntaxError, ValueError):
            continue
        if _put_back(element):
            return Record(number, element, said)
    return Broken(number, f"not well-formed: {first}")


def _element(text: str) -> etree._Element:
    """The record; its comments as elements named `comment` too, which readers keep like all that they do not know."""
    root = etree.fromstring(text.encode("utf-8", "replace"), _PARSER)
    element = root[0]
    if "<!--" in text:
        said = [one.text for one in element.iter(etree.Comment) if one.text and one.text.strip()]
        for place, comment in enumerate(said):  # first: what our writer leaves for our readers stands last
            kept = etree.Element("comment")
            kept.text = comment
            element.insert(place, kept)
    return element


def _same(text: str) -> str:
    return text


def _html_as_text(text: str) -> str:
    return _HTML.sub(r"&lt;\1&gt;", text)


def _bare_as_text(text: str) -> str:
    return _MARKUP.sub(lambda found: _LESS if found["bare"] else found[0], text)


def _unbalanced_as_text(text: str) -> str:
    """Tags of names that are not closed as often as they are opened, as text."""
    balance: Counter[str] = Counter()
    for found in _MARKUP.finditer(text):
        if found["name"] and not found["empty"]:
            balance[found["name"]] += -1 if found["closing"] else 1

    def mended(found: re.Match[str]) -> str:
        return _LESS + found[0][1:] if found["name"] and balance[found["name"]] else found[0]

    return _MARKUP.sub(mended, text)


def _put_back(element: etree._Element) -> bool:
    """Make text of what was taken for text. False where elements stand, not text: then it was a broken tag."""
    for one in element.iter(etree.Element):
        if one.text and _LESS in one.text:
            if one is element or any(isinstance(child.tag, str) for child in one):
                return False
            one.text = one.text.replace(_LESS, "<")
        if one is not element and one.tail and _LESS in one.tail:
            return False
    return True


def _named(found: re.Match[str]) -> str:
    """HTML's named characters are known; any other entity is left as words, never resolved."""
    name = found["entity"]
    if found["bare"]:
        return "&amp;"
    if name is None or name in _KNOWN_ENTITY:
        return found[0]
    character = html.entities.html5.get(f"{name};")
    return html.escape(character) if character else f"[entity {name}]"


def _short(message: str) -> str:
    return message.partition(" (<string>")[0][:200]
