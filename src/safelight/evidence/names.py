r"""Raw names of evidence, and what people and scripts are shown of them; trails as one path and as a list.

A name in evidence is bytes. What is shown is valid Unicode that is safe on a terminal and in an export.
`\xNN` stands for one byte of

* what is not valid UTF-8 (encoded lone surrogates and over-long forms included),
* control characters (C0, DEL, C1) and the line and paragraph separators,
* characters that reorder or hide what is written (bidirectional controls, zero-width space, byte-order
  mark, tag characters) and noncharacters; the joiners that Persian or Indic words need stay,
* a backslash that happens to be followed by `xNN`, so that an escape is never ambiguous. Any other
  backslash stays as it is: `C:\new` reads as it was written.

So `raw(show(name)) == name` for every name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

SEPARATOR = "//"
"""Between a container's path and its member's path."""
FOR_PEOPLE = " › "
"""Between the elements of a trail on a screen or in a report."""
LAYERS = frozenset(("partition", "volume", "snapshot", "layer"))
"""Elements of a trail that are parts of a medium: what follows one is a path in a file system."""
IN_FILE_SYSTEM = frozenset(("file", "stream"))
"""Elements that are paths in a file system, shown with a leading slash below a container."""

_PLAIN = re.compile(rb"[ -\[\]-~]*")
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f\udc80-\udcff]"
    r"|\\(?=x[0-9a-f]{2})"
)
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def show(name: bytes) -> str:
    r"""Return `name` as valid Unicode, `\xNN` for each byte that must not be shown as it is."""
    if _PLAIN.fullmatch(name):
        return name.decode("ascii")
    return _UNSAFE.sub(_escape, name.decode("utf-8", "surrogateescape"))


def sayable(text: str) -> str:
    r"""Return what is said of evidence as valid Unicode: text that was read of it may hold halves of characters."""
    for errors in ("strict", "surrogateescape"):
        try:
            data = text.encode("utf-8", errors)
        except UnicodeEncodeError:
            continue
        return text if errors == "strict" else show(data)
    return text.encode("utf-8", "backslashreplace").decode()


def _escape(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode("utf-8", "surrogateescape"))


def raw(shown: str) -> bytes:
    """Return the bytes that `show` was given."""
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), shown.encode("utf-8", "surrogatepass"))


def join_path(trail: Sequence[bytes], layers: Sequence[str]) -> str:
    """Return the trail as one path: `a.zip//deep/in.zip//p.png`, `disk.E01//p2/Users/x/b.jpg`.

    Containers end in `//`; the parts of a medium are joined to the file system's paths with one slash.
    """
    if len(trail) == 1:
        return show(trail[0])
    parts = [_shown_container(trail[0])]
    for number in range(1, len(trail)):
        parts.append("/" if layers[number - 1] in LAYERS else SEPARATOR)
        parts.append(show(trail[number]))
    return "".join(parts)


@lru_cache(maxsize=64)
def _shown_container(name: bytes) -> str:
    return show(name)


def shown_trail(trail: Sequence[bytes], layers: Sequence[str]) -> list[str]:
    """Return the trail for people: `["disk.E01", "partition 2", "/Users/x/a.zip", "b.jpg"]`."""
    shown = []
    for number, (name, layer) in enumerate(zip(trail, layers, strict=True)):
        text = show(name)
        if layer in LAYERS and text[1:].isdigit():
            text = f"{layer} {text[1:]}"
        elif number and layer in IN_FILE_SYSTEM and not text.startswith("/"):
            text = f"/{text}"
        shown.append(text)
    return shown
